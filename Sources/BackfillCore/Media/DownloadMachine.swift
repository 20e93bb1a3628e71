import Primitives
import TelegramClient

/// Fetches one file: which part is asked for next, from which data centre, and what a failure means. A pure machine.
///
/// Call `poll` until nil after every event and at `nextDeadline`; do what it says and tell what came of it. Bytes do not pass through
/// here: `answered` says where they belong, `written` marks the part when they are on disk. Parts are asked for at most once unless an
/// answer failed or its bytes proved wrong; a map from an earlier process is gone on with.
public struct DownloadMachine: Sendable {
    /// A call that is to be made.
    public struct Request: Hashable, Sendable {
        /// What it asks for.
        public enum What: Hashable, Sendable {
            case part(Int, offset: Int64, limit: Int)
            /// The hashes of the ranges from this offset on.
            case hashes(from: Int64)
        }
        public let id: UInt64
        public let what: What
        public let dc: Int32
        /// Which of the file's references it goes with: the n-th that was given.
        let reference: Int
    }

    /// What the shell is to do.
    public enum Command: Hashable, Sendable {
        /// Make this call with the newest reference.
        case fetch(Request)
        /// Fetch the file's origin anew and tell `refreshed` or `originGone`.
        case refresh
        /// Everything is on disk: read it through with a `FileVerifier` of these ranges and tell `verified`.
        case verify([FileHash])
        /// Nothing is left to do. It is told once.
        case end(End)
    }

    /// How a download ended.
    public enum End: Hashable, Sendable {
        /// The bytes are whole and have the hashes that the server tells.
        case fetched(size: Int64, sha256: [UInt8])
        /// It will never be fetched, and why.
        case refused(String)
        /// No message gives it any more.
        case originGone(String)
        /// Not now: try again after `wait`. `isAttempt`: it failed, so that such ends are counted.
        case later(String, wait: Duration, isAttempt: Bool)
    }

    /// The bounds of one download.
    public struct Limits: Hashable, Sendable {
        public var parts = MediaLimits.partsInFlight
        public var bytes = MediaLimits.bytesInFlight
        /// Bytes of the file at most: one whose size is not known at first is given up when it grows larger.
        public var fileBytes = MediaLimits.fileBytes

        public init(
            parts: Int = MediaLimits.partsInFlight, bytes: Int = MediaLimits.bytesInFlight, fileBytes: Int64 = MediaLimits.fileBytes
        ) {
            precondition(parts > 0 && bytes > 0, "something may be under way")
            self.parts = parts
            self.bytes = bytes
            self.fileBytes = fileBytes
        }
    }

    /// Counts since the machine was made.
    public struct Counters: Hashable, Sendable {
        public var parts = 0
        public var failures = 0
        public var refreshes = 0
        public var migrations = 0
        public var waits = 0
        public var mended = 0

        public init() {}
    }

    private enum Reference { case fresh, stale, asked }
    private enum Hashes { case wanted, complete }
    private enum Phase { case fetching, toVerify, verifying, ended(End), over }

    public private(set) var map: PartMap
    public private(set) var counters = Counters()
    /// The data centre that has the file.
    public private(set) var dc: Int32
    private let limits: Limits
    private var phase = Phase.fetching
    private var reference: Reference
    private var references = 0
    /// Under way, in the order of asking.
    private var requests: [Request] = []
    /// Parts whose bytes are being written.
    private var writing: [Int] = []
    private var lastID: UInt64 = 0
    /// Nothing is asked for earlier: the server wants a wait, or something failed.
    private var pausedUntil: Instant?
    private var backoff = MediaLimits.backoff
    private var failuresInRow = 0
    private var refreshesInRow = 0
    private var migrationsInRow = 0
    private var hasMigrated = false
    private var hashes: Hashes
    private var ranges: [FileHash] = []
    private var hashesUpTo: Int64 = 0
    private var mendings = 0

    /// - Parameters:
    ///   - map: what an earlier process has fetched already, or nothing.
    ///   - dc: where the file lies; wrong is no harm.
    ///   - hasReference: false: its origin is fetched before anything else.
    ///   - verifies: whether the server is asked for hashes.
    public init(map: PartMap, dc: Int32, hasReference: Bool = true, verifies: Bool = true, limits: Limits = Limits()) {
        self.map = map
        self.dc = dc
        self.limits = limits
        reference = hasReference ? .fresh : .stale
        hashes = verifies ? .wanted : .complete
        if let size = map.size, size > limits.fileBytes { phase = .ended(Self.tooLarge(limits.fileBytes)) }
    }

    private static func tooLarge(_ most: Int64) -> End { .refused("it has more than \(most) bytes") }

    // MARK: what to do

    public mutating func poll(now: Instant) -> Command? {
        switch phase {
        case .over, .verifying: return nil
        case .ended(let end):
            // What is under way still has its place in the file; its answers are awaited so that none is written behind a new owner's back.
            guard requests.isEmpty, writing.isEmpty else { return nil }
            phase = .over
            return .end(end)
        case .toVerify:
            phase = .verifying
            return .verify(ranges)
        case .fetching: return fetch(now)
        }
    }

    private mutating func fetch(_ now: Instant) -> Command? {
        if let pausedUntil, now < pausedUntil { return nil }
        switch reference {
        case .asked: return nil
        case .stale:
            reference = .asked
            counters.refreshes += 1
            return .refresh
        case .fresh: break
        }
        if map.isComplete, hashes == .complete {
            guard requests.isEmpty, writing.isEmpty else { return nil }
            phase = .toVerify
            return poll(now: now)
        }
        guard requests.count < limits.parts else { return nil }
        let isAskingHashes = requests.contains { if case .hashes = $0.what { true } else { false } }
        // Hashes come after the first parts: a file that cannot be fetched at all needs none.
        if hashes == .wanted, !isAskingHashes, map.count > 0 || map.isComplete { return ask(.hashes(from: hashesUpTo)) }
        guard let part = map.firstMissing(except: { part in writing.contains(part) || isAsked(part) }) else { return nil }
        // Behind the end of a file of unknown size there is nothing: one part is asked for at a time beyond what is there.
        if map.size == nil, requests.contains(where: { if case .part = $0.what { true } else { false } }) || !writing.isEmpty { return nil }
        let bytes = requests.reduce(0) { if case .part(_, _, let limit) = $1.what { $0 + limit } else { $0 } }
        guard bytes == 0 || bytes + map.partBytes <= limits.bytes else { return nil }
        return ask(.part(part, offset: map.offset(of: part), limit: map.partBytes))
    }

    private func isAsked(_ part: Int) -> Bool {
        requests.contains { if case .part(part, _, _) = $0.what { true } else { false } }
    }

    private mutating func ask(_ what: Request.What) -> Command {
        lastID += 1
        let request = Request(id: lastID, what: what, dc: dc, reference: references)
        requests.append(request)
        return .fetch(request)
    }

    /// When `poll` has something to do though nothing happened.
    public var nextDeadline: Instant? {
        guard case .fetching = phase, let pausedUntil else { return nil }
        return pausedUntil
    }

    /// Calls under way.
    public var inFlight: Int { requests.count }

    private mutating func take(_ id: UInt64) -> Request? {
        guard let i = requests.firstIndex(where: { $0.id == id }) else { return nil }
        return requests.remove(at: i)
    }

    // MARK: answers

    /// A part came with so many bytes. Returns where they are to be written, then `written` or `unwritten`; nil: drop them.
    public mutating func answered(_ id: UInt64, count: Int, now: Instant, using random: inout some RandomNumberGenerator) -> Int64? {
        guard let request = take(id), case .part(let part, let offset, let limit) = request.what, case .fetching = phase else { return nil }
        if map.size != nil {
            if count != map.length(of: part) {
                retry("part \(part) has \(count) bytes and not \(map.length(of: part))", now: now, using: &random)
                return nil
            }
        } else {
            if count > limit {
                retry("part \(part) has \(count) bytes and not \(limit)", now: now, using: &random)
                return nil
            }
            if count < limit {
                guard map.end(at: offset + Int64(count)) else {
                    retry("part \(part) ends the file before its other parts", now: now, using: &random)
                    return nil
                }
            }
            if offset + Int64(count) > limits.fileBytes {
                phase = .ended(Self.tooLarge(limits.fileBytes))
                return nil
            }
            if count == 0 { return nil }
        }
        writing.append(part)
        return offset
    }

    /// The part at that offset is on disk.
    public mutating func written(_ offset: Int64) {
        let part = Int(offset / Int64(map.partBytes))
        writing.removeAll { $0 == part }
        map.mark(part)
        counters.parts += 1
        progressed()
    }

    /// It could not be written: it is asked for again when `later` is over. The disk may be full.
    public mutating func unwritten(_ offset: Int64, _ reason: String, wait: Duration) {
        writing.removeAll { $0 == Int(offset / Int64(map.partBytes)) }
        if case .fetching = phase { phase = .ended(.later(reason, wait: wait, isAttempt: false)) }
    }

    /// The hashes that a request for them brought; none: the server has no more.
    public mutating func answered(_ id: UInt64, hashes new: [FileHash]) {
        guard let request = take(id), case .hashes(let from) = request.what, case .fetching = phase else { return }
        let ahead = new.filter { $0.end > from }
        ranges += ahead.prefix(max(0, MediaLimits.hashRanges - ranges.count))
        // The server need not tell more than there is, nor anything at all.
        if let end = ahead.map(\.end).max(), end < map.size ?? .max, ranges.count < MediaLimits.hashRanges {
            hashesUpTo = end
        } else {
            hashes = .complete
        }
        progressed()
    }

    private mutating func progressed() {
        failuresInRow = 0
        refreshesInRow = 0
        migrationsInRow = 0
        backoff.reset()
    }

    /// What the reading of the whole file has shown.
    public mutating func verified(size: Int64, sha256: [UInt8], bad: [Range<Int64>]) {
        guard case .verifying = phase else { return }
        guard size == map.size else {
            phase = .ended(.later("the file on disk has \(size) bytes", wait: .zero, isAttempt: true))
            return
        }
        if bad.isEmpty {
            phase = .ended(.fetched(size: size, sha256: sha256))
            return
        }
        mendings += 1
        if mendings > MediaLimits.mendingRounds {
            phase = .ended(.refused("its bytes have not the hashes that the server tells"))
            return
        }
        for range in bad {
            let first = Int(range.lowerBound / Int64(map.partBytes)), last = Int((range.upperBound - 1) / Int64(map.partBytes))
            for part in first...max(first, last) where map[part] {
                map.clear(part)
                counters.mended += 1
            }
        }
        phase = .fetching
    }

    // MARK: references

    /// The origin gave the file again.
    public mutating func refreshed(dc: Int32, size: Int64?) {
        guard reference == .asked else { return }
        reference = .fresh
        references += 1
        // The server's own word on where it lies counts for more than the message's.
        if !hasMigrated { self.dc = dc }
        guard let size, case .fetching = phase else { return }
        if let known = map.size, known != size {
            phase = .ended(.refused("its size was \(known) bytes and is \(size)"))
        } else if size > limits.fileBytes {
            phase = .ended(Self.tooLarge(limits.fileBytes))
        } else if map.size == nil, !map.end(at: size) {
            phase = .ended(.refused("it has parts behind its end at \(size) bytes"))
        }
    }

    /// No message has the file any more, and why.
    public mutating func originGone(_ reason: String) {
        guard case .fetching = phase else { return }
        phase = .ended(.originGone(reason))
    }

    /// The origin could not be asked.
    public mutating func refreshFailed(_ failure: CallFailure, now: Instant, using random: inout some RandomNumberGenerator) {
        guard reference == .asked else { return }
        reference = .stale
        judge(failure, now: now, using: &random)
    }

    // MARK: failures

    public mutating func failed(_ id: UInt64, _ failure: CallFailure, now: Instant, using random: inout some RandomNumberGenerator) {
        guard let request = take(id), case .fetching = phase else { return }
        counters.failures += 1
        guard case .rpc(let error) = failure else { return judge(failure, now: now, using: &random) }
        switch error.kind {
        case .fileReference: expired(request, error.message)
        case .migrate(.file, let dc): migrate(request, to: dc)
        default:
            // Hashes are a gift: a server that has none of this file says so in many ways, and the file is none the worse.
            if case .hashes = request.what, Self.isFinal(error) {
                hashes = .complete
                return
            }
            // A location may be too old in ways that have no name of their own; after a fresh one there is no doubt.
            if Self.isFinal(error), error.message.hasPrefix("FILE_ID") || error.message.hasPrefix("LOCATION"), refreshesInRow == 0 {
                return expired(request, error.message)
            }
            judge(failure, now: now, using: &random)
        }
    }

    private static func isFinal(_ error: TelegramClient.RPCError) -> Bool {
        switch error.kind {
        case .badRequest, .notAcceptable, .forbidden, .other: true
        default: false
        }
    }

    /// Only the first of several calls with one reference asks for another; the others come back with that one.
    private mutating func expired(_ request: Request, _ message: String) {
        guard request.reference == references, reference == .fresh else { return }
        refreshesInRow += 1
        if refreshesInRow > MediaLimits.refreshesInRow {
            phase = .ended(.later("\(message), again and again", wait: .zero, isAttempt: true))
            return
        }
        reference = .stale
    }

    private mutating func migrate(_ request: Request, to dc: Int) {
        // The others that went to the same place say the same.
        guard request.dc == self.dc else { return }
        migrationsInRow += 1
        counters.migrations += 1
        guard let dc = Int32(exactly: dc), dc > 0, migrationsInRow <= MediaLimits.migrationsInRow else {
            phase = .ended(.later("sent from data centre to data centre", wait: .zero, isAttempt: true))
            return
        }
        self.dc = dc
        hasMigrated = true
    }

    private mutating func judge(_ failure: CallFailure, now: Instant, using random: inout some RandomNumberGenerator) {
        if case .rpc(let error) = failure {
            switch error.kind {
            case .wait(_, let seconds):
                counters.waits += 1
                let wait = Duration.seconds(max(1, seconds))
                if wait > MediaLimits.waitMost {
                    phase = .ended(.later(error.message, wait: wait, isAttempt: false))
                } else {
                    pausedUntil = max(pausedUntil ?? .zero, now + wait)
                }
                return
            case .badRequest, .forbidden, .notAcceptable, .other, .lostAccess:
                phase = .ended(.refused(error.message))
                return
            case .loggedOut, .keyDuplicated, .keyUnbound, .frozen:
                phase = .ended(.later(error.message, wait: MediaLimits.waitMost, isAttempt: false))
                return
            default: break
            }
        }
        retry("\(failure)", now: now, using: &random)
    }

    private mutating func retry(_ reason: String, now: Instant, using random: inout some RandomNumberGenerator) {
        guard case .fetching = phase else { return }
        // Calls that were under way together fail together: that is one failure.
        if let pausedUntil, now < pausedUntil { return }
        failuresInRow += 1
        if failuresInRow > MediaLimits.failuresInRow {
            phase = .ended(.later(reason, wait: .zero, isAttempt: true))
            return
        }
        pausedUntil = now + backoff.next(using: &random)
    }

    /// Ends it, as when the process stops; what is there is kept.
    public mutating func stop(_ reason: String) {
        switch phase {
        case .ended, .over: break
        default: phase = .ended(.later(reason, wait: .zero, isAttempt: false))
        }
    }
}
