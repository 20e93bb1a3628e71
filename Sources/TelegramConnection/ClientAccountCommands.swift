import Primitives
import TL
import TelegramClient

/// What an operator may ask of an account's login: over the running listener's control socket, or over a connection of the tool's own.
///
/// Arguments and answers are JSON, the same either way.
public struct AccountCommands: Sendable {
    public enum Name: String, Sendable, CaseIterable {
        /// The account's devices.
        case authorizations
        /// Ends one of our own devices: `hash`.
        case revokeAuthorization = "revoke_authorization"
        /// Lets another process of ours log in: `token`, base64url.
        case acceptLoginToken = "accept_login_token"
        /// Ends this very login, and has the server forget its key: nothing can be called afterwards. Answers `key_destroyed`.
        case logOut = "log_out"
        /// Who has a user name: `name`. Nobody: null.
        case resolveUsername = "resolve_username"
        /// Which chat an invite link is of: `hash`.
        case checkInvite = "check_invite"
        /// Enters a chat: by an invite's `hash`, or a channel by its `name`.
        case join
    }

    public enum Failure: Error, Sendable, CustomStringConvertible {
        case call(CallFailure)
        case refused(String)

        public var description: String {
            switch self {
            case .call(let failure): failure.description
            case .refused(let why): why
            }
        }
    }

    private let api: TelegramAPI
    private let keyDeadline: Duration
    let learnt: (@Sendable (TLObject) async -> Void)?

    /// - Parameters:
    ///   - keyDeadline: how long the server may take to forget a key after a logout; the operator waits for it.
    ///   - learnt: takes what an answer tells of users and chats, as an envelope without updates.
    public init(_ api: TelegramAPI, keyDeadline: Duration = .seconds(10), learnt: (@Sendable (TLObject) async -> Void)? = nil) {
        self.api = api
        self.keyDeadline = keyDeadline
        self.learnt = learnt
    }

    public func run(_ name: Name, _ arguments: JSON) async throws(Failure) -> JSON {
        switch name {
        case .authorizations: return .array(try await authorizations().map(\.json))
        case .revokeAuthorization: return try await revoke(arguments)
        case .acceptLoginToken:
            guard let token = arguments["token"]?.string.flatMap({ Base64URL.decode($0) }) else { throw .refused("token is no base64url") }
            _ = try await ask(TLObject("auth.acceptLoginToken", ["token": .bytes(token)]), isIdempotent: false)
            return true
        case .logOut:
            _ = try await ask(TLObject("auth.logOut"), isIdempotent: false)
            return ["key_destroyed": .bool(await destroyKey())]
        case .resolveUsername:
            guard let name = arguments["name"]?.string else { throw .refused("a name is missing") }
            return try await resolve(name)?.json ?? .null
        case .checkInvite:
            guard let hash = arguments["hash"]?.string else { throw .refused("a hash is missing") }
            return try await invite(hash)
        case .join:
            if let hash = arguments["hash"]?.string { return try await join(hash: hash) }
            guard let name = arguments["name"]?.string else { throw .refused("a hash or a name is missing") }
            return try await join(name: name)
        }
    }

    func ask(_ call: TLObject, isIdempotent: Bool = true) async throws(Failure) -> TLValue {
        do {
            return try await api.call(call, isIdempotent: isIdempotent)
        } catch {
            throw .call(error)
        }
    }

    /// The login is ended whatever comes of this: a key that stays behind opens nothing any more.
    private func destroyKey() async -> Bool {
        do {
            return try await api.connection.destroyKey(deadline: keyDeadline)
        } catch {
            return false
        }
    }

    // MARK: devices

    /// A device of the account, of ours or not.
    public struct Device: Sendable {
        public var hash: Int64
        public var isCurrent: Bool
        /// Made with our api_id: by one of our processes.
        public var isOurs: Bool
        public var device: String
        public var app: String
        public var country: String
        public var created: Int64
        public var active: Int64

        var json: JSON {
            [
                "hash": .string(AccountCommands.text(hash)), "current": .bool(isCurrent), "ours": .bool(isOurs), "device": .string(device),
                "app": .string(app), "country": .string(country), "created_at": .integer(created), "active_at": .integer(active),
            ]
        }
    }

    public func authorizations() async throws(Failure) -> [Device] {
        let answer = try await ask(TLObject("account.getAuthorizations"))
        return (answer.object?["authorizations"]?.vector ?? []).compactMap(\.object).map { device in
            func text(_ field: String) -> String { device[field]?.string ?? "" }
            return Device(
                hash: device["hash"]?.int ?? 0, isCurrent: device["current"]?.bool ?? false,
                isOurs: device["api_id"]?.int == Int64(api.encoder.identity.apiID), device: text("device_model"),
                app: "\(text("app_name")) \(text("app_version"))", country: text("country"), created: device["date_created"]?.int ?? 0,
                active: device["date_active"]?.int ?? 0)
        }
    }

    private func revoke(_ arguments: JSON) async throws(Failure) -> JSON {
        guard let hash = arguments["hash"]?.string.flatMap({ UInt64($0, radix: 16) }).map({ Int64(bitPattern: $0) }) else {
            throw .refused("a hash is missing")
        }
        guard let device = try await authorizations().first(where: { $0.hash == hash && !$0.isCurrent }) else {
            throw .refused("the account has no other device with the hash \(AccountCommands.text(hash))")
        }
        guard device.isOurs else { throw .refused("\(device.app) on \(device.device) is none of ours: end it in an official app") }
        _ = try await ask(TLObject("account.resetAuthorization", ["hash": .integer(hash)]), isIdempotent: false)
        return device.json
    }

    /// A device's hash as people see it: hexadecimal, since a minus sign would be taken for an option.
    private static func text(_ hash: Int64) -> String { String(UInt64(bitPattern: hash), radix: 16) }

    // MARK: names

    /// Who has a user name, as this login may address it.
    public struct Owner: Sendable, Hashable {
        /// user, channel or group.
        public var type: String
        public var id: Int64
        public var accessHash: Int64?
        public var title: String?

        public init(type: String, id: Int64, accessHash: Int64?, title: String?) {
            self.type = type
            self.id = id
            self.accessHash = accessHash
            self.title = title
        }

        /// Without the hash, which is of no use to others.
        public var json: JSON {
            ["type": .string(type), "id": .integer(id), "title": title.map { .string($0) } ?? .null]
        }
    }

    /// Asks the server; nil when nobody has the name. It is the scarcest call: look into the table of names first.
    public func resolve(_ name: String) async throws(Failure) -> Owner? {
        let answer: TLValue
        do {
            answer = try await ask(TLObject("contacts.resolveUsername", ["username": .string(name)]))
        } catch {
            if case .call(.rpc(let rpc)) = error, ["USERNAME_NOT_OCCUPIED", "USERNAME_INVALID"].contains(rpc.message) { return nil }
            throw error
        }
        guard let resolved = answer.object, let peer = resolved["peer"]?.object else { throw .refused("an answer without a peer") }
        await learnt?(
            TLObject("updates", ["updates": .vector([]), "users": resolved["users"], "chats": resolved["chats"], "date": 0, "seq": 0]))
        if let id = peer["channel_id"]?.int { return owner("channel", id, of: resolved["chats"]) }
        if let id = peer["chat_id"]?.int { return owner("group", id, of: resolved["chats"]) }
        if let id = peer["user_id"]?.int { return owner("user", id, of: resolved["users"]) }
        throw .refused("an answer with a strange peer")
    }

    private func owner(_ type: String, _ id: Int64, of list: TLValue?) -> Owner {
        let object = list?.vector?.compactMap(\.object).first { $0["id"]?.int == id }
        let isMin = object?["min"]?.bool ?? false
        return Owner(type: type, id: id, accessHash: isMin ? nil : object?["access_hash"]?.int, title: object?["title"]?.string)
    }

    /// The chat of an invite, when the account is in it.
    func invite(_ hash: String) async throws(Failure) -> JSON {
        let answer = try await ask(TLObject("messages.checkChatInvite", ["hash": .string(hash)]))
        guard let chat = answer.object?["chat"]?.object, let id = chat["id"]?.int else {
            throw .refused("the account is not in the chat of that link: `groups add --join` enters it")
        }
        return Owner(
            type: chat.name.hasPrefix("channel") ? "channel" : "group", id: id, accessHash: chat["access_hash"]?.int,
            title: chat["title"]?.string
        ).json
    }
}
