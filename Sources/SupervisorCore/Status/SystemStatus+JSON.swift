import Primitives

extension SystemStatus {
    /// The answer to `GET /admin/live-crawler/status`: the five fields that the frontend reads, then each stage.
    public var liveCrawler: JSON { board.status(now: now, at: time) }

    /// The answer to `GET /admin/status`: everything. Times are unix seconds. Stable, and only grows.
    public var json: JSON {
        guard case .object(let crawler) = board.status(now: now, at: time) else { return .null }
        let head = crawler.filter { $0.name != "stages" }
        return .object(
            [JSON.Member("at", .double(Double(time.nanoseconds) / 1e9))] + head + [
                .init("stages", .array(stages.map(\.json))), .init("database", databaseJSON), .init("groups", groupsJSON),
                .init("accounts", .array((database.snapshot?.accounts ?? []).map(\.json))), .init("queues", queuesJSON),
                .init("gaps", gapsJSON),
            ])
    }

    /// Whether the database answers, and of when what is known of it is.
    public var databaseJSON: JSON {
        [
            "reachable": .bool(isDatabaseReachable), "error": database.error.map { .string($0) } ?? .null,
            "snapshot_age": database.takenAt.map { .double((now - $0).inSeconds) } ?? .null,
            "messages_estimate": database.snapshot.map { .integer($0.queues.messagesEstimate) } ?? .null,
        ]
    }

    /// Each registered group.
    public var groupsJSON: JSON {
        .array((database.snapshot?.groups ?? []).map { $0.json(verdict: $0.verdict(since: wantedSince)) })
    }

    /// Spools, the writer's queue, outbox, files, dead letters, crawls.
    public var queuesJSON: JSON {
        let spools = stages.compactMap { stage -> JSON? in
            guard let waiting = stage.waiting else { return nil }
            return [
                "service": .string(stage.name), "records": .integer(waiting), "credit": JSON(stage.credit),
                "spool_bytes": JSON(stage.spoolBytes), "spool_limit_bytes": JSON(stage.gauge("spool_limit_bytes").map(whole)),
                "oldest_seconds": JSON(stage.spoolOldestSeconds), "circuit": JSON(stage.circuit),
            ]
        }
        guard let queues = database.snapshot?.queues else { return ["stages": .array(spools)] }
        return [
            "stages": .array(spools),
            "outbox": [
                "rows": .integer(queues.outboxRows), "newest": .integer(queues.newestChange), "oldest_at": JSON(queues.oldestChangeAt),
            ],
            "media": [
                "queued": .integer(queues.mediaQueued), "leased": .integer(queues.mediaLeased), "failed": .integer(queues.mediaFailed),
                "oldest_at": JSON(queues.oldestMediaAt),
            ],
            "crawls": ["queued": .integer(queues.crawlsQueued), "running": .integer(queues.crawlsRunning)],
            "dead_letters": [
                "count": .integer(queues.deadLetters), "oldest_at": JSON(queues.oldestDeadLetterAt),
                "ages": .object(queues.deadLetterAges.map { JSON.Member($0.name, .integer($0.count)) }),
            ],
        ]
    }

    private var gapsJSON: JSON {
        ["count": .integer(database.snapshot?.gapCount ?? 0), "open": .array((database.snapshot?.gaps ?? []).map(\.json))]
    }
}

extension SystemStatus.Stage {
    /// What `GET /admin/live-crawler/status` tells of it, and what else is known by name.
    public var json: JSON {
        let lag: JSON =
            self.lag.map { ["p50": .double($0.p50), "p99": .double($0.p99), "max": .double($0.max), "count": .integer($0.count)] } ?? .null
        return [
            "service": .string(name), "up": .bool(isUp), "state": .string(state), "detail": .string(detail), "account": JSON(account),
            "connected": isConnected.map { .bool($0) } ?? .null, "groups": JSON(gauge("groups").map(whole)),
            "messages_received": JSON(total("messages_received_total")), "uptime": .integer(uptime), "restarts": .integer(restarts),
            "version": JSON(version), "commit": JSON(entry?.heartbeat.commit), "pid": JSON(entry?.heartbeat.pid),
            "heartbeat_age": entry.map { .double((status.now - $0.heardAt).inSeconds) } ?? .null, "lag_seconds": lag,
            "waiting_records": JSON(waiting), "credit": JSON(credit), "circuit": JSON(circuit), "spool_bytes": JSON(spoolBytes),
            "spool_oldest_seconds": JSON(spoolOldestSeconds),
            "flood_waits": .array(floodWaits.map { ["method": .string($0.method), "seconds": .double($0.seconds)] }),
            "counters": object(entry?.heartbeat.counters ?? []) { .integer($0) },
            "gauges": object(entry?.heartbeat.gauges ?? []) { .double($0) }, "facts": entry?.heartbeat.facts ?? .object([]),
        ]
    }

    private func object<Value>(_ samples: [Heartbeat.Sample<Value>], _ json: (Value) -> JSON) -> JSON {
        .object(samples.map { JSON.Member($0.name.text, json($0.value)) })
    }
}

extension DatabaseSnapshot.Group {
    func json(verdict: Verdict) -> JSON {
        [
            "id": .string(id), "telegram_id": .integer(telegramID), "chat_type": .string(chatType), "title": JSON(title),
            "username": JSON(username), "is_enabled": .bool(isEnabled), "status": .string(status), "last_message_at": JSON(lastMessageAt),
            "error_count": .integer(errorCount), "last_error": JSON(lastError),
            "last_error_at": lastError == nil ? .null : JSON(statusAt), "initial_crawl_progress": .integer(initialProgress),
            "initial_crawl_total": .integer(initialTotal), "migrated_to": JSON(migratedTo), "crawl": crawl?.json ?? .null,
            "coverage": [
                "verdict": .string(verdict.rawValue), "complete": .bool(verdict == .complete), "ranges": .integer(ranges),
                "low": JSON(covered?.low), "high": JSON(covered?.high), "since": JSON(covered?.since),
                "live": covered.map { .bool($0.isLive) } ?? .null,
            ],
            "open_gaps": .integer(openGaps), "dead_letters": .integer(deadLetters),
        ]
    }
}

extension DatabaseSnapshot.Crawl {
    var json: JSON {
        [
            "id": .integer(id), "kind": .string(kind), "state": .string(state), "pages": .integer(pages), "messages": .integer(messages),
            "total": .integer(total), "progress": progress.map { .double($0) } ?? .null, "attempts": .integer(attempts),
            "error": JSON(error), "updated_at": .integer(updatedAt.seconds),
        ]
    }
}

extension DatabaseSnapshot.Account {
    var json: JSON {
        ["name": .string(name), "state": .string(state), "reason": JSON(reason), "updated_at": .integer(updatedAt.seconds)]
    }
}

extension DatabaseSnapshot.Gap {
    var json: JSON {
        [
            "id": .integer(id), "account": .string(account), "box": .string(box), "channel_id": .integer(channelID),
            "group_id": JSON(group), "reason": .string(reason), "found_at": .integer(foundAt.seconds),
        ]
    }
}

extension JSON {
    /// The text, or null.
    init(_ text: String?) { self = text.map { .string($0) } ?? .null }
    /// Whole unix seconds, or null.
    init(_ time: UnixTime?) { self = time.map { .integer($0.seconds) } ?? .null }
    init(_ number: Int64?) { self = number.map { .integer($0) } ?? .null }
}
