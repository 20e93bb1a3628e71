import EventLink
import Events
import Primitives
import ServiceKit
import Store
import WriterCore

/// What the writer tells about itself: counters, log lines, the tap.
struct WriterReport: Sendable {
    let context: ServiceContext
    let tap: TapPublisher

    /// The gauges and the one-liner.
    func state(_ machine: WriterMachine) {
        let status = context.status
        status.gauge("queue_records", Double(machine.queuedRecords))
        status.gauge("queue_bytes", Double(machine.queuedBytes))
        status.gauge("producers", Double(machine.producerCount))
        status.total("tap_samples_dropped_total", [:], Int64(tap.dropped))
        let circuit = machine.circuit.state.name
        status.gauge("circuit_open", circuit == "closed" ? 0 : 1)
        status.fact("circuit", .string(circuit))
        status.gauge("credit", Double(machine.credit))
        status.fact("hold", machine.holdReason.map { .string($0) } ?? .null)
        status.fact("epoch", .integer(Int64(clamping: machine.epoch)))
        status.fact("last_error", machine.lastFailure.map { .string($0) } ?? .null)
        if machine.isDraining { return }
        if machine.isPaused { return context.report(.holding, "paused; \(machine.queuedRecords) records wait") }
        if let failure = machine.lastFailure {
            return context.report(
                machine.isHeld ? .holding : .ready, "circuit \(circuit), \(machine.queuedRecords) records wait: \(failure)")
        }
        let committed = ["push", "difference", "history"].reduce(0) { $0 + status.counter("records_committed_total", ["way": $1]) }
        context.report(
            .ready,
            machine.producerCount == 0 ? "waiting for listeners" : "\(machine.producerCount) producers, \(committed) records committed")
    }

    /// What the sockets say of themselves.
    func sockets(_ link: WriterLink) {
        let counts = link.statistics
        context.status.total("link_frames_received_total", [:], Int64(clamping: counts.received))
        context.status.total("link_frames_sent_total", [:], Int64(clamping: counts.sent))
        context.status.total("link_answers_undeliverable_total", [:], Int64(clamping: counts.undeliverable))
        context.status.gauge("tap_failed", tap.failure == nil ? 0 : 1)
    }

    func welcomed(_ producer: ProducerKey, _ hello: WireHello, _ welcomed: HelloVerdict.Welcomed) {
        context.status.count("hellos_total")
        found(welcomed.gaps, producer)
        context.logger.info(
            "welcomed",
            metadata: [
                "producer": "\(producer)", "incarnation": "\(hello.incarnation)", "build": "\(hello.build)",
                "cursors": "\(welcomed.answer.cursors.map(\.committed))", "boxes": "\(welcomed.answer.positions.count)",
                "gaps": "\(welcomed.gaps.count)",
            ])
        tap.publish("link", "hello") {
            [
                "account": .string(producer.account), "role": .string(producer.role),
                "incarnation": .integer(Int64(clamping: hello.incarnation)),
                "gaps": .integer(Int64(welcomed.gaps.count)),
            ]
        }
    }

    func committed(_ batch: CommittedBatch, of producer: ProducerKey) {
        hint(batch.changes.count)
        let now = SystemClock.unix.nanoseconds
        let (status, judgement) = (context.status, batch.judgement)
        status.count("transactions_total", ["result": "committed"])
        if judgement.repeated > 0 { status.count("records_duplicate_total", by: Int64(judgement.repeated)) }
        if judgement.seen > 0 { status.count("records_seen_total", by: Int64(judgement.seen)) }
        if !judgement.refusals.isEmpty {
            status.count("frames_refused_total", by: Int64(judgement.refusals.count))
            context.logger.notice(
                "frames refused",
                metadata: ["producer": "\(producer)", "answers": "\(judgement.refusals.map { "\($0.frame.name)" }.joined(separator: " "))"])
        }
        for (way, count) in tally(judgement.accepted.map(\.record.header.way)) {
            status.count("records_committed_total", ["way": way.name], by: count)
        }
        for (kind, count) in tally(batch.changes.map(\.kind)) { status.count("rows_changed_total", ["kind": kind.rawValue], by: count) }
        found(judgement.gaps, producer)
        if let oldest = batch.pieces.map(\.receivedAt).min() { status.gauge("commit_lag_seconds", Double(max(0, now - oldest)) / 1e9) }
        for (label, count) in tally(batch.pieces.map { Label(kind: $0.kind, way: $0.way) }) {
            status.count("messages_committed_total", ["kind": label.kind, "way": label.way.name], by: count)
        }
        var page: UInt64?
        for piece in batch.pieces {
            // A page was received as one: it is one observation, not a hundred.
            if piece.way != .history || piece.number != page { observe(piece, now: now) }
            page = piece.number
            show(piece, of: producer, now: now)
        }
        for failed in batch.failed {
            status.count("messages_failed_total")
            let chat = failed.chat.map { "\($0)" } ?? "-"
            context.logger.error(
                "set aside in failed_messages",
                metadata: ["chat": "\(chat)", "message_id": "\(failed.messageID ?? 0)", "reason": "\(failed.error)"])
            tap.publish("commit", "failed", group: failed.chat.map { "\($0.id)" } ?? "-") {
                ["message_id": failed.messageID.map { .integer($0) } ?? .null, "error": .string(failed.error)]
            }
        }
    }

    /// For those who follow the outbox: it has more.
    private func hint(_ changes: Int) {
        if changes > 0 { tap.publish("outbox", "changes") { ["changes": .integer(Int64(changes))] } }
    }

    private struct Label: Hashable {
        var kind: String
        var way: WireWay
    }

    private func observe(_ piece: Piece, now: Int64) {
        let status = context.status
        status.observe("receive_to_commit_seconds", Double(max(0, now - piece.receivedAt)) / 1e9, ["way": piece.way.name])
        if piece.way == .push, case .message(let message) = piece.change.kind {
            // Telegram's dates are whole seconds, rounded down: what begins with one is up to a second too long, half a second on average.
            // Telegram's share stands alone, and ours is exact: receive_to_commit.
            let sent = max(message.date, message.editDate) * 1_000_000_000
            status.observe("telegram_to_receive_seconds", Double(max(0, piece.receivedAt - sent)) / 1e9)
            status.observe("telegram_to_commit_seconds", Double(max(0, now - sent)) / 1e9)
        }
    }

    private func show(_ piece: Piece, of producer: ProducerKey, now: Int64) {
        let sample = CommitSample(piece, account: producer.account, committedAt: now)
        tap.publish("commit", sample.kind, group: sample.group) { sample.object }
        if sample.hasMore { tap.publishFull("commit", sample.kind, group: sample.group) { sample.full ?? sample.object } }
    }

    func retried(_ letters: [RetriedLetter]) {
        for (result, count) in tally(letters.map(\.result)) {
            context.status.count("dead_letters_retried_total", ["result": result.rawValue], by: count)
        }
        for (kind, count) in tally(letters.flatMap(\.changes).map(\.kind)) {
            context.status.count("rows_changed_total", ["kind": kind.rawValue], by: count)
        }
        hint(letters.flatMap(\.changes).count)
    }

    func forgot(_ rows: Int64) {
        if rows > 0 { context.status.count("rows_forgotten_total", by: rows) }
    }

    func failed(_ failure: FailureClass, _ error: any Error, _ work: Work, _ machine: WriterMachine) {
        context.status.count("transactions_total", ["result": "\(failure)"])
        let line = "transaction failed: \(error)"
        let metadata = ["producer": "\(work.producer)", "records": "\(work.recordCount)", "circuit": "\(machine.circuit.state.name)"]
        switch failure {
        case .operators, .data: context.logger.critical("\(line)", metadata: metadata.mapValues { "\($0)" })
        case .conflict: context.logger.notice("\(line)", metadata: metadata.mapValues { "\($0)" })
        case .environment, .timeout: context.logger.warning("\(line)", metadata: metadata.mapValues { "\($0)" })
        }
        state(machine)
    }

    private func found(_ gaps: [Gap], _ producer: ProducerKey) {
        for gap in gaps {
            context.status.count("gaps_found_total", ["reason": gap.reason.rawValue])
            context.logger.warning(
                "gap recorded",
                metadata: [
                    "producer": "\(producer)", "box": "\(gap.box)", "from": "\(gap.from.map { "\($0)" } ?? "everything")",
                    "to": "\(gap.to)", "reason": "\(gap.reason.rawValue)",
                ])
        }
    }
}

/// How often each occurs.
private func tally<Value: Hashable>(_ values: [Value]) -> [Value: Int64] {
    values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
}
