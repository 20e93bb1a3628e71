/// What an endpoint's answer to a batch means for the messages in it.
///
/// The statuses are those of Supabase Realtime (supabase/realtime, broadcast_controller.ex and auth_tenant.ex); others are read as HTTP
/// means them (RFC 9110, 15).
public enum BroadcastAnswer: Hashable, Sendable {
    /// Taken. Whether anybody listened is not told.
    case accepted
    /// This batch will never be taken: a message in it is at fault, or its size.
    case refused(String)
    /// More than the plan allows; it may be taken later, and in smaller portions.
    case tooMany(String)
    /// Not now: whoever runs the endpoint, or pays for it, has to do something, or a network has to.
    case unavailable(String)

    /// Bytes of an answer that are worth telling.
    private static let toldBytes = 200

    public init(status: Int, body: [UInt8]) {
        let told = String(decoding: body.prefix(Self.toldBytes), as: UTF8.self).split(whereSeparator: \.isNewline).joined(separator: " ")
        let reason = told.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(told)"
        switch status {
        case 200...299: self = .accepted
        case 400, 413, 415, 422: self = .refused(reason)
        case 429: self = .tooMany(reason)
        default: self = .unavailable(reason)
        }
    }
}

/// What a plan allows, and how patient a sink is.
public struct BroadcastPlan: Hashable, Sendable {
    /// In any one second.
    public var messagesPerSecond: Int
    /// Bytes of one row as JSON.
    public var payloadBytes: Int
    /// Messages in one request.
    public var batchMessages: Int
    /// Bytes of one request. The server's limit is 8 MB (Plug's default).
    public var bodyBytes: Int
    /// How old a change may become while the endpoint refuses or is silent.
    public var patience: Duration

    public init(messagesPerSecond: Int, payloadBytes: Int, batchMessages: Int, bodyBytes: Int = 4_000_000, patience: Duration) {
        precondition(messagesPerSecond > 0 && batchMessages > 0, "a plan allows something")
        self.messagesPerSecond = messagesPerSecond
        self.payloadBytes = payloadBytes
        self.batchMessages = batchMessages
        self.bodyBytes = bodyBytes
        self.patience = patience
    }
}
