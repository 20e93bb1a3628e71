import Events
import Models
import Primitives
import WriterCore

/// The writers and their transactions.
extension Pipeline {
    func startWriter() {
        lastWriter += 1
        let id = lastWriter
        writers.removeAll { !$0.isAlive }
        let epoch = postgres.nextEpoch(unixMilliseconds: clock.nanoseconds / 1_000_000)
        note("start writer \(id)")
        writers.append(Writer(id: id, machine: WriterMachine(epoch: epoch, credit: credit, batching: batching)))
    }

    func killWriter(_ id: Int) {
        guard let w = writers.firstIndex(where: { $0.id == id }), writers[w].isAlive else { return }
        note("kill writer \(id)")
        kills += 1
        writers[w].isAlive = false
        writers[w].inbox = []
        link.end(writer: id)
        for connection in link.connections(to: id) { disconnect(producer(connection.route)) }
        // Whether its COMMIT had left.
        for transaction in transactions where transaction.writer == id {
            if !transaction.isRunning || chance(0.5) { drop(transaction.id) }
        }
    }

    /// Does what the machine wants.
    func work(_ id: Int) {
        guard let w = writers.firstIndex(where: { $0.id == id }), writers[w].isAlive, !writers[w].isPaused else { return }
        var read = 0
        while read < writers[w].inbox.count, writers[w].machine.wantsInput {
            let (frame, route) = writers[w].inbox[read]
            read += 1
            writers[w].machine.received(frame, route: route, now: now)
        }
        writers[w].inbox.removeFirst(read)
        while let action = writers[w].machine.next(now: now) {
            switch action {
            case .send(let answers): send(answers, fromWriter: id)
            case .commit(let work, _): begin(work, w)
            case .forget: writers[w].machine.forgot(isMore: false, now: now)
            case .retry, .refuseRetries: preconditionFailure("nobody asked for a retry")
            case .finished: referee.complain("writer \(id) finished without a drain")
            }
        }
        let limit = batching.queueRecords + 2 * Contract.maximumBatchRecords
        if writers[w].machine.queuedRecords > limit { referee.complain("writer \(id) holds \(writers[w].machine.queuedRecords) records") }
    }

    // MARK: transactions

    private func begin(_ work: Work, _ w: Int) {
        lastTransaction += 1
        var end = Transaction.End.commit
        var time = seconds(0.003...0.08)
        if chance(weather.trouble) {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: end = .fail(.environment)
            case 1, 2: end = .fail(.conflict)
            case 3: (end, time) = (.fail(.timeout), .seconds(10))
            case 4: (end, time) = (.commit, .seconds(4))
            default: end = .loseAnswer
            }
        }
        let transaction = Transaction(
            id: lastTransaction, writer: writers[w].id, epoch: writers[w].machine.epoch, work: work, end: end, time: time,
            before: bug == .judgedFromMemory ? postgres.state(work.producer) : nil)
        if transactions.contains(where: { $0.writer == transaction.writer }) {
            referee.complain("writer \(transaction.writer) has two transactions at once")
        }
        transactions.append(transaction)
        if bug == .ackBeforeCommit { acknowledgeAtOnce(transaction) }
        runWaiting(work.producer)
    }

    /// The first that waits for the row of this producer gets it, when nobody has it.
    private func runWaiting(_ key: ProducerKey) {
        guard !transactions.contains(where: { $0.work.producer == key && $0.isRunning }),
            let t = transactions.firstIndex(where: { $0.work.producer == key })
        else { return }
        transactions[t].isRunning = true
        plan(.transaction(transactions[t].id), in: transactions[t].time)
    }

    /// Rolled back by the server, whose client is gone.
    func drop(_ id: Int) {
        guard let t = transactions.firstIndex(where: { $0.id == id }) else { return }
        let key = transactions.remove(at: t).work.producer
        runWaiting(key)
    }

    func finish(_ id: Int) {
        guard let t = transactions.firstIndex(where: { $0.id == id }) else { return }
        let transaction = transactions.remove(at: t)
        defer { runWaiting(transaction.work.producer) }
        var end = transaction.end
        if !isDatabaseUp { end = chance(0.3) ? .loseAnswer : .fail(.environment) }
        switch end {
        case .fail(let failure):
            if bug == .cursorOutsideTheTransaction { moveCursors(transaction) }
            tell(transaction.writer, .failed(failure, "\(failure)"))
        case .commit: tell(transaction.writer, commit(transaction))
        case .loseAnswer:
            let outcome = commit(transaction)
            if case .superseded = outcome { return tell(transaction.writer, outcome) }
            if bug == .lostAnswerTakenForAFailure { forgetAnswer(transaction) }
            tell(transaction.writer, .failed(.environment, "no answer to COMMIT"))
        }
    }

    private func commit(_ transaction: Transaction) -> TransactionEnd {
        postgres.clock = clock.seconds
        switch transaction.work {
        case .hello(let key, let hello, let route):
            let before = postgres.positions[key.account] ?? [:]
            switch postgres.hello(hello, of: key, epoch: transaction.epoch, credit: credit) {
            case .welcome(let welcomed):
                note("welcomes \(key), gaps \(welcomed.gaps.count)")
                committed(key, before: before, welcomed.positions, welcomed.gaps, accepted: [], closed: [])
                return .committed([Answer(route: route, frame: WireFrame(.welcome(welcomed.answer)))])
            case .refused(let frame), .otherDatabase(let frame): return .committed([Answer(route: route, frame: frame)])
            case .superseded: return .superseded
            }
        case .batches(let key, let batches):
            let before = postgres.positions[key.account] ?? [:]
            let done: ModelPostgres.Committed
            if let state = transaction.before {
                let judgement = judge(batches: batches, stored: state, epoch: transaction.epoch, credit: credit)
                if judgement.supersededBy != nil { return .superseded }
                done = postgres.store(judgement, of: key)
            } else if bug == .sliceCutByABatch {
                var judgement = judge(batches: batches, stored: postgres.state(key), epoch: transaction.epoch, credit: credit)
                if judgement.supersededBy != nil { return .superseded }
                judgement.accepted = judgement.accepted.map(cut)
                done = postgres.store(judgement, of: key)
            } else {
                done = postgres.commit(batches, of: key, epoch: transaction.epoch, credit: credit)
            }
            let judgement = done.judgement
            if judgement.supersededBy != nil { return .superseded }
            for piece in done.failed { referee.complain("a dead letter: \(piece.error)") }
            note("commits \(judgement.accepted.count) of \(key), seen \(judgement.seen), repeated \(judgement.repeated)")
            committed(key, before: before, judgement.positions, judgement.gaps, accepted: judgement.accepted, closed: done.closed)
            return .committed(judgement.acknowledgements + (bug == .refusalDropped ? [] : judgement.refusals))
        }
    }

    private func tell(_ writer: Int, _ end: TransactionEnd) {
        guard let w = writers.firstIndex(where: { $0.id == writer }), writers[w].isAlive else { return }
        if writers[w].isPaused { return writers[w].ends.append(end) }
        switch end {
        case .committed(let answers): writers[w].machine.committed(answers: answers, now: now)
        case .failed(let failure, let reason): writers[w].machine.failed(failure, reason: reason, now: now)
        case .superseded:
            note("writer \(writer) is superseded")
            if lastWriter == writer { referee.complain("the newest writer is superseded") }
            return killWriter(writer)
        }
        work(writer)
    }

    func resumeWriter(_ id: Int) {
        guard let w = writers.firstIndex(where: { $0.id == id }), writers[w].isAlive, writers[w].isPaused else { return }
        note("writer \(id) wakes up")
        writers[w].isPaused = false
        let ends = writers[w].ends
        writers[w].ends = []
        for end in ends { tell(id, end) }
        work(id)
    }

    // MARK: planted

    /// The second half of a slice is another record, whose position is passed already when it comes.
    private func cut(_ accepted: AcceptedRecord) -> AcceptedRecord {
        guard accepted.record.header.way == .difference, let changes = try? accepted.record.changes(), changes.count > 1,
            let half = try? WireRecord(accepted.record.header, changes: Array(changes.prefix(changes.count / 2)))
        else { return accepted }
        var out = accepted
        out.record = half
        return out
    }

    private func acknowledgeAtOnce(_ transaction: Transaction) {
        guard case .batches(let key, let batches) = transaction.work else { return }
        let judgement = judge(batches: batches, stored: postgres.state(key), epoch: transaction.epoch, credit: credit)
        send(judgement.acknowledgements, fromWriter: transaction.writer)
    }

    private func moveCursors(_ transaction: Transaction) {
        guard case .batches(let key, let batches) = transaction.work else { return }
        let judgement = judge(batches: batches, stored: postgres.state(key), epoch: transaction.epoch, credit: credit)
        if judgement.supersededBy == nil { postgres.storeCursors(judgement, of: key) }
    }

    /// The writer believes that nothing was stored, and has it stored as it was judged before.
    private func forgetAnswer(_ transaction: Transaction) {
        guard case .batches(let key, let batches) = transaction.work else { return }
        let before = postgres.positions[key.account] ?? [:]
        var judgement = judge(batches: batches, stored: postgres.state(key), epoch: transaction.epoch, credit: credit)
        judgement.accepted = batches.flatMap { received in
            received.batch.records.enumerated().compactMap { offset, record in
                received.batch.streamID.map { AcceptedRecord(stream: $0, number: received.batch.first + UInt64(offset), record: record) }
            }
        }
        let done = postgres.store(judgement, of: key)
        committed(key, before: before, [], [], accepted: done.judgement.accepted, closed: done.closed)
    }
}
