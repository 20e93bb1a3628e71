import Cryptography
import Primitives
import Testing

@testable import MTProto

/// The finer rules of a session, each with what goes wrong without it.
@Suite struct SessionRulesTests {
    private func connected(_ configuration: ClientSession.Configuration = .init()) -> SessionPair {
        var pair = SessionPair(configuration: configuration)
        pair.connect()
        pair.run(.seconds(1))
        return pair
    }

    /// The message id of the last call that the server was handed.
    private func lastRequest(_ pair: SessionPair) throws -> Int64 {
        try #require(pair.serverEvents.compactMap { if case .request(let id, _) = $0 { id } else { nil } }.last)
    }

    // MARK: priorities

    @Test func calls_for_updates_go_before_others_and_history_comes_last() {
        var pair = SessionPair()
        for i in 0..<5 { pair.client.send(body(300 + i), priority: .history) }
        for i in 0..<5 { pair.client.send(body(200 + i)) }
        for i in 0..<5 { pair.client.send(body(100 + i), priority: .updates) }
        pair.connect()
        pair.run(.seconds(1))
        let expected = [100, 200, 300].flatMap { start in (0..<5).map { body(start + $0) } }
        #expect(pair.executed == expected)
        #expect(pair.results.count == 15)
    }

    @Test func history_calls_are_few_at_a_time_and_hold_back_nobody_else() {
        var pair = connected()
        pair.answer = { _, _ in nil }
        for i in 0..<100 { pair.client.send(body(i), priority: .history) }
        pair.run(.seconds(1))
        #expect(pair.executed.count == RequestPriority.history.inFlightLimit)
        pair.client.send(body(1000), priority: .updates)
        pair.client.send(body(1001))
        pair.run(.milliseconds(100))
        #expect(Array(pair.executed.suffix(2)) == [body(1000), body(1001)])
        // One answered makes room for one.
        pair.servers[0].respond(to: pair.serverEvents.firstRequest, result: body(5))
        pair.run(.milliseconds(100))
        #expect(pair.executed.count == RequestPriority.history.inFlightLimit + 3)
    }

    @Test func a_full_house_keeps_room_for_updates() {
        var pair = connected()
        pair.answer = { _, _ in nil }
        for i in 0..<2000 { pair.client.send(body(i)) }
        pair.run(.seconds(1))
        #expect(pair.executed.count == 1024 - 64)
        for i in 0..<100 { pair.client.send(body(5000 + i), priority: .updates) }
        pair.run(.seconds(1))
        #expect(pair.executed.count == 1024)
        #expect(pair.executed.last == body(5063))
    }

    @Test func a_call_sent_again_keeps_its_priority() {
        var pair = connected()
        pair.answer = { _, _ in nil }
        for i in 0..<40 { pair.client.send(body(i), priority: .history) }
        pair.run(.milliseconds(100))
        pair.cut()
        pair.servers = []
        pair.serverEvents = []
        pair.connect()
        pair.run(.seconds(20))
        #expect(pair.executed.count == RequestPriority.history.inFlightLimit)
        #expect(pair.executed.contains(body(0)))
    }

    // MARK: requests that would hang

    @Test func a_result_older_than_all_remembered_ids_still_answers_its_call() throws {
        var pair = connected()
        pair.answer = { _, _ in nil }
        let handle = pair.client.send(body(1))
        pair.run(.milliseconds(100))
        let late = pair.envelope(ServiceBody.result(of: try lastRequest(pair), body(9)))
        // So much happens before the server brings its answer, as after a reconnect, that the answer's id is below all others.
        for i in 0..<3000 {
            pair.now = pair.now + .milliseconds(1)
            pair.inject(pair.envelope(body(i)))
        }
        #expect(pair.client.received.standing(of: late.messageID) == .forgotten)
        let duplicates = pair.client.statistics.duplicates
        pair.inject(late)
        #expect(pair.clientEvents.last == .result(handle, body(9)))
        pair.inject(late)
        #expect(pair.results.count == 1)
        #expect(pair.client.statistics.duplicates == duplicates + 1)
    }

    @Test func an_announced_answer_with_an_old_id_is_asked_for() throws {
        var pair = connected()
        pair.answer = { _, _ in nil }
        pair.client.send(body(1))
        pair.run(.milliseconds(100))
        let request = try lastRequest(pair), old = pair.envelope([]).messageID
        for i in 0..<3000 {
            pair.now = pair.now + .milliseconds(1)
            pair.inject(pair.envelope(body(i)))
        }
        pair.now = pair.now + .milliseconds(1)
        var asked: [[UInt8]] = []
        pair.servers[0].connectionLost(now: pair.now)
        let info = ServiceBody.detailedInfo(request: request, answer: old, bytes: 5000, status: 0)
        pair.client.receive(pair.sealed(pair.envelope(info, sequenceNumber: 0)), now: pair.now, using: &pair.generator)
        while let packet = pair.client.pollPacket(now: pair.now, using: &pair.generator) { asked += pair.bodies(packet) }
        #expect(asked.contains(ServiceBody.resendRequest([old])))
    }

    @Test func a_stuck_call_of_an_earlier_connection_condemns_the_next_one_too() {
        var pair = connected()
        pair.answer = { _, _ in nil }
        pair.client.send(body(1))
        pair.run(.seconds(10))
        pair.cut()
        pair.connect()
        let begun = pair.now
        #expect(pair.run(atMost: .seconds(200)) { !$0.closes.isEmpty })
        #expect(pair.closes == [.stuckRequest])
        #expect(pair.now - begun >= .seconds(60))
    }

    @Test func defect_24_a_broken_result_fails_only_its_own_call() throws {
        var pair = connected()
        pair.answer = { _, _ in nil }
        let handles = (0..<3).map { pair.client.send(body($0)) }
        pair.run(.milliseconds(100))
        let ids = pair.serverEvents.compactMap { if case .request(let id, _) = $0 { id } else { nil } }
        var damaged: [UInt8] = []
        damaged.append(uint32: Constructor.gzipPacked)
        damaged.append(string: [31, 139, 8, 0, 1, 2, 3])
        let unknown = body(0x0bad_cafe)
        let outer = pair.envelope([], low: 1)
        let members = zip(ids, [body(7), damaged, unknown]).enumerated().map { i, part in
            InnerMessage(id: outer.messageID - 100 + Int64(i) * 4, sequenceNumber: 1, body: ServiceBody.result(of: part.0, part.1))
        }
        var packet = outer
        packet.body = MessageContainer.encode(members)
        pair.inject(packet)
        // What an unknown constructor means is for the one who asked: this layer hands it over.
        #expect(
            Array(pair.clientEvents.suffix(3)) == [
                .result(handles[0], body(7)), .failed(handles[1], .undecodable(damaged)), .result(handles[2], unknown),
            ])
        #expect(pair.closes.isEmpty)
    }

    // MARK: what is not wanted

    @Test func many_bytes_for_cancelled_calls_close_the_connection() {
        var pair = connected()
        pair.answer = { _, _ in nil }
        let handles = (0..<20).map { pair.client.send(body($0)) }
        pair.run(.milliseconds(100))
        let ids = pair.serverEvents.compactMap { if case .request(let id, _) = $0 { id } else { nil } }
        for handle in handles { pair.client.cancel(handle) }
        var sent = 0
        for id in ids where pair.closes.isEmpty {
            pair.now = pair.now + .milliseconds(1)
            pair.inject(pair.envelope(ServiceBody.result(of: id, body(1, words: 8192))))
            sent += 1
        }
        // 32 KiB each: the ninth is one too many.
        #expect(sent == 8 || sent == 9)
        #expect(pair.closes == [.unwantedAnswers])
        #expect(pair.client.statistics.lateResults == sent)
        // A new connection counts anew.
        pair.cut()
        pair.connect()
        pair.run(.seconds(2))
        #expect(pair.closes.count == 1)
    }

    @Test func a_copy_inside_a_copy_inside_a_copy_ends_at_once() {
        var pair = connected()
        var nested = body(1)
        for i in 0..<10_000 {
            var outer: [UInt8] = []
            outer.append(uint32: Constructor.msgCopy)
            outer.append(int64: pair.envelope([]).messageID - 400_000 + Int64(i) * 4)
            outer.append(int32: 1)
            outer.append(int32: Int32(nested.count))
            nested = outer + nested
        }
        pair.inject(pair.envelope(nested))
        #expect(pair.updates.isEmpty)
        #expect(pair.clientEvents.contains { if case .undecodable = $0 { true } else { false } })
        #expect(pair.closes.isEmpty)
    }

    @Test func a_copied_message_counts_like_any_other() {
        var pair = connected()
        let copy = pair.envelope([]).messageID - 8
        var outer: [UInt8] = []
        outer.append(uint32: Constructor.msgCopy)
        outer.append(int64: copy)
        outer.append(int32: 1)
        outer.append(int32: Int32(body(4).count))
        pair.inject(pair.envelope(outer + body(4)))
        #expect(pair.updates == [body(4)])
        #expect(pair.client.received.standing(of: copy) == .received)
    }

    @Test func many_small_bombs_in_one_packet_share_one_limit() throws {
        var packed: [UInt8] = []
        packed.append(uint32: Constructor.gzipPacked)
        packed.append(string: try #require(Gzip.deflate([UInt8](repeating: 0, count: 15 << 20))))
        let members = (0..<20).map { InnerMessage(id: 5 + Int64($0) * 4, sequenceNumber: 1, body: packed) }
        let outer = InnerMessage(id: 401, sequenceNumber: 0, body: MessageContainer.encode(members))
        let (messages, broken, _) = unfold(outer)
        #expect(messages.count == InflationBudget.maximum / (15 << 20))
        #expect(broken.count == 20 - messages.count)
    }

    @Test func a_container_holds_1024_messages_at_most() throws {
        func container(_ count: Int) -> [UInt8] {
            MessageContainer.encode((0..<count).map { InnerMessage(id: Int64($0) * 4 + 1, sequenceNumber: 1, body: body($0)) })
        }
        #expect(try MessageContainer.decode(container(1024)).count == 1024)
        #expect(throws: MalformedBytes.badCount) { try MessageContainer.decode(container(1025)) }
    }

    @Test func questions_about_more_than_8192_messages_are_refused() {
        var pair = connected()
        for (count, isTaken) in [(8192, true), (8193, false)] {
            pair.clientEvents = []
            let question = ServiceBody.stateRequest((0..<count).map { Int64($0) * 4 + 1 })
            pair.inject(pair.envelope(question, after: .milliseconds(Int64(count - 8000))))
            #expect(pair.clientEvents.contains(.undecodable(question)) != isTaken)
        }
    }

    @Test func a_thousand_questions_at_once_are_answered_in_packets_that_a_server_takes() {
        var pair = connected()
        let time = pair.envelope([]).messageID
        let questions = (0..<MessageContainer.maximumReceived).map {
            InnerMessage(id: time + Int64($0) * 4, sequenceNumber: 1, body: ServiceBody.stateRequest([4]))
        }
        var outer = pair.envelope(MessageContainer.encode(questions), sequenceNumber: 0, after: .milliseconds(100))
        outer.messageID = time + 100_000
        pair.client.receive(pair.sealed(outer), now: pair.now, using: &pair.generator)
        var answers = 0
        while let packet = pair.client.pollPacket(now: pair.now, using: &pair.generator) {
            let messages = pair.messages(packet)
            #expect(messages.count <= MessageContainer.maximumMessages)
            answers += messages.count { constructor(of: $0.body) == Constructor.msgsStateInfo }
        }
        #expect(answers == MessageContainer.maximumReceived)
    }

    @Test func long_answers_go_out_in_packets_of_a_length_that_a_server_takes() {
        var pair = connected()
        let ids = (0..<8192).map { Int64($0) * 4 + 1 }
        let time = pair.envelope([]).messageID
        for start in stride(from: 0, to: 160, by: 40) {
            let questions = (start..<start + 40).map {
                InnerMessage(id: time + Int64($0) * 4, sequenceNumber: 1, body: ServiceBody.stateRequest(ids))
            }
            var outer = pair.envelope(MessageContainer.encode(questions), sequenceNumber: 0)
            outer.messageID = time + 100_000 + Int64(start) * 4
            pair.client.receive(pair.sealed(outer), now: pair.now, using: &pair.generator)
        }
        var answers = 0
        while let packet = pair.client.pollPacket(now: pair.now, using: &pair.generator) {
            #expect(packet.count < 1 << 20)
            answers += pair.bodies(packet).count { constructor(of: $0) == Constructor.msgsStateInfo }
        }
        #expect(answers == 160)
    }

    // MARK: salts, keys, sessions, clocks

    @Test func a_server_at_the_end_of_time_stops_no_ids_from_rising() {
        var generator = SeededGenerator(seed: 1)
        // In the last second that an id can carry there are at most a million left.
        let end = UnixTime(seconds: Int64(Int32.max)) + .nanoseconds(999_999_999)
        for (time, count) in [(UnixTime(nanoseconds: .max), 10), (UnixTime(nanoseconds: .min), 10), (end, 1_100_000)] {
            var ids = MessageIDGenerator()
            var last: Int64 = 0
            var areRising = true
            for _ in 0..<count {
                let id = ids.next(.client, at: time, using: &generator)
                areRising = areRising && id > last && id & 3 == 0
                last = id
            }
            #expect(areRising)
        }
    }

    @Test func a_clock_that_the_server_sets_to_the_end_of_time_ends_nothing() {
        var pair = SessionPair()
        pair.answer = { _, _ in nil }
        let handle = pair.client.send(body(1))
        pair.connect()
        pair.client.clock.doubt()
        guard let sent = pair.client.requests[handle]?.sent?.id else {
            Issue.record("nothing was sent")
            return
        }
        let told = ServiceBody.badMessage(InnerMessage(id: sent, sequenceNumber: 1, body: []), code: BadMessageCode.idTooLow)
        var envelope = pair.envelope(told, sequenceNumber: 0)
        envelope.messageID = .max
        pair.inject(envelope)
        for number in 2...10 { pair.client.send(body(number)) }
        pair.run(.seconds(1))
        #expect(pair.client.pendingRequests == 10)
    }

    @Test func salts_that_nobody_asked_for_are_not_taken() {
        var pair = connected()
        let salts = pair.client.knownSalts
        let foreign = [ServerSalt(value: 666, validSince: 0, validUntil: 1 << 40)]
        pair.inject(pair.envelope(ServiceBody.futureSalts(request: 4444, now: 0, foreign)))
        #expect(pair.client.knownSalts == salts)
    }

    @Test func every_change_of_the_salts_is_told_for_keeping() {
        var pair = connected()
        pair.clientEvents = []
        pair.inject(pair.envelope(ServiceBody.newSession(firstMessage: 0, uniqueID: 5, salt: 4711)))
        let told = pair.clientEvents.compactMap { if case .saltsChanged(let salts) = $0 { salts } else { nil } }
        #expect(told.last == pair.client.knownSalts)
        #expect(told.last?.contains { $0.value == 4711 } == true)
    }

    @Test func a_key_is_destroyed_on_request() {
        var pair = connected()
        pair.client.destroyKey()
        pair.run(.seconds(1))
        #expect(pair.clientEvents.last == .keyDestroyed(true))
        #expect(pair.serverEvents.contains(.keyDestroyed))
    }

    @Test(arguments: [
        (Constructor.destroyAuthKeyOK, true), (Constructor.destroyAuthKeyNone, true), (Constructor.destroyAuthKeyFail, false),
    ])
    func the_answer_about_a_destroyed_key_comes_alone_or_as_a_result(_ constructor: UInt32, _ isGone: Bool) throws {
        var pair = connected()
        pair.inject(pair.envelope(ServiceBody.longs(constructor)))
        #expect(pair.clientEvents.last == .keyDestroyed(isGone))
        pair.clientEvents = []
        pair.client.destroyKey()
        var sent: [Int64] = []
        while let packet = pair.client.pollPacket(now: pair.now, using: &pair.generator) { sent += pair.ids(packet) }
        for (i, id) in sent.enumerated() {
            pair.inject(pair.envelope(ServiceBody.result(of: id, ServiceBody.longs(constructor)), after: .milliseconds(Int64(i) + 1)))
        }
        #expect(pair.clientEvents.contains(.keyDestroyed(isGone)))
    }

    @Test func packets_of_the_session_just_given_up_harm_nobody() throws {
        var pair = connected()
        pair.answer = { _, _ in nil }
        let old = pair.envelope(body(5), after: .milliseconds(50))
        pair.client.send(body(1))
        pair.run(.milliseconds(100))
        let complaint = ServiceBody.badMessage(InnerMessage(id: try lastRequest(pair), sequenceNumber: 1, body: []), code: 32)
        pair.answer = { _, body in body.reversed() }
        pair.inject(pair.envelope(complaint))
        #expect(pair.client.sessionID != old.sessionID)
        pair.run(.seconds(1))
        #expect(pair.results.count == 1)
        pair.inject(old)
        #expect(pair.updates.isEmpty)
        #expect(pair.closes.isEmpty)
    }

    @Test func a_jump_of_the_host_s_clock_drops_the_connection_and_believes_no_time_until_the_server_tells() {
        var pair = connected()
        #expect(pair.client.clock.isInStep)
        pair.client.clockJumped()
        pair.settle()
        #expect(pair.closes == [.clockJumped])
        #expect(!pair.client.clock.isInStep)
        pair.cut()
        pair.connect()
        pair.run(.seconds(1))
        #expect(pair.client.clock.isInStep)
    }

    /// The writer was away for ten minutes, so the socket was not read: what lies in it is old, and good.
    @Test func packets_that_waited_for_a_slow_owner_are_not_too_old() {
        var pair = connected()
        let session = pair.client.sessionID
        let waiting = (1...5).map { pair.envelope(body($0), after: .milliseconds(Int64($0))) }
        pair.client.setReceivingPaused(true, now: pair.now)
        pair.now = pair.now + .seconds(600)
        pair.client.setReceivingPaused(false, now: pair.now)
        for envelope in waiting { pair.inject(envelope) }
        #expect(pair.updates == (1...5).map { body($0) })
        #expect(pair.client.sessionID == session)
        // Later the window is the usual one again.
        pair.now = pair.now + .seconds(61)
        pair.inject(pair.envelope(body(6), after: .seconds(-301)))
        #expect(pair.updates.count == 5)
    }

    @Test func pings_measure_the_round_trip() {
        let pair = connected()
        #expect(pair.client.statistics.roundTrip == .milliseconds(40))
    }
}

extension [ServerSession.Event] {
    /// The message id of the first call.
    var firstRequest: Int64 {
        for event in self { if case .request(let id, _) = event { return id } }
        return 0
    }
}
