import Primitives

extension SystemStatus {
    /// Everything that `/metrics` tells and that alarms judge.
    public var metrics: MetricPage {
        var page = board.metrics(now: now)
        page.gauge("database_up", isDatabaseReachable ? 1 : 0)
        guard let snapshot = database.snapshot, let takenAt = database.takenAt else { return page }
        page.gauge("database_snapshot_age_seconds", (now - takenAt).inSeconds)
        addGroups(snapshot, to: &page)
        addQueues(snapshot, to: &page)
        for account in snapshot.accounts { page.gauge("account_active", account.state == "active" ? 1 : 0, ["account": account.name]) }
        return page
    }

    private func addGroups(_ snapshot: DatabaseSnapshot, to page: inout MetricPage) {
        for status in ["active", "error", "inactive", "initializing"] {
            page.gauge("registered_groups", Double(snapshot.groups.count { $0.status == status }), ["status": status])
        }
        for group in snapshot.groups where group.migratedTo == nil {
            let label = MetricPage.labels(["group": group.id, "telegram_id": "\(group.telegramID)"])
            let verdict = group.verdict(since: wantedSince)
            page.add("group_enabled", .gauge, label, .integer(group.isEnabled ? 1 : 0))
            guard group.isEnabled else { continue }
            page.add("group_complete", .gauge, label, .integer(verdict == .complete ? 1 : 0))
            if let since = group.covered?.since { page.add("group_covered_seconds", .gauge, label, .integer(age(since))) }
            if let last = group.lastMessageAt { page.add("group_last_message_timestamp_seconds", .gauge, label, .integer(last.seconds)) }
            if let progress = group.crawl?.progress, group.crawl?.state == "running" {
                page.add("group_crawl_progress_ratio", .gauge, label, .number(progress))
            }
        }
    }

    private func addQueues(_ snapshot: DatabaseSnapshot, to page: inout MetricPage) {
        let queues = snapshot.queues
        func oldest(_ moment: UnixTime?) -> Double { moment.map { Double(age($0)) } ?? 0 }
        page.gauge("open_gaps", Double(snapshot.gapCount))
        page.gauge("open_gap_oldest_seconds", oldest(snapshot.gaps.map(\.foundAt).min()))
        page.gauge("dead_letters", Double(queues.deadLetters))
        page.gauge("dead_letter_oldest_seconds", oldest(queues.oldestDeadLetterAt))
        page.gauge("outbox_rows", Double(queues.outboxRows))
        page.gauge("outbox_oldest_seconds", oldest(queues.oldestChangeAt))
        page.gauge("outbox_newest_change", Double(queues.newestChange))
        for (state, count) in [("failed", queues.mediaFailed), ("leased", queues.mediaLeased), ("queued", queues.mediaQueued)] {
            page.gauge("media_files", Double(count), ["state": state])
        }
        page.gauge("media_oldest_seconds", oldest(queues.oldestMediaAt))
        page.gauge("crawl_jobs", Double(queues.crawlsQueued), ["state": "queued"])
        page.gauge("crawl_jobs", Double(queues.crawlsRunning), ["state": "running"])
        page.gauge("stored_messages_estimate", Double(queues.messagesEstimate))
    }
}
