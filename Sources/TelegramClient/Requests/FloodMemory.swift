import Primitives

/// "Not before" per method, so that later calls wait here instead of each hitting the server; kept over a restart by the caller.
public struct FloodMemory: Sendable {
    public struct Key: Hashable, Sendable {
        public var method: String
        /// A wait that concerns one peer only (slow mode); empty otherwise.
        public var peer: String

        public init(method: String, peer: String = "") {
            self.method = method
            self.peer = peer
        }
    }

    /// Waits remembered at most; the one that ends first is forgotten first.
    public static let limit = 1_000

    private var waits: [Key: UnixTime] = [:]

    public init() {}

    /// The wait ends at this time; an earlier end does not shorten one that is known.
    public mutating func note(_ key: Key, until: UnixTime) {
        waits[key] = max(waits[key] ?? until, until)
        if waits.count > FloodMemory.limit, let first = entries.first { waits[first.key] = nil }
    }

    /// How long a call must still wait; nil when it may go now.
    public mutating func wait(_ key: Key, now: UnixTime) -> Duration? {
        guard let until = waits[key] else { return nil }
        if until > now { return until - now }
        waits[key] = nil
        return nil
    }

    /// All waits, the one that ends first in front.
    public var entries: [(key: Key, until: UnixTime)] {
        waits.map { (key: $0.key, until: $0.value) }
            .sorted { ($0.until, $0.key.method, $0.key.peer) < ($1.until, $1.key.method, $1.key.peer) }
    }
}
