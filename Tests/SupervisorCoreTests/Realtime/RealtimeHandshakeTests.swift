import Primitives
import SupervisorCore
import Testing

@Suite struct RealtimeHandshakeTests {
    private func refusal(_ target: String, header: String? = nil) -> RealtimeRefusal? {
        do throws(RealtimeRefusal) {
            _ = try RealtimeHandshake(target: target, header: header)
            return nil
        } catch { return error }
    }

    @Test func the_key_is_in_the_query_or_in_a_header() throws {
        let plain = try RealtimeHandshake(target: "/realtime/v1/websocket?apikey=a.b-c_d&vsn=2.0.0&log_level=info", header: nil)
        #expect(plain.key == "a.b-c_d")
        #expect(plain.version == .arrays)
        let header = try RealtimeHandshake(target: "/realtime/v1/websocket", header: "k")
        #expect(header.key == "k")
        #expect(header.version == .objects)
        let escaped = try RealtimeHandshake(target: "/realtime/v1/websocket?vsn=1.0.0&apikey=a%2Bb+c%zz%4", header: "other")
        #expect(escaped.key == "a+b c%zz%4")
        #expect(escaped.version == .objects)
    }

    @Test func refusals_are_supabases() {
        #expect(refusal("/realtime/v1/websocket") == .missing)
        #expect(refusal("/realtime/v1/websocket?apikey=&vsn=1.0.0", header: "") == .missing)
        #expect(refusal("/realtime/v1/websocket?apikey=%ff") == .missing)
        #expect(refusal("/realtime/v1/websocket?apikey=k&vsn=3.0.0") == .unknownVersion)
        #expect(refusal("/realtime/v1/websocket?apikey=" + String(repeating: "k", count: 9000)) == .malformed)
        #expect(RealtimeRefusal.missing.status == 401)
        #expect(RealtimeRefusal.missing.body == #"{"error":"API key is missing"}"#)
        #expect(RealtimeRefusal.expired.body == #"{"error":"Token has expired"}"#)
        #expect(RealtimeRefusal.badSignature.body == #"{"error":"Failed to validate JWT signature"}"#)
        #expect(RealtimeRefusal.malformed.body == #"{"error":"The token provided is not a valid JWT"}"#)
        #expect(RealtimeRefusal.lacksClaims.body == #"{"error":"Fields `role` and `exp` are required in JWT"}"#)
        #expect(RealtimeRefusal.tooManyConnections.status == 429)
        #expect(RealtimeRefusal.forbidden.status == 403)
    }

    @Test func only_the_path_counts() {
        #expect(RealtimeHandshake.isMeant(by: "/realtime/v1/websocket"))
        #expect(RealtimeHandshake.isMeant(by: "/realtime/v1/websocket?apikey=x"))
        for other in ["/", "/realtime/v1/websocket/", "/realtime/v1/websockets", "/x?/realtime/v1/websocket"] {
            #expect(!RealtimeHandshake.isMeant(by: other))
        }
    }

    @Test func a_rate_lets_a_seconds_worth_through_at_once_and_then_as_many_as_time_brings() {
        var rate = RealtimeRate(perSecond: 10, now: .zero)
        func taken(_ counts: [(Int, Duration)]) -> [Bool] { counts.map { rate.take($0.0, now: .zero + $0.1) } }
        #expect(taken([(Int, Duration)](repeating: (1, .zero), count: 12)).filter { $0 }.count == 10)
        #expect(taken([(1, .milliseconds(99)), (1, .milliseconds(100)), (1, .milliseconds(100))]) == [false, true, false])
        #expect(taken([(11, .seconds(100)), (10, .seconds(100))]) == [false, true])
        // A clock that goes back gives nothing away.
        #expect(taken([(1, .zero), (1, .seconds(100))]) == [false, false])
    }
}

@Suite struct RealtimePostTests {
    private func batch(_ text: String) -> Result<[RealtimeBroadcast], RealtimePost.Refusal> {
        Result { () throws(RealtimePost.Refusal) in try RealtimePost.batch(Array(text.utf8)) }
    }

    private func refusal(_ text: String) -> RealtimePost.Refusal? { if case .failure(let refusal) = batch(text) { refusal } else { nil } }

    @Test func a_batch_is_read_in_order() throws {
        let broadcasts = try batch(
            #"{"messages":[{"topic":"messages","event":"insert","payload":{"a":1},"id":"u-1"},{"topic":"t","event":"e","payload":{},"private":true}]}"#
        ).get()
        #expect(
            broadcasts == [
                RealtimeBroadcast(
                    topic: "messages", audience: .public, event: "insert", payload: .json(Array(#"{"a":1}"#.utf8)), id: "u-1"),
                RealtimeBroadcast(topic: "t", audience: .private, event: "e", payload: .json(Array("{}".utf8))),
            ])
    }

    @Test(
        arguments: [
            (#"{}"#, #"{"errors":{"messages":["can't be blank"]}}"#), (#"{"messages":[]}"#, #"{"errors":{"messages":["can't be blank"]}}"#),
            (#"{"messages":7}"#, #"{"errors":{"messages":["is invalid"]}}"#),
            (
                #"{"messages":[{"topic":"t","event":"e","payload":[]},{"topic":"t","event":"e","payload":{}}]}"#,
                #"{"errors":{"messages":[{"payload":["is invalid"]},{}]}}"#
            ),
            (
                #"{"messages":[{}]}"#,
                #"{"errors":{"messages":[{"topic":["can't be blank"],"event":["can't be blank"],"payload":["can't be blank"]}]}}"#
            ),
            (
                #"{"messages":["x"]}"#,
                #"{"errors":{"messages":[{"topic":["can't be blank"],"event":["can't be blank"],"payload":["can't be blank"]}]}}"#
            ),
            (
                #"{"messages":[{"topic":"t","event":"e","payload":{},"id":7,"private":"x"}]}"#,
                #"{"errors":{"messages":[{"id":["is invalid"],"private":["is invalid"]}]}}"#
            ),
        ] as [(String, String)])
    func what_is_wrong_is_told_by_message_and_field(_ body: String, _ answer: String) throws {
        let refusal = try #require(self.refusal(body))
        #expect(refusal.status == 422)
        #expect(refusal.body.text == answer)
    }

    @Test func sizes_and_counts_have_limits() throws {
        let big = String(repeating: "x", count: RealtimeLimits.payloadBytes)
        #expect(
            refusal(#"{"messages":[{"topic":"t","event":"e","payload":{"t":"\#(big)"}}]}"#)?.body.text
                == #"{"errors":{"messages":[{"payload":["Payload size exceeds tenant limit"]}]}}"#)
        let one = #"{"topic":"t","event":"e","payload":{}}"#
        let many = [String](repeating: one, count: RealtimeLimits.messagesPerRequest + 1).joined(separator: ",")
        #expect(refusal("{\"messages\":[\(many)]}")?.status == 429)
        let topic = String(repeating: "t", count: 247)
        #expect(refusal(#"{"messages":[{"topic":"\#(topic)","event":"e","payload":{}}]}"#)?.status == 422)
        #expect(refusal("no JSON")?.status == 400)
        #expect(throws: RealtimePost.Refusal.self) {
            try RealtimePost.single(topic: topic, event: "e", isPrivate: false, isBinary: true, [1])
        }
        let longest = try RealtimePost.single(
            topic: String(topic.dropLast()), event: String(repeating: "e", count: 255), isPrivate: false, isBinary: true, [1])
        #expect(longest.frame(.arrays)?.isBinary == true)
    }

    @Test func a_bearer_wins_over_an_apikey() {
        #expect(RealtimePost.key(authorization: "Bearer a", apikey: "b") == "a")
        #expect(RealtimePost.key(authorization: "bearer  a", apikey: nil) == " a")
        #expect(RealtimePost.key(authorization: "Basic a", apikey: "b") == "b")
        #expect(RealtimePost.key(authorization: nil, apikey: "") == nil)
        #expect(RealtimePost.key(authorization: nil, apikey: nil) == nil)
    }

    @Test func only_who_may_broadcast_is_let_in() {
        func status(_ verdict: RealtimeVerdict) -> Int? {
            do throws(RealtimePost.Refusal) {
                try RealtimePost.admit(verdict, at: Peer.start)
                return nil
            } catch { return error.status }
        }
        #expect(status(Peer.caller(mayBroadcast: true)) == nil)
        #expect(status(Peer.caller(mayBroadcast: false)) == 403)
        #expect(status(Peer.caller(mayBroadcast: true, expiresAfter: .zero)) == 401)
        #expect(status(.refused(.expired)) == 401)
        #expect(status(.refused(.forbidden)) == 403)
        #expect(status(.refused(.tooManyFailures)) == 429)
        #expect(status(.unknown) == 503)
    }
}
