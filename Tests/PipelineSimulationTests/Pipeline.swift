import Events
import ListenerCore
import Models
import Primitives
import ProducerCore
import TL
import TelegramClient
import WriterCore

/// The whole pipeline in one thread and one time, from one seed: the real listener with its update engine, the real backfill's plans and
/// scans, the real writer with its judgement, folding and merging, between a model of Telegram and a model of Postgres, over a link that
/// delays and cuts. Processes are killed, stopped and woken; transactions fail, stall, or commit and lose the answer. Then everything
/// heals, and the rows must become equal to the truth.
final class Pipeline {
    /// What goes wrong on purpose, to see that it is noticed: see `plant`.
    enum Bug: String, CaseIterable {
        case ackBeforeCommit = "ack_before_commit"
        case cursorOutsideTheTransaction = "cursor_outside_the_transaction"
        case lostAnswerTakenForAFailure = "lost_answer_taken_for_a_failure"
        case numbersGoOnAcrossRestarts = "numbers_go_on_across_restarts"
        case judgedFromMemory = "judged_from_memory"
        case checkpointMissingFromHello = "checkpoint_missing_from_hello"
        case sliceCutByABatch = "difference_slice_cut_by_a_batch"
        case refusalDropped = "refusal_dropped"
        case spoolCutTooFar = "spool_cut_one_record_too_far"
    }

    /// How bad the world is, and how narrow; drawn from the seed.
    struct Weather {
        var loss = 0.0
        var doubling = 0.0
        var delay = 0.05
        var failing = 0.0
        var trouble = 0.0
        /// Frames that the writer's socket loses although its connection goes on, where others follow them.
        var garbling = 0.0
        var faults = true
    }

    enum ProducerID: Hashable {
        case listener(Int)
        case backfill
    }

    indirect enum Event {
        case happen
        case push([UInt8], listener: Int, life: Int, connection: Int)
        /// The connection hands over what came.
        case handover(listener: Int, life: Int, connection: Int)
        case serve(UpdateRequestID, TLObject, listener: Int, life: Int, connection: Int)
        case answer(UpdateRequestID, Result<TLObject, CallFailure>, listener: Int, life: Int, connection: Int)
        case telegramUp(Int, life: Int)
        case page(Backfill.Call, life: Int)
        case paged(Backfill.Call, Result<[UInt8], CallFailure>, life: Int)
        case look
        case parcel(ModelWire.Parcel)
        case connect(ProducerID, life: Int)
        case heartbeatLost(connection: Int)
        case disk(Disk.Event, listener: Int, life: Int)
        case transaction(Int)
        case fault
        /// A killed listener's spool loses what its newest segment does not hold.
        case robbery(Int)
        case start(ProducerID)
        case startWriter
        case resume(ProducerID, life: Int)
        case resumeWriter(Int)
        case databaseUp
        case heal
    }

    struct Listener {
        var machine: ListenerMachine?
        var life = 0
        var isPaused = false
        /// Of Telegram.
        var connection = 0
        var isConnected = false
        /// What its connection has not handed over, and of which connection that came.
        var came: (pushes: [[UInt8]], connection: Int) = ([], 0)
        /// What came while it was stopped.
        var held: [Event] = []
        var incarnation: UInt64 = 0
        var stream: StreamID?
        var disk = Disk()
    }

    struct Writer {
        var id: Int
        var machine: WriterMachine
        var isPaused = false
        var isAlive = true
        /// Frames in its socket that it has not read.
        var inbox: [(frame: WireFrame, route: [UInt8])] = []
        /// Ends of transactions that it has not seen, being stopped.
        var ends: [TransactionEnd] = []
    }

    /// What a writer hears of its transaction.
    enum TransactionEnd {
        case committed([Answer])
        case superseded
        case failed(FailureClass, String)
    }

    struct Transaction {
        enum End { case commit, fail(FailureClass), loseAnswer }
        var id: Int
        var writer: Int
        var epoch: UInt64
        var work: Work
        var end: End
        var time: Duration
        var isRunning = false
        /// What was stored when it began, for a writer that judges from its memory.
        var before: ProducerState?
    }

    let seed: UInt64
    let bug: Bug?
    var generator: SeededGenerator
    var now = Instant(nanoseconds: 1_000_000_000_000)
    let start: Instant
    var agenda: [(at: Instant, event: Event)] = []
    var telegram: Telegram
    var postgres: ModelPostgres
    var isDatabaseUp = true
    var weather = Weather()
    var isHealed = false
    var healedAt = Instant.zero
    var listeners: [Listener] = []
    var backfill: Backfill
    var writers: [Writer] = []
    var link = ModelWire()
    var transactions: [Transaction] = []
    var lastTransaction = 0
    var lastWriter = 0
    /// Places where nothing happens any more.
    var quiet: Set<Telegram.Place> = []
    var referee = Referee()
    let credit: UInt32
    let windowRecords: Int
    let memoryRecords: Int
    /// Seconds that the disk takes for a read, at most.
    let readsWithin: Double
    let spoolLimit: Int
    let segmentBytes: Int
    let batching: Batcher.Limits
    var faults = 0
    var happened = 0
    var kills = 0
    let keepsTrace: Bool
    var trace: [String] = []
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    let onlyKills: Bool
    /// The second account is put out when everything else heals.
    let losesAccount: Bool
    /// Connections hand over together what came within a moment.
    let gathersPushes: Bool

    init(seed: UInt64, bug: Bug? = nil, keepsTrace: Bool = false) {
        self.seed = seed
        self.bug = bug
        self.keepsTrace = keepsTrace
        losesAccount = seed.isMultiple(of: 3)
        gathersPushes = seed.isMultiple(of: 4)
        // Where little is kept in memory, the disk is asked for it; where that takes its time, it is written meanwhile.
        memoryRecords = [ListenerLimits.memoryRecords, 2, 12][Int(seed % 5 % 3)]
        readsWithin = memoryRecords < 100 ? 3 : 0.02
        var generator = SeededGenerator(seed: seed)
        func chance(_ values: [Double]) -> Double { values[Int.random(in: 0..<values.count, using: &generator)] }
        onlyKills = Int.random(in: 0..<4, using: &generator) == 0
        let accounts = Int.random(in: 0..<4, using: &generator) == 0 ? 2 : 1
        let channels = (0..<Int64.random(in: 1...2, using: &generator)).map { 100 + $0 }
        telegram = Telegram(channels: channels, accounts: accounts)
        telegram.window = onlyKills ? 10_000 : Int(chance([4, 10, 10_000]))
        telegram.isCurrent = Bool.random(using: &generator)
        weather = Weather(
            loss: chance([0, 0.1, 0.4]), doubling: chance([0, 0.2]), delay: chance([0.02, 0.3, 2]), failing: chance([0, 0.05, 0.2]),
            trouble: chance([0, 0.05, 0.2]), garbling: chance([0, 0, 0.6]))
        if onlyKills { weather = Weather(trouble: 0.1) }
        credit = UInt32(chance([2, 6, 40, 1_000]))
        windowRecords = Int(chance([4, 30, 10_000]))
        segmentBytes = Int(chance([600, 2_000, 1_000_000]))
        spoolLimit = segmentBytes * Int(chance([8, 100]))
        var batching = Batcher.Limits(credit: credit)
        batching.steadyRecords = Int(chance([1, 3, 50]))
        batching.drainFrom = Int(chance([4, 500]))
        if chance([0, 0, 1]) > 0 { batching.linger = .milliseconds(300) }
        self.batching = batching
        start = now
        let groups = channels.map(ChatKey.channel) + [.basicGroup(Telegram.basicGroup)]
        postgres = ModelPostgres(groups: groups, primary: "account0")
        backfill = Backfill(account: "account0", looksAgain: chance([0, 0, 1]) > 0)
        for place in telegram.places {
            // Now and then more than a page, so that a crawl is killed between two of them.
            let old = Int.random(in: 0..<16, using: &generator) == 0 ? Int.random(in: 101...230, using: &generator) : 3
            if case .common(let account) = place, account > 0 { continue }
            telegram.age(place, messages: old, from: Pipeline.epochSeconds - 100_000)
        }
        self.generator = generator
        for _ in 0..<accounts { listeners.append(Listener()) }
    }

    // MARK: dice and time

    static let epochSeconds: Int64 = 1_800_000_000
    var clock: UnixTime { UnixTime(seconds: Pipeline.epochSeconds) + (now - start) }
    func chance(_ p: Double) -> Bool { p > 0 && Double.random(in: 0..<1, using: &generator) < p }
    func seconds(_ range: ClosedRange<Double>) -> Duration { .milliseconds(Int64(Double.random(in: range, using: &generator) * 1_000)) }

    func plan(_ event: Event, in wait: Duration) { plan(event, at: now + wait) }
    func plan(_ event: Event, at: Instant) {
        var i = agenda.count
        // The latest first: the next is taken off the end.
        while i > 0, agenda[i - 1].at <= at { i -= 1 }
        agenda.insert((at, event), at: i)
    }

    func note(_ text: @autoclosure () -> String) {
        let line = "\((now - start).inNanoseconds / 1_000_000) \(text())"
        for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        if keepsTrace { trace.append(line) }
    }

    // MARK: running

    struct Outcome {
        var complaints: [String]
        var faults: Int
        var kills: Int
        var happened: Int
        var gaps: Int
        var commits: Int
        var hash: UInt64
        var trace: [String]
        /// Virtual seconds from the healing until all was equal.
        var healing: Double
    }

    /// How long after the last fault all must be equal: a poll's longest wait, a suspect's margin, a crawl's pause, several times.
    static let patience: Duration = .seconds(30 * 60)

    func run() -> Outcome {
        startWriter()
        for n in listeners.indices { startListener(n) }
        startBackfill()
        plan(.look, in: .seconds(1))
        plan(.happen, in: .seconds(2))
        plan(.fault, in: seconds(3...15))
        plan(.heal, in: seconds(20...55))
        var spins = 0
        var nextLook = now
        while true {
            let deadline = nextDeadline
            if let first = agenda.last, first.at <= deadline ?? first.at {
                agenda.removeLast()
                now = max(now, first.at)
                spins = 0
                handle(first.event)
            } else if let deadline {
                spins = deadline <= now ? spins + 1 : 0
                if spins > 200 {
                    referee.complain("a deadline does not move on")
                    break
                }
                now = max(now, deadline)
                advance()
            } else {
                referee.complain("nothing is left to do")
                break
            }
            check()
            if !referee.complaints.isEmpty { break }
            if isHealed, now >= nextLook {
                nextLook = now + .seconds(1)
                if isSettled {
                    if differences.isEmpty { break }
                    if keepsTrace { note("differs: \(differences.prefix(3))") }
                }
                if now > healedAt + Pipeline.patience {
                    for text in (stuck + differences).prefix(8) { referee.complain(text) }
                    break
                }
            }
        }
        return Outcome(
            complaints: referee.complaints, faults: faults, kills: kills, happened: happened, gaps: postgres.gaps.count,
            commits: referee.commits, hash: hash, trace: trace, healing: (now - healedAt).inSeconds)
    }

    private var nextDeadline: Instant? {
        var out: Instant?
        func consider(_ instant: Instant?) { if let instant { out = min(out ?? instant, instant) } }
        for listener in listeners where !listener.isPaused { consider(listener.machine?.nextDeadline()) }
        if !backfill.isPaused, let machine = backfill.link {
            consider(machine.nextDeadline)
            consider(backfill.sleepsUntil)
        }
        for writer in writers where writer.isAlive && !writer.isPaused { consider(writer.machine.nextDeadline(now: now)) }
        return out
    }

    /// Whoever is due.
    private func advance() {
        for n in listeners.indices where !listeners[n].isPaused {
            guard let due = listeners[n].machine?.nextDeadline(), due <= now else { continue }
            perform(n, listeners[n].machine?.advance(now: now, clock: clock) ?? [])
        }
        advanceBackfill()
        for id in writers.map(\.id) { work(id) }
    }

    private func handle(_ event: Event) {
        switch event {
        case .happen: happen()
        case .push(let bytes, let n, let life, let connection):
            guard isThere(n, life, connection), !hold(event, n) else { return }
            guard gathersPushes else { return perform(n, listeners[n].machine?.pushed(bytes, now: now, clock: clock) ?? []) }
            if listeners[n].came.connection != connection { listeners[n].came = ([], connection) }
            listeners[n].came.pushes.append(bytes)
            guard listeners[n].came.pushes.count == 1 else { return }
            plan(.handover(listener: n, life: life, connection: connection), in: seconds(0...0.1))
        case .handover(let n, let life, let connection):
            guard isThere(n, life, connection), listeners[n].came.connection == connection, !hold(event, n) else { return }
            let pushes = listeners[n].came.pushes
            listeners[n].came.pushes = []
            perform(n, listeners[n].machine?.pushed(together: pushes, now: now, clock: clock) ?? [])
        case .serve(let id, let call, let n, let life, let connection): serve(id, call, n, life, connection)
        case .answer(let id, let result, let n, let life, let connection):
            guard isThere(n, life, connection), !hold(event, n) else { return }
            switch result {
            case .success(let object): perform(n, listeners[n].machine?.answered(id, object, now: now, clock: clock) ?? [])
            case .failure(let failure): perform(n, listeners[n].machine?.failed(id, failure, now: now, clock: clock) ?? [])
            }
        case .telegramUp(let n, let life):
            guard listeners[n].life == life, listeners[n].machine != nil, !listeners[n].isConnected, !hold(event, n) else { return }
            listeners[n].isConnected = true
            listeners[n].connection += 1
            note("telegram up \(n)")
            perform(n, listeners[n].machine?.telegramConnected(now: now, clock: clock) ?? [])
        case .page(let call, let life): servePage(call, life)
        case .paged(let call, let result, let life): paged(call, result, life, event)
        case .look:
            look()
            plan(.look, in: .seconds(3))
        case .parcel(let parcel): deliver(parcel, event)
        case .connect(let producer, let life): connect(producer, life)
        case .heartbeatLost(let connection): heartbeatLost(connection)
        case .disk(let told, let n, let life): disk(told, n, life, event)
        case .transaction(let id): finish(id)
        case .fault: fault()
        case .robbery(let n): rob(n)
        case .start(let producer):
            switch producer {
            case .listener(let n): startListener(n)
            case .backfill: startBackfill()
            }
        case .startWriter: if !writers.contains(where: { $0.isAlive && !$0.isPaused }) { startWriter() }
        case .resume(let producer, let life): resume(producer, life)
        case .resumeWriter(let id): resumeWriter(id)
        case .databaseUp: isDatabaseUp = true
        case .heal: heal()
        }
    }

    // MARK: Telegram

    private func happen() {
        let silent = isHealed && now > healedAt + .seconds(2)
        guard !silent else { return }
        let burst = chance(0.06) ? Int.random(in: 5...14, using: &generator) : Int.random(in: 1...2, using: &generator)
        happen(burst)
        plan(.happen, in: seconds(0.02...2.5))
    }

    func happen(_ count: Int) {
        var made: [(Telegram.Place, Telegram.Event)] = []
        let date = clock.seconds
        let loud = telegram.places.filter { !quiet.contains($0) }
        for _ in 0..<(loud.isEmpty ? 0 : count) {
            happened += 1
            let place = loud[Int.random(in: loud.indices, using: &generator)]
            made.append((place, telegram.happen(in: place, at: date, using: &generator)))
        }
        for n in listeners.indices {
            var updates: [TLObject] = []
            for (place, event) in made {
                if case .common(let account) = place, account != n { continue }
                updates.append(telegram.update(event, in: place, asOf: true))
                if case .channel(let id) = place, event.kind == .new, chance(0.2) {
                    // Beside all positions: the cursor alone decides.
                    updates.append(
                        TLObject(
                            "updateChannelMessageViews",
                            ["channel_id": .integer(id), "id": .integer(event.id), "views": .integer(event.version)]))
                }
            }
            if updates.isEmpty || chance(weather.loss) { continue }
            if chance(0.3) { updates.shuffle(using: &generator) }
            let bytes = Telegram.pushed(updates, date: date)
            for _ in 0..<(chance(weather.doubling) ? 2 : 1) {
                plan(
                    .push(bytes, listener: n, life: listeners[n].life, connection: listeners[n].connection),
                    in: seconds(0.01...(0.02 + weather.delay)))
            }
        }
    }

    private func isThere(_ n: Int, _ life: Int, _ connection: Int) -> Bool {
        listeners[n].life == life && listeners[n].machine != nil && listeners[n].isConnected && listeners[n].connection == connection
    }

    private func hold(_ event: Event, _ n: Int) -> Bool {
        if listeners[n].isPaused { listeners[n].held.append(event) }
        return listeners[n].isPaused
    }

    private func serve(_ id: UpdateRequestID, _ call: TLObject, _ n: Int, _ life: Int, _ connection: Int) {
        guard listeners[n].life == life, listeners[n].connection == connection else { return }
        var result = telegram.answer(call, account: n, using: &generator)
        if chance(weather.failing) {
            result = .failure(
                .rpc(chance(0.5) ? RPCError(code: 500, message: "RPC_CALL_FAIL") : RPCError(code: 420, message: "FLOOD_WAIT_2")))
        }
        if case .success(let object) = result { referee.told(object, of: call, account: "account\(n)") }
        if case .failure(Telegram.invalidPosition) = result { referee.refusedPosition(of: call, account: "account\(n)") }
        note("answer \(n) \(call.name) \((try? result.get())?.name ?? "failed")")
        plan(.answer(id, result, listener: n, life: life, connection: connection), in: seconds(0.01...(0.03 + weather.delay / 2)))
    }

    // MARK: listeners

    func startListener(_ n: Int) {
        guard listeners[n].machine == nil, !isGone(n) else { return }
        listeners[n].life += 1
        listeners[n].isPaused = false
        listeners[n].held = []
        listeners[n].came = ([], 0)
        listeners[n].isConnected = false
        listeners[n].incarnation = max(listeners[n].incarnation + 1, UInt64(clock.nanoseconds / 1_000_000))
        let stream = StreamID(using: &generator)
        if listeners[n].stream == nil || bug != .numbersGoOnAcrossRestarts { listeners[n].stream = stream }
        var peers = PeerBook()
        for id in telegram.channels { peers.restore(.init(.channel, id), .init(accessHash: Telegram.hash(of: id), name: "channel \(id)")) }
        var groups = telegram.channels.map { CapturedGroup(kind: .channel, id: $0, uuid: "channel\($0)") }
        // Listeners capture what is registered; whose copy of a basic group is stored, the database decides.
        groups.append(CapturedGroup(kind: .basicGroup, id: Telegram.basicGroup, uuid: "group"))
        listeners[n].machine = ListenerMachine(
            producer: .init(
                role: .listener, account: "account\(n)", incarnation: listeners[n].incarnation, stream: listeners[n].stream ?? stream,
                build: "model"),
            groups: groups, peers: peers, seed: generator.next(), spool: scanDisk(n), spoolLimit: spoolLimit, segmentBytes: segmentBytes,
            windowRecords: windowRecords, memoryRecords: memoryRecords)
        referee.began(.listener(n))
        note("start listener \(n)")
        perform(n, listeners[n].machine?.begin(now: now, clock: clock) ?? [])
        plan(.connect(.listener(n), life: listeners[n].life), in: seconds(0.02...0.5))
        plan(.telegramUp(n, life: listeners[n].life), in: seconds(0.05...1))
    }

    func killListener(_ n: Int) {
        guard listeners[n].machine != nil else { return }
        note("kill listener \(n)")
        kills += 1
        listeners[n].machine = nil
        listeners[n].isPaused = false
        listeners[n].isConnected = false
        listeners[n].held = []
        listeners[n].disk.killed(cutsTooFar: bug == .spoolCutTooFar, using: &generator)
        disconnect(.listener(n))
    }

    func perform(_ n: Int, _ actions: [ListenerMachine.Action]) {
        for action in actions {
            switch action {
            case .call(let id, let call):
                plan(
                    .serve(id, call, listener: n, life: listeners[n].life, connection: listeners[n].connection),
                    in: seconds(0.01...0.05))
            case .send(let frame): send(frame, from: .listener(n))
            case .spool(let action): write(action, n)
            case .stop(let reason): referee.complain("listener \(n) stops: \(reason)")
            case .log(let line): note("listener \(n): \(line.text)")
            // The world connects by itself; nobody pauses an account there.
            case .tap, .connect: break
            case .quarantine(let object): referee.complain("listener \(n) cannot read: \(object.reason)")
            }
        }
    }
}
