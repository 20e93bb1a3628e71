import Logging
import MTProto
import Primitives
import Synchronization
import TL
import TelegramClient

/// Calls by name over one connection: objects in, objects out, failures in families, flood waits remembered and shared.
public struct TelegramAPI: Sendable {
    public let connection: TelegramConnection
    public let encoder: RequestEncoder
    /// The longest flood wait, in seconds, that `call` sleeps through.
    public var floodSleepMost: Int {
        get { book.content.withLock { $0.floodSleepMost } }
        nonmutating set { book.content.withLock { $0.floodSleepMost = newValue } }
    }
    /// The least time between two pages of history from now on.
    public func setPages(_ pages: Duration) { book.content.withLock { $0.pacer.setPages(pages) } }
    private let sharing: FloodSharing?
    private let unreadable: (@Sendable (QuarantinedObject) -> Void)?
    private let book: Book

    /// How an account's processes tell each other of waits.
    public struct FloodSharing: Sendable {
        /// A wait that is new to this process. Called at once; the failed call waits for it a second at most.
        public var note: @Sendable (FloodMemory.Key, _ seconds: Int, _ until: UnixTime) async -> Void
        /// All waits that any process knows; called before a scarce call. Empty when they cannot be read.
        public var read: @Sendable () async -> [(key: FloodMemory.Key, until: UnixTime)]

        public init(
            note: @escaping @Sendable (FloodMemory.Key, _ seconds: Int, _ until: UnixTime) async -> Void,
            read: @escaping @Sendable () async -> [(key: FloodMemory.Key, until: UnixTime)]
        ) {
            self.note = note
            self.read = read
        }
    }

    /// Calls so scarce that the other processes' waits are read before each.
    public static let scarce: Set<String> = [
        "contacts.resolveUsername", "contacts.search", "channels.joinChannel", "messages.importChatInvite", "messages.checkChatInvite",
        "account.initTakeoutSession",
    ]
    /// The longest that a call waits for its turn in its method's pace; a later turn is refused like a flood wait.
    static let paceMost = Duration.seconds(60)
    /// How long a failed call waits for its wait to be shared. What called must learn of the failure soon, and a database may hang;
    /// a process that ends with this failure should not end before.
    static let sharingMost = Duration.seconds(1)
    /// Added to what is left of a known wait, at random up to this, so that several calls do not come back in the same moment.
    static let spread = Duration.seconds(2)

    /// What copies of one API share.
    private final class Book: Sendable {
        struct Content {
            var memory = FloodMemory()
            var pacer: CallPacer
            var counts = CallCounts()
            var floodSleepMost: Int
        }
        let content: Mutex<Content>
        init(_ pacer: CallPacer, floodSleepMost: Int) { content = Mutex(Content(pacer: pacer, floodSleepMost: floodSleepMost)) }
    }

    /// - Parameters:
    ///   - pacer: when the calls of a method may leave.
    ///   - unreadable: takes answers that could not be read, to keep them; what `bytes` hands out is for its caller to read.
    public init(
        connection: TelegramConnection, encoder: RequestEncoder, floodSleepMost: Int = RequestPolicy.floodSleepMost,
        pacer: CallPacer = CallPacer(), sharing: FloodSharing? = nil, unreadable: (@Sendable (QuarantinedObject) -> Void)? = nil
    ) {
        book = Book(pacer, floodSleepMost: floodSleepMost)
        self.connection = connection
        self.encoder = encoder
        self.sharing = sharing
        self.unreadable = unreadable
    }

    // MARK: calls

    /// Makes the call once. A call that must still wait fails at once with the rest of its wait, without troubling the server.
    ///
    /// - Parameters:
    ///   - isIdempotent: whether the session may send it again when it cannot tell if the server has it.
    ///   - goesAhead: whether it leaves before its turn in its method's pace, since a person waits for it. Waits of the server's it keeps.
    public func once(
        _ call: TLObject, isIdempotent: Bool = true, goesAhead: Bool = false, deadline: Duration = RequestPolicy.deadline
    ) async throws(CallFailure) -> TLValue {
        let answer = try await timed(call, isIdempotent: isIdempotent, goesAhead: goesAhead, deadline: deadline).bytes
        do {
            return try TL.decodeResult(answer, of: call.name, layer: encoder.layer)
        } catch {
            let failure = CallFailure.undecodable("\(call.name): \(error)")
            book.content.withLock { $0.counts.failed(call.name, failure) }
            unreadable?(QuarantinedObject(answer, context: call.name, layer: encoder.layer, reason: "\(error)"))
            throw failure
        }
    }

    /// Makes the call once, as `once` does, and hands its serialized answer out.
    public func bytes(
        _ call: TLObject, isIdempotent: Bool = true, deadline: Duration = RequestPolicy.deadline
    ) async throws(CallFailure) -> [UInt8] {
        try await timed(call, isIdempotent: isIdempotent, deadline: deadline).bytes
    }

    /// As `bytes`, with the time by this machine's clock at which the call left: what the answer shows is not older.
    public func timed(
        _ call: TLObject, isIdempotent: Bool = true, goesAhead: Bool = false, deadline: Duration = RequestPolicy.deadline
    ) async throws(CallFailure) -> (bytes: [UInt8], sentAt: UnixTime) {
        let body: [UInt8]
        do {
            body = try encoder.encode(call)
        } catch {
            throw .undecodable("\(call.name) cannot be written for layer \(encoder.layer): \(error)")
        }
        try await waitForTurn(call, goesAhead: goesAhead)
        book.content.withLock { $0.counts.called(call.name) }
        let sentAt = hostTime
        do {
            let answer = try await connection.call(
                body, deadline: deadline, priority: RequestPriority(method: call.name),
                resending: isIdempotent ? .always : .onlyIfNotReceived)
            book.content.withLock { $0.pacer.succeeded(call.name) }
            return (answer, sentAt)
        } catch {
            let failure = CallFailure(error)
            if case .undecodable(let answer) = error {
                unreadable?(QuarantinedObject(answer, context: call.name, layer: encoder.layer, reason: "\(failure)"))
            }
            await failed(call, failure)
            throw failure
        }
    }

    /// Makes the call until it succeeds or `RequestPolicy` gives up. Waits are slept through; cancelling the task ends them.
    public func call(_ call: TLObject, isIdempotent: Bool = true) async throws(CallFailure) -> TLValue {
        var policy = RequestPolicy(isIdempotent: isIdempotent, floodSleepMost: floodSleepMost)
        var random = SystemRandomNumberGenerator()
        while true {
            do {
                return try await once(call, isIdempotent: isIdempotent)
            } catch {
                guard case .retry(let wait) = policy.failed(error, using: &random) else { throw error }
                do { try await Task.sleep(for: wait) } catch { throw CallFailure.disconnected }
            }
        }
    }

    /// Holds the call back while its method or chat must wait, and gives calls of one method their turns.
    private func waitForTurn(_ call: TLObject, goesAhead: Bool) async throws(CallFailure) {
        if let sharing, TelegramAPI.scarce.contains(call.name) { remember(await sharing.read()) }
        try refuseWhileWaiting(call)
        let now = hostNow
        let turn = book.content.withLock {
            $0.pacer.reserve(call.name, now: now, latest: now + TelegramAPI.paceMost, goesAhead: goesAhead)
        }
        guard let turn else {
            let next = book.content.withLock { $0.pacer.next(call.name, now: now) }
            throw held(call, for: next - now)
        }
        if turn > now {
            do { try await Task.sleep(for: turn - now) } catch { throw .disconnected }
            try refuseWhileWaiting(call)
        }
    }

    private func refuseWhileWaiting(_ call: TLObject) throws(CallFailure) {
        guard let wait = book.content.withLock({ $0.memory.wait(for: call, now: hostTime) }) else { return }
        var random = SystemRandomNumberGenerator()
        throw held(call, for: wait + .nanoseconds(Int64.random(in: 0...TelegramAPI.spread.inNanoseconds, using: &random)))
    }

    /// The failure that the server would give, without asking it.
    private func held(_ call: TLObject, for wait: Duration) -> CallFailure {
        book.content.withLock { $0.counts.held(call.name) }
        return .rpc(TelegramClient.RPCError(code: 420, message: "FLOOD_WAIT_\(max(1, Int(wait.inSeconds.rounded(.up))))"))
    }

    private func failed(_ call: TLObject, _ failure: CallFailure) async {
        var wait: (key: FloodMemory.Key, seconds: Int, until: UnixTime)?
        if case .rpc(let rpc) = failure, case .wait(let kind, let seconds) = rpc.kind {
            wait = (FloodMemory.Key(call, wait: kind), max(1, seconds), hostTime + .seconds(max(1, seconds)))
        }
        let now = hostNow
        let isNews = book.content.withLock { content in
            content.counts.failed(call.name, failure)
            guard let wait else { return false }
            if wait.key.peer.isEmpty { content.pacer.flooded(call.name, until: now + .seconds(wait.seconds), now: now) }
            return content.memory.note(wait.key, until: wait.until)
        }
        if isNews, let wait, let sharing { await share(wait, sharing) }
    }

    /// Tells the other processes; goes on without waiting for the end of it when that takes long.
    private func share(_ wait: (key: FloodMemory.Key, seconds: Int, until: UnixTime), _ sharing: FloodSharing) async {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        Task {
            await sharing.note(wait.key, wait.seconds, wait.until)
            end.finish()
        }
        let patience = Task {
            do { try await Task.sleep(for: TelegramAPI.sharingMost) } catch { return }
            end.finish()
        }
        for await _ in ends {}
        patience.cancel()
    }

    // MARK: what is known

    /// Enters waits that were stored, or that another process has noted.
    public func remember(_ waits: some Sequence<(key: FloodMemory.Key, until: UnixTime)>) {
        book.content.withLock { content in for wait in waits { content.memory.note(wait.key, until: wait.until) } }
    }

    public var floodWaits: [(key: FloodMemory.Key, until: UnixTime)] { book.content.withLock { $0.memory.entries } }
    public var counts: CallCounts { book.content.withLock { $0.counts } }
    /// Calls per second of the methods that are paced.
    public var rates: [(method: String, perSecond: Double)] { book.content.withLock { $0.pacer.rates } }
}

extension CallFailure {
    /// What a connection's error means to the one who called.
    public init(_ error: TelegramCallError) {
        self =
            switch error {
            case .rpc(let rpc): .rpc(.init(code: rpc.code, message: rpc.text))
            case .deadlineExceeded: .timeout
            case .keyRejected: .rpc(.init(code: 401, message: AccountTrouble.keyRejected))
            case .undecodable: .undecodable("a result that cannot be unpacked")
            case .outcomeUnknown, .overloaded, .cancelled, .closed: .disconnected
            case .tooLarge: .rpc(.init(code: 400, message: "REQUEST_TOO_LARGE"))
            }
    }
}
