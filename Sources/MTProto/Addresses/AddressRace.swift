import Primitives

/// Which of a data centre's addresses to connect to, in which order and how many at once ("happy eyeballs", RFC 8305).
///
/// A TCP connection proves nothing: a candidate wins when it has brought a packet that only a real server can make. Candidates start one
/// after the other, at once where one failed and else after a pause; the first to win ends the race. What came of each address is
/// remembered and decides the order of the next race.
///
/// `begin`, then `poll` until nil after every call, and again at `nextDeadline`.
public struct AddressRace: Sendable {
    public enum Limits {
        /// The next candidate starts so long after the one before: a good address proves itself in three round trips.
        public static let stagger = Duration.milliseconds(500)
        /// Candidates under way at once.
        public static let atOnce = 3
        /// A TCP connection proves itself within this time: TDLib gives a ping as long.
        public static let proof = Duration.seconds(5)
        /// A failure counts for so long; then the address is like a new one.
        public static let memory = Duration.seconds(600)
    }

    public struct Candidate: Hashable, Sendable {
        public let id: Int
        public let address: ServerAddress
        /// How long TCP may take.
        public let connectTimeout: Duration
    }

    public enum Action: Hashable, Sendable {
        case start(Candidate)
        /// It took too long: close it. It counts as failed already.
        case giveUp(Candidate)
    }

    /// What came of an address.
    public struct Record: Hashable, Sendable {
        public var successes = 0
        public var failures = 0
        public var failuresInRow = 0
        public var lastSuccess: Instant?
        public var lastFailure: Instant?
    }

    private struct Runner {
        var candidate: Candidate
        var deadline: Instant
    }

    public private(set) var addresses: [ServerAddress]
    private var records: [ServerAddress: Record] = [:]
    private var waiting: [ServerAddress] = []
    private var running: [Runner] = []
    private var timeout = Duration.zero
    private var nextStart = Instant.zero
    private var lastID = 0

    public init(_ addresses: [ServerAddress]) {
        self.addresses = addresses
    }

    /// What is known of an address.
    public func record(of address: ServerAddress) -> Record { records[address] ?? Record() }

    /// Replaces the addresses from the next race on. What is known of those that stay is kept.
    public mutating func setAddresses(_ new: [ServerAddress]) {
        addresses = new
        records = records.filter { new.contains($0.key) }
    }

    // MARK: a race

    /// Begins a race; another one that runs is forgotten. `timeout` is for TCP, of each candidate.
    public mutating func begin(timeout: Duration, now: Instant) {
        self.timeout = timeout
        running = []
        waiting = ranked(now)
        nextStart = now
    }

    /// What is to be done now. `notBefore`: no connection may be begun earlier.
    public mutating func poll(now: Instant, notBefore: Instant) -> Action? {
        if let late = running.firstIndex(where: { $0.deadline <= now }) {
            let runner = running.remove(at: late)
            noteFailure(of: runner.candidate.address, now: now)
            nextStart = min(nextStart, now)
            return .giveUp(runner.candidate)
        }
        guard !waiting.isEmpty, running.count < Limits.atOnce, now >= nextStart, now >= notBefore else { return nil }
        lastID += 1
        let candidate = Candidate(id: lastID, address: waiting.removeFirst(), connectTimeout: timeout)
        running.append(Runner(candidate: candidate, deadline: now + timeout))
        nextStart = now + Limits.stagger
        return .start(candidate)
    }

    /// The candidate's TCP connection stands.
    public mutating func connected(_ id: Int, now: Instant) {
        guard let i = running.firstIndex(where: { $0.candidate.id == id }) else { return }
        running[i].deadline = now + Limits.proof
    }

    /// The candidate has no TCP connection, lost it, or said what no server says. The next one need not wait.
    public mutating func failed(_ id: Int, now: Instant) {
        guard let i = running.firstIndex(where: { $0.candidate.id == id }) else { return }
        noteFailure(of: running.remove(at: i).candidate.address, now: now)
        nextStart = min(nextStart, now)
    }

    /// The candidate proved itself: the race is over. Returns those to close.
    public mutating func proved(_ id: Int, now: Instant) -> [Int] {
        guard let winner = running.first(where: { $0.candidate.id == id }) else { return [] }
        records[winner.candidate.address, default: Record()].successes += 1
        records[winner.candidate.address]?.failuresInRow = 0
        records[winner.candidate.address]?.lastSuccess = now
        let losers = running.map(\.candidate.id).filter { $0 != id }
        running = []
        waiting = []
        return losers
    }

    /// Nobody won and nobody is left.
    public var isLost: Bool { waiting.isEmpty && running.isEmpty }

    /// When to `poll` again if nothing else happens.
    public func nextDeadline(notBefore: Instant) -> Instant? {
        var next = running.map(\.deadline).min()
        if !waiting.isEmpty, running.count < Limits.atOnce {
            let start = max(nextStart, notBefore)
            next = next.map { min($0, start) } ?? start
        }
        return next
    }

    /// The address failed after it had won, before it was of any use.
    public mutating func noteFailure(of address: ServerAddress, now: Instant) {
        guard addresses.contains(address) else { return }
        records[address, default: Record()].failures += 1
        records[address]?.failuresInRow += 1
        records[address]?.lastFailure = now
    }

    /// Least failures first; among equals those that served, the latest first; then in the order given, the two families in turn.
    private func ranked(_ now: Instant) -> [ServerAddress] {
        func failures(_ address: ServerAddress) -> Int {
            guard let record = records[address], let last = record.lastFailure, now - last < Limits.memory else { return 0 }
            return record.failuresInRow
        }
        let inTurn = Self.interleaved(addresses)
        let order = inTurn.enumerated().sorted { a, b in
            let (fa, fb) = (failures(a.element), failures(b.element))
            if fa != fb { return fa < fb }
            switch (records[a.element]?.lastSuccess, records[b.element]?.lastSuccess) {
            case (let x?, let y?) where x != y: return x > y
            case (.some, nil): return true
            case (nil, .some): return false
            default: return a.offset < b.offset
            }
        }
        return order.map(\.element)
    }

    private static func interleaved(_ addresses: [ServerAddress]) -> [ServerAddress] {
        let first = addresses.first?.isIPv6 ?? false
        let one = addresses.filter { $0.isIPv6 == first }, other = addresses.filter { $0.isIPv6 != first }
        var out: [ServerAddress] = []
        for i in 0..<max(one.count, other.count) {
            if i < one.count { out.append(one[i]) }
            if i < other.count { out.append(other[i]) }
        }
        return out
    }
}
