import MTProto
import Primitives

/// A client's session under a server that says anything: sealed with the right key, so that the input reaches what lies behind the
/// message key, and raw. Every request ends at most once, and what waits to be sent stays bounded.
@Sendable func fuzzSession(_ bytes: [UInt8]) {
    var world = SessionWorld()
    var input = Input(bytes)
    for _ in 0..<64 where !input.isEmpty { world.step(&input) }
    world.finish()
}

private struct SessionWorld {
    static let key = AuthorizationKey((0..<256).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) })

    var now = Instant.zero
    var generator = SeededGenerator(seed: 1)
    var server = ServerClock(authoritative: UnixTime(seconds: 1_763_000_000), at: .zero)
    var client: ClientSession
    var open: [RequestHandle] = []
    var ended: Set<RequestHandle> = []
    /// Ids of what the client sent last, newest last.
    var sent: [Int64] = []
    var lastID: Int64 = 0

    init() {
        client = ClientSession(
            key: Self.key, salts: [], clock: ServerClock(guess: UnixTime(seconds: 1_763_000_000), at: .zero), using: &generator)
        client.connected(now: now)
        settle()
    }

    mutating func step(_ input: inout Input) {
        now = now + .milliseconds(1)
        switch input.byte() & 15 {
        case 0...3: receive(input.block(), isOdd: true)
        case 4: receive(input.block(), isOdd: false)
        case 5: receive(words(0xf35c_6d01) + long(recent(&input)) + input.block(), isOdd: true)
        case 6:
            let code = input.byte()
            receive(words(0xa7ef_f811) + long(recent(&input)) + words(0) + words(UInt32(code)), isOdd: false)
        case 7: receive(words(0xedab_447b) + long(recent(&input)) + words(0) + words(48) + long(Int64(input.byte())), isOdd: false)
        case 8:
            let id = recent(&input)
            receive(words(0x04de_b57d) + long(id) + [4, input.byte(), input.byte(), input.byte(), input.byte(), 0, 0, 0], isOdd: false)
        case 9:
            receive(words(0x276d_3ec6) + long(recent(&input)) + long(lastID - Int64(input.byte()) * 4) + words(9) + words(0), isOdd: false)
        case 10:
            let priority = RequestPriority.allCases[Int(input.byte()) % RequestPriority.allCases.count]
            let deadline = now + .seconds(Int64(input.byte()))
            let resending: Resending = input.byte() & 1 == 0 ? .always : .onlyIfNotReceived
            open.append(client.send([1, 2, 3, 4], deadline: deadline, priority: priority, resending: resending))
        case 11: if let handle = open.last { cancel(handle) }
        case 12:
            client.connectionLost(now: now)
            client.connected(now: now)
        case 13: now = now + .seconds(Int64(input.byte()))
        case 14: client.receive(long(Self.key.id) + input.block(), now: now, using: &generator)
        default: client.receive(input.block(), now: now, using: &generator)
        }
        settle()
        if !client.isConnected { client.connected(now: now) }
        settle()
    }

    mutating func cancel(_ handle: RequestHandle) {
        client.cancel(handle)
        if !ended.contains(handle) { open.removeAll { $0 == handle } }
    }

    /// One of the last 16 ids that the client sent.
    func recent(_ input: inout Input) -> Int64 {
        let back = Int(input.byte() & 15)
        return back < sent.count ? sent[sent.count - 1 - back] : 4
    }

    mutating func receive(_ body: [UInt8], isOdd: Bool) {
        let time = server.time(at: now)
        let fraction = (time.nanoseconds % 1_000_000_000) * 4_294_967_296 / 1_000_000_000
        lastID = max(lastID + 4, ((time.seconds << 32 | fraction) & ~3) | 1)
        let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
        let envelope = MessageEnvelope(
            salt: 0, sessionID: client.sessionID, messageID: lastID, sequenceNumber: isOdd ? 1 : 0, body: padded)
        let packet = MessageCipher.seal(envelope, key: Self.key, direction: .serverToClient, using: &generator)
        client.receive(packet, now: now, using: &generator)
    }

    mutating func settle() {
        var moved = true, rounds = 0
        while moved {
            moved = false
            rounds += 1
            require(rounds < 1000, "the session never comes to rest")
            while let packet = client.pollPacket(now: now, using: &generator) {
                moved = true
                guard let envelope = try? MessageCipher.open(packet, key: Self.key, direction: .clientToServer) else {
                    fatalError("the client's own packet cannot be opened")
                }
                require(envelope.messageID & 3 == 0, "an id that no client may use")
                note(envelope)
            }
            while let event = client.pollEvent() {
                moved = true
                switch event {
                case .result(let handle, _), .failed(let handle, _):
                    require(ended.insert(handle).inserted, "a request that ended twice")
                    require(open.contains(handle), "a cancelled request that ended")
                default: break
                }
            }
        }
    }

    /// Remembers the ids of what was sent: of a container's members, which lie behind id, count and one another.
    private mutating func note(_ envelope: MessageEnvelope) {
        sent.append(envelope.messageID)
        let body = envelope.body
        guard body.count >= 8, body.starts(with: words(0x73f1_f8dc)) else { return }
        var at = 8
        while at + 16 <= body.count {
            let id = (0..<8).reduce(Int64(0)) { $0 | Int64(body[at + $1]) << (8 * Int64($1)) }
            let length = (0..<4).reduce(0) { $0 | Int(body[at + 12 + $1]) << (8 * $1) }
            sent.append(id)
            at += 16 + length
        }
        if sent.count > 1000 { sent.removeFirst(500) }
    }

    /// In the end everything that was asked for ends, if only by its deadline.
    mutating func finish() {
        for _ in 0..<400 where client.pendingRequests > 0 {
            guard let next = client.nextDeadline else { fatalError("requests wait for nothing") }
            now = max(now + .milliseconds(1), next)
            settle()
            if !client.isConnected { client.connected(now: now) }
        }
        require(client.pendingRequests == 0, "a request outlived its deadline")
    }
}

private func words(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
private func long(_ value: Int64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
