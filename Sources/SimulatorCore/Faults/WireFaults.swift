import Primitives

/// What happens below calls and updates: to messages, packets and connections.
public struct WireFaults: Sendable {
    /// `bad_msg_notification` instead of taking the next packets with a call.
    struct BadMessage: Sendable {
        var user: Int64?
        var code: Int32
        var remaining: Int
    }

    /// A transport error and an end instead of the next packets' answers.
    struct TransportError: Sendable {
        var user: Int64?
        var code: Int32
        var remaining: Int
    }

    var badMessages: [BadMessage] = []
    var transportErrors: [TransportError] = []
    /// By so much later does everything reach the client.
    var latency = Duration.zero
    /// Until then new connections are closed at once.
    var refusesUntil: Instant?

    static func take(_ list: inout [BadMessage], for user: Int64?) -> Int32? {
        guard let at = list.firstIndex(where: { $0.user == nil || $0.user == user }) else { return nil }
        list[at].remaining -= 1
        defer { if list[at].remaining <= 0 { list.remove(at: at) } }
        return list[at].code
    }

    static func take(_ list: inout [TransportError], for user: Int64?) -> Int32? {
        guard let at = list.firstIndex(where: { $0.user == nil || $0.user == user }) else { return nil }
        list[at].remaining -= 1
        defer { if list[at].remaining <= 0 { list.remove(at: at) } }
        return list[at].code
    }
}
