import Events
import Primitives
import WriterCore

/// What goes wrong, and how it ends.
extension Pipeline {
    func fault() {
        guard !isHealed else { return }
        faults += 1
        plan(.fault, in: seconds(0.3...6))
        let n = Int.random(in: listeners.indices, using: &generator)
        switch onlyKills ? Int.random(in: 0..<3, using: &generator) : Int.random(in: 0..<18, using: &generator) {
        case 0:
            killListener(n)
            plan(.start(.listener(n)), in: seconds(0.1...6))
        case 1:
            guard let writer = writers.last(where: \.isAlive) else { return }
            killWriter(writer.id)
            plan(.startWriter, in: seconds(0.1...4))
        case 2:
            killBackfill()
            plan(.start(.backfill), in: seconds(0.1...6))
        case 3: pause(.listener(n))
        case 4: pause(.backfill)
        case 5, 6: pauseWriter()
        case 7: disconnect(.listener(n))
        case 8: disconnect(.backfill)
        case 9: cut(n)
        case 10:
            isDatabaseUp = false
            note("the database is away")
            plan(.databaseUp, in: seconds(0.5...12))
        case 11:
            // A hole that no difference fills.
            cut(n)
            happen(Int.random(in: 8...20, using: &generator))
        case 12:
            guard !listeners[n].disk.isFull else { return }
            note("disk \(n) is full")
            listeners[n].disk.isFull = true
            plan(.disk(.room, listener: n, life: 0), in: seconds(0.5...10))
        case 13, 14:
            killListener(n)
            loseSegments(n)
            plan(.start(.listener(n)), in: seconds(0.1...6))
        case 15, 16:
            // What nobody has committed yet is lost from the disk, and nothing ever happens again where it had happened: no later
            // record tells that something is missing.
            isDatabaseUp = false
            note("the database is away, and some places fall silent")
            happen(Int.random(in: 3...8, using: &generator))
            for place in telegram.places where chance(0.7) { quiet.insert(place) }
            plan(.robbery(n), in: seconds(0.5...3))
            plan(.databaseUp, in: seconds(4...12))
        default: reset()
        }
    }

    func rob(_ n: Int) {
        guard !isHealed else { return }
        killListener(n)
        if listeners[n].disk.files.count > 1 {
            referee.rob("account\(n)")
            let newest = listeners[n].disk.files.count - 1
            listeners[n].disk.files.removeFirst(Int.random(in: 1...newest, using: &generator))
            note("disk \(n) keeps its newest segments only")
        }
        plan(.start(.listener(n)), in: seconds(0.1...3))
    }

    func heal() {
        isHealed = true
        healedAt = now
        // What is lost between others can always be told again.
        weather = Weather(garbling: weather.garbling, faults: false)
        isDatabaseUp = true
        note("heal")
        for n in listeners.indices {
            makeRoom(n)
            if isGone(n) {
                killListener(n)
                continue
            }
            if listeners[n].isPaused { resume(.listener(n), listeners[n].life) }
            if listeners[n].machine == nil { startListener(n) }
        }
        if backfill.isPaused { resume(.backfill, backfill.life) }
        if backfill.link == nil { startBackfill() }
        for writer in writers where writer.isPaused { resumeWriter(writer.id) }
        // One that another was started beside ends when somebody sees it.
        for writer in writers.dropLast() where writer.isAlive { killWriter(writer.id) }
        if !writers.contains(where: \.isAlive) { startWriter() }
    }

    /// Whether this account never comes back, put out by Telegram: what it has left lies with the other one.
    func isGone(_ n: Int) -> Bool { isHealed && n > 0 && losesAccount }

    // MARK: stopped processes

    private func pause(_ producer: ProducerID) {
        let life: Int
        switch producer {
        case .listener(let n):
            guard listeners[n].machine != nil, !listeners[n].isPaused else { return }
            listeners[n].isPaused = true
            life = listeners[n].life
        case .backfill:
            guard backfill.link != nil, !backfill.isPaused else { return }
            backfill.isPaused = true
            life = backfill.life
        }
        note("\(producer) is stopped")
        if let connection = link.connection(of: route(producer)) {
            plan(.heartbeatLost(connection: connection.id), in: Pipeline.heartbeat)
        }
        plan(.resume(producer, life: life), in: seconds(0.1...15))
    }

    func resume(_ producer: ProducerID, _ life: Int) {
        guard isAlive(producer, life), isPaused(producer) else { return }
        note("\(producer) wakes up")
        let held: [Event]
        switch producer {
        case .listener(let n):
            held = listeners[n].held
            listeners[n].held = []
            listeners[n].isPaused = false
        case .backfill:
            held = backfill.held
            backfill.held = []
            backfill.isPaused = false
        }
        for (i, event) in held.enumerated() { plan(event, in: .nanoseconds(Int64(i))) }
    }

    /// Stopped, with its transaction wherever it is; sometimes another is started beside it.
    private func pauseWriter() {
        guard let w = writers.lastIndex(where: { $0.isAlive && !$0.isPaused }) else { return }
        let id = writers[w].id
        note("writer \(id) is stopped")
        writers[w].isPaused = true
        for connection in link.connections(to: id) { plan(.heartbeatLost(connection: connection.id), in: Pipeline.heartbeat) }
        let wakes = seconds(0.1...20)
        // A transaction that was not yet told to commit waits for its client, and holds its row.
        for transaction in transactions where transaction.writer == id && transaction.isRunning && chance(0.5) {
            agenda.removeAll { if case .transaction(transaction.id) = $0.event { true } else { false } }
            plan(.transaction(transaction.id), in: wakes + .milliseconds(50))
        }
        plan(.resumeWriter(id), in: wakes)
        if chance(0.6) { plan(.startWriter, in: seconds(0.1...5)) }
    }

    // MARK: Telegram

    private func cut(_ n: Int) {
        guard listeners[n].isConnected, !listeners[n].isPaused else { return }
        note("telegram down \(n)")
        listeners[n].isConnected = false
        perform(n, listeners[n].machine?.telegramDisconnected(now: now, clock: clock) ?? [])
        plan(.telegramUp(n, life: listeners[n].life), in: seconds(0.1...20))
    }

    /// The server counts a channel anew. Once: a count that comes to where the last one was is none that a client could notice.
    private func reset() {
        for id in telegram.channels where telegram[.channel(id)].generation == 1 {
            let isKnown = listeners.indices.allSatisfy { postgres.positions["account\($0)"]?[.channel(id)] != nil }
            guard isKnown else { continue }
            note("channel \(id) is counted anew")
            telegram.reset(id)
            return
        }
    }
}
