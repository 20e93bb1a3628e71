import Primitives
import SupervisorCore
import Testing

@Suite struct RealtimeSessionTests {
    private let messages = RealtimeTopic(name: "messages", isPrivate: false)

    // MARK: join and leave

    @Test func a_join_is_answered_before_the_channel_is_subscribed_to() throws {
        var peer = Peer()
        peer.join()
        #expect(
            peer.sent == [
                try .text(
                    #"{"topic":"realtime:messages","event":"phx_reply","payload":{"status":"ok","response":{"postgres_changes":[]}},"ref":"1"}"#
                )
            ])
        #expect(peer.rest == [.subscribe(messages)])
    }

    @Test func version_2_speaks_in_arrays() throws {
        var peer = Peer(.arrays)
        peer.say(#"["4","7","realtime:messages","phx_join",{"config":{"private":true}}]"#)
        #expect(
            peer.sent == [
                try .text(#"["4","7","realtime:messages","phx_reply",{"status":"ok","response":{"postgres_changes":[]}}]"#)
            ])
        #expect(peer.rest == [.subscribe(RealtimeTopic(name: "messages", isPrivate: true))])
        peer.say(#"["4","8","realtime:messages","phx_leave",{}]"#)
        #expect(
            peer.sent == [
                try .text(#"["4","8","realtime:messages","phx_reply",{"status":"ok","response":{}}]"#),
                try .text(#"["4","4","realtime:messages","phx_close",{}]"#),
            ])
    }

    @Test func a_join_with_what_an_old_client_sends_is_understood() throws {
        // realtime 2.0.6 joins anew without reference, with its parameters where the configuration should be.
        var peer = Peer()
        peer.say(#"{"topic":"realtime:messages","event":"phx_join","payload":{"config":{"config":{}}},"ref":null}"#)
        #expect(peer.sent.first?["payload"]?["status"] == "ok")
        #expect(peer.sent.first?["ref"] == .null)
        #expect(peer.rest == [.subscribe(messages)])
    }

    @Test func leaving_ends_the_subscription_and_closes_the_channel() throws {
        var peer = Peer()
        peer.join()
        peer.say(#"{"topic":"realtime:messages","event":"phx_leave","payload":{},"ref":"2","join_ref":"1"}"#)
        #expect(
            peer.sent == [
                try .text(#"{"topic":"realtime:messages","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"2"}"#),
                try .text(#"{"topic":"realtime:messages","event":"phx_close","payload":{},"ref":"1"}"#),
            ])
        #expect(peer.rest == [.unsubscribe(messages)])
        peer.say(#"{"topic":"realtime:messages","event":"phx_leave","payload":{},"ref":"3","join_ref":"1"}"#)
        #expect(peer.sent.map { $0["payload"]?["status"] } == ["ok"])
        #expect(peer.rest.isEmpty)
    }

    @Test func joining_anew_closes_the_old_join_by_its_own_reference() throws {
        var peer = Peer()
        peer.join(reference: "1")
        peer.join(reference: "5")
        #expect(peer.sent.map { $0["event"] } == ["phx_close", "phx_reply"])
        #expect(peer.sent.map { $0["ref"] } == ["1", "5"])
        #expect(peer.rest == [.unsubscribe(messages), .subscribe(messages)])
        // What belongs to the old join does nothing to the new one.
        peer.say(#"{"topic":"realtime:messages","event":"phx_leave","payload":{},"ref":"6","join_ref":"1"}"#)
        #expect(peer.rest.isEmpty)
    }

    @Test func what_was_sent_before_joining_anew_is_not_heeded() {
        var peer = Peer(mayBroadcast: true)
        peer.join(reference: "1")
        peer.join(reference: "5")
        for (reference, actions) in [("1", 0), ("5", 1)] {
            peer.say(
                #"{"topic":"realtime:messages","event":"broadcast","payload":{"event":"e","payload":{}},"ref":"6","join_ref":"\#(reference)"}"#
            )
            #expect(peer.rest.count == actions)
        }
    }

    @Test func presence_is_told_to_be_empty_to_whoever_wants_it() {
        var peer = Peer()
        peer.join(config: #"{"presence":{"key":"","enabled":true}}"#)
        #expect(peer.sent.map { $0["event"] } == ["phx_reply", "presence_state"])
        #expect(peer.sent.last?["ref"] == .null)
    }

    @Test func what_is_not_there_is_refused_in_a_reply() {
        var peer = Peer()
        func reason() -> String? { peer.sent.first?["payload"]?["response"]?["reason"]?.string }
        peer.say(#"{"topic":"messages","event":"phx_join","payload":{},"ref":"1"}"#)
        #expect(reason() == "unmatched topic")
        peer.say(#"{"topic":"realtime:","event":"phx_join","payload":{},"ref":"1"}"#)
        #expect(reason() == "unmatched topic")
        peer.say(#"{"topic":"realtime:x","event":"broadcast","payload":{},"ref":"1"}"#)
        #expect(reason() == "unmatched topic")
        peer.join(config: #"{"postgres_changes":[{"event":"*","schema":"public"}]}"#)
        #expect(reason()?.hasPrefix("PostgresChangesNotSupported") == true)
        #expect(peer.rest.isEmpty)
        peer.join()
        peer.say(#"{"topic":"realtime:messages","event":"presence","payload":{"type":"presence","event":"track"},"ref":"2"}"#)
        #expect(reason()?.hasPrefix("PresenceNotSupported") == true)
        peer.say(#"{"topic":"realtime:messages","event":"shout","payload":{},"ref":"2"}"#)
        #expect(reason() == "unmatched event")
    }

    @Test func a_connection_has_so_many_channels_and_no_more() {
        var peer = Peer()
        for i in 0..<RealtimeLimits.channelsPerConnection {
            peer.join("c\(i)", reference: "\(i)")
            #expect(peer.sent.first?["payload"]?["status"] == "ok")
        }
        peer.wait(.seconds(1))
        peer.join("one-more")
        #expect(peer.sent.first?["payload"]?["response"]?["reason"] == "ChannelRateLimitReached: Too many channels")
        peer.join("c5", reference: "new")
        #expect(peer.sent.last?["payload"]?["status"] == "ok")
    }

    @Test func too_many_joins_a_second_are_refused_and_later_ones_are_not() {
        var peer = Peer()
        for i in 0..<RealtimeLimits.joinsPerSecond { peer.join(reference: "\(i)") }
        peer.join(reference: "last")
        #expect(peer.sent.first?["payload"]?["response"]?["reason"] == "ClientJoinRateLimitReached: Too many joins per second")
        peer.wait(.milliseconds(20))
        peer.join(reference: "later")
        #expect(peer.sent.last?["payload"]?["status"] == "ok")
    }

    // MARK: heartbeats and time

    @Test func heartbeats_are_answered_with_their_reference() throws {
        var peer = Peer()
        peer.say(#"{"event":"heartbeat","topic":"phoenix","payload":{},"ref":null,"join_ref":null}"#)
        #expect(
            peer.sent == [try .text(#"{"topic":"phoenix","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":null}"#)])
        peer.say(#"{"event":"heartbeat","topic":"phoenix","payload":{},"ref":17}"#)
        #expect(peer.sent.first?["ref"] == "17")
    }

    @Test func silence_ends_the_connection_and_a_heartbeat_keeps_it() {
        var peer = Peer()
        peer.wait(RealtimeLimits.silence - .milliseconds(1))
        #expect(peer.closed == nil)
        peer.say(#"{"event":"heartbeat","topic":"phoenix","payload":{},"ref":null}"#)
        peer.wait(RealtimeLimits.silence - .milliseconds(1))
        #expect(peer.closed == nil)
        peer.wait(.milliseconds(1))
        #expect(peer.closed?.0 == WebSocketClose.goingAway)
        #expect(peer.session.isClosed)
        peer.join()
        #expect(peer.sent.isEmpty && peer.rest.isEmpty)
    }

    @Test func the_next_deadline_is_the_first_of_silence_review_and_the_tokens_end() {
        var peer = Peer(expiresAfter: .seconds(5))
        #expect(peer.session.nextDeadline(now: peer.now, at: peer.time) == Instant.zero + RealtimeLimits.review)
        peer.join()
        #expect(peer.session.nextDeadline(now: peer.now, at: peer.time) == Instant.zero + .seconds(5))
        peer.stop()
        #expect(peer.session.nextDeadline(now: peer.now, at: peer.time) == nil)
    }

    @Test func a_graceful_stop_tells_to_come_back() {
        var peer = Peer()
        peer.join()
        peer.stop()
        #expect(peer.closed?.0 == 1012)
        peer.stop()
        #expect(peer.closed == nil)
    }

    // MARK: what is no message

    @Test(arguments: [
        "", "{", "[]", "null", "[null,null,\"a\",\"b\"]", "{\"topic\":\"phoenix\"}", "{\"topic\":1,\"event\":\"heartbeat\"}",
        "{\"topic\":\"phoenix\",\"event\":\"heartbeat\",\"ref\":{}}", String(repeating: "[", count: 100_000),
        "{\"topic\":\"realtime:\(String(repeating: "x", count: 250))\",\"event\":\"phx_join\"}",
    ])
    func what_is_no_message_ends_the_connection(_ text: String) {
        for version in RealtimeVersion.allCases {
            var peer = Peer(version)
            peer.say(text)
            #expect(peer.closed?.0 == WebSocketClose.invalidData, "\(text.prefix(60))")
        }
    }

    @Test func text_that_is_not_utf8_ends_the_connection() {
        var peer = Peer()
        let actions = peer.session.received(
            text: Array("{\"topic\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8), now: .zero, at: peer.time)
        #expect(actions == [.close(code: WebSocketClose.invalidData, reason: "not JSON")])
    }

    @Test func a_flood_ends_the_connection_and_says_why_to_each_channel() {
        var peer = Peer()
        peer.join()
        for _ in 0..<RealtimeLimits.messagesPerSecond {
            peer.say(#"{"event":"heartbeat","topic":"phoenix","payload":{},"ref":null}"#)
        }
        #expect(peer.sent.map { $0["event"] } == ["system", "phx_close"])
        #expect(
            peer.sent.first?["payload"] == [
                "extension": "system", "status": "error", "message": "Too many messages per second", "channel": "messages",
            ])
        #expect(peer.closed?.0 == WebSocketClose.policy)
    }

    /// Whatever comes in, in whatever order: no trap, every subscription is ended once, and nothing follows a close.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func random_talk_keeps_subscriptions_and_closes_in_order(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var peer = Peer(Bool.random(using: &random) ? .objects : .arrays, mayBroadcast: true, expiresAfter: .seconds(40))
        var subscribed: Set<RealtimeTopic> = []
        var open: [Int] = []
        var isClosed = false
        for _ in 0..<300 {
            let name = ["messages", "a", "b"].randomElement(using: &random)!
            let (join, reference) = (Int.random(in: 1...3, using: &random), Int.random(in: 1...9, using: &random))
            let event = ["phx_join", "phx_leave", "broadcast", "access_token", "heartbeat", "presence"].randomElement(using: &random)!
            let payload = [
                "{}", #"{"access_token":"t\#(reference)"}"#, #"{"type":"broadcast","event":"e","payload":{"n":1}}"#,
                #"{"config":{"private":true,"broadcast":{"ack":true,"self":true}}}"#, "7",
            ].randomElement(using: &random)!
            switch Int.random(in: 0..<10, using: &random) {
            case 0: peer.wait(.milliseconds(Int.random(in: 0..<20_000, using: &random)))
            case 1 where !open.isEmpty:
                let verdict = [Peer.caller(), .refused(.expired), .unknown, Peer.caller(expiresAfter: .seconds(9))].randomElement(
                    using: &random)!
                peer.judge(open.remove(at: Int.random(in: 0..<open.count, using: &random)), verdict)
            case 2: peer.say(binary: random.bytes(Int.random(in: 0..<40, using: &random)))
            default:
                peer.say(
                    peer.session.version == .objects
                        ? #"{"topic":"realtime:\#(name)","event":"\#(event)","payload":\#(payload),"ref":"\#(reference)","join_ref":"\#(join)"}"#
                        : #"["\#(join)","\#(reference)","realtime:\#(name)","\#(event)",\#(payload)]"#)
            }
            if isClosed { #expect(peer.sent.isEmpty && peer.rest.isEmpty) }
            for action in peer.rest {
                #expect(!isClosed)
                switch action {
                case .subscribe(let topic): #expect(subscribed.insert(topic).inserted)
                case .unsubscribe(let topic): #expect(subscribed.remove(topic) != nil)
                case .judge(let question, _): open.append(question)
                case .close: isClosed = true
                case .broadcast(let broadcast, _): #expect(subscribed.contains { $0.name == broadcast.topic })
                case .send: break
                }
            }
            #expect(peer.session.isClosed == isClosed)
        }
    }
}
