import Events
import Primitives
import ProducerCore
import TL
import TelegramClient

/// The listener without its sockets: what Telegram, the writer and the operator say goes in; calls, frames and samples come out.
///
/// It starts where its spool ends. Without one it waits for the first WELCOME, since nobody else knows where to start: no update is taken
/// and no call made, and Telegram keeps everything.
public struct ListenerMachine: Sendable {
    public enum Action: Sendable, Equatable {
        /// Make this call to Telegram; give its answer to `answered` or `failed`.
        case call(UpdateRequestID, TLObject)
        case send(WireFrame)
        case spool(SpoolAction)
        /// A sample of what was received; render it only if somebody watches.
        case tap(TapSample)
        case log(LogLine)
        /// Bytes that nobody could read, for later study. The differences bring what they said.
        case quarantine(QuarantinedObject)
        /// Connect to Telegram and stay so; with false, hang up and stay away.
        case connect(Bool)
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
        /// The writer is away or its time is over; so many records are left, and the spool keeps them.
        case spooled(left: Int)
        /// The spool belongs to a database that is not this one: it is to be set aside, and the database is to be believed.
        case otherDatabase
        /// What the spool holds cannot be read or written.
        case spoolFailed(String)
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
    private let memoryRecords: Int
    private let seed: UInt64
    public private(set) var isTelegramConnected = false
    /// The connection's own new session was announced before there was an engine to tell.
    private var isSessionAnnounced = false
    private var isFull = false
    /// An operator has paused the account: Telegram is left alone.
    public private(set) var isAccountPaused: Bool
    private var spool: SpoolLedger
    /// The first segment is asked for; the engine starts when it is on the disk.
    /// The database's word on the boxes was heard in this process.
    private var hasLearned = false
    private var isOpening = false
    private let isSpoolUsable: Bool
    private var isSpoolOpen = false
    /// The share of the spool's limit that was last warned of, hundredths.
    private var warnedAt = 0
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
    /// The common box has been compared with the server.
    public private(set) var hasCaughtUp = false

    /// - Parameters:
    ///   - peers: what was stored for this authorisation.
    ///   - seed: makes the traces, and the chance in waits.
    ///   - spool: what the disk holds.
    ///   - spoolLimit: bytes of the spool beyond which Telegram is not read.
    ///   - segmentBytes: bytes of one of its segments.
    ///   - windowRecords: the most records that no disk holds yet.
    ///   - memoryRecords: the most that memory keeps of those that the disk holds.
    ///   - isAccountPaused: Telegram is left alone until `accountPaused(false)`.
    public init(
        producer: ProducerMachine.Producer, groups: some Sequence<CapturedGroup>, peers: PeerBook, seed: UInt64, spool: SpoolScan,
        spoolLimit: Int, segmentBytes: Int = ListenerLimits.segmentBytes, windowRecords: Int = ProducerLimits.windowRecords,
        memoryRecords: Int = ListenerLimits.memoryRecords, layer: Int32 = TL.newestLayer, isAccountPaused: Bool = false
    ) {
        self.memoryRecords = memoryRecords
        self.layer = layer
        self.isAccountPaused = isAccountPaused
        registry = GroupRegistry(groups)
        let ledger = SpoolLedger(spool, producer: producer, limit: spoolLimit, segmentBytes: segmentBytes)
        self.spool = ledger
        isSpoolUsable = spool.isUsable
        link = ProducerMachine(producer, kept: ledger.runs, database: ledger.database, windowRecords: windowRecords)
        startPeers = peers
        self.seed = seed
    }

    // MARK: what the shell asks

    /// Connected to Telegram and up to date, or told to leave it alone. The writer may be away: the spool keeps what it will want.
    public var isReady: Bool { isAccountPaused || isFollowing }
    /// Connected to Telegram and up to date.
    public var isFollowing: Bool { hasCaughtUp && isTelegramConnected && !isAccountPaused }
    public var isDraining: Bool { drainBefore != nil }
    /// The spool is full: pushes are left to the difference until there is room.
    public var isPaused: Bool { isFull }
    /// Bytes, limit, segments of the spool, and when the oldest record came that is not committed.
    public var spoolState: (bytes: Int, limit: Int, segments: Int, oldest: UnixTime?) {
        (spool.bytes, spool.limit, spool.count, link.unacknowledged == 0 ? nil : link.window.isEmpty ? spool.oldest : oldestWaiting)
    }

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

    // MARK: the spool

    /// The first word: starts from the spool, if there is one. Give what the actions lead to, to the functions of this part.
    public mutating func begin(now: Instant, clock: UnixTime) -> [Action] {
        if isSpoolUsable {
            log(.notice, "the spool holds \(link.unacknowledged) records in \(spool.count) segments")
            openSpool(known: [:], database: nil)
        }
        if !isAccountPaused { actions.append(.connect(true)) }
        return finish()
    }

    private mutating func openSpool(known: [BoxKey: Position], database: WireDatabaseIdentity?) {
        guard !isOpening, !isSpoolOpen else { return }
        isOpening = true
        actions.append(.spool(spool.open(known: known, database: database)))
    }

    /// The first segment is on the disk: from here on Telegram is followed.
    public mutating func spoolOpened(now: Instant, clock: UnixTime) -> [Action] {
        guard isOpening, !isSpoolOpen else { return finish() }
        isSpoolOpen = true
        link.began(checkpoint: spool.positions.wire, database: spool.database)
        startEngine(now: now, clock: clock)
        return finish()
    }

    /// Records up to this number are on the disk.
    public mutating func spoolSynced(through number: UInt64, now: Instant, clock: UnixTime) -> [Action] {
        spool.wrote(through: number)
        link.spooled(through: number, memoryRecords: memoryRecords, memoryBytes: ListenerLimits.memoryBytes)
        stopIfDrained()
        return finish()
    }

    /// What `SpoolAction.read` asked for; none: the disk does not have it any more.
    public mutating func spoolRead(_ read: SpoolRead, _ records: [WireRecord], now: Instant, clock: UnixTime) -> [Action] {
        if records.isEmpty {
            stop(.spoolFailed("record \(read.from) of stream \(read.stream) is not where it was written"))
        } else {
            take(link.read(read, records), now: now, clock: clock)
        }
        return finish()
    }

    /// The disk has no room for what is to be written, or has it again.
    public mutating func spoolDisk(isFull: Bool, now: Instant, clock: UnixTime) -> [Action] {
        if isFull != spool.isDiskFull {
            log(isFull ? .error : .notice, isFull ? "the disk under the spool is full" : "the disk has room again")
        }
        spool.diskIsFull(isFull)
        press(now: now, clock: clock)
        return finish()
    }

    /// Reads Telegram no more while the spool is full, and again when there is room.
    private mutating func press(now: Instant, clock: UnixTime) {
        let share = spool.bytes * 100 / spool.limit
        let warning = ListenerLimits.spoolWarnings.last { share >= $0 } ?? 0
        if warning > warnedAt { log(.warning, "the spool is \(share) % full: \(link.unacknowledged) records wait for the writer") }
        warnedAt = warning
        let full = spool.isFull || link.window.isFull
        if !isFull, full {
            isFull = true
            engine?.pause()
            log(
                .error,
                "\(link.unacknowledged) records wait for the writer and there is no room for more: Telegram is not read until there is")
        } else if isFull, !full, spool.hasRoom, link.window.hasRoom, !isDraining {
            isFull = false
            log(.notice, "room again")
            readAgain(now: now, clock: clock)
        }
    }

    /// Reads Telegram again, unless something else still speaks against it.
    private mutating func readAgain(now: Instant, clock: UnixTime) {
        guard !isFull, !isAccountPaused, !isDraining else { return }
        run(engine?.resume(now: now) ?? [], now: now, clock: clock)
    }

    private var oldestWaiting: UnixTime? {
        guard let inMemory = link.oldestInMemory else { return spool.oldest }
        // What is not in memory any more is older.
        return link.unacknowledged > link.window.count ? spool.oldest ?? inMemory : inMemory
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
        for read in step.reads { actions.append(.spool(spool.read(read))) }
        for notice in step.notices {
            switch notice {
            case .welcomed(let positions, let database): welcomed(positions, database, now: now, clock: clock)
            case .acknowledged(let stream, let number): forget(spool.acknowledge(stream, number))
            case .runFinished:
                log(.warning, "the spool has a hole: the writer is told where it begins and ends")
                forget(spool.finishRun())
            case .otherDatabase: stop(.otherDatabase)
            case .held(let reason): log(.warning, "the writer holds: \(reason)")
            case .resumed: log(.notice, "the writer goes on")
            case .lost(let reason): log(.warning, "HELLO again: \(reason)")
            case .superseded(let reason): stop(.superseded(reason))
            case .incompatible(let ours, let theirs): stop(.incompatible(ours: ours, theirs: theirs))
            }
        }
        press(now: now, clock: clock)
        stopIfDrained()
    }

    /// Segments that nobody needs any more go, and HELLO no longer lists them.
    private mutating func forget(_ deletions: [SpoolAction]) {
        guard !deletions.isEmpty else { return }
        actions += deletions.map(Action.spool)
        guard let oldest = spool.oldestKept else { return }
        link.released(before: oldest.stream, first: oldest.first, checkpoint: oldest.checkpoint)
    }

    private mutating func welcomed(
        _ wire: [WireBoxPosition], _ database: WireDatabaseIdentity, now: Instant, clock: UnixTime
    ) {
        spool.welcomed()
        var known: [BoxKey: Position] = [:]
        // The writer's own word; a box that makes no sense is started anew.
        for entry in wire { if let key = try? BoxKey(entry.box) { known[key] = Position(entry.position) } }
        log(.notice, "welcomed by the writer, epoch \(link.epoch), \(known.count) positions")
        if isSpoolOpen {
            spool.learn(known, database: database)
            if !hasLearned {
                var boxes: [Box: BoxState] = [:]
                for (key, position) in known { boxes[key.engineBox] = BoxState(position) }
                run(engine?.learn(boxes, now: now) ?? [], now: now, clock: clock)
            }
        } else {
            openSpool(known: known, database: database)
        }
        hasLearned = true
    }

    /// Follows Telegram from where spool and database, whichever is further, say that each box stands.
    private mutating func startEngine(now: Instant, clock: UnixTime) {
        var positions: [Box: BoxState] = [:]
        let written = spool.positions.sorted { $0.key < $1.key }
        for (key, position) in written {
            positions[key.engineBox] = BoxState(position)
        }
        recorder = Recorder(written: written.map { ($0.key, $0.value) }, seed: seed)
        engine = UpdateEngine(positions: positions, channels: registry.channels, peers: startPeers, layer: layer, seed: seed, now: now)
        startPeers = PeerBook(limit: 1)
        if isAccountPaused { engine?.pause() }
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
        pushed(together: CollectionOfOne(bytes), now: now, clock: clock)
    }

    /// What came together leaves together: the records of all these `Updates` share frames.
    public mutating func pushed(together all: some Sequence<[UInt8]>, now: Instant, clock: UnixTime) -> [Action] {
        guard engine != nil, !isDraining else { return finish() }
        for bytes in all {
            counters.pushes += 1
            handle(engine?.handle(bytes: bytes, receivedAt: clock, now: now) ?? [], now: now, clock: clock)
            // The engine must know of it before it takes the next ones.
            if spool.isFull || link.window.isFull { press(now: now, clock: clock) }
        }
        flush(now: now, clock: clock)
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
            flush(now: now, clock: clock)
        }
        let old = registry.channels
        registry = new
        log(.notice, "\(new.count) groups are captured")
        unresolved.formIntersection(new.channels)
        lostChannels = lostChannels.filter { new.contains(.channel, $0.key) }
        if new.channels != old { track(now: now, clock: clock) }
        return finish()
    }

    /// Whether an operator has the account paused, whenever it may have changed. What Telegram has meanwhile, it keeps for the difference.
    public mutating func accountPaused(_ isPaused: Bool, now: Instant, clock: UnixTime) -> [Action] {
        guard isPaused != isAccountPaused, !isDraining else { return finish() }
        isAccountPaused = isPaused
        if isPaused {
            log(.notice, "the account is paused: Telegram is left alone")
            engine?.pause()
            actions.append(.connect(false))
        } else {
            log(.notice, "the account goes on")
            // What it had caught up with is long past.
            hasCaughtUp = false
            readAgain(now: now, clock: clock)
            actions.append(.connect(true))
        }
        return finish()
    }

    /// Stop taking in, have everything acknowledged, then stop.
    public mutating func drain(now: Instant, clock: UnixTime) -> [Action] {
        guard !isDraining else { return finish() }
        drainBefore = now + ProducerLimits.drainTime
        engine?.pause()
        for record in recorder?.due(now: now, all: true) ?? [] { append(record) }
        flush(now: now, clock: clock)
        return finish()
    }

    public mutating func advance(now: Instant, clock: UnixTime) -> [Action] {
        if let drainBefore, drainBefore <= now { stop(.spooled(left: link.unacknowledged)) }
        take(link.advance(now: now), now: now, clock: clock)
        if !isDraining { run(engine?.advance(now: now) ?? [], now: now, clock: clock) }
        for record in recorder?.due(now: now) ?? [] { append(record) }
        flush(now: now, clock: clock)
        return finish()
    }

    // MARK: steps

    /// Does what the engine says: deliveries become records, which leave at once as far as credit allows.
    private mutating func run(_ outputs: [UpdateOutput], now: Instant, clock: UnixTime) {
        handle(outputs, now: now, clock: clock)
        flush(now: now, clock: clock)
    }

    /// The same without sending the records.
    private mutating func handle(_ outputs: [UpdateOutput], now: Instant, clock: UnixTime) {
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
    }

    private mutating func flush(now: Instant, clock: UnixTime) { take(link.flush(), now: now, clock: clock) }

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
        actions += spool.append(recorded.record, number: number).map(Action.spool)
        let header = recorded.record.header
        if recorded.changes.isEmpty { return actions.append(.tap(TapSample(number: number, header: header))) }
        for change in recorded.changes {
            var sample = TapSample(number: number, header: header, change: change)
            if let (kind, id) = sample.chatKey { sample.groupUUID = registry.uuid(kind, id) }
            actions.append(.tap(sample))
        }
    }

    private mutating func log(_ level: LogLine.Level, _ text: String) { actions.append(.log(LogLine(level, text))) }

    /// Everything made is committed; or the writer does not take it, and the disk has it.
    private mutating func stopIfDrained() {
        guard isDraining else { return }
        if link.unacknowledged == 0 { return stop(.drained) }
        if !link.isWelcomed || link.isHeld, spool.synced >= link.window.last { stop(.spooled(left: link.unacknowledged)) }
    }

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
