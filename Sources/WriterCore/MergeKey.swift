/// The place of a copy among all copies of its message; the largest wins, an equal one is a no-op.
///
/// The order is total and a row is a maximum, so arrival order and repetition cannot matter. In SQL it is the row comparison
/// `(edit_date, settled, generation, pts, content_hash)`.
public struct MergeKey: Hashable, Comparable, Sendable {
    /// Unix seconds, 0 if never edited. Reactions bump it too.
    public var editDate: Int64
    /// Fetched at a server time at least 60 s after `editDate`: no edit of that same second can still come.
    public var settled: Bool
    /// Generation and pts of a live update; (0, −1) for a copy whose content has no position.
    public var generation: Int64
    public var pts: Int64
    public var hash: ContentHash

    /// A copy without a pts has no generation either, whatever its record says: a page's position may run ahead of its content.
    public init(editDate: Int64, settled: Bool, generation: Int64, pts: Int64, hash: ContentHash) {
        self.editDate = editDate
        self.settled = settled
        self.generation = pts < 0 ? 0 : generation
        self.pts = pts < 0 ? -1 : pts
        self.hash = hash
    }

    public static func < (a: MergeKey, b: MergeKey) -> Bool {
        if a.editDate != b.editDate { return a.editDate < b.editDate }
        if a.settled != b.settled { return b.settled }
        return (a.generation, a.pts, a.hash) < (b.generation, b.pts, b.hash)
    }
}

/// A value of which the newest observation stands: reactions, the sender's name.
public struct Register: Hashable, Sendable {
    public var value: String
    public var key: Key

    /// When it was observed; within one second the live update's position decides, then the bytes.
    public struct Key: Hashable, Comparable, Sendable {
        /// Unix seconds of the server.
        public var observedAt: Int64
        public var generation: Int64
        public var pts: Int64
        public var hash: UInt64

        public init(observedAt: Int64, generation: Int64, pts: Int64, hash: UInt64) {
            self.observedAt = observedAt
            self.generation = pts < 0 ? 0 : generation
            self.pts = pts < 0 ? -1 : pts
            self.hash = hash
        }

        public static func < (a: Key, b: Key) -> Bool {
            (a.observedAt, a.generation, a.pts, a.hash) < (b.observedAt, b.generation, b.pts, b.hash)
        }

        /// The key as 32 bytes whose order as `bytea` is the key's: one column, compared with `>`.
        public var bytes: [UInt8] {
            [observedAt, generation, pts].flatMap { bigEndian(UInt64(bitPattern: $0) ^ 1 << 63) } + bigEndian(hash)
        }
    }

    public init(_ value: String, observedAt: Int64, generation: Int64, pts: Int64) {
        self.value = value
        var hasher = FieldHasher()
        hasher.add(value)
        key = Key(observedAt: observedAt, generation: generation, pts: pts, hash: hasher.hash)
    }

    /// The newer of two observations; what was not told changes nothing.
    static func merge(_ a: Register?, _ b: Register?) -> Register? {
        guard let a else { return b }
        guard let b else { return a }
        return a.key < b.key ? b : a
    }
}
