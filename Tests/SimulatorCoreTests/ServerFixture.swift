import Primitives
import TL

@testable import SimulatorCore

/// A server and a few logged-in clients that call it without any connection.
struct ServerFixture {
    var server: TelegramServer
    var generator = SeededGenerator(seed: 5)
    var now = UnixTime(seconds: 1_790_000_000)
    let users: [Int64]
    private var sequence: Int64 = 0

    init(users count: Int = 3, settings: TelegramServer.Settings = TelegramServer.Settings()) {
        var world = World(secret: 11, collidingIDs: true)
        var settings = settings
        settings.loginCode = "12345"
        users = (0..<count).map { world.addAccount(phone: "999661000\($0)", firstName: "User \($0)", username: "user\($0)") }
        server = TelegramServer(world: world, settings: settings)
    }

    /// A session of a new authorisation, logged in as the user and asking for updates.
    mutating func logIn(_ user: Int, layer: Int32 = TL.newestLayer) throws -> Client {
        sequence += 1
        let client = Client(id: SessionID(authKey: sequence, session: sequence), layer: layer)
        let phone = "999661000\(user)"
        let config = TLObject("help.getConfig")
        try call(client, TLObject("invokeWithLayer", ["layer": .int(layer), "query": .object(config)]), unwrapped: config)
        let sent = try call(
            client,
            TLObject(
                "auth.sendCode",
                ["phone_number": .string(phone), "api_id": 1, "api_hash": "x", "settings": .object(TLObject("codeSettings"))]))
        try call(
            client,
            TLObject(
                "auth.signIn",
                ["phone_number": .string(phone), "phone_code_hash": sent["phone_code_hash"], "phone_code": "12345"]))
        try call(client, TLObject("updates.getState"))
        return client
    }

    struct Unencodable: Error {
        let notices: [String]
    }

    struct Client {
        let id: SessionID
        let layer: Int32
    }

    /// The decoded result of a call; what the server refuses is thrown.
    @discardableResult
    mutating func call(_ client: Client, _ request: TLObject, unwrapped: TLObject? = nil) throws -> TLValue {
        now = now + .milliseconds(10)
        let body = try TL.encode(request, layer: client.layer)
        switch server.answer(body, from: client.id, now: now, using: &generator) {
        case .result(let bytes): return try TL.decodeResult(bytes, of: (unwrapped ?? request).name, layer: client.layer)
        case .failure(let failure):
            if failure.code == 500 { throw Unencodable(notices: server.takeNotices()) }
            throw failure
        }
    }

    /// What was pushed to the client since the last look at anybody's.
    mutating func pushed(to client: Client) throws -> [TLObject] {
        try server.takeOutgoing().filter { $0.session == client.id }.map { try TL.decode($0.body) }
    }

    func input(_ user: Int, for viewer: Int) -> TLValue {
        let hash = server.world.accessHash(of: .user(users[user]), for: users[viewer])
        return .object(TLObject("inputUser", ["user_id": .integer(users[user]), "access_hash": .integer(hash)]))
    }

    func peer(_ peer: Peer, for viewer: Int) -> TLValue {
        let hash = TLValue.integer(server.world.accessHash(of: peer, for: users[viewer]))
        return switch peer {
        case .user(let id): .object(TLObject("inputPeerUser", ["user_id": .integer(id), "access_hash": hash]))
        case .chat(let id): .object(TLObject("inputPeerChat", ["chat_id": .integer(id)]))
        case .channel(let id): .object(TLObject("inputPeerChannel", ["channel_id": .integer(id), "access_hash": hash]))
        }
    }

    func send(_ text: String, to target: Peer, by viewer: Int, replyTo: Int64? = nil, randomID: Int64) -> TLObject {
        TLObject(
            "messages.sendMessage",
            [
                "peer": peer(target, for: viewer), "message": .string(text), "random_id": .integer(randomID),
                "reply_to": replyTo.map { .object(TLObject("inputReplyToMessage", ["reply_to_msg_id": .integer($0)])) },
            ])
    }

    func history(of target: Peer, by viewer: Int) -> TLObject {
        TLObject(
            "messages.getHistory",
            [
                "peer": peer(target, for: viewer), "offset_id": 0, "offset_date": 0, "add_offset": 0, "limit": 100, "max_id": 0,
                "min_id": 0,
                "hash": 0,
            ])
    }
}
