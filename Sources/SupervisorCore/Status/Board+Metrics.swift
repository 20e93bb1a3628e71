import Primitives

extension Board {
    /// Every sample of every service that is up, with a label `service`; and what the supervisor itself knows of each.
    public func metrics(now: Instant) -> MetricPage {
        var page = MetricPage()
        addMetrics(to: &page, now: now)
        return page
    }

    func addMetrics(to page: inout MetricPage, now: Instant) {
        for (name, entry) in services {
            let label = "service=\"\(name)\""
            let isUp = isUp(entry, now: now)
            page.add("up", .gauge, label, .integer(isUp ? 1 : 0))
            guard let entry else { continue }
            let beat = entry.heartbeat
            page.add("service_restarts_total", .counter, label, .integer(entry.restarts))
            page.add("service_recent_restarts", .gauge, label, .integer(Int64(entry.recentRestarts(now: now))))
            page.add("heartbeat_age_seconds", .gauge, label, .number((now - entry.heardAt).inSeconds))
            // What a dead service counted is not told again: a line that stands still looks like a service that idles.
            guard isUp else { continue }
            page.add("service_start_time_seconds", .gauge, label, .number(beat.startedAt))
            page.add("service_state", .gauge, "\(label),state=\"\(escaped(beat.state))\"", .integer(1))
            page.add(
                "build_info", .gauge, "\(label),version=\"\(escaped(beat.version))\",commit=\"\(escaped(beat.commit))\"", .integer(1))
            let pauses = ["paused", "account_paused"].compactMap { beat.facts[$0]?.bool }
            let isPaused = pauses.isEmpty ? nil : pauses.contains(true)
            if let isPaused { page.add("paused", .gauge, label, .integer(isPaused ? 1 : 0)) }
            // An account that an operator has paused lacks nothing.
            if let isConnected = beat.facts["connected"]?.bool, isPaused != true {
                page.add("connected", .gauge, label, .integer(isConnected ? 1 : 0))
            }
            for sample in beat.counters { page.add(sample.name.name, .counter, join(label, sample.name.labels), .integer(sample.value)) }
            for sample in beat.gauges { page.add(sample.name.name, .gauge, join(label, sample.name.labels), .number(sample.value)) }
            for sample in beat.histograms {
                let labels = join(label, sample.name.labels)
                page.add(sample.name.name, labels, sample.value)
                page.add(sample.name.name, "life", labels, sample.value.life, of: sample.value)
                page.add(sample.name.name, "recent", labels, sample.value.recent, of: sample.value)
            }
        }
    }
}
