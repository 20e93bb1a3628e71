/// Sessions of pages that were ended before their time, until that comes: here, and in the database for the next process.
public struct EndedSessions: Sendable {
    /// Those that are remembered.
    public static let most = 10_000

    /// Ids, with the seconds since 1970 until which the session would have lasted.
    private var ended: [String: Int64] = [:]
    /// Those that are not written down yet.
    private var unsaved: Set<String> = []
    private var isRead = false
    private let most: Int

    public init(most: Int = EndedSessions.most) { self.most = most }

    /// Throws `expired` for one that was ended, and `unavailable` before it is known which were.
    public func check(_ id: String) throws(AccessRefusal) {
        if ended[id] != nil { throw .expired }
        if !isRead { throw .unavailable("it is not known yet which sessions were ended: the database is away") }
    }

    public mutating func end(_ id: String, expiresAt: Int64, now: Int64) {
        ended = ended.filter { $0.value > now }
        if ended.count >= most, let first = ended.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) { ended[first.key] = nil }
        ended[id] = expiresAt
        unsaved = unsaved.filter { ended[$0] != nil }
        unsaved.insert(id)
    }

    /// What is to be written down.
    public var toSave: [String: Int64] { ended.filter { unsaved.contains($0.key) } }

    public mutating func saved(_ ids: some Sequence<String>) { unsaved.subtract(ids) }

    /// Whether the database is still to be asked for those that another process ended.
    public var wantsReading: Bool { !isRead }

    /// What the database has.
    public mutating func read(_ sessions: [String: Int64]) {
        ended.merge(sessions) { max($0, $1) }
        isRead = true
    }
}
