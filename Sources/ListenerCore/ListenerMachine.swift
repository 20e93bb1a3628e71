import Events
import Primitives
import ProducerCore
import TL
import TelegramClient

/// The listener without its sockets: what Telegram, the writer and the operator say goes in; calls, frames and samples come out.
///
/// Before the first WELCOME nobody knows where to start, so no update is taken and no call made: Telegram keeps everything.
public struct ListenerMachine: Sendable {
    public enum Action: Sendable, Equatable {
        /// Make this call to Telegram; give its answer to `answered` or `failed`.
        case call(UpdateRequestID, TLObject)
        case send(WireFrame)
        /// A sample of what was received; render it only if somebody watches.
        case tap(TapSample)
        case log(LogLine)
        /// Bytes that nobody could read, for later study. The differences bring what they said.
        case quarantine(QuarantinedObject)
        case stop(StopReason)
    }

    /// A notice for the log; never with content, names or numbers of people.
    public struct LogLine: Sendable, Equatable {
        public enum Level: Sendable { case info, notice, warning, error }
        public var level: Level
        public var text: String
        public init(_ level: Level, _ text: String) {
            self.level = level
            self.text = text
        }
    }

    public enum StopReason: Sendable, Equatable {
        /// Everything made is acknowledged.
        case drained
        /// The time is over; so many records are left, which Telegram gives again.
        case drainTimeOver(left: Int)
        /// The authorisation is gone: log in again.
        case loginNeeded(String)
        /// A newer listener of this account has taken over.
        case superseded(String)
        /// The writer speaks another version of the contract.
        case incompatible(ours: UInt32, theirs: UInt32)
        /// The socket to the writer cannot be used any more; said by the shell.
        case linkFailed(String)
    }

    /// An account that may not call this method is asked again after so many seconds.
    private static let frozenWait = 600

    public private(set) var registry: GroupRegistry
    public private(set) var link: ProducerMachine
    public private(set) var engine: UpdateEngine?
    private var recorder: Recorder?
    /// Until the engine exists, which takes it over.
    private var startPeers: PeerBook
    private let seed: UInt64
    public private(set) var isTelegramConnected = false
    /// The connection's own new session was announced before there was an engine to tell.
    private var isSessionAnnounced = false
    private var isFull = false
    private var drainBefore: Instant?
    private var isStopped = false
    private var actions: [Action] = []
    private var refused: [(channel: Int64, accessHash: Int64)] = []
    /// Supergroups that are captured because their basic group is.
    private var followed: [(group: Int64, channel: Int64)] = []
    /// The layer that is declared to Telegram.
    private let layer: Int32
    public private(set) var counters = ListenerCounters()
    public private(set) var unresolved: Set<Int64> = []
    public private(set) var lostChannels: [Int64: String] = [:]
    /// WELCOME was seen and the common box has been compared with the server.
    public private(set) var hasCaughtUp = false

    /// `peers`: what was stored for this authorisation. `seed`: makes the traces, and the chance in waits.
    public init(
        producer: ProducerMachine.Producer, groups: some Sequence<CapturedGroup>, peers: PeerBook, seed: UInt64,
        windowRecords: Int = ProducerLimits.windowRecords, layer: Int32 = TL.newestLayer
    ) {
        self.layer = layer
        registry = GroupRegistry(groups)
        link = ProducerMachine(producer, windowRecords: windowRecords)
        startPeers = peers
        self.seed = seed
    }

    // MARK: what the shell asks

    /// Connected to Telegram, known to the writer and up to date.
    public var isReady: Bool { hasCaughtUp && link.isWelcomed && isTelegramConnected }
    public var isDraining: Bool { drainBefore != nil }
    /// The window is full: pushes are left to the difference until there is room.
    public var isPaused: Bool { isFull }

    /// Access hashes and names that changed since this was last asked.
    public mutating func takeChangedPeers() -> [(key: PeerBook.Key, peer: PeerBook.Peer)] { engine?.peers.takeChanged() ?? [] }

    /// Channels whose stored access hash the server refused since this was last asked: it must not be offered again.
    public mutating func takeRefusedChannels() -> [(channel: Int64, accessHash: Int64)] {
        defer { refused = [] }
        return refused
    }

    public func nextDeadline() -> Instant {
        var deadline = link.nextDeadline
        for other in [engine?.nextDeadline, recorder?.nextDeadline, drainBefore] {
            if let other { deadline = min(deadline, other) }
        }
        return deadline
    }

    // MARK: the writer

    public mutating func linkConnected(now: Instant, clock: UnixTime) -> [Action] {
        take(link.connected(now: now), now: now, clock: clock)
        return finish()
    }

    public mutating func received(_ frame: WireFrame, now: Instant, clock: UnixTime) -> [Action] {
        take(link.received(frame, now: now), now: now, clock: clock)
        return finish()
    }

    private mutating func take(_ step: ProducerMachine.Step, now: Instant, clock: UnixTime) {
        for frame in step.frames { actions.append(.send(frame)) }
        for notice in step.notices {
            switch notice {
            case .welcomed(let positions, _): welcomed(positions, now: now, clock: clock)
            case .acknowledged: break
            case .held(let reason): log(.warning, "the writer holds: \(reason)")
            case .resumed: log(.notice, "the writer goes on")
            case .lost(let reason): log(.warning, "HELLO again: \(reason)")
            case .superseded(let reason): stop(.superseded(reason))
            case .incompatible(let ours, let theirs): stop(.incompatible(ours: ours, theirs: theirs))
            }
        }
        if isFull, !isDraining, link.window.hasRoom {
            isFull = false
            log(.notice, "room again: reading Telegram")
            run(engine?.resume(now: now) ?? [], now: now, clock: clock)
        }
        if isDraining, link.unacknowledged == 0 { stop(.drained) }
    }

    private mutating func welcomed(_ wire: [WireBoxPosition], now: Instant, clock: UnixTime) {
        guard engine == nil else { return log(.notice, "the writer is back, epoch \(link.epoch)") }
        var positions: [Box: BoxState] = [:]
        var written: [(BoxKey, Position)] = []
        for entry in wire {
            // The writer's own word; a box that makes no sense is started anew.
            guard let key = try? BoxKey(entry.box) else { continue }
            let position = Position(entry.position)
            written.append((key, position))
            positions[key.engineBox] = BoxState(
                generation: position.generation, value: position.value, date: position.date, seq: position.seq)
        }
        log(.notice, "welcomed by the writer, epoch \(link.epoch), \(written.count) positions")
        recorder = Recorder(written: written, seed: seed)
        engine = UpdateEngine(positions: positions, channels: registry.channels, peers: startPeers, layer: layer, seed: seed, now: now)
        startPeers = PeerBook(limit: 1)
        guard isTelegramConnected else { return }
        run(engine?.connected(now: now) ?? [], now: now, clock: clock)
        // Else the engine would take the next one, which may have lost updates, for this.
        if isSessionAnnounced { run(engine?.sessionRenewed(now: now) ?? [], now: now, clock: clock) }
    }

    // MARK: Telegram

    /// A connection is up and logged in.
    public mutating func telegramConnected(now: Instant, clock: UnixTime) -> [Action] {
        isTelegramConnected = true
        if !isDraining { run(engine?.connected(now: now) ?? [], now: now, clock: clock) }
        return finish()
    }

    public mutating func telegramDisconnected(now: Instant, clock: UnixTime) -> [Action] {
        isTelegramConnected = false
        isSessionAnnounced = false
        run(engine?.disconnected(now: now) ?? [], now: now, clock: clock)
        return finish()
    }

    public mutating func sessionRenewed(now: Instant, clock: UnixTime) -> [Action] {
        if engine == nil { isSessionAnnounced = true }
        run(engine?.sessionRenewed(now: now) ?? [], now: now, clock: clock)
        return finish()
    }

    /// The serialized `Updates` that the server pushed.
    public mutating func pushed(_ bytes: [UInt8], now: Instant, clock: UnixTime) -> [Action] {
        guard engine != nil, !isDraining else { return finish() }
        counters.pushes += 1
        run(engine?.handle(bytes: bytes, receivedAt: clock, now: now) ?? [], now: now, clock: clock)
        return finish()
    }

    /// The result of a call that was made elsewhere with this authorisation: it may move boxes. `channel`: what the call was about.
    public mutating func called(result: TLObject, about channel: Int64? = nil, now: Instant, clock: UnixTime) -> [Action] {
        guard engine != nil, !isDraining else { return finish() }
        run(engine?.handle(result: result, ofCallAbout: channel, receivedAt: clock, now: now) ?? [], now: now, clock: clock)
        return finish()
    }

    /// The serialized answer to a call. What of it nobody can read costs only itself.
    public mutating func answered(_ id: UpdateRequestID, bytes: [UInt8], now: Instant, clock: UnixTime) -> [Action] {
        run(engine?.answer(id, bytes: bytes, receivedAt: clock, now: now) ?? [], now: now, clock: clock)
        return finish()
    }

    public mutating func answered(_ id: UpdateRequestID, _ result: TLObject, now: Instant, clock: UnixTime) -> [Action] {
        if let answer = UpdateAnswer(result, receivedAt: clock) {
            run(engine?.answer(id, answer, receivedAt: clock, now: now) ?? [], now: now, clock: clock)
        } else {
            log(.warning, "an answer that is none: \(result.name)")
            run(engine?.fail(id, .undecodable, receivedAt: clock, now: now) ?? [], now: now, clock: clock)
        }
        return finish()
    }

    public mutating func failed(_ id: UpdateRequestID, _ failure: CallFailure, now: Instant, clock: UnixTime) -> [Action] {
        counters.failedCalls += 1
        var meaning = UpdateFailure(failure)
        if meaning == nil, case .rpc(let error) = failure {
            switch error.kind {
            case .loggedOut, .keyDuplicated:
                stop(.loginNeeded(error.message))
                return finish()
            default:
                log(.error, "the account is restricted: \(error.message)")
                meaning = .flood(seconds: ListenerMachine.frozenWait)
            }
        }
        if failure != .disconnected { log(.warning, "a call failed: \(failure)") }
        run(engine?.fail(id, meaning ?? .temporary, receivedAt: clock, now: now) ?? [], now: now, clock: clock)
        return finish()
    }

    // MARK: the operator and time

    /// The registered groups, whenever they may have changed.
    public mutating func groupsChanged(_ groups: some Sequence<CapturedGroup>, now: Instant, clock: UnixTime) -> [Action] {
        var new = GroupRegistry(groups)
        // The writer's registration of a supergroup may not be there yet.
        for (group, channel) in followed where new.contains(.basicGroup, group) && !new.contains(.channel, channel) {
            new.follow(basicGroup: group, to: channel)
        }
        guard new != registry else { return finish() }
        if new.addsBasicGroup(to: registry) {
            // The common box has gone on without telling since the position at which the database says that capturing begins.
            for record in recorder?.missed(in: .common) ?? [] { append(record) }
            actions += link.flush().map(Action.send)
        }
        let old = registry.channels
        registry = new
        log(.notice, "\(new.count) groups are captured")
        unresolved.formIntersection(new.channels)
        lostChannels = lostChannels.filter { new.contains(.channel, $0.key) }
        if new.channels != old { track(now: now, clock: clock) }
        return finish()
    }

    /// Stop taking in, have everything acknowledged, then stop.
    public mutating func drain(now: Instant, clock: UnixTime) -> [Action] {
        guard !isDraining else { return finish() }
        drainBefore = now + ProducerLimits.drainTime
        engine?.pause()
        for record in recorder?.due(now: now, all: true) ?? [] { append(record) }
        actions += link.flush().map(Action.send)
        if link.unacknowledged == 0 { stop(.drained) }
        return finish()
    }

    public mutating func advance(now: Instant, clock: UnixTime) -> [Action] {
        if let drainBefore, drainBefore <= now { stop(.drainTimeOver(left: link.unacknowledged)) }
        take(link.advance(now: now), now: now, clock: clock)
        if !isDraining { run(engine?.advance(now: now) ?? [], now: now, clock: clock) }
        for record in recorder?.due(now: now) ?? [] { append(record) }
        actions += link.flush().map(Action.send)
        return finish()
    }

    // MARK: steps

    /// Does what the engine says: deliveries become records, which leave at once as far as credit allows.
    private mutating func run(_ outputs: [UpdateOutput], now: Instant, clock: UnixTime) {
        for output in outputs {
            switch output {
            case .deliver(let delivery): deliver(delivery, now: now)
            case .request(let id, let request):
                counters.calls += 1
                actions.append(.call(id, request.call))
            case .lostAccess(let channel, let reason):
                lostChannels[channel] = reason
                log(.error, "channel \(channel) can no longer be read: \(reason)")
                groupState(channel, .lostAccess, reason, clock)
            case .regainedAccess(let channel):
                lostChannels[channel] = nil
                log(.notice, "channel \(channel) can be read again")
                groupState(channel, .active, "", clock)
            case .unresolved(let channel):
                unresolved.insert(channel)
                log(.warning, "channel \(channel) is registered, but not among this account's dialogs: join it, or disable it")
            case .resolved(let channel):
                unresolved.remove(channel)
                log(.notice, "channel \(channel) is found")
            case .hashRefused(let channel, let hash):
                unresolved.insert(channel)
                refused.append((channel, hash))
                log(.warning, "the server does not know the access hash of channel \(channel): it is learnt anew")
            case .migrated(let group, let channel): migrated(group, to: channel, now: now, clock: clock)
            case .quarantine(let object):
                counters.unreadable += 1
                actions.append(.quarantine(object))
            }
        }
        if !hasCaughtUp, engine?.isCommonCurrent == true { hasCaughtUp = true }
        if !isFull, link.window.isFull {
            isFull = true
            engine?.pause()
            log(.warning, "\(link.unacknowledged) records wait for the writer: Telegram is not read until there is room")
        }
        actions += link.flush().map(Action.send)
    }

    private mutating func deliver(_ delivery: Delivery, now: Instant) {
        guard let peers = engine?.peers else { return }
        if delivery.tooLong { log(.warning, "the server skipped updates of \(delivery.box.map { BoxKey($0).description } ?? "-")") }
        for record in recorder?.take(delivery, registry: registry, peers: peers, now: now) ?? [] { append(record) }
    }

    /// The registered group goes on as a supergroup: followed at once, from its first message. The writer registers it, too.
    private mutating func migrated(_ group: Int64, to channel: Int64, now: Instant, clock: UnixTime) {
        guard registry.contains(.basicGroup, group), !registry.contains(.channel, channel) else { return }
        registry.follow(basicGroup: group, to: channel)
        followed.append((group, channel))
        log(.notice, "group \(group) became supergroup \(channel), which is captured from now on")
        if let record = recorder?.migration(group, to: channel, receivedAt: clock) { append(record) }
        track(startingAt: [channel: BoxState(value: 1)], now: now, clock: clock)
    }

    /// Tells the engine which channels are registered. Those of which nothing is known start at the given positions.
    private mutating func track(startingAt known: [Int64: BoxState] = [:], now: Instant, clock: UnixTime) {
        var positions: [Box: BoxState] = [:]
        for (channel, state) in known { positions[.channel(channel)] = state }
        for (key, p) in recorder?.positions ?? [] {
            positions[key.engineBox] = BoxState(generation: p.generation, value: p.value, date: p.date, seq: p.seq)
        }
        run(engine?.track(registry.channels, positions: positions, now: now) ?? [], now: now, clock: clock)
    }

    private mutating func groupState(_ channel: Int64, _ state: WireGroupState.State, _ reason: String, _ clock: UnixTime) {
        if let record = recorder?.groupState(.channel, channel, state, reason: reason, receivedAt: clock) { append(record) }
    }

    private mutating func append(_ recorded: Recorded) {
        counters.note(recorded)
        let number = link.append(recorded.record)
        let header = recorded.record.header
        if recorded.changes.isEmpty { return actions.append(.tap(TapSample(number: number, header: header))) }
        for change in recorded.changes {
            var sample = TapSample(number: number, header: header, change: change)
            if let (kind, id) = sample.chatKey { sample.groupUUID = registry.uuid(kind, id) }
            actions.append(.tap(sample))
        }
    }

    private mutating func log(_ level: LogLine.Level, _ text: String) { actions.append(.log(LogLine(level, text))) }

    private mutating func stop(_ reason: StopReason) {
        guard !isStopped else { return }
        isStopped = true
        actions.append(.stop(reason))
    }

    private mutating func finish() -> [Action] {
        defer { actions = [] }
        return actions
    }
}
