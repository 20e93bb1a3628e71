import Events
import Primitives

/// The writer without its sockets: frames in, transactions and answers out.
///
/// The shell calls `received` with what the link brings, performs what `next` returns, and reports how each commit ended. At most one
/// commit is in flight. While the database fails, the work at hand is kept and tried again: judging it anew under the producer's lock
/// makes a commit whose answer was lost harmless.
public struct WriterMachine: Sendable {
    public enum Action: Hashable, Sendable {
        /// Run the transaction, then say `committed` or `failed`.
        ///
        /// - timeoutsBefore: how often in a row this work ran out of its time, for `TimeoutBlame`.
        case commit(Work, timeoutsBefore: Int)
        case send([Answer])
        /// Delete some of what nobody needs any more, then say `forgot`.
        case forget
        /// Try these dead letters of a request again, then say `retried` or `retryFailed`.
        case retry(request: Int, letters: [String])
        /// Nothing more of these requests is done: tell those who asked.
        case refuseRetries([Int], reason: String)
        /// Everything that was taken in is committed, or the time for that is over: close and exit.
        case finished(left: Int)
    }

    private enum Phase: Hashable {
        case idle
        case committing(Work, since: Instant)
        case waiting(Work, until: Instant)
        case forgetting(since: Instant)
        case retrying(request: Int, since: Instant)
    }

    /// Dead letters that an operator wants tried again.
    private struct Retry: Hashable {
        var request: Int
        var letters: [String]
    }

    /// Dead letters of one transaction, each under a savepoint of its own: a tenth of a second, and then the live stream has its turn.
    public static let lettersAtOnce = 100

    /// No transaction takes longer, even one that looks for two changes that run out of their time among two thousand (a statement
    /// timeout for each of eleven steps): one that does will never end.
    public static let longestTransaction: Duration = .seconds(900)

    /// How long after the start, and how often after that, old rows are deleted; and how soon again while there are more of them.
    public static let firstForgetting: Duration = .seconds(60)
    public static let forgetEvery: Duration = .seconds(3_600)
    public static let forgetMoreAfter: Duration = .seconds(1)

    /// How long a stop may take before what is left is left to the producers, who keep it: half of the units' TimeoutStopSec.
    public static let drainTime: Duration = .seconds(15)
    /// Streams remembered for their producers; each HELLO lists few, and an evicted one is only asked for HELLO again.
    private static let maximumStreams = 16_384

    public let credit: UInt32
    /// Of this writer process.
    public let epoch: UInt64
    /// Unix nanoseconds less those of `Instant`: dates the retry in a HOLD. The shell keeps it fresh.
    public var unixOffset: Int64 = 0
    private var batcher: Batcher
    private var phase = Phase.idle
    private var retry = RetrySchedule()
    public private(set) var circuit: CircuitBreaker
    /// Producers by the streams that their HELLO listed: frames name no sender, and a routing id proves none.
    private var producers: [StreamID: ProducerKey] = [:]
    /// Where each producer was last heard saying HELLO.
    private var routes: [ProducerKey: [UInt8]] = [:]
    private var held: String?
    private var heldUntil: Instant?
    private var paused = false
    private var drainBefore: Instant?
    private var isFinished = false
    private var retries: [Retry] = []
    /// Retries and commits take turns.
    private var isCommitsTurn = false
    /// nil: `next` was not asked yet.
    private var forgetAt: Instant?
    private var outgoing: [Answer] = []
    /// The failure that the next try must get over; nil after a success.
    public private(set) var lastFailure: String?

    /// - Parameter reason: begin paused for it: somebody asked before the database was open.
    public init(
        epoch: UInt64, credit: UInt32 = Contract.defaultCredit, batching: Batcher.Limits = .init(),
        circuit: CircuitBreaker.Limits = .init(),
        pausedFor reason: String? = nil
    ) {
        self.epoch = epoch
        self.credit = credit
        batcher = Batcher(limits: batching)
        self.circuit = CircuitBreaker(limits: circuit)
        if let reason { pause(reason: reason) }
    }

    /// What one transaction may take; what is queued already is taken by the new measure.
    public var batching: Batcher.Limits {
        get { batcher.limits }
        set { batcher.limits = newValue }
    }

    // MARK: what the shell asks

    /// Whether the shell may take more from the link.
    public var wantsInput: Bool { batcher.wantsInput }
    /// Records taken in and not yet committed.
    public var queuedRecords: Int {
        switch phase {
        case .idle, .forgetting, .retrying: batcher.queuedRecords
        case .committing(let work, _), .waiting(let work, _): batcher.queuedRecords + work.recordCount
        }
    }
    public var queuedBytes: Int { batcher.queuedBytes }
    /// Whether a transaction is in flight.
    public var isCommitting: Bool {
        switch phase {
        case .committing, .forgetting, .retrying: true
        case .idle, .waiting: false
        }
    }
    /// Whether the transaction in flight is past all reason, so that this process is better started anew.
    public func isStuck(now: Instant) -> Bool {
        switch phase {
        case .committing(_, let since), .forgetting(let since), .retrying(_, let since): now - since > WriterMachine.longestTransaction
        case .idle, .waiting: false
        }
    }
    public var isHeld: Bool { held != nil }
    /// Why nothing is committed, as the producers were told; nil: all goes on.
    public var holdReason: String? { held }
    public var isPaused: Bool { paused }
    /// What was said to `pause`.
    public var pauseReason: String? { paused ? held : nil }
    public var isDraining: Bool { drainBefore != nil }
    public var producerCount: Int { routes.count }
    /// What is taken in and not committed, by chat and producer.
    ///
    /// - Parameter unix: nanoseconds, now.
    public func waiting(unix: Int64) -> [Waiting] {
        var works = Array(batcher.queued)
        switch phase {
        case .committing(let work, _), .waiting(let work, _): works.append(work)
        case .idle, .forgetting, .retrying: break
        }
        return Waiting.tally(
            works.map { work in
                guard case .batches(let producer, let batches) = work else { return (work.producer, []) }
                return (producer, batches)
            }, now: unix)
    }

    /// When `next` may have something to do without any event; nil: only an event can change that.
    public func nextDeadline(now: Instant) -> Instant? {
        if isFinished { return nil }
        var deadline = drainBefore
        func consider(_ instant: Instant) { deadline = min(deadline ?? instant, instant) }
        switch phase {
        case .committing, .forgetting, .retrying: break
        case .waiting(_, let until): if !paused { consider(until) }
        case .idle:
            if !paused, let ready = batcher.readyAt(now: now) { consider(ready) }
            if mayForget, let forgetAt { consider(forgetAt) }
            if !retries.isEmpty { consider(now) }
        }
        return deadline
    }

    // MARK: events

    /// A frame from the link.
    public mutating func received(_ frame: WireFrame, route: [UInt8], now: Instant) {
        if isDraining {
            hold(route, "the writer is stopping", until: nil)
            return
        }
        switch frame.body {
        case .hello(let hello): receive(hello, route: route, now: now)
        case .events(let batch): receive(batch, route: route, now: now)
        case .ping(let ping): outgoing.append(Answer(route: route, frame: WireFrame(.pong(ping))))
        default:
            // The other bodies are the writer's own; who sends them here is told to begin again.
            refuse(route, nil, "\(frame.name) is not a producer's")
        }
    }

    /// A message that is no frame of the contract.
    public mutating func receivedGarbage(_ error: ContractError, route: [UInt8]) {
        refuse(route, nil, "unreadable frame: \(error)")
    }

    /// The transaction committed; `answers` are what its judgement or HELLO says.
    public mutating func committed(answers: [Answer], now: Instant) {
        guard case .committing(let work, let since) = phase else { preconditionFailure("no commit is in flight") }
        batcher.took(now - since, for: work)
        phase = .idle
        retry = RetrySchedule()
        lastFailure = nil
        circuit.succeeded()
        if held != nil, !paused, !isDraining {
            held = nil
            heldUntil = nil
            outgoing += everyone().map { Answer(route: $0, frame: WireFrame(.go(.with { $0.credit = credit }))) }
        }
        outgoing += answers
    }

    /// The transaction rolled back, or its end is unknown.
    public mutating func failed(_ failure: FailureClass, reason: String, now: Instant) {
        guard case .committing(let work, _) = phase else { preconditionFailure("no commit is in flight") }
        if failure == .data, case .hello(_, _, let route) = work {
            // The database answers, and this HELLO will never do: whoever said it hears so, and the others go on.
            return committed(answers: [refusal(route, nil, "malformed HELLO: \(reason)")], now: now)
        }
        lastFailure = reason
        // A data error that no bisection could lay at an event's door is our own.
        let ours = failure == .operators || failure == .data
        let wait = retry.failed(failure)
        var until = now + wait
        // Tried again at once and a few times only, it says nothing of the database's health; as the trial of an open circuit it failed.
        if wait == .zero, case .closed = circuit.state { return phase = .waiting(work, until: until) }
        if circuit.failed(now: now, opensAtOnce: ours), case .open(let reopens) = circuit.state { hold(reason, until: reopens) }
        if case .open(let reopens) = circuit.state { until = max(until, reopens) }
        phase = .waiting(work, until: until)
    }

    /// Old rows were deleted, or could not be: the next commit finds out what that means, and the time comes again.
    public mutating func forgot(isMore: Bool, now: Instant) {
        guard case .forgetting = phase else { preconditionFailure("nothing is being forgotten") }
        phase = .idle
        forgetAt = now + (isMore ? WriterMachine.forgetMoreAfter : WriterMachine.forgetEvery)
    }

    /// Dead letters are to be tried again, in turn with the commits. Refused, in an action, while nothing is committed.
    ///
    /// - Parameter request: names it in the actions; each of it tells of some of its letters.
    public mutating func retry(_ letters: [String], request: Int) {
        if !letters.isEmpty { retries.append(Retry(request: request, letters: letters)) }
    }

    /// A retry's transaction committed.
    public mutating func retried() {
        guard case .retrying = phase else { preconditionFailure("no retry is in flight") }
        phase = .idle
    }

    /// It rolled back: the rest of its request is dropped. What ails the database, the next commit finds out.
    public mutating func retryFailed() {
        guard case .retrying(let request, _) = phase else { preconditionFailure("no retry is in flight") }
        phase = .idle
        retries.removeAll { $0.request == request }
    }

    /// Why no dead letter can be tried now; nil: they can.
    public var whyNoRetry: String? {
        if isDraining { return "the writer is stopping" }
        if let held { return "the writer holds: \(held)" }
        return lastFailure.map { "the writer has trouble with its database: \($0)" }
    }

    /// Stops committing until `resume`; producers are told to hold.
    public mutating func pause(reason: String) {
        paused = true
        hold(reason, until: nil)
    }

    public mutating func resume() {
        paused = false
        guard held != nil, case .closed = circuit.state, !isDraining else { return }
        held = nil
        outgoing += everyone().map { Answer(route: $0, frame: WireFrame(.go(.with { $0.credit = credit }))) }
    }

    /// Takes nothing more in, commits what is queued, then finishes.
    public mutating func drain(now: Instant) {
        guard drainBefore == nil else { return }
        drainBefore = now + WriterMachine.drainTime
        paused = false
        hold("the writer is stopping", until: nil)
    }

    // MARK: actions

    /// What to do now; nil: wait for an event or `nextDeadline`.
    public mutating func next(now: Instant) -> Action? {
        if !outgoing.isEmpty {
            defer { outgoing = [] }
            return .send(outgoing)
        }
        if isFinished { return nil }
        if !retries.isEmpty, let reason = whyNoRetry {
            defer { retries = [] }
            return .refuseRetries(retries.map(\.request), reason: reason)
        }
        if let drainBefore {
            let late = now >= drainBefore
            let idle = phase == .idle && batcher.isEmpty
            if idle || late {
                isFinished = true
                return .finished(left: queuedRecords)
            }
        }
        guard !paused else { return nil }
        let forgetAt = forgetAt ?? now + WriterMachine.firstForgetting
        self.forgetAt = forgetAt
        switch phase {
        case .committing, .forgetting, .retrying: return nil
        case .waiting(let work, let until):
            guard now >= until, circuit.allows(now: now) else { return nil }
            return begin(work, now: now)
        case .idle:
            if mayForget, now >= forgetAt {
                phase = .forgetting(since: now)
                return .forget
            }
            let isReady = batcher.readyAt(now: now).map { $0 <= now || isDraining } ?? false
            if !retries.isEmpty, !(isReady && isCommitsTurn) {
                isCommitsTurn = true
                return beginRetry(now: now)
            }
            isCommitsTurn = false
            guard isReady, let work = batcher.next(now: now) else { return nil }
            return begin(work, now: now)
        }
    }

    /// Never while the database has trouble, or on the way out.
    private var mayForget: Bool { held == nil && lastFailure == nil && !isDraining }

    private mutating func begin(_ work: Work, now: Instant) -> Action {
        phase = .committing(work, since: now)
        return .commit(work, timeoutsBefore: retry.timeouts)
    }

    private mutating func beginRetry(now: Instant) -> Action {
        let request = retries[0].request
        let letters = Array(retries[0].letters.prefix(WriterMachine.lettersAtOnce))
        retries[0].letters.removeFirst(letters.count)
        if retries[0].letters.isEmpty { retries.removeFirst() }
        phase = .retrying(request: request, since: now)
        return .retry(request: request, letters: letters)
    }

    private mutating func receive(_ hello: WireHello, route: [UInt8], now: Instant) {
        guard Contract.reads(hello.contractVersion) else {
            let answer = WireIncompatible.with {
                $0.ours = Contract.version
                $0.yours = hello.contractVersion
            }
            outgoing.append(Answer(route: route, frame: WireFrame(.incompatible(answer))))
            return
        }
        guard let producer = try? hello.producer(), hello.streams.count <= Contract.maximumStreams else {
            return refuse(route, nil, "malformed HELLO")
        }
        for stream in hello.streams {
            guard let id = stream.streamID else { return refuse(route, nil, "malformed HELLO") }
            if producers.count >= WriterMachine.maximumStreams { producers = producers.filter { $0.value == producer } }
            producers[id] = producer
        }
        routes[producer] = route
        batcher.append(hello: hello, of: producer, route: route, now: now)
        // The HELLO waits for the database; its producer should know that it does.
        if let held { hold(route, held, until: heldUntil) }
    }

    private mutating func receive(_ batch: WireBatch, route: [UInt8], now: Instant) {
        guard let stream = batch.streamID, let producer = producers[stream] else {
            return refuse(route, batch.streamID, "an unknown stream: say HELLO first")
        }
        guard !batch.records.isEmpty else { return refuse(route, stream, "an empty batch") }
        batcher.append(ReceivedBatch(route: route, batch: batch), of: producer, now: now)
    }

    private mutating func refuse(_ route: [UInt8], _ stream: StreamID?, _ reason: String) {
        outgoing.append(refusal(route, stream, reason))
    }

    private func refusal(_ route: [UInt8], _ stream: StreamID?, _ reason: String) -> Answer {
        let refusal = WireRefusal(epoch: epoch, incarnation: 0, stream: stream, expected: 0, reason: reason)
        return Answer(route: route, frame: WireFrame(.stale(refusal)))
    }

    private mutating func hold(_ reason: String, until: Instant?) {
        held = reason
        heldUntil = until
        for route in everyone() { hold(route, reason, until: until) }
    }

    private mutating func hold(_ route: [UInt8], _ reason: String, until: Instant?) {
        let answer = WireHold.with {
            $0.reason = reason
            $0.retryAt = until.map { $0.nanoseconds + unixOffset } ?? 0
        }
        outgoing.append(Answer(route: route, frame: WireFrame(.hold(answer))))
    }

    private func everyone() -> [[UInt8]] { routes.sorted { $0.key < $1.key }.map(\.value) }
}
