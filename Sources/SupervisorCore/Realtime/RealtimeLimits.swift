import Primitives

/// What one subscriber, and all of them, may ask of the server. The numbers of Supabase's plans are the model where there is one, so that
/// what works here works there.
public enum RealtimeLimits {
    /// Bytes of one message from a subscriber, however many fragments it comes in. They send joins, tokens and heartbeats, and an admin
    /// broadcasts; a payload may have `payloadBytes`, and its text somewhat more.
    public static let messageBytes = 512 * 1024
    /// Bytes of a broadcast's payload as text, as Supabase's free plan has it.
    public static let payloadBytes = 256 * 1024
    /// Topics that one connection may be subscribed to, as Supabase has it.
    public static let channelsPerConnection = 100
    /// Connections at once. Each costs a few kilobytes and a file descriptor, of which a unit has 8,192.
    public static let connections = 5000
    /// Joins a second of one connection: all its channels at once after an interruption.
    public static let joinsPerSecond = 100
    /// Messages a second of one connection, heartbeats and joins included.
    public static let messagesPerSecond = 200
    /// Broadcasts a second of all that come over HTTP: deliveries are these times the subscribers.
    public static let broadcastsPerSecond = 500
    /// Messages in one HTTP request.
    public static let messagesPerRequest = 100
    /// Bytes of the body of one HTTP request: Supabase refuses above 8 MB.
    public static let requestBytes = 8_000_000
    /// Bytes of a topic, an event or a reference: version 2.0.0 has one byte for the length.
    public static let nameBytes = 255
    /// Bytes of a key or token. JWTs with many claims have two or three thousand.
    public static let keyBytes = 8192
    /// A client that is alive sends a heartbeat every 25 or 30 s; after this long without a frame it is gone.
    public static let silence = Duration.seconds(60)
    /// How often the keys of those that are connected are judged again: a reader who was removed stays this long. It costs a digest each.
    public static let review = Duration.seconds(15)
    /// Bytes that wait for one subscriber beyond what the kernel holds for it: half a minute of twenty rows a second. Above that it is
    /// closed; it comes back and fetches what it missed. The waiting bytes are shared among those that wait for the same rows.
    public static let waitingBytes = 2 * 1024 * 1024
}
