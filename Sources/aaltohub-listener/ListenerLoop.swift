import AccountStage
import EventLink
import Events
import ListenerCore
import Logging
import Primitives
import ProducerCore
import ServiceKit
import Spool
import TL
import TelegramClient
import TelegramConnection
import WriterCore

/// Drives the machine: events, frames, answers and time in; calls, frames and samples out. One thing after the other.
///
/// It runs where the connection runs, on that event loop: nothing that it does waits, so what Telegram pushes is decoded where it was read.
actor ListenerLoop {
    nonisolated var unownedExecutor: UnownedSerialExecutor { api.connection.unownedExecutor }

    /// The longest that one call may take before the engine asks again.
    private static let callDeadline = Duration.seconds(60)

    private var machine: ListenerMachine
    private let context: ServiceContext
    private nonisolated let api: TelegramAPI
    private let link: ProducerLink
    private let spool: SpoolWriter
    private let tap: TapPublisher
    private let keeper: Keeper
    private let serverConfig: ServerConfig
    private var session: AccountSession
    /// How often its salts changed.
    private var saltsNumber: UInt64 = 0
    /// Calls since the connection was made: until there is one, the server may push nothing.
    private var callsSinceConnected = 0
    private var reported = ListenerCounters()
    private var isReady = false
    /// Telegram has taken this process's calls.
    private var hasFollowed = false
    /// Connecting and hanging up, one after the other.
    private var connecting = Task {}
    private var outcome: ListenerMachine.StopReason?
    private var waiters: [CheckedContinuation<ListenerMachine.StopReason, Never>] = []
    private var alarm: (at: Instant, task: Task<Void, Never>)?
    private var lastDisconnect: String?
    private var isLoggingOut = false
    /// Why the process would have ended meanwhile.
    private var heldBack: ListenerMachine.StopReason?
    private var watch: LinkWatch

    init(
        machine: ListenerMachine, context: ServiceContext, api: TelegramAPI, link: ProducerLink, spool: SpoolWriter, tap: TapPublisher,
        keeper: Keeper,
        serverConfig: ServerConfig, session: AccountSession
    ) {
        self.machine = machine
        self.context = context
        self.api = api
        self.link = link
        self.spool = spool
        self.tap = tap
        self.keeper = keeper
        self.serverConfig = serverConfig
        self.session = session
        watch = LinkWatch(tap: tap, status: context.status)
    }

    private var now: Instant { SystemClock.now }
    private var clock: UnixTime { SystemClock.unix }

    // MARK: in

    /// The first word, before any event.
    func begin() { perform(machine.begin(now: now, clock: clock)) }

    func spool(_ event: SpoolWriter.Event) {
        switch event {
        case .opened: perform(machine.spoolOpened(now: now, clock: clock))
        case .synced(let number):
            watch.spooled(machine.link.producer.stream, through: number)
            perform(machine.spoolSynced(through: number, now: now, clock: clock))
        case .read(let read, let records): perform(machine.spoolRead(read, records, now: now, clock: clock))
        case .disk(let isFull): perform(machine.spoolDisk(isFull: isFull, now: now, clock: clock))
        case .failed(let error): finish(.spoolFailed("\(error)"))
        }
    }

    /// Takes what the connection tells, until it is closed.
    func follow() async {
        let (connection, consumer) = (api.connection, EventConsumer())
        await withTaskCancellationHandler {
            while let events = await connection.nextEvents(for: consumer) { telegram(events) }
        } onCancel: {
            Task { await connection.stopWaiting(consumer) }
        }
    }

    /// Takes what the writer says, until the link is closed.
    func listen() async {
        let inbox = link.inbox
        await withTaskCancellationHandler {
            while let events = await inbox.nextHere() { link(events) }
        } onCancel: {
            inbox.stopWaiting()
        }
    }

    private func telegram(_ events: [ConnectionEvent]) {
        var updates: [[UInt8]] = []
        for event in events {
            if case .updates(let bytes) = event {
                updates.append(bytes)
                continue
            }
            push(updates)
            updates = []
            telegram(event)
        }
        push(updates)
    }

    private func push(_ updates: [[UInt8]]) {
        guard !updates.isEmpty else { return }
        for bytes in updates { notice(bytes) }
        perform(machine.pushed(together: updates, now: now, clock: clock))
    }

    private func notice(_ bytes: [UInt8]) {
        let notices = ConfigurationNotice.read(in: bytes)
        guard !notices.isEmpty else { return }
        let serverConfig = serverConfig
        Task { await serverConfig.noticed(notices) }
    }

    private func telegram(_ event: ConnectionEvent) {
        switch event {
        case .connected:
            lastDisconnect = nil
            context.logger.notice("connected to Telegram")
            callsSinceConnected = 0
            perform(machine.telegramConnected(now: now, clock: clock))
            if callsSinceConnected == 0, machine.engine != nil, !machine.isDraining, !machine.isAccountPaused { greet() }
        case .newSession: perform(machine.sessionRenewed(now: now, clock: clock))
        case .updates(let bytes), .undecodable(let bytes): push([bytes])
        case .disconnected(.suspended):
            lastDisconnect = nil
            perform(machine.telegramDisconnected(now: now, clock: clock))
        case .disconnected(let reason):
            lastDisconnect = "\(reason)"
            context.logger.warning("Telegram is away", metadata: ["reason": "\(reason)"])
            perform(machine.telegramDisconnected(now: now, clock: clock))
        case .keyRejected: finish(.loginNeeded(AccountTrouble.keyRejected))
        case .clockCorrected(let step):
            context.logger.notice("clock corrected by the server", metadata: ["seconds": "\(step.inSeconds)"])
        case .salts(let salts):
            session.credentials.salts = salts
            saltsNumber += 1
            let (keeper, session, number) = (keeper, session, saltsNumber)
            Task { await keeper.salts(session, number: number) }
        case .authorizationKey: break
        }
    }

    /// A cheap call where the machine makes none: a connection on which nothing was called is given no updates.
    private func greet() {
        let api = api
        Task {
            // Its failure is of no interest: the next connection greets again.
            _ = try? await api.once(TLObject("updates.getState"), deadline: ListenerLoop.callDeadline)
        }
    }

    private func link(_ events: [ProducerLink.Event]) {
        for event in events {
            switch event {
            case .connected: perform(machine.linkConnected(now: now, clock: clock))
            case .disconnected: context.logger.warning("the writer is away")
            case .frame(.success(let frame)):
                if case .ack? = frame.body { CrashPoint.listenerAckAfter.pass() }
                watch.received(frame)
                perform(machine.received(frame, now: now, clock: clock))
            case .frame(.failure(let error)): context.logger.error("an unreadable frame from the writer: \(error)")
            }
        }
    }

    func groups(_ groups: [CapturedGroup]) { perform(machine.groupsChanged(groups, now: now, clock: clock)) }

    func accountPaused(_ isPaused: Bool) { perform(machine.accountPaused(isPaused, now: now, clock: clock)) }

    var isAccountPaused: Bool { machine.isAccountPaused }

    func drain() {
        context.report(.draining, machine.statusLine)
        let actions = machine.drain(now: now, clock: clock)
        // Nothing is taken any more; what the actions end, ends after this.
        context.stopping(.finishInFlight)
        perform(actions)
    }

    /// Comes round at least every `watchdog.longestWait`.
    func tick() {
        context.watchdog.beat()
        perform(machine.advance(now: now, clock: clock))
        report()
        if let failure = link.failure { finish(.linkFailed("\(failure)")) }
    }

    /// Registered channels whose access hash is not known.
    var unresolved: [Int64] { machine.isAccountPaused ? [] : machine.unresolved.sorted() }

    func takeChangedPeers() -> [(key: PeerBook.Key, peer: PeerBook.Peer)] { machine.takeChangedPeers() }
    /// The heartbeat, as every service answers it, and beside it what the machine tells.
    func status() -> JSON {
        guard case .object(let members) = context.status.json() else { return machine.status }
        return .object(members + [.init("machine", machine.status)])
    }

    /// What the writer has not committed, by box; what only the disk holds, in one line.
    func queue() -> JSON {
        let (now, window, spool) = (clock.nanoseconds, machine.link.window, machine.spoolState)
        let producer = ProducerKey(role: "listener", account: machine.link.producer.account)
        let inMemory = ReceivedBatch(
            route: [],
            batch: WireBatch(epoch: 0, incarnation: 0, stream: machine.link.producer.stream, first: 1, records: Array(window.records)))
        var waiting = Waiting.tally([(producer, [inMemory])], now: now)
        let onDisk = machine.link.unacknowledged - window.count
        if onDisk > 0, let oldest = spool.oldest {
            waiting.append(Waiting(producer: producer, count: onDisk, oldestAt: oldest.nanoseconds, now: now))
        }
        return Waiting.json(waiting)
    }

    private func answered(_ id: UpdateRequestID, _ result: Result<[UInt8], CallFailure>) {
        switch result {
        case .success(let bytes): perform(machine.answered(id, bytes: bytes, now: now, clock: clock))
        case .failure(let failure): perform(machine.failed(id, failure, now: now, clock: clock))
        }
    }

    /// The result of a call that was made beside the machine: what it tells of users and chats is learnt too.
    func called(_ result: TLObject) { perform(machine.called(result: result, now: now, clock: clock)) }

    // MARK: out

    private func perform(_ actions: [ListenerMachine.Action]) {
        for action in actions {
            switch action {
            case .call(let id, let call): make(id, call)
            case .send(let frame): send(frame)
            case .spool(let action): spool.perform(action)
            case .tap(var sample):
                sample.stream = machine.link.producer.stream
                tap.publish("received", sample.kind, group: sample.group) { sample.object }
                if sample.hasMore { tap.publishFull("received", sample.kind, group: sample.group) { sample.full ?? sample.object } }
            case .log(let line): context.logger.log(level: Logger.Level(line.level), "\(line.text)")
            case .quarantine(let object):
                let (keeper, clock) = (keeper, clock)
                Task { await keeper.keep(object, at: clock) }
            case .connect(let wanted): connect(wanted)
            case .stop(let reason): finish(reason)
            }
        }
        for (channel, hash) in machine.takeRefusedChannels() {
            let keeper = keeper
            Task { await keeper.refused(.channel, channel, hash: hash) }
        }
        setAlarm()
        if !isReady, machine.isReady {
            isReady = true
            context.ready(machine.statusLine)
        }
        if !hasFollowed, machine.isFollowing {
            hasFollowed = true
            // Whatever it was stopped for before, Telegram takes its calls again.
            let keeper = keeper
            Task { await keeper.set(.active, reason: nil) }
        }
    }

    private func connect(_ wanted: Bool) {
        let connection = api.connection
        connecting = Task { [connecting] in
            await connecting.value
            if wanted { await connection.resume() } else { await connection.suspend() }
        }
    }

    private func make(_ id: UpdateRequestID, _ call: TLObject) {
        callsSinceConnected += 1
        let api = api
        Task {
            do throws(CallFailure) {
                let answer = try await api.bytes(call, deadline: ListenerLoop.callDeadline)
                self.answered(id, .success(answer))
            } catch {
                self.judge(error)
                self.answered(id, .failure(error))
            }
        }
    }

    /// What a failure says of the whole account.
    private func judge(_ failure: CallFailure) {
        if case .rpc(let error) = failure, error.kind == .frozen { finish(.loginNeeded(error.message)) }
    }

    private func send(_ frame: WireFrame) {
        let isEvents = if case .events? = frame.body { true } else { false }
        if isEvents { CrashPoint.listenerEventsBefore.pass() }
        defer { if isEvents { CrashPoint.listenerEventsAfter.pass() } }
        do {
            if try link.send(frame) {
                watch.sent(frame)
            } else {
                context.logger.error("the link's queue is full: a \(frame.name) was not sent")
            }
        } catch {
            context.logger.error("a \(frame.name) cannot be sent: \(error)")
        }
    }

    // MARK: time

    /// One timer for the machine's next deadline; the tick brings what is farther away.
    private func setAlarm() {
        guard outcome == nil else { return }
        let deadline = machine.nextDeadline()
        let longest = now + context.watchdog.longestWait
        if deadline >= longest { return }
        if let alarm, alarm.at <= deadline, alarm.at > now { return }
        alarm?.task.cancel()
        let wait = max(deadline - now, .milliseconds(1))
        alarm = (
            deadline,
            Task { [weak self] in
                do { try await Task.sleep(for: wait) } catch { return }
                await self?.tick()
            }
        )
    }

    // MARK: status and the end

    private func report() {
        let counters = machine.counters
        func count(_ name: String, _ labels: KeyValuePairs<String, String> = [:], _ path: KeyPath<ListenerCounters, UInt64>) {
            context.status.count(name, labels, by: Int64(counters[keyPath: path] - reported[keyPath: path]))
        }
        count("messages_received_total", [:], \.messages)
        count("edits_received_total", [:], \.edits)
        count("deletes_received_total", [:], \.deletes)
        count("records_total", [:], \.records)
        count("updates_total", [:], \.pushes)
        count("updates_unreadable_total", [:], \.unreadable)
        count("rpc_calls_total", [:], \.calls)
        count("rpc_failures_total", [:], \.failedCalls)
        reported = counters
        if let engine = machine.engine {
            context.status.total("update_duplicates_total", [:], Int64(clamping: engine.duplicates))
            context.status.total("update_gaps_total", [:], Int64(clamping: engine.gaps))
            context.status.total("watchdog_calls_total", [:], Int64(clamping: engine.watchdogCalls))
        }
        api.publish(to: context.status, now: clock)
        context.status.gauge("groups", Double(machine.registry.count))
        context.status.gauge("unacknowledged_records", Double(machine.link.unacknowledged))
        context.status.gauge("window_bytes", Double(machine.link.window.bytes))
        let spool = machine.spoolState
        context.status.gauge("spool_bytes", Double(spool.bytes))
        context.status.gauge("spool_limit_bytes", Double(spool.limit))
        context.status.gauge("spool_segments", Double(spool.segments))
        context.status.gauge("spool_oldest_seconds", spool.oldest.map { max(0, (clock - $0).inSeconds) } ?? 0)
        context.status.gauge("link_credit", Double(machine.link.creditLeft))
        context.status.fact("connected", .bool(machine.isTelegramConnected))
        context.status.fact("account_paused", .bool(machine.isAccountPaused))
        context.status.fact("welcomed", .bool(machine.link.isWelcomed))
        let line = lastDisconnect.map { "Telegram is away (\($0)); \(machine.statusLine)" } ?? machine.statusLine
        if context.isStopping {
            context.report(.draining, line)
        } else if isReady {
            context.report(machine.link.isHeld || machine.isPaused || machine.isAccountPaused ? .holding : .ready, line)
        } else {
            context.report(.starting, line)
            // Waiting for the writer or for Telegram is no failed start.
            context.notifier.extendTimeout(.seconds(30))
        }
    }

    /// The login is being ended: that it is gone is no news then, and the connection is still needed to give up the key.
    func beginLogout() { isLoggingOut = true }

    func endLogout(isLoggedOut: Bool) {
        isLoggingOut = false
        // Nothing can be called any more, and no call would be needed to learn it.
        if isLoggedOut { finish(.loginNeeded("AUTH_KEY_UNREGISTERED")) } else if let reason = heldBack { finish(reason) }
    }

    func finish(_ reason: ListenerMachine.StopReason) {
        guard outcome == nil else { return }
        if isLoggingOut, case .loginNeeded = reason {
            heldBack = reason
            return
        }
        outcome = reason
        alarm?.task.cancel()
        for waiter in waiters { waiter.resume(returning: reason) }
        waiters = []
    }

    func untilFinished() async -> ListenerMachine.StopReason {
        if let outcome { return outcome }
        return await withCheckedContinuation { waiters.append($0) }
    }
}

extension Logger.Level {
    init(_ level: ListenerMachine.LogLine.Level) {
        self =
            switch level {
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            }
    }
}
