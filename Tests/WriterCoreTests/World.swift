import Events
import ListenerCore
import Primitives
import ProducerCore
import WriterCore

/// Listeners, link, writer and database in one thread and one time, from one seed: the real ProducerMachine, Batcher, WriterMachine and
/// judgement over a network that cuts and delays, and a Postgres that refuses, stalls, or commits and loses the answer.
struct World {
    struct Settings {
        var listeners = 3
        var credit: UInt32 = 40
        var batching = Batcher.Limits()
        /// How long a healthy transaction takes, in milliseconds.
        var commitMilliseconds = 5...80
        /// Events of each account in one tick.
        var events: [ClosedRange<Int64>] = [0...1, 0...2, 0...1]
        /// Records that a listener keeps unacknowledged before it stops reading Telegram.
        var window = 200
        var hasFaults = true
    }

    private struct Listener {
        var machine: ProducerMachine
        let key: ProducerKey
        /// Telegram's pts.
        var server: Int64 = 0
        /// Where the next record begins; nil until a WELCOME tells this process.
        var position: Int64?
        /// Names the connection; answers to an older one find nobody.
        var connection: UInt8 = 0
        var toWriter: [WireFrame] = []
        var fromWriter: [WireFrame] = []
        /// Since when it is without a WELCOME.
        var unwelcomedSince: Instant?
    }

    private enum End {
        case commit
        case fail(FailureClass)
        case loseAnswer
    }

    private struct Transaction {
        var work: Work
        var due: Instant
        var end: End
        var epoch: UInt64
    }

    static let box = BoxKey.channel(5)
    private static let tick = Duration.milliseconds(20)

    let settings: Settings
    private(set) var now = Instant(nanoseconds: 0)
    private var generator: SeededGenerator
    private var listeners: [Listener] = []
    private var writer: WriterMachine
    private(set) var database = ModelDatabase()
    private var transactions: [Transaction] = []
    private var incarnation: UInt64 = 0
    private(set) var faults = 0
    /// What may never happen, in words.
    private(set) var wrongs: [String] = []
    /// The longest that a listener waited for its WELCOME.
    private(set) var longestWelcome = Duration.zero

    init(seed: UInt64, _ settings: Settings = Settings()) {
        self.settings = settings
        generator = SeededGenerator(seed: seed)
        writer = WriterMachine(epoch: 1, credit: settings.credit, batching: settings.batching)
        for n in 0..<settings.listeners {
            let key = ProducerKey(role: "listener", account: "account\(n)")
            listeners.append(Listener(machine: newMachine(key), key: key))
            connect(n)
        }
    }

    var keys: [ProducerKey] { listeners.map(\.key) }
    /// Every event of Telegram is committed, and its listener knows.
    var isCaughtUp: Bool {
        listeners.allSatisfy { database.position($0.key) == $0.server && $0.machine.unacknowledged == 0 && $0.machine.isWelcomed }
    }

    /// Lets time pass. `withEvents`: Telegram goes on, too.
    mutating func run(for time: Duration, withFaults: Bool, withEvents: Bool = true) {
        let end = now + time
        while now < end {
            now = now + World.tick
            if withFaults, Int.random(in: 0..<60, using: &generator) == 0 { fault() }
            for n in listeners.indices { listen(n, withEvents: withEvents) }
            finishTransactions()
            for n in listeners.indices { carry(n) }
            work(withFaults: withFaults)
        }
    }

    /// The last faults end: nobody stays paused.
    mutating func heal() {
        writer.resume()
        for i in transactions.indices { transactions[i].due = min(transactions[i].due, now) }
    }

    mutating func disconnect(_ n: Int) {
        // What was under way is lost; sometimes what the writer has not read yet is read all the same.
        if Bool.random(using: &generator) { listeners[n].toWriter = [] }
        listeners[n].fromWriter = []
        connect(n)
    }

    // MARK: faults

    private mutating func fault() {
        faults += 1
        let n = Int.random(in: listeners.indices, using: &generator)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0...2: disconnect(n)
        case 3, 4:
            // Killed: its window is gone, and Telegram tells again from where the database stands.
            listeners[n].machine = newMachine(listeners[n].key)
            listeners[n].position = nil
            listeners[n].toWriter = []
            disconnect(n)
        case 5, 6: restartWriter()
        default: if writer.isPaused { writer.resume() } else { writer.pause(reason: "paused") }
        }
    }

    /// Killed: the queue is gone; a transaction in flight may still end, on a connection that nobody reads.
    private mutating func restartWriter() {
        if Bool.random(using: &generator) { transactions = [] }
        writer = WriterMachine(
            epoch: max(database.nextEpoch, writer.epoch + 1), credit: settings.credit, batching: settings.batching,
            pausedFor: writer.pauseReason)
        for n in listeners.indices { disconnect(n) }
    }

    private mutating func newMachine(_ key: ProducerKey) -> ProducerMachine {
        incarnation += 1
        return ProducerMachine(
            .init(
                role: .listener, account: key.account, incarnation: incarnation, stream: StreamID(using: &generator), build: "model"),
            windowRecords: settings.window)
    }

    // MARK: listeners

    private mutating func connect(_ n: Int) {
        listeners[n].connection &+= 1
        listeners[n].unwelcomedSince = now
        take(listeners[n].machine.connected(now: now), n)
    }

    private mutating func listen(_ n: Int, withEvents: Bool) {
        if withEvents { listeners[n].server += Int64.random(in: settings.events[n], using: &generator) }
        while let from = listeners[n].position, from < listeners[n].server, !listeners[n].machine.window.isFull {
            let to = min(listeners[n].server, from + Int64.random(in: 1...2, using: &generator))
            listeners[n].machine.append(World.record(from, to))
            listeners[n].position = to
        }
        listeners[n].toWriter += listeners[n].machine.flush().frames
        if listeners[n].machine.nextDeadline <= now { take(listeners[n].machine.advance(now: now), n) }
    }

    private static func record(_ from: Int64, _ to: Int64) -> WireRecord {
        .with {
            $0.header.box = box.wire
            $0.header.generation = 1
            $0.header.from = from
            $0.header.to = to
        }
    }

    private mutating func take(_ step: ProducerMachine.Step, _ n: Int) {
        listeners[n].toWriter += step.frames
        for notice in step.notices {
            switch notice {
            case .welcomed(let positions, _):
                if let since = listeners[n].unwelcomedSince { longestWelcome = max(longestWelcome, now - since) }
                listeners[n].unwelcomedSince = nil
                if listeners[n].position == nil { listeners[n].position = positions.first?.position.value ?? 0 }
            case .superseded(let reason),
                .lost(let reason) where reason.hasPrefix("malformed"):
                wrongs.append("\(n): \(reason)")
            case .incompatible: wrongs.append("\(n): incompatible")
            case .acknowledged, .held, .resumed, .lost, .runFinished, .otherDatabase: break
            }
        }
        if !listeners[n].machine.isWelcomed, listeners[n].unwelcomedSince == nil { listeners[n].unwelcomedSince = now }
    }

    // MARK: the network

    private func route(_ n: Int) -> [UInt8] { [UInt8(n), listeners[n].connection] }

    /// Most ticks the network carries what there is, both ways; a writer that wants nothing more leaves it where it is.
    private mutating func carry(_ n: Int) {
        guard Int.random(in: 0..<4, using: &generator) > 0 else { return }
        while writer.wantsInput, !listeners[n].toWriter.isEmpty {
            let frame = listeners[n].toWriter.removeFirst()
            writer.received(frame, route: route(n), now: now)
        }
        let frames = listeners[n].fromWriter
        listeners[n].fromWriter = []
        for frame in frames { take(listeners[n].machine.received(frame, now: now), n) }
    }

    // MARK: the writer and its database

    private mutating func work(withFaults: Bool) {
        while let action = writer.next(now: now) {
            switch action {
            case .send(let answers): send(answers)
            case .forget: writer.forgot(isMore: false, now: now)
            case .retry, .refuseRetries: wrongs.append("a retry that nobody asked for")
            case .finished: wrongs.append("finished without a drain")
            case .commit(let work, _): begin(work, withFaults: withFaults)
            }
        }
    }

    private mutating func begin(_ work: Work, withFaults: Bool) {
        var end = End.commit
        var time = Duration.milliseconds(Int.random(in: settings.commitMilliseconds, using: &generator))
        if withFaults {
            switch Int.random(in: 0..<40, using: &generator) {
            case 0...2: end = .fail([.environment, .conflict, .operators].randomElement(using: &generator) ?? .environment)
            case 3, 4: end = .loseAnswer
            case 5: (end, time) = (.fail(.timeout), .seconds(30))
            default: break
            }
        }
        transactions.append(Transaction(work: work, due: now + time, end: end, epoch: writer.epoch))
        if transactions.filter({ $0.epoch == writer.epoch }).count > 1 { wrongs.append("two transactions at once") }
    }

    private mutating func finishTransactions() {
        for transaction in transactions where transaction.due <= now { finish(transaction) }
        transactions.removeAll { $0.due <= now }
    }

    private mutating func finish(_ transaction: Transaction) {
        let isOurs = transaction.epoch == writer.epoch
        switch transaction.end {
        case .fail(let failure): if isOurs { writer.failed(failure, reason: "\(failure)", now: now) }
        case .commit, .loseAnswer:
            let outcome = database.commit(transaction.work, epoch: transaction.epoch, credit: settings.credit)
            guard isOurs else { return }
            if case .loseAnswer = transaction.end { return writer.failed(.environment, reason: "no answer to COMMIT", now: now) }
            switch outcome {
            case .answers(let answers): writer.committed(answers: answers, now: now)
            case .superseded: wrongs.append("the newest writer is superseded")
            }
        }
    }

    private mutating func send(_ answers: [Answer]) {
        for answer in answers {
            let n = Int(answer.route[0])
            if answer.route == route(n) { listeners[n].fromWriter.append(answer.frame) }
        }
    }
}
