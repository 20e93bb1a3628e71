import Primitives

extension Board {
    /// The answer to `GET /admin/live-crawler/status`: the five fields that the frontend reads, then each stage.
    ///
    /// - `running`: the writer and at least one listener are up;
    /// - `connected`: a listener is up, and every listener that is has its connection to Telegram;
    /// - `groups_count`: the most groups a listener watches for (accounts share groups, so a sum would count some twice);
    /// - `messages_received`: by all listeners since each of them started;
    /// - `uptime`: whole seconds of the listener that has been up longest.
    ///
    /// - Parameter time: civil time, for ages and the uptime.
    public func status(now: Instant, at time: UnixTime) -> JSON {
        let all = services
        let listeners = all.compactMap { $0.entry?.heartbeat.stage == "listener" && isUp($0.entry, now: now) ? $0.entry?.heartbeat : nil }
        let hasWriter = all.contains { $0.entry?.heartbeat.stage == "writer" && isUp($0.entry, now: now) }
        let seconds = Double(time.nanoseconds) / 1e9
        return [
            "running": .bool(hasWriter && !listeners.isEmpty),
            "connected": .bool(!listeners.isEmpty && listeners.allSatisfy { $0.facts["connected"] == true }),
            "groups_count": .integer(listeners.map { whole($0.gauge("groups") ?? 0) }.max() ?? 0),
            "messages_received": .integer(listeners.reduce(0) { $0 &+ $1.total("messages_received_total") }),
            "uptime": .integer(whole(listeners.map { seconds - $0.startedAt }.max() ?? 0)),
            "ready": .bool(isReady(now: now)),
            "stages": .array(all.map { stage($0.name, $0.entry, now: now, seconds: seconds) }),
        ]
    }

    private func stage(_ name: String, _ entry: Entry?, now: Instant, seconds: Double) -> JSON {
        guard let entry else { return ["service": .string(name), "up": false, "state": "down", "detail": "never heard"] }
        let isUp = isUp(entry, now: now)
        let beat = entry.heartbeat
        let age = (now - entry.heardAt).inSeconds
        func object<Value>(_ samples: [Heartbeat.Sample<Value>], _ json: (Value) -> JSON) -> JSON {
            .object(samples.map { JSON.Member($0.name.text, json($0.value)) })
        }
        return [
            "service": .string(name), "up": .bool(isUp), "state": .string(isUp ? beat.state : "down"),
            "detail": .string(isUp ? beat.detail : "no heartbeat for \(whole(age)) s; last state \(beat.state): \(beat.detail)"),
            "pid": .integer(beat.pid), "version": .string(beat.version), "commit": .string(beat.commit),
            "uptime": .integer(isUp ? whole(seconds - beat.startedAt) : 0), "heartbeat_age": .double(age),
            "restarts": .integer(entry.restarts), "counters": object(beat.counters) { .integer($0) },
            "gauges": object(beat.gauges) { .double($0) }, "facts": beat.facts,
        ]
    }
}

extension MetricName {
    /// As it was read.
    public var text: String { labels.isEmpty ? name : "\(name){\(labels)}" }
}
