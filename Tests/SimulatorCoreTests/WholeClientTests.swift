import MTProto
import Primitives
import TL
import TelegramClient
import Testing

@testable import SimulatorCore

/// Session and update engine together against the simulated server, over bytes and in virtual time: what a fault takes on one level,
/// another level has to bring back. What is left when the faults have ended equals the server's own truth.
///
/// Whether a call was needless cannot be counted here while faults go on: one call of the engine is several messages once its salt is
/// refused or its answer only announced, and whether a push that the server sent ever reached the session shows in no packet. The
/// engine's own simulation counts that, from what goes into the engine and what comes out. Counted here is what both levels together
/// ask of a server when nothing is wrong any more and nothing happens: heartbeats and polls at their time.
@Suite struct WholeClientTests {
    @Test(arguments: 1...24) func whatever_goes_wrong_the_rows_equal_the_servers_truth(seed: Int) throws {
        var life = try Life(seed: UInt64(seed))
        for _ in 0..<50 { try life.step() }
        try life.heal()
        let truth = try life.truth()
        #expect(truth.count > 10)
        for (key, text) in truth {
            #expect(life.rows[key] == text, "seed \(seed): \(key) is \(life.rows[key] ?? "not there")")
        }
        for (key, text) in life.rows { #expect(truth[key] == text, "seed \(seed): \(key) should not be there") }
        #expect(life.wire.endpoint.server.faults.counts.count >= 3, "few faults happened")
        let needless = try life.needlessCallsInTenQuietMinutes()
        #expect(needless.isEmpty, "seed \(seed): \(needless.prefix(3))")
    }
}

/// One crawler and one writer of messages, from one seed.
private struct Life {
    struct Key: Hashable { var isChannel: Bool, chat: Int64, id: Int64 }

    var wire = Wire()
    private(set) var rows: [Key: String] = [:]
    private var engine: UpdateEngine
    private var dice: SeededGenerator
    private var calls: [(id: UpdateRequestID, handle: RequestHandle)] = []
    private var sessions = 0
    private var groups: [JSON] = []
    /// What the writer sent, as the control port names it.
    private var sent: [(group: JSON, message: Int64)] = []
    private var existing: Set<Int64> = []
    /// The engine's calls, and when.
    private var asked: [(request: UpdateRequest, at: Instant)] = []
    /// What the server wants between two polls of a channel.
    private static let pollTimeout: Int64 = 5
    private var written = 0
    private let channels: [Int64]

    private static let transport = TransportOptions(mode: .intermediate, isObfuscated: false)
    private static let (writer, crawler) = ("9996610000", "9996610001")

    init(seed: UInt64) throws {
        dice = SeededGenerator(seed: seed)
        wire.generator = SeededGenerator(seed: seed &* 31)
        var channels: [Int64] = []
        for kind in ["basic", "supergroup", "channel"] {
            let made = try wire.control(["cmd": "create_group", "kind": .string(kind), "title": "g", "creator": .string(Life.writer)])
            let group = try #require(made["group"])
            groups.append(["kind": .string(kind), "id": group["id"] ?? .null])
            if kind != "basic", let id = group["id"]?.integer { channels.append(id) }
        }
        self.channels = channels
        engine = UpdateEngine(positions: [:], channels: channels, peers: PeerBook(), now: wire.now)
        try wire.connect(1, Life.transport)
        try wire.logIn(1, as: 1)
        existing = Set(try lines().compactMap { $0["key"]?.integer })
        sessions = wire.newSessions(1)
        perform(engine.connected(now: wire.now))
        for _ in 0..<10 { try turn() }
        try spoil(seed)
    }

    private mutating func spoil(_ seed: UInt64) throws {
        try wire.control(["cmd": "faults", "seed": .integer(Int64(seed))])
        try wire.control([
            "cmd": "pushes", "account": .string(Life.crawler), "lose": 0.2, "double": 0.2, "delay": 0.1, "reorder": 0.3, "shorten": 0.1,
        ])
        try wire.control(["cmd": "calls", "method": "*", "effect": "fail", "code": 500, "name": "RPC_CALL_FAIL", "probability": 0.05])
        try wire.control(["cmd": "calls", "method": "*", "effect": "announce", "probability": 0.2])
        try wire.control([
            "cmd": "window", "difference_slice": 3, "channel_difference_slice": 2, "timeout_seconds": .integer(Life.pollTimeout),
        ])
        if seed % 3 == 0 { try wire.control(["cmd": "salts", "seconds": 20]) }
    }

    // MARK: what happens

    /// Something is written, or breaks; then a second and more passes.
    mutating func step() throws {
        switch Int.random(in: 0..<20, using: &dice) {
        case 0: try wire.control(["cmd": "cut"])
        case 1: try wire.control(["cmd": "new_session", "lose": .bool(dice.next() % 2 == 0)])
        case 2: try wire.control(["cmd": "bad_message", "code": 48, "count": 1])
        case 3...5: try change("edit")
        case 6, 7: try change("delete")
        default: for _ in 0..<Int.random(in: 1...3, using: &dice) { try write() }
        }
        try turn()
    }

    private mutating func write() throws {
        let group = groups[Int.random(in: groups.indices, using: &dice)]
        written += 1
        let answer = try wire.control(["cmd": "send", "from": .string(Life.writer), "to": group, "text": .string("text \(written)")])
        if let message = answer["message"]?.integer { sent.append((group, message)) }
    }

    private mutating func change(_ command: String) throws {
        guard !sent.isEmpty else { return }
        let index = Int.random(in: sent.indices, using: &dice)
        let (group, message) = sent[index]
        written += 1
        try wire.control([
            "cmd": .string(command), "from": .string(Life.writer), "to": group, "message": .integer(message),
            "text": .string("edit \(written)"),
        ])
        if command == "delete" { sent.remove(at: index) }
    }

    /// Lets all that is under way arrive, and the engine do what it wants.
    private mutating func turn() throws {
        try wire.settle()
        let mustClose = wire.takeEvents(1).contains { if case .closeConnection = $0 { true } else { false } }
        for update in wire.takeUpdates(1) {
            guard let envelope = Envelope(update, receivedAt: wire.moment.time) else { continue }
            perform(engine.handle(envelope, now: wire.now))
        }
        if wire.newSessions(1) > sessions {
            sessions = wire.newSessions(1)
            perform(engine.sessionRenewed(now: wire.now))
        }
        for (id, handle) in calls {
            guard let answer = wire.answer(1, handle) else { continue }
            calls.removeAll { $0.id == id }
            switch answer {
            case .success(let bytes): perform(engine.answer(id, bytes: bytes, receivedAt: wire.moment.time, now: wire.now))
            case .failure: perform(engine.fail(id, .temporary, receivedAt: wire.moment.time, now: wire.now))
            }
        }
        if mustClose || wire.isClosed(1) {
            perform(engine.disconnected(now: wire.now))
            calls = []
            try wire.reconnect(1, Life.transport, after: .seconds(Int64.random(in: 1...20, using: &dice))) { _ in }
            perform(engine.connected(now: wire.now))
        }
        perform(engine.advance(now: wire.now))
    }

    /// No fault any more: within 20 minutes all is as it should be, and stays so.
    mutating func heal() throws {
        try wire.control(["cmd": "faults", "end": true])
        let limit = wire.now + .seconds(20 * 60)
        while wire.now < limit {
            try turn()
            let isEqual = try truth() == rows
            if isEqual, engine.isSettled, calls.isEmpty { break }
            // Nothing is under way: on to what time brings.
            if calls.isEmpty, let deadline = engine.nextDeadline, deadline > wire.now { wire.now = min(deadline, wire.now + .seconds(10)) }
        }
        for _ in 0..<5 { try turn() }
    }

    /// Calls that nothing asked for: of the common box within a minute of the one before, of a channel sooner than the server wants
    /// polls, of the watchdog sooner than it may, and any other.
    mutating func needlessCallsInTenQuietMinutes() throws -> [String] {
        try land()
        asked = []
        let (begun, served) = (wire.now, wire.endpoint.server.calls.values.reduce(0, +))
        while wire.now < begun + .seconds(600) {
            try turn()
            if calls.isEmpty, let deadline = engine.nextDeadline, deadline > wire.now { wire.now = min(deadline, wire.now + .seconds(10)) }
        }
        var needless: [String] = []
        var last: [Int64: Instant] = [:]
        for (request, at) in asked {
            let (box, spacing): (Int64, Int64)
            switch request {
            case .getDifference: (box, spacing) = (0, 60)
            case .getChannelDifference(let channel, _, _, _): (box, spacing) = (channel, Life.pollTimeout)
            case .getPeerDialogs: (box, spacing) = (-1, 5)
            default:
                needless.append("\(request)")
                continue
            }
            if let before = last[box], at - before < .seconds(spacing) { needless.append("\(request) after \(at - before)") }
            last[box] = at
        }
        try land()
        // And each of them was one at the server, too: nothing was executed twice.
        let calls = wire.endpoint.server.calls.values.reduce(0, +) - served
        if calls != asked.count { needless.append("\(calls) calls at the server, \(asked.count) made") }
        // Without any the count would mean nothing.
        if last[0] == nil { needless.append("not even a heartbeat") }
        return needless
    }

    /// What is under way arrives.
    private mutating func land() throws {
        for _ in 0..<20 where !calls.isEmpty { try turn() }
    }

    // MARK: what comes of it

    private mutating func perform(_ outputs: [UpdateOutput]) {
        for output in outputs {
            switch output {
            case .request(let id, let request):
                asked.append((request, wire.now))
                // A call that cannot be written is one that fails.
                guard let handle = try? wire.begin(1, request.call) else {
                    Issue.record("\(request.call.name) cannot be sent")
                    continue
                }
                calls.append((id, handle))
            case .deliver(let delivery): for item in delivery.items { apply(item) }
            default: break
            }
        }
    }

    private mutating func apply(_ item: Delivery.Item) {
        switch item {
        case .message(let message): store(message)
        case .update(let update):
            if let message = update.object["message"]?.object { return store(message) }
            let ids = update.object["messages"]?.vector?.compactMap(\.int) ?? []
            switch update.object.name {
            case "updateDeleteChannelMessages":
                for id in ids { rows[Key(isChannel: true, chat: update.object["channel_id"]?.int ?? 0, id: id)] = nil }
            case "updateDeleteMessages":
                // Ids of basic groups are the account's own, whatever the chat.
                for key in rows.keys where !key.isChannel && ids.contains(key.id) { rows[key] = nil }
            default: break
            }
        }
    }

    private mutating func store(_ message: TLObject) {
        guard message.name == "message", let peer = message["peer_id"]?.object, let id = message["id"]?.int else { return }
        guard let chat = peer["channel_id"]?.int ?? peer["chat_id"]?.int else { return }
        rows[Key(isChannel: peer["channel_id"] != nil, chat: chat, id: id)] = message["message"]?.string
    }

    /// What the server holds of all that was written since the start, as the crawler knows it.
    mutating func truth() throws -> [Key: String] {
        var out: [Key: String] = [:]
        for line in try lines() {
            guard let key = line["key"]?.integer, !existing.contains(key), line["deleted"]?.bool == false, line["service"]?.bool != true,
                let chat = line["chat"]?.integer, let id = line["id"]?.integer, let kind = line["kind"]?.string
            else { continue }
            out[Key(isChannel: kind != "basic", chat: chat, id: id)] = line["text"]?.string
        }
        return out
    }

    private mutating func lines() throws -> [JSON] {
        try Control.run(["cmd": "dump", "account": .string(Life.crawler)], on: &wire.endpoint, now: wire.moment, using: &wire.generator)
            ?? []
    }
}
