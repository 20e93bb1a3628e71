import AccountStage
import EventLink
import Events
import Logging
import Primitives
import ProducerCore
import ServiceKit

/// The way of records to the writer: whoever hands one in is told when it is committed.
actor RecordLink {
    /// How often the link is looked after while nothing comes.
    static let tickEvery = Duration.milliseconds(500)

    /// The stage ends before the writer has said that the record is committed; what it held is found again by the next one.
    struct Closed: Error {}

    private var machine: ProducerMachine
    private let link: ProducerLink
    private let tap: TapPublisher
    private let context: ServiceContext
    private var waiting: [(number: UInt64, waiter: CheckedContinuation<Bool, Never>)] = []
    private var isClosed = false
    private var failure: (@Sendable (StopReason) -> Void)?
    private(set) var recordsMade: UInt64 = 0
    private var media: (@Sendable () -> Void)?
    private var watch: LinkWatch

    init(_ producer: ProducerMachine.Producer, link: ProducerLink, tap: TapPublisher, context: ServiceContext) {
        machine = ProducerMachine(producer)
        self.link = link
        self.tap = tap
        self.context = context
        watch = LinkWatch(tap: tap, status: context.status)
    }

    /// Calls `body` once for what ends the stage.
    func onFailure(_ body: @escaping @Sendable (StopReason) -> Void) { failure = body }

    /// Calls `body` when messages are committed that show files.
    func onMedia(_ body: @escaping @Sendable () -> Void) { media = body }

    var isWelcomed: Bool { machine.isWelcomed }
    var isHeld: Bool { machine.isHeld }
    var unacknowledged: Int { machine.unacknowledged }

    /// Sends the record; returns once it is committed.
    ///
    /// - Parameter groups: rows of the chats that the changes speak of, for who watches.
    func commit(_ header: WireHeader, _ changes: [WireChange], group: String?) async throws {
        if isClosed { throw Closed() }
        let record = try WireRecord(header, changes: changes)
        let number = machine.append(record)
        recordsMade += 1
        for change in changes where tap.hasViewers {
            publish(ProducerCore.TapSample(number: number, header: header, change: change), group)
        }
        send(machine.flush().frames)
        CrashPoint.backfillRecordSent.pass()
        let isCommitted = await withCheckedContinuation { waiting.append((number, $0)) }
        if !isCommitted { throw Closed() }
        if let media, changes.contains(where: { $0.message.mediaID != 0 }) { media() }
    }

    private func publish(_ sample: ProducerCore.TapSample, _ group: String?) {
        var sample = sample
        sample.groupUUID = group
        sample.stream = machine.producer.stream
        tap.publish("fetched", sample.kind, group: sample.group) { sample.object }
        if sample.hasMore { tap.publishFull("fetched", sample.kind, group: sample.group) { sample.full ?? sample.object } }
    }

    // MARK: the writer

    func take(_ events: [ProducerLink.Event]) {
        for event in events {
            switch event {
            case .connected: take(machine.connected(now: SystemClock.now))
            case .disconnected: context.logger.warning("the writer is away")
            case .frame(.success(let frame)):
                watch.received(frame)
                take(machine.received(frame, now: SystemClock.now))
            case .frame(.failure(let error)): context.logger.error("an unreadable frame from the writer: \(error)")
            }
        }
    }

    func tick() {
        let now = SystemClock.now
        if machine.nextDeadline <= now { take(machine.advance(now: now)) }
        if let error = link.failure { failure?(.linkFailed("\(error)")) }
    }

    private func take(_ step: ProducerMachine.Step) {
        send(step.frames)
        for notice in step.notices {
            switch notice {
            case .welcomed: context.logger.notice("welcomed by the writer, epoch \(machine.epoch)")
            case .acknowledged, .runFinished: break
            case .otherDatabase: failure?(.otherDatabase)
            case .held(let reason): context.logger.warning("the writer holds: \(reason)")
            case .resumed: context.logger.notice("the writer goes on")
            case .lost(let reason): context.logger.warning("HELLO again: \(reason)")
            case .superseded(let reason): failure?(.superseded(reason))
            case .incompatible(let ours, let theirs): failure?(.incompatible(ours: ours, theirs: theirs))
            }
        }
        let committed = machine.committed
        if waiting.contains(where: { $0.number <= committed }) { CrashPoint.backfillRecordAcknowledged.pass() }
        for entry in waiting where entry.number <= committed { entry.waiter.resume(returning: true) }
        waiting.removeAll { $0.number <= committed }
    }

    private func send(_ frames: [WireFrame]) {
        for frame in frames {
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
    }

    /// Nothing is taken any more, and nobody waits for what is not committed.
    func close() {
        isClosed = true
        for entry in waiting { entry.waiter.resume(returning: false) }
        waiting = []
    }
}
