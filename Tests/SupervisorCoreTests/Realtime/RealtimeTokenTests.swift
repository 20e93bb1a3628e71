import Primitives
import SupervisorCore
import Testing

@Suite struct RealtimeTokenTests {
    private let messages = RealtimeTopic(name: "messages", isPrivate: false)
    private static let system = ["system", "phx_close"] as [JSON?]

    @Test func a_join_with_its_own_token_waits_for_the_judge() throws {
        var peer = Peer()
        peer.join(token: "another")
        #expect(peer.sent.isEmpty)
        let (question, key) = try #require(peer.question)
        #expect(key == "another")
        peer.judge(question, Peer.caller())
        #expect(peer.sent.first?["payload"]?["status"] == "ok")
        #expect(peer.sent.first?["ref"] == "1")
        #expect(peer.rest == [.subscribe(messages)])
        peer.judge(question, Peer.caller())
        #expect(peer.sent.isEmpty && peer.rest.isEmpty)
    }

    @Test func the_connections_own_key_is_not_judged_twice() {
        for token in [Peer.key, "", "sb_publishable_x"] {
            var peer = Peer()
            peer.join(token: token)
            #expect(peer.rest == [.subscribe(messages)], "\(token)")
        }
    }

    @Test(
        arguments: [
            (RealtimeVerdict.refused(.expired), "InvalidJWTExpiration: Token has expired"),
            (.refused(.badSignature), "JwtSignatureError: Failed to validate JWT signature"),
            (.refused(.malformed), "MalformedJWT: The token provided is not a valid JWT"),
            (.refused(.forbidden), "Unauthorized: You do not have permissions to read from this server"),
            (.unknown, "UnableToConnectToProject: Keys cannot be checked now"),
            (Peer.caller(expiresAfter: .zero), "InvalidJWTExpiration: Token has expired"),
        ] as [(RealtimeVerdict, String)])
    func a_refused_token_refuses_the_join(_ verdict: RealtimeVerdict, _ reason: String) throws {
        var peer = Peer()
        peer.join(token: "another")
        peer.judge(try #require(peer.question).0, verdict)
        #expect(peer.sent.first?["payload"] == ["status": "error", "response": ["reason": .string(reason)]])
        #expect(peer.rest.isEmpty)
        // The connection's own key still serves.
        peer.join(reference: "2")
        #expect(peer.rest == [.subscribe(messages)])
    }

    @Test func a_verdict_on_a_join_that_was_left_or_replaced_does_nothing() throws {
        var peer = Peer()
        peer.join(token: "another")
        let first = try #require(peer.question).0
        peer.say(#"{"topic":"realtime:messages","event":"phx_leave","payload":{},"ref":"2","join_ref":"1"}"#)
        #expect(peer.sent.map { $0["event"] } == ["phx_reply", "phx_close"])
        #expect(peer.rest.isEmpty)
        peer.judge(first, Peer.caller())
        #expect(peer.sent.isEmpty && peer.rest.isEmpty)
        peer.join(reference: "3", token: "another")
        let second = try #require(peer.question).0
        peer.join(reference: "4", token: "a-third")
        let third = try #require(peer.question).0
        peer.judge(second, Peer.caller())
        #expect(peer.sent.isEmpty && peer.rest.isEmpty)
        peer.judge(third, Peer.caller())
        #expect(peer.sent.first?["ref"] == "4")
    }

    @Test func a_token_that_ends_ends_its_channel_and_no_other() throws {
        var peer = Peer(expiresAfter: .seconds(40))
        peer.join("messages")
        peer.join("other", reference: "2", token: "longer")
        peer.judge(try #require(peer.question).0, Peer.caller(expiresAfter: .seconds(600)))
        peer.wait(.seconds(40) - .nanoseconds(1))
        #expect(peer.sent.isEmpty)
        peer.wait(.nanoseconds(1))
        #expect(peer.sent.map { $0["event"] } == Self.system)
        #expect(peer.sent.first?["payload"]?["message"] == "Token has expired")
        #expect(peer.sent.first?["ref"] == .null)
        #expect(peer.rest == [.unsubscribe(messages)])
        peer.join(reference: "9")
        #expect(peer.sent.first?["payload"]?["response"]?["reason"] == "InvalidJWTExpiration: Token has expired")
    }

    @Test func a_new_token_is_taken_without_an_answer_and_lasts_longer() throws {
        var peer = Peer(expiresAfter: .seconds(10))
        peer.join()
        peer.say(#"{"topic":"realtime:messages","event":"access_token","payload":{"access_token":"new"},"ref":"2","join_ref":"1"}"#)
        let (question, key) = try #require(peer.question)
        #expect(key == "new")
        peer.judge(question, Peer.caller(expiresAfter: .seconds(30)))
        #expect(peer.sent.isEmpty && peer.rest.isEmpty)
        peer.wait(.seconds(14))
        #expect(peer.sent.isEmpty)
        peer.wait(.seconds(16))
        #expect(peer.sent.map { $0["event"] } == Self.system)
    }

    @Test func a_new_token_that_is_refused_ends_the_channel_and_one_that_cannot_be_judged_does_not() throws {
        let verdicts: [(RealtimeVerdict, [JSON?])] = [
            (.refused(.badSignature), Self.system), (.unknown, []), (.refused(.tooManyFailures), []),
        ]
        for (verdict, events) in verdicts {
            var peer = Peer()
            peer.join()
            peer.say(#"{"topic":"realtime:messages","event":"access_token","payload":{"access_token":"new"},"ref":"2"}"#)
            peer.judge(try #require(peer.question).0, verdict)
            #expect(peer.sent.map { $0["event"] } == events)
            #expect(peer.rest == (events.isEmpty ? [] : [.unsubscribe(messages)]))
        }
    }

    @Test func null_and_keys_of_the_new_kind_are_no_new_tokens() {
        var peer = Peer()
        peer.join()
        for token in ["null", "\"sb_secret_x\"", "\"\"", "7", "\"\(Peer.key)\""] {
            peer.say(#"{"topic":"realtime:messages","event":"access_token","payload":{"access_token":\#(token)},"ref":"2"}"#)
            #expect(peer.sent.isEmpty && peer.rest.isEmpty, "\(token)")
        }
        let long = String(repeating: "x", count: RealtimeLimits.keyBytes + 1)
        peer.say(#"{"topic":"realtime:messages","event":"access_token","payload":{"access_token":"\#(long)"},"ref":"2"}"#)
        #expect(peer.sent.map { $0["event"] } == Self.system)
    }

    @Test func keys_are_judged_again_and_again_while_connected() throws {
        var peer = Peer()
        peer.join("messages")
        peer.join("other", reference: "2", token: "another")
        peer.judge(try #require(peer.question).0, Peer.caller())
        peer.wait(RealtimeLimits.review)
        #expect(peer.rest == [.judge(question: 2, key: "another"), .judge(question: 3, key: Peer.key)])
        peer.judge(2, Peer.caller())
        // Others behind the same address present wrong ones: nobody looked at this one.
        peer.judge(3, .refused(.tooManyFailures))
        #expect(peer.sent.isEmpty && peer.rest.isEmpty)
        peer.wait(RealtimeLimits.review)
        peer.judge(5, .refused(.forbidden))
        #expect(peer.sent.map { $0["topic"] } == ["realtime:messages", "realtime:messages"])
        #expect(peer.sent.map { $0["event"] } == Self.system)
        #expect(peer.rest == [.unsubscribe(messages)])
        // The judge's word on the connection's key stands until it says otherwise.
        peer.join(reference: "3")
        #expect(peer.sent.first?["payload"]?["response"]?["reason"]?.string?.hasPrefix("Unauthorized") == true)
        peer.judge(4, Peer.caller(mayBroadcast: true))
        peer.say(#"{"topic":"realtime:other","event":"broadcast","payload":{"event":"e","payload":{}},"ref":"7"}"#)
        #expect(peer.rest.count == 1)
    }

    @Test func an_unanswered_review_is_not_asked_again() {
        var peer = Peer()
        peer.join()
        peer.wait(RealtimeLimits.review)
        #expect(peer.question != nil)
        peer.say(#"{"event":"heartbeat","topic":"phoenix","payload":{},"ref":null}"#)
        peer.wait(RealtimeLimits.review)
        #expect(peer.question == nil)
    }

    @Test func questions_to_the_judge_are_limited() {
        var peer = Peer()
        peer.join()
        var asked = 0
        for i in 0..<1000 {
            peer.say(#"{"topic":"realtime:messages","event":"access_token","payload":{"access_token":"t\#(i)"},"ref":"2"}"#)
            asked += peer.rest.count
            peer.wait(.milliseconds(5))
        }
        #expect(asked <= RealtimeLimits.channelsPerConnection + 28)
        #expect(!peer.session.isClosed)
    }
}
