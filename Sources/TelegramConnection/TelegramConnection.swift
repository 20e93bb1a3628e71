import Logging
import MTProto
import NIOCore
import NIOPosix
import Primitives

/// One client's connection to one data centre, made again for ever: serialised calls in, serialised results and events out.
///
/// It makes an authorization key when it has none, drives an MTProto session over TCP, and decides nothing: what is due is said by
/// `ClientSession`, `ClientKeyExchange` and `ReconnectPolicy`. It runs on one NIO event loop. `events` has one consumer; when that lags,
/// the socket is not read until it catches up. Between `start` and `close` it keeps itself alive.
public actor TelegramConnection {
    let loop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }
    /// For tasks that wait for what happens here: they resume where it happened.
    public nonisolated let taskExecutor: any TaskExecutor

    let configuration: ConnectionConfiguration
    let logger: Logger
    var random = SystemRandomNumberGenerator()

    var phase = Phase.idle
    /// The candidate that won, so that late news of another is told from that of the present one; 0 when there is none.
    var channelNumber = 0
    var transport: ClientTransport?
    var session: ClientSession?
    var credentials: ConnectionCredentials?
    var policy = ReconnectPolicy()
    var keyRejections = 0
    var isFailureTold = false
    var race: AddressRace
    var runners: [Int: Runner] = [:]
    /// Why the last candidate failed.
    var raceFailure: DisconnectReason?
    /// The one in use.
    var address: ServerAddress?

    let hostClock: @Sendable () -> UnixTime
    var clockWatch = ClockWatch()
    var keyDestruction: (deadline: Instant, continuation: CheckedContinuation<Result<Bool, TelegramCallError>, Never>)?

    var mailbox = EventMailbox()
    var isReadingPaused = false
    /// No connection is made, and no call taken.
    var isSuspended = false

    var calls: [UInt64: Call] = [:]
    var callOfHandle: [RequestHandle: UInt64] = [:]
    private var lastCall: UInt64 = 0

    var timer: Scheduled<Void>?
    var timerAt: Instant?
    var isPumpScheduled = false

    /// The state of the one TCP connection.
    enum Phase {
        case idle
        case waiting(until: Instant)
        case racing
        case exchanging(any Channel, ClientKeyExchange, deadline: Instant)
        case established(any Channel)
        case stopped(TelegramCallError)
    }

    struct Call {
        var body: [UInt8]
        var deadline: Instant
        var resending: Resending
        var mayPack: Bool
        var priority: RequestPriority
        /// Nil until there is a session to carry it.
        var handle: RequestHandle?
        var continuation: CheckedContinuation<Result<[UInt8], TelegramCallError>, Never>
    }

    /// `credentials` are those of `ConnectionEvent.authorizationKey` and `.salts`; nil makes a new key. `hostClock` is the civil one.
    public init(
        _ configuration: ConnectionConfiguration, credentials: ConnectionCredentials? = nil, logger: Logger,
        eventLoop: (any EventLoop)? = nil, hostClock: (@Sendable () -> UnixTime)? = nil
    ) {
        self.hostClock = hostClock ?? { hostTime }
        race = AddressRace(configuration.addresses)
        self.configuration = configuration
        self.credentials = credentials
        loop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        taskExecutor = EventLoopTaskExecutor(loop)
        var logger = logger
        logger[metadataKey: "dc"] = "\(configuration.dc)"
        self.logger = logger
    }

    // MARK: life

    /// Begins to connect.
    public func start() {
        guard case .idle = phase, !isSuspended else { return }
        if session == nil, let credentials { makeSession(credentials, clock: guessedClock()) }
        reconnect()
    }

    /// Leaves the server until `resume`, with key and session kept: acknowledges what came and closes the socket; what is under way and
    /// what is called meanwhile fails as closed. Returns when the socket is closed. Before `start` it keeps that from connecting.
    public func suspend() async {
        if case .stopped = phase { return }
        guard !isSuspended else { return }
        isSuspended = true
        let open = acknowledgeAll()
        for id in calls.keys.sorted() {
            if let handle = calls[id]?.handle { session?.cancel(handle) }
            finish(id, .failure(.closed))
        }
        let wasEstablished = if case .established = phase { true } else { false }
        channelNumber = 0
        phase = .idle
        transport = nil
        address = nil
        dropRunners()
        if wasEstablished {
            session?.connectionLost(now: now)
            logger.notice("suspended")
            mailbox.append(.disconnected(.suspended))
        }
        await close(open)
    }

    /// Connects again after `suspend`; for a connection that was never started, `start`.
    public func resume() {
        isSuspended = false
        start()
    }

    /// Acknowledges what came, closes the socket, fails what is under way and ends `events`. Returns when the socket is closed.
    public func close() async {
        let open = acknowledgeAll()
        stop(.closed)
        await close(open)
    }

    /// Acknowledges what came; the channel that is open.
    private func acknowledgeAll() -> (any Channel)? {
        switch phase {
        case .established(let channel):
            session?.flushAcknowledgments(now: now)
            if let packet = session?.pollPacket(now: now, using: &random) { write(packet, to: channel) }
            return channel
        case .exchanging(let channel, _, _): return channel
        default: return nil
        }
    }

    private func close(_ channel: (any Channel)?) async {
        guard let channel else { return }
        channel.close(mode: .all, promise: nil)
        // Its failure would only say that it is closed already.
        try? await channel.closeFuture.get()
    }

    // MARK: calls

    /// Sends a serialised API call and waits for its serialised result.
    ///
    /// It may be made at any time after `start`, also without a connection. A call that may not be done twice is marked
    /// `.onlyIfNotReceived`. The deadline covers all waiting. Cancelling the task drops the answer.
    public func call(
        _ body: [UInt8], deadline: Duration = .seconds(60), priority: RequestPriority = .normal, resending: Resending = .always,
        mayPack: Bool = true
    ) async throws(TelegramCallError) -> [UInt8] {
        if case .stopped(let reason) = phase { throw reason }
        if isSuspended { throw .closed }
        guard calls.count < ConnectionLimits.pendingCalls else { throw .overloaded }
        lastCall += 1
        let id = lastCall
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<[UInt8], TelegramCallError>, Never>) in
                if Task.isCancelled { return continuation.resume(returning: .failure(.cancelled)) }
                calls[id] = Call(
                    body: body, deadline: now + deadline, resending: resending, mayPack: mayPack, priority: priority,
                    continuation: continuation)
                handToSession(id)
                resumeReadingIfPossible()
                schedulePump()
            }
        } onCancel: {
            Task { await self.cancel(id) }
        }
        return try result.get()
    }

    /// Replaces the prefix of each connection's first calls, as after a change of layer.
    public func setConnectionPrefix(_ prefix: [UInt8]) { session?.setConnectionPrefix(prefix) }

    /// Replaces the addresses, as after another configuration of the server; the connection that stands is kept.
    public func setAddresses(_ addresses: [ServerAddress]) {
        guard !addresses.isEmpty else { return }
        race.setAddresses(addresses)
    }

    /// What came of each address.
    public func addressRecords() -> [(address: ServerAddress, record: AddressRace.Record)] {
        race.addresses.map { ($0, race.record(of: $0)) }
    }

    /// Has the server forget the key, as after a logout. True when it is gone: the connection is closed then, since it can be used no more.
    public func destroyKey(deadline: Duration = .seconds(10)) async throws(TelegramCallError) -> Bool {
        if case .stopped(let reason) = phase { throw reason }
        guard keyDestruction == nil else { throw .overloaded }
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<Bool, TelegramCallError>, Never>) in
            keyDestruction = (now + deadline, continuation)
            session?.destroyKey()
            schedulePump()
        }
        if result == .success(true) { await close() }
        return try result.get()
    }

    func finishKeyDestruction(_ result: Result<Bool, TelegramCallError>) {
        keyDestruction?.continuation.resume(returning: result)
        keyDestruction = nil
    }

    /// The server's time as far as it is known: the host's until the server has told its own.
    public func serverTime() -> UnixTime { (session?.clock ?? guessedClock()).time(at: now) }

    /// Counts since the session began.
    public func statistics() -> ClientSession.Statistics { session?.statistics ?? .init() }

    private func cancel(_ id: UInt64) {
        guard let call = calls[id] else { return }
        if let handle = call.handle { session?.cancel(handle) }
        finish(id, .failure(.cancelled))
        schedulePump()
    }

    func finish(_ id: UInt64, _ result: Result<[UInt8], TelegramCallError>) {
        guard let call = calls.removeValue(forKey: id) else { return }
        if let handle = call.handle { callOfHandle[handle] = nil }
        call.continuation.resume(returning: result)
    }

    /// Gives a waiting call to the session, if there is one.
    func handToSession(_ id: UInt64) {
        guard session != nil, let call = calls[id], call.handle == nil else { return }
        let handle = session?.send(
            call.body, deadline: call.deadline, priority: call.priority, resending: call.resending, mayPack: call.mayPack)
        calls[id]?.handle = handle
        calls[id]?.body = []
        if let handle { callOfHandle[handle] = id }
    }

    // MARK: events

    /// What happens, in order, for one consumer: each event is given once, and a second reader takes the place of the first.
    /// It ends after `close` or `keyRejected`.
    ///
    /// Do not wait for a call's answer between two events while many are under way: take events steadily, and make calls beside it.
    public nonisolated var events: AsyncStream<ConnectionEvent> {
        let consumer = EventConsumer()
        return AsyncStream(
            unfolding: { await self.nextEvent(for: consumer) }, onCancel: { Task { await self.stopWaiting(consumer) } })
    }

    private func nextEvent(for consumer: EventConsumer) async -> ConnectionEvent? {
        guard await waitForEvents(consumer), let event = mailbox.pop() else { return nil }
        resumeReadingIfPossible()
        return event
    }

    /// The next of `events`, as many as there are; nil at the end, and for a consumer that was cancelled or replaced.
    ///
    /// A task that is cancelled while it waits must call `stopWaiting`.
    public func nextEvents(for consumer: EventConsumer) async -> [ConnectionEvent]? {
        guard await waitForEvents(consumer) else { return nil }
        let events = mailbox.takeAll()
        resumeReadingIfPossible()
        return events
    }

    /// True when there is something to take; false at the end, and for a consumer that was cancelled or replaced.
    private func waitForEvents(_ consumer: EventConsumer) async -> Bool {
        if Task.isCancelled { return false }
        // Between the resumption and here another consumer may have been quicker.
        while mailbox.count == 0 {
            guard await withCheckedContinuation({ mailbox.wait(consumer, $0) }), !Task.isCancelled else { return false }
        }
        return true
    }

    /// Ends the wait of a consumer that was cancelled.
    public func stopWaiting(_ consumer: EventConsumer) { mailbox.stopWaiting(consumer) }
}
