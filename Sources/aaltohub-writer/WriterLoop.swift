import EventLink
import Events
import PostgreSQL
import Primitives
import ServiceKit
import Store
import WriterCore

/// Drives the machine: frames, clock and the ends of commits in; answers, commits and the end out. At most one commit is in flight.
///
/// It runs on the link's thread: a frame is judged where it was read, and an acknowledgement sent where the commit is heard of.
actor WriterLoop {
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.unownedExecutor }

    nonisolated let thread = SocketThread(named: "link")
    private let context: ServiceContext
    private let store: WriterStore
    private let report: WriterReport
    private var machine = WriterMachine(epoch: 0)
    private var link: WriterLink?
    private var control: ControlServer?
    /// The earliest instant for which a timer is set.
    private var armed: Instant?
    private var outcome: Result<Void, any Error>?
    private var finisher: CheckedContinuation<Void, any Error>?
    private var roomWaiter: CheckedContinuation<Void, Never>?
    private var retries = LetterRetries()

    init(context: ServiceContext, store: WriterStore, tap: TapPublisher) {
        self.context = context
        self.store = store
        report = WriterReport(context: context, tap: tap)
    }

    func begin(_ link: WriterLink, _ control: ControlServer, _ start: WriterStart) {
        let settings = context.configuration.link
        machine = WriterMachine(
            epoch: start.epoch, credit: UInt32(clamping: settings.credit), batching: Batcher.Limits(settings),
            pausedFor: machine.pauseReason)
        self.link = link
        self.control = control
    }

    /// How much one transaction may take from now on; the credit stays what producers were told.
    func limit(_ settings: Configuration.Link) {
        var settings = settings
        settings.credit = context.configuration.link.credit
        machine.batching = Batcher.Limits(settings)
        step()
    }

    // MARK: what happens

    /// Takes what producers send, until the link is closed.
    func listen() async {
        guard let inbox = link?.inbox else { return }
        await withTaskCancellationHandler {
            while let frames = await inbox.nextHere() {
                received(frames)
                // Behind this the inbox fills, then libzmq, then the credit of the producers is used up.
                await untilRoom()
            }
        } onCancel: {
            inbox.stopWaiting()
        }
    }

    private func received(_ frames: [WriterLink.Received]) {
        let now = SystemClock.now
        machine.unixOffset = SystemClock.unix.nanoseconds - now.nanoseconds
        for message in frames {
            switch message.frame {
            case .success(let frame): machine.received(frame, route: message.route, now: now)
            case .failure(let error):
                context.logger.warning("unreadable frame: \(error)")
                machine.receivedGarbage(error, route: message.route)
            }
        }
        step()
    }

    /// Comes round at least every few seconds, whatever else happens: the watchdog's beat, unless a transaction never ends.
    func tick() {
        step()
        if let failure = link?.failure { finish(.failure(ServiceError.io("the link's socket failed: \(failure)"))) }
        if let failure = control?.failure { finish(.failure(ServiceError.io("the control socket failed: \(failure)"))) }
        report.state(machine)
        if let link { report.sockets(link) }
        if !machine.isStuck(now: SystemClock.now) { context.watchdog.beat() }
    }

    func drain() {
        guard link != nil else { return }
        context.report(.draining, "committing what is queued")
        machine.drain(now: SystemClock.now)
        context.stopping(.finishInFlight)
        step()
    }

    func pause(reason: String) {
        machine.pause(reason: reason)
        step()
        report.state(machine)
    }

    func resume() {
        machine.resume()
        step()
        report.state(machine)
    }

    func status() -> JSON {
        if link != nil { report.state(machine) }
        return context.status.json()
    }

    /// What is taken in and not committed, by chat.
    func queue() -> JSON { Waiting.json(machine.waiting(unix: SystemClock.unix.nanoseconds)) }

    /// Tries dead letters again, nil: all that wait; answers when all were tried.
    func retry(_ ids: [PostgresUUID]?) async throws(ControlFailure) -> JSON {
        if link == nil { throw ControlFailure("the writer waits for its database") }
        if let reason = machine.whyNoRetry { throw ControlFailure(reason) }
        let letters: [PostgresUUID]
        do {
            letters = if let ids { ids } else { try await store.waitingLetters() }
        } catch {
            throw ControlFailure("the dead letters cannot be read: \(error)")
        }
        if letters.isEmpty { return LetterRetries.answer([]) }
        return try await withCheckedContinuation { continuation in
            let request = retries.begin(letters.count, continuation)
            if outcome != nil { return retries.fail(request, "the writer is stopping") }
            machine.retry(letters.map(\.description), request: request)
            step()
        }.get()
    }

    /// Whether a transaction is in flight.
    var isCommitting: Bool { machine.isCommitting }

    /// Returns when the link may be read on.
    private func untilRoom() async {
        guard !machine.wantsInput, outcome == nil else { return }
        await withCheckedContinuation { roomWaiter = $0 }
    }

    /// Returns when the drain is done; throws what ends the process.
    func untilFinished() async throws {
        if let outcome { return try outcome.get() }
        try await withCheckedThrowingContinuation { finisher = $0 }
    }

    // MARK: what to do

    private func step() {
        guard let link, outcome == nil else { return }
        var now = SystemClock.now
        while let action = machine.next(now: now) {
            switch action {
            case .send(let answers):
                for answer in answers { link.send(answer.frame, to: answer.route) }
                if answers.contains(where: { if case .ack? = $0.frame.body { true } else { false } }) { CrashPoint.writerAckAfter.pass() }
            case .commit(let work, let timeoutsBefore): begin(work, timeoutsBefore)
            case .forget: forget()
            case .retry(let request, let letters): retry(letters, request)
            case .refuseRetries(let requests, let reason): for request in requests { retries.fail(request, reason) }
            case .finished(let left):
                if left > 0 { context.logger.warning("stopping with \(left) records uncommitted: their listeners keep and resend them") }
                finish(.success(()))
            }
            now = SystemClock.now
        }
        if machine.wantsInput, let waiter = roomWaiter {
            roomWaiter = nil
            waiter.resume()
        }
        arm(now)
    }

    private func begin(_ work: Work, _ timeoutsBefore: Int) {
        Task(executorPreference: thread.taskExecutor) { await self.commit(work, timeoutsBefore) }
    }

    private func commit(_ work: Work, _ timeoutsBefore: Int) async {
        do {
            switch work {
            case .hello(let producer, let hello, let route):
                let verdict = try await store.hello(hello, of: producer, epoch: machine.epoch, credit: machine.credit)
                judged(hello, of: producer, route, verdict)
            case .batches(let producer, let batches):
                let committed = try await store.commit(
                    batches, of: producer, epoch: machine.epoch, credit: machine.credit, timeoutsBefore: timeoutsBefore)
                self.committed(committed, of: producer)
            }
        } catch {
            failed(error, work)
        }
    }

    private func retry(_ letters: [String], _ request: Int) {
        Task {
            do {
                let retried = try await store.retry(letters.compactMap { PostgresUUID($0) })
                report.retried(retried)
                retries.add(retried, to: request)
                machine.retried()
            } catch {
                context.logger.warning("dead letters cannot be tried again: \(error)")
                retries.fail(request, "the database has trouble: \(error)")
                machine.retryFailed()
            }
            step()
        }
    }

    private func forget() {
        Task {
            do {
                let (rows, isMore) = try await store.forget()
                report.forgot(rows)
                machine.forgot(isMore: isMore, now: SystemClock.now)
            } catch {
                context.logger.warning("old rows cannot be deleted: \(error)")
                machine.forgot(isMore: false, now: SystemClock.now)
            }
            step()
        }
    }

    private func judged(_ hello: WireHello, of producer: ProducerKey, _ route: [UInt8], _ verdict: HelloVerdict) {
        switch verdict {
        case .welcome(let welcomed):
            CrashPoint.writerWelcomeBefore.pass()
            report.welcomed(producer, hello, welcomed)
            machine.committed(answers: [Answer(route: route, frame: WireFrame(.welcome(welcomed.answer)))], now: SystemClock.now)
        case .refused(let frame):
            context.logger.warning("HELLO refused", metadata: ["producer": "\(producer)", "answer": "\(frame.name)"])
            machine.committed(answers: [Answer(route: route, frame: frame)], now: SystemClock.now)
        case .otherDatabase(let frame):
            context.logger.warning(
                "what it keeps belongs to another database than this one: it is to start from here", metadata: ["producer": "\(producer)"])
            machine.committed(answers: [Answer(route: route, frame: frame)], now: SystemClock.now)
        case .superseded(let epoch): return superseded(by: epoch)
        }
        step()
    }

    private func committed(_ batch: CommittedBatch, of producer: ProducerKey) {
        if let epoch = batch.judgement.supersededBy { return superseded(by: epoch) }
        CrashPoint.writerCommitAfter.pass()
        machine.committed(answers: batch.judgement.acknowledgements + batch.judgement.refusals, now: SystemClock.now)
        step()
        report.committed(batch, of: producer)
    }

    private func failed(_ error: any Error, _ work: Work) {
        let failure = FailureClass(error)
        let now = SystemClock.now
        machine.unixOffset = SystemClock.unix.nanoseconds - now.nanoseconds
        machine.failed(failure, reason: "\(error)", now: now)
        report.failed(failure, error, work, machine)
        step()
    }

    private func superseded(by epoch: UInt64) {
        finish(.failure(ServiceError.unavailable("a newer writer (epoch \(epoch)) has taken over this database: this one ends")))
    }

    private func finish(_ result: Result<Void, any Error>) {
        guard outcome == nil else { return }
        outcome = result
        retries.failAll("the writer is stopping")
        finisher?.resume(with: result)
        finisher = nil
        roomWaiter?.resume()
        roomWaiter = nil
    }

    /// Sets a timer for the machine's next deadline, unless an earlier one is set, or `tick` comes before it: a few wait at any time.
    ///
    /// - Parameter now: when there was nothing to do any more.
    private func arm(_ now: Instant) {
        guard let deadline = machine.nextDeadline(now: now), deadline > now, deadline < now + context.watchdog.longestWait else { return }
        if let armed, armed > now, armed <= deadline { return }
        armed = deadline
        Task {
            do { try await Task.sleep(for: deadline - now) } catch { return }
            self.fired(deadline)
        }
    }

    private func fired(_ deadline: Instant) {
        if armed == deadline { armed = nil }
        step()
    }
}

extension Batcher.Limits {
    /// What the configuration says of the link.
    fileprivate init(_ settings: Configuration.Link) {
        self.init(credit: UInt32(clamping: settings.credit))
        steadyRecords = settings.batch
        drainRecords = max(drainRecords, settings.batch)
        drainChanges = max(drainChanges, settings.batch)
        linger = .milliseconds(settings.lingerMilliseconds)
    }
}
