import Events
import ListenerCore
import Models
import Primitives
import WriterCore

/// What must hold after every step, and in the end.
extension Pipeline {
    // MARK: always

    func check() {
        for n in listeners.indices {
            guard let machine = listeners[n].machine else { continue }
            // What was held back may come at once, when Telegram is no longer read already.
            if machine.link.window.count > max(windowRecords, memoryRecords) + 60 {
                referee.complain("listener \(n) keeps \(machine.link.window.count) records in memory")
            }
            let spool = machine.spoolState
            if spool.bytes > spool.limit + 20_000 { referee.complain("the spool of listener \(n) has \(spool.bytes) bytes") }
        }
    }

    /// A transaction is committed.
    func committed(
        _ key: ProducerKey, before: [BoxKey: Position], _ moved: [PositionChange], _ gaps: [Gap], accepted: [AcceptedRecord],
        closed: [ModelPostgres.GapRow]
    ) {
        let after = postgres.positions[key.account] ?? [:]
        referee.committed(key, before: before, after: after, gaps: gaps, accepted: accepted)
        for change in moved {
            guard let place = place(change.box, key.account) else { continue }
            guard let old = before[change.box] else { continue }
            for event in telegram[place].events {
                let at = (event.generation, event.end)
                guard at > (old.generation, old.value), at <= (change.position.generation, change.position.value) else { continue }
                if isInGap(event, change.box, key.account) { continue }
                if !isStored(event, in: place, account: key.account, wasInGap: false) {
                    referee.complain(
                        "\(key) \(change.box) stands at \(change.position.value), and \(event.kind) \(event.id) at \(event.end) is lost")
                }
            }
        }
        for row in closed {
            guard let place = place(row.gap.box, row.account) else { continue }
            for event in telegram[place].events where row.covers(event) && !isStored(event, in: place, account: row.account, wasInGap: true)
            {
                referee.complain("\(row.gap.box): a gap up to \(row.gap.to) is closed, and \(event.kind) \(event.id) is lost")
            }
        }
    }

    private func place(_ box: BoxKey, _ account: String) -> Telegram.Place? {
        switch box {
        case .common: Int(account.dropFirst("account".count)).map(Telegram.Place.common)
        case .channel(let id): .channel(id)
        case .qts: nil
        }
    }

    private func isInGap(_ event: Telegram.Event, _ box: BoxKey, _ account: String) -> Bool {
        postgres.gaps.contains { $0.account == account && $0.gap.box == box && $0.covers(event) }
    }

    private func chat(of place: Telegram.Place) -> ChatKey {
        switch place {
        case .common: .basicGroup(Telegram.basicGroup)
        case .channel(let id): .channel(id)
        }
    }

    /// Whether the rows know of the event, or of something later.
    private func isStored(_ event: Telegram.Event, in place: Telegram.Place, account: String, wasInGap: Bool) -> Bool {
        if event.kind == .noise { return true }
        if case .common = place, account != postgres.primary { return true }
        let key = ModelPostgres.RowKey(chat(of: place), event.id)
        let row = postgres.rows[key]
        if row?.deletion != nil { return true }
        if event.kind == .delete {
            // What another account stored behind the crawl's back is read again.
            if let row { return wasInGap && row.isSuspect }
            return wasInGap || postgres.tombstones[key] != nil || postgres.chatlessTombstones[account]?[event.id] != nil
        }
        // Differences leave out what is gone since.
        if telegram[place].message(event.id)?.isDeleted == true { return true }
        guard let row else { return false }
        if version(row) >= event.version { return true }
        // A difference tells of edits without their place among those of the same second: the message is read again.
        let isOfTheSecond = row.key.editDate == telegram[place].message(event.id)?.editDate
        return row.isSuspect && (wasInGap || isOfTheSecond)
    }

    private func version(_ row: MessageRow) -> Int64 { row.content.text.flatMap { Int64($0.dropFirst()) } ?? 0 }

    // MARK: in the end

    /// Whether something that is stored is missing by it: a common box without a basic group of its account is nobody's affair.
    private func matters(_ row: ModelPostgres.GapRow) -> Bool { row.isOpen && (row.gap.box != .common || row.account == postgres.primary) }

    /// Nothing is on its way, as far as anybody knows.
    var isSettled: Bool {
        transactions.isEmpty && !postgres.gaps.contains(where: matters)
            && listeners.indices.allSatisfy { n in
                isGone(n) || listeners[n].machine.map { $0.link.unacknowledged == 0 && $0.link.isWelcomed } ?? false
            }
            && backfill.link.map { $0.unacknowledged == 0 && $0.isWelcomed } ?? false && !postgres.jobs.contains(where: \.isOpen)
    }

    /// Why it is not settled.
    var stuck: [String] {
        var out: [String] = []
        if !transactions.isEmpty { out.append("\(transactions.count) transactions do not end") }
        for row in postgres.gaps where matters(row) {
            out.append("the gap \(row.id) of \(row.account) \(row.gap.box) up to \(row.gap.to) stays open")
        }
        for n in listeners.indices {
            guard let machine = listeners[n].machine else { continue }
            if machine.link.unacknowledged > 0 { out.append("listener \(n) keeps \(machine.link.unacknowledged) records for ever") }
            if !machine.link.isWelcomed { out.append("listener \(n) is never welcomed") }
        }
        if let link = backfill.link, link.unacknowledged > 0 || !link.isWelcomed { out.append("backfill waits for ever") }
        for job in postgres.jobs where job.isOpen { out.append("job \(job.id) does not end") }
        return out
    }

    /// What differs from the truth.
    var differences: [String] {
        let staying = listeners.indices.filter { !isGone($0) }
        var out = staying.flatMap { referee.lostFromDisk("account\($0)") }
        for n in staying {
            for (box, place) in [(BoxKey.common, Telegram.Place.common(n))] + telegram.channels.map({ (.channel($0), .channel($0)) }) {
                let mine = postgres.positions["account\(n)"]?[box]?.value
                if mine != telegram[place].position {
                    out.append("account\(n) \(box) at \(mine ?? -1) instead of \(telegram[place].position)")
                }
            }
        }
        for place in telegram.places {
            if case .common(let account) = place, account > 0 { continue }
            let chat = chat(of: place)
            for message in telegram[place].messages {
                let row = postgres.rows[ModelPostgres.RowKey(chat, message.id)]
                let mine = row.map { $0.deletion == nil ? "v\(version($0))" : "deleted" }
                let truly = message.isDeleted ? "deleted" : "v\(message.version)"
                // What was never seen and is gone makes no row.
                if mine == truly || message.isDeleted && mine == nil { continue }
                out.append("\(chat) \(message.id): \(mine ?? "nothing") instead of \(truly)")
            }
        }
        for key in postgres.rows.keys.sorted() {
            let place: Telegram.Place = if case .channel(let id) = key.chat { .channel(id) } else { .common(0) }
            if telegram[place].message(key.id) == nil { out.append("\(key.chat) \(key.id) never was") }
        }
        return out
    }
}

extension ModelPostgres.GapRow {
    /// Whether the event lies in it.
    func covers(_ event: Telegram.Event) -> Bool {
        guard let from = gap.from else { return (event.generation, event.end) <= (gap.generation, gap.to) }
        return event.generation == gap.generation && event.end > from && event.end <= gap.to
    }
}
