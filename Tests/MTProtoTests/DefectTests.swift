import Primitives
import Testing

@testable import MTProto

/// Defects found in other libraries, each as a scenario.
@Suite struct DefectTests {
    /// 3: a clock jump of hours bricked the process until restart.
    @Test(arguments: [Duration.seconds(3 * 3600), .seconds(-3 * 3600)])
    func defect_03_a_clock_wrong_by_three_hours_recovers_by_itself(_ error: Duration) {
        var pair = SessionPair(clockError: error)
        pair.client.send(body(1))
        pair.connect()
        pair.run(.seconds(5))
        #expect(pair.results == [body(1).reversed()])
        #expect(pair.failures.isEmpty)
        #expect(pair.client.clock.isInStep)
        let off = pair.client.clock.time(at: pair.now) - pair.serverClock.time(at: pair.now)
        #expect(off < .seconds(2) && off > .seconds(-2))
        pair.client.send(body(2))
        pair.run(.seconds(1))
        #expect(pair.results.last == body(2).reversed())
    }

    /// 3, later: the host slept, so that its monotonic clock fell behind the server's in the middle of a session.
    @Test(arguments: [Duration.seconds(3 * 3600), .seconds(-3 * 3600)])
    func defect_03_a_clock_that_jumps_in_mid_session_recovers_without_loss(_ jump: Duration) {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(2))
        pair.serverClock.correct(to: pair.serverClock.time(at: pair.now) + jump, at: pair.now)
        for i in pair.servers.indices { pair.servers[i].clock = pair.serverClock }
        pair.client.send(body(1))
        pair.run(.seconds(60))
        for _ in 0..<3 where !pair.closes.isEmpty || !pair.client.isConnected {
            pair.cut()
            pair.connect()
            pair.run(.seconds(5))
        }
        #expect(pair.results == [body(1).reversed()])
        #expect(pair.executed == [body(1)])
        pair.servers[pair.servers.count - 1].push(updates: body(9))
        pair.run(.seconds(1))
        #expect(pair.updates == [body(9)])
    }

    /// 4: a packet of another session crashed the process.
    @Test func defect_04_a_packet_of_a_foreign_session_is_dropped_and_closes_the_connection() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        var envelope = pair.envelope(body(5))
        envelope.sessionID ^= 1
        pair.inject(envelope)
        #expect(pair.updates.isEmpty)
        #expect(pair.closes == [.badPacket(.foreignSession)])
    }

    /// 5: a packet was parsed before its message key was checked.
    @Test func defect_05_a_wrong_message_key_lets_nothing_be_parsed() throws {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        let good = MessageCipher.seal(pair.envelope(body(5)), key: SessionPair.key, direction: .serverToClient, using: &pair.generator)
        for position in stride(from: 8, to: good.count, by: 5) {
            var changed = good
            changed[position] ^= 1
            #expect(throws: MessageError.wrongMessageKey) {
                try MessageCipher.open(changed, key: SessionPair.key, direction: .serverToClient)
            }
        }
        var changed = good
        changed[40] ^= 0x80
        pair.client.receive(changed, now: pair.now, using: &pair.generator)
        pair.settle()
        #expect(pair.updates.isEmpty)
        #expect(pair.closes == [.badPacket(.wrongMessageKey)])
    }

    @Test func packets_of_other_keys_and_broken_lengths_are_refused() {
        let key = SessionPair.key
        #expect(throws: MessageError.foreignKey) { try MessageCipher.open([], key: key, direction: .serverToClient) }
        #expect(throws: MessageError.foreignKey) {
            try MessageCipher.open([UInt8](repeating: 1, count: 88), key: key, direction: .serverToClient)
        }
        let head = [UInt8](int64: key.id) + [UInt8](repeating: 0, count: 16)
        for count in [0, 8, 17] {
            #expect(throws: MessageError.badLength) {
                try MessageCipher.open(head + [UInt8](repeating: 0, count: count), key: key, direction: .serverToClient)
            }
        }
        #expect(throws: MessageError.wrongMessageKey) {
            try MessageCipher.open(head + [UInt8](repeating: 0, count: 16), key: key, direction: .serverToClient)
        }
    }

    /// 6: too little padding was let through.
    @Test func defect_06_padding_below_12_or_above_1024_bytes_is_refused() throws {
        var generator = SeededGenerator(seed: 1)
        let key = SessionPair.key
        func sealed(_ body: Int, _ padding: Int, length: Int32? = nil) -> [UInt8] {
            // Sealed by hand, since the sealer itself refuses.
            forged(bodyBytes: body, padding: padding, length: length ?? Int32(body), key: key, using: &generator)
        }
        for (body, padding) in [(16, 0), (20, 12), (24, 8), (28, 4), (16, 1040), (20, 1036)] {
            let packet = sealed(body, padding)
            if (12...1024).contains(padding) {
                #expect(try MessageCipher.open(packet, key: key, direction: .serverToClient).body.count == body)
            } else {
                #expect(throws: MessageError.badPadding) { try MessageCipher.open(packet, key: key, direction: .serverToClient) }
            }
        }
        for length: Int32 in [-4, -1, 5, 18, 1 << 30, .max, .min] {
            let packet = sealed(20, 12, length: length)
            #expect(throws: MessageError.badPadding) { try MessageCipher.open(packet, key: key, direction: .serverToClient) }
        }
        for body in [0, 4, 12, 16, 500, 1236, 1240, 5000, 100_000] {
            let count = MessageCipher.paddingCount(for: body)
            #expect((12...1024).contains(count) && (32 + body + count) % 16 == 0)
        }
    }

    /// 7, this layer's part: one member of a container that cannot be read took its siblings with it.
    @Test func defect_07_a_broken_member_of_a_container_loses_only_itself() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        let outer = pair.envelope([], low: 1)
        var members = (0..<10).map { InnerMessage(id: outer.messageID - 400 + Int64($0) * 4, sequenceNumber: 1, body: body($0)) }
        var broken: [UInt8] = []
        broken.append(uint32: Constructor.gzipPacked)
        broken.append(string: [1, 2, 3])
        members[4].body = broken
        var nested = outer
        nested.body = MessageContainer.encode(members)
        pair.inject(nested)
        #expect(pair.updates == [0, 1, 2, 3, 5, 6, 7, 8, 9].map { body($0) })
        #expect(pair.clientEvents.contains(.undecodable(broken)))
        #expect(pair.closes.isEmpty)
    }

    /// 13: salts that roll over cost a failed call each.
    @Test func defect_13_a_salt_that_rolls_over_each_minute_costs_no_failed_call_after_the_first() {
        var pair = SessionPair()
        pair.serverConfiguration.saltPeriodSeconds = 60
        pair.serverConfiguration.acceptsPreviousSalt = false
        var refusals = 0
        // No packet is on its way just when a salt ends: without any overlap nobody could help that.
        pair.run(.milliseconds(2_345))
        pair.connect()
        pair.run(.seconds(2))
        pair.filterToClient = { packet in
            if let envelope = try? MessageCipher.open(packet, key: SessionPair.key, direction: .serverToClient),
                unfold(InnerMessage(id: 1, sequenceNumber: 0, body: envelope.body)).messages
                    .contains(where: { constructor(of: $0.body) == Constructor.badServerSalt })
            {
                refusals += 1
            }
            return [packet]
        }
        for i in 0..<60 {
            pair.client.send(body(i))
            pair.run(.seconds(61))
        }
        #expect(pair.results.count == 60)
        #expect(pair.failures.isEmpty)
        #expect(refusals == 0)
    }

    @Test func a_refused_salt_makes_the_client_ask_for_all_of_them_again() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(90))
        let before = pair.client.knownSalts
        // The server changes its salts, as real ones do when they must.
        for i in pair.servers.indices { pair.servers[i].configuration.saltPeriodSeconds = 2000 }
        pair.client.send(body(1))
        pair.run(.seconds(2))
        #expect(pair.results == [body(1).reversed()])
        #expect(pair.client.knownSalts.count == 64)
        #expect(!pair.client.knownSalts.contains { before.contains($0) })
    }

    /// The next salts were asked for a moment ago, and then the server changed its mind about them.
    @Test func a_salt_refused_soon_after_the_last_question_is_asked_about_at_once() {
        var pair = SessionPair()
        pair.serverConfiguration.acceptsPreviousSalt = false
        // In the midst of a period, so that no packet is on its way when a salt ends.
        pair.run(.milliseconds(2_345))
        pair.connect()
        pair.run(.seconds(4))
        #expect(pair.client.knownSalts.count == 64)
        for i in pair.servers.indices { pair.servers[i].configuration.saltPeriodSeconds = 2 }
        var refusals = 0
        pair.filterToClient = { packet in
            if let envelope = try? MessageCipher.open(packet, key: SessionPair.key, direction: .serverToClient),
                unfold(InnerMessage(id: 1, sequenceNumber: 0, body: envelope.body)).messages
                    .contains(where: { constructor(of: $0.body) == Constructor.badServerSalt })
            {
                refusals += 1
            }
            return [packet]
        }
        for i in 0..<20 {
            pair.client.send(body(i))
            pair.run(.seconds(2))
        }
        #expect(pair.results.count == 20)
        #expect(refusals == 1)
    }

    @Test func refusals_without_end_do_not_make_questions_without_end() {
        var store = SaltStore([])
        var questions = 0
        for step in 0..<1_000 {
            let now = Instant.zero + .milliseconds(Int64(step) * 100)
            // Each packet is refused, whatever was answered.
            store.adoptAlone(Int64(step) + 1, at: Int64(step) / 10)
            guard store.wantsMore(at: Int64(step) / 10, now: now) else { continue }
            store.asked(at: now)
            questions += 1
        }
        // A hundred seconds.
        #expect(questions == 100)
    }

    @Test func a_refusal_that_names_the_present_salt_tells_nothing_new() {
        let salts = (0..<64 as Range<Int64>).map { ServerSalt(value: $0 + 1, validSince: $0 * 1_800, validUntil: ($0 + 2) * 1_800) }
        var store = SaltStore(salts)
        let present = store.current(at: 2_000)
        store.adoptAlone(present, at: 2_000)
        #expect(store.salts.count == 64)
        store.adoptAlone(4_711, at: 2_000)
        #expect(store.salts.map(\.value) == [4_711])
    }

    /// 14: codes 16 and 17 did not correct the clock.
    @Test func defect_14_code_16_corrects_the_clock_and_keeps_the_session() {
        var pair = SessionPair(clockError: .seconds(-1000))
        let session = pair.client.sessionID
        pair.client.send(body(1))
        pair.connect()
        pair.run(.seconds(2))
        #expect(pair.results.count == 1)
        #expect(pair.client.sessionID == session)
        #expect(pair.clientEvents.contains { if case .clockCorrected = $0 { true } else { false } })
    }

    @Test func defect_14_code_17_corrects_the_clock_and_makes_a_new_session() {
        var pair = SessionPair(clockError: .seconds(1000))
        let session = pair.client.sessionID
        pair.client.send(body(1))
        pair.connect()
        pair.run(.seconds(2))
        #expect(pair.results.count == 1)
        #expect(pair.executed == [body(1)])
        #expect(pair.client.sessionID != session)
        #expect(pair.clientEvents.contains(.sessionReset(code: 17)))
    }

    @Test(arguments: [18, 19, 32, 33, 34, 35, 64] as [Int32])
    func every_other_code_makes_a_new_session_and_sends_the_call_again(_ code: Int32) {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        pair.answer = { _, _ in nil }
        let session = pair.client.sessionID
        pair.client.send(body(1))
        pair.run(.milliseconds(50))
        guard case .request(let id, _)? = pair.serverEvents.last else { return }
        pair.answer = { _, body in body.reversed() }
        pair.inject(pair.envelope(ServiceBody.badMessage(InnerMessage(id: id, sequenceNumber: 1, body: []), code: code)))
        pair.run(.seconds(1))
        #expect(pair.client.sessionID != session)
        #expect(pair.clientEvents.contains(.sessionReset(code: code)))
        #expect(pair.results == [body(1).reversed()])
    }

    @Test func code_20_sends_the_call_again_in_the_same_session() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        pair.answer = { _, _ in nil }
        let session = pair.client.sessionID
        pair.client.send(body(1))
        pair.run(.milliseconds(50))
        guard case .request(let id, _)? = pair.serverEvents.last else { return }
        pair.answer = { _, body in body.reversed() }
        pair.inject(pair.envelope(ServiceBody.badMessage(InnerMessage(id: id, sequenceNumber: 1, body: []), code: 20)))
        pair.run(.seconds(1))
        #expect(pair.client.sessionID == session)
        #expect(pair.results == [body(1).reversed()])
    }

    @Test func notices_about_messages_never_sent_are_ignored() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        let session = pair.client.sessionID, salts = pair.client.knownSalts
        let stranger = InnerMessage(id: 4444, sequenceNumber: 1, body: [])
        pair.inject(pair.envelope(ServiceBody.badMessage(stranger, code: 17)))
        pair.run(.milliseconds(5))
        pair.inject(pair.envelope(ServiceBody.badSalt(stranger, right: 666)))
        #expect(pair.client.sessionID == session)
        #expect(pair.client.knownSalts == salts)
    }

    @Test func endless_resets_close_the_connection_instead_of_spinning() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        pair.answer = { _, _ in nil }
        pair.client.send(body(1))
        for _ in 0..<10 where pair.closes.isEmpty {
            pair.run(.milliseconds(100))
            guard case .request(let id, _)? = pair.serverEvents.last(where: { if case .request = $0 { true } else { false } }) else {
                return
            }
            pair.inject(pair.envelope(ServiceBody.badMessage(InnerMessage(id: id, sequenceNumber: 1, body: []), code: 32)))
        }
        #expect(pair.closes == [.brokenSession])
    }

    @Test func messages_out_of_the_time_window_are_refused_once_the_clock_is_known() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        #expect(pair.client.clock.isInStep)
        let session = pair.client.sessionID
        pair.inject(pair.envelope(body(1), after: .seconds(-301)))
        pair.inject(pair.envelope(body(2), after: .seconds(31)))
        #expect(pair.updates.isEmpty)
        pair.inject(pair.envelope(body(3), after: .seconds(-290)))
        #expect(pair.updates == [body(3)])
        #expect(pair.client.sessionID == session)
        for i in 0..<3 { pair.inject(pair.envelope(body(4), after: .seconds(100 + Int64(i)))) }
        #expect(pair.client.sessionID != session)
        #expect(pair.client.statistics.outOfWindow == 5)
    }

    @Test func even_message_ids_do_not_come_from_a_server() {
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        pair.inject(pair.envelope(body(1), low: 0))
        #expect(pair.updates.isEmpty)
        #expect(pair.closes == [.badPacket(.badMessageID)])
    }

    /// 23: a bomb in gzip took all memory.
    @Test func defect_23_a_gzip_bomb_ends_in_an_error_and_little_memory() throws {
        let bomb = try #require(Gzip.deflate([UInt8](repeating: 0, count: 64 << 20)))
        #expect(bomb.count < 80_000)
        #expect(throws: GzipError.tooLarge) { try Gzip.inflate(bomb) }
        #expect(throws: GzipError.tooLarge) { try Gzip.inflate(bomb, limit: 1000) }
        var pair = SessionPair()
        pair.answer = { _, _ in nil }
        pair.connect()
        let handle = pair.client.send(body(1))
        pair.run(.seconds(1))
        guard case .request(let id, _)? = pair.serverEvents.last else { return }
        var packed: [UInt8] = []
        packed.append(uint32: Constructor.gzipPacked)
        packed.append(string: bomb)
        pair.inject(pair.envelope(ServiceBody.result(of: id, packed)))
        #expect(pair.clientEvents.last == .failed(handle, .undecodable(packed)))
        #expect(pair.closes.isEmpty)
    }

    @Test func damaged_short_and_nested_gzip_are_refused() throws {
        let good = try #require(Gzip.deflate([UInt8](repeating: 7, count: 5000)))
        #expect(try Gzip.inflate(good) == [UInt8](repeating: 7, count: 5000))
        #expect(try Gzip.inflate(good, limit: 5000).count == 5000)
        #expect(throws: GzipError.tooLarge) { try Gzip.inflate(good, limit: 4999) }
        #expect(throws: GzipError.damaged) { try Gzip.inflate([]) }
        #expect(throws: GzipError.damaged) { try Gzip.inflate(Array(good.dropLast())) }
        for i in good.indices.dropFirst(10) {
            var changed = good
            changed[i] ^= 0xFF
            #expect(throws: GzipError.self) { try Gzip.inflate(changed) }
        }
        var generator = SeededGenerator(seed: 5)
        #expect(Gzip.deflate(generator.bytes(5000)) == nil)
        func packed(_ bytes: [UInt8]) throws -> [UInt8] {
            var out: [UInt8] = []
            out.append(uint32: Constructor.gzipPacked)
            out.append(string: try #require(Gzip.deflate(bytes)))
            return out
        }
        let inside = try packed([UInt8](repeating: 7, count: 5000))
        let twice = InnerMessage(id: 5, sequenceNumber: 1, body: try packed(inside + [UInt8](repeating: 0, count: 4000)))
        #expect(unfold(twice).broken == [twice])
    }

    /// 23: counts that promise more than there is.
    @Test func defect_23_counts_beyond_the_bytes_are_refused_before_anything_is_reserved() {
        for count: Int32 in [-1, 2, 1 << 20, .max] {
            var container: [UInt8] = []
            container.append(uint32: Constructor.msgContainer)
            container.append(int32: count)
            container += [UInt8](repeating: 0, count: 16)
            #expect(throws: MalformedBytes.badCount) { try MessageContainer.decode(container) }
            var vector: [UInt8] = []
            vector.append(uint32: Constructor.vector)
            vector.append(int32: count)
            vector += [UInt8](repeating: 0, count: 8)
            var reader = ByteReader(vector)
            #expect(throws: MalformedBytes.badCount) { try reader.vectorOfInt64() }
        }
    }

    @Test func containers_inside_containers_are_refused_alone() {
        let inner = InnerMessage(id: 1, sequenceNumber: 0, body: MessageContainer.encode([]))
        let good = InnerMessage(id: 5, sequenceNumber: 1, body: body(1))
        let outer = InnerMessage(id: 9, sequenceNumber: 0, body: MessageContainer.encode([inner, good]))
        let (messages, broken, _) = unfold(outer)
        #expect(messages == [good])
        #expect(broken.count == 1)
    }

    @Test func random_service_messages_never_trap() {
        var generator = SeededGenerator(seed: 31)
        var pair = SessionPair()
        pair.connect()
        pair.run(.seconds(1))
        let constructors = [
            Constructor.rpcResult, Constructor.msgsAck, Constructor.pong, Constructor.newSessionCreated, Constructor.futureSalts,
            Constructor.msgsStateInfo, Constructor.msgDetailedInfo, Constructor.msgNewDetailedInfo, Constructor.msgsStateReq,
            Constructor.msgResendReq, Constructor.msgCopy, Constructor.msgContainer, Constructor.gzipPacked, Constructor.vector,
        ]
        for i in 0..<2000 {
            var bytes: [UInt8] = []
            bytes.append(uint32: constructors.randomElement(using: &generator)!)
            if Bool.random(using: &generator) { bytes.append(uint32: Constructor.vector) }
            bytes += generator.bytes(4 * Int.random(in: 0...30, using: &generator))
            pair.now = pair.now + .microseconds(50)
            pair.inject(pair.envelope(bytes, sequenceNumber: Int32(i & 1)))
            if !pair.client.isConnected { pair.connect() }
        }
        pair.client.send(body(1))
        pair.cut()
        pair.connect()
        pair.run(.seconds(30))
        #expect(pair.results == [body(1).reversed()])
    }

    private func forged(
        bodyBytes: Int, padding: Int, length: Int32, key: AuthorizationKey, using generator: inout SeededGenerator
    ) -> [UInt8] {
        // A well-formed packet of the same size, decrypted, changed, and sealed again through the vectors' own way.
        var plain: [UInt8] = []
        plain.append(int64: 1)
        plain.append(int64: 2)
        plain.append(int64: 5)
        plain.append(int32: 1)
        plain.append(int32: length)
        plain += generator.bytes(bodyBytes + padding)
        return MessageCipher.forge(plain, key: key, direction: .serverToClient)
    }
}
