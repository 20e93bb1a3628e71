import Primitives
import SupervisorCore
import Testing

/// A subscriber's connection in a test: says things to its session, and shows what comes back as JSON.
struct Peer {
    static let key = "key-of-the-connection"
    static let start = UnixTime(seconds: 1_800_000_000)

    var session: RealtimeSession
    /// Since the connection began.
    var elapsed = Duration.zero
    private(set) var sent: [JSON] = []
    private(set) var rest: [RealtimeSession.Action] = []

    init(_ version: RealtimeVersion = .objects, mayBroadcast: Bool = false, expiresAfter: Duration? = nil) {
        let caller = RealtimeCaller(mayBroadcast: mayBroadcast, expires: expiresAfter.map { Peer.start + $0 })
        session = RealtimeSession(version: version, key: Peer.key, caller: caller, now: .zero)
    }

    var now: Instant { .zero + elapsed }
    var time: UnixTime { Peer.start + elapsed }

    static func caller(mayBroadcast: Bool = false, expiresAfter: Duration? = nil) -> RealtimeVerdict {
        .accepted(RealtimeCaller(mayBroadcast: mayBroadcast, expires: expiresAfter.map { start + $0 }))
    }

    private mutating func take(_ actions: [RealtimeSession.Action]) {
        (sent, rest) = ([], [])
        for action in actions {
            if case .send(let text) = action {
                sent.append((try? JSON(reading: text)) ?? "not JSON")
            } else {
                rest.append(action)
            }
        }
    }

    mutating func say(_ text: String) { take(session.received(text: Array(text.utf8), now: now, at: time)) }
    mutating func say(binary: [UInt8]) { take(session.received(binary: binary, now: now, at: time)) }
    mutating func judge(_ question: Int, _ verdict: RealtimeVerdict) { take(session.judged(question, verdict, at: time)) }
    mutating func stop() { take(session.stopping()) }

    mutating func wait(_ duration: Duration) {
        elapsed += duration
        take(session.elapsed(now: now, at: time))
    }

    /// Joins as the client on PyPI does.
    mutating func join(_ name: String = "messages", reference: String = "1", config: String = "{}", token: String? = nil) {
        let token = token.map { #","access_token":"\#($0)""# } ?? ""
        say(
            #"{"event":"phx_join","topic":"realtime:\#(name)","ref":"\#(reference)","join_ref":"\#(reference)","#
                + #""payload":{"config":\#(config)\#(token)}}"#)
    }

    /// The question that the last actions ask the judge, and the key that it is about.
    var question: (Int, String)? {
        for case .judge(let number, let key) in rest { return (number, key) }
        return nil
    }

    /// Code and reason of the close frame among the last actions.
    var closed: (Int, String)? {
        for case .close(let code, let reason) in rest { return (code, reason) }
        return nil
    }
}

extension JSON {
    /// From a literal of the test.
    static func text(_ text: String) throws -> JSON { try JSON(reading: Array(text.utf8)) }
}
