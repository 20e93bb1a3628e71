import Primitives

extension Board {
    /// The page for `GET /metrics`: every sample of every service that is up, under the prefix `aaltohub_`, with a label
    /// `service`; and what the supervisor itself knows of each.
    ///
    /// Text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
    public func metrics(now: Instant) -> String {
        var page = MetricsPage()
        for (name, entry) in services {
            let label = "service=\"\(name)\""
            let isUp = isUp(entry, now: now)
            page.add("up", .gauge, label, isUp ? "1" : "0")
            guard let entry else { continue }
            let beat = entry.heartbeat
            page.add("service_restarts_total", .counter, label, "\(entry.restarts)")
            page.add("heartbeat_age_seconds", .gauge, label, number((now - entry.heardAt).inSeconds))
            // What a dead service counted is not told again: a line that stands still looks like a service that idles.
            guard isUp else { continue }
            page.add("service_start_time_seconds", .gauge, label, number(beat.startedAt))
            page.add("service_state", .gauge, "\(label),state=\"\(escaped(beat.state))\"", "1")
            page.add("build_info", .gauge, "\(label),version=\"\(escaped(beat.version))\",commit=\"\(escaped(beat.commit))\"", "1")
            for sample in beat.counters { page.add(sample.name.name, .counter, join(label, sample.name.labels), "\(sample.value)") }
            for sample in beat.gauges { page.add(sample.name.name, .gauge, join(label, sample.name.labels), number(sample.value)) }
            for sample in beat.histograms {
                let labels = join(label, sample.name.labels)
                page.add(sample.name.name, labels, sample.value)
                page.add(sample.name.name, "life", labels, sample.value.life, of: sample.value)
                page.add(sample.name.name, "recent", labels, sample.value.recent, of: sample.value)
            }
        }
        return page.text
    }
}

/// Families in the order of their names, since a family's samples must stand together.
private struct MetricsPage {
    enum Kind: String { case counter, gauge, histogram, summary }
    private var families: [String: (kind: Kind, lines: [String])] = [:]

    mutating func add(_ name: String, _ kind: Kind, _ labels: String, _ value: String) {
        add(name, kind, ["aaltohub_\(name){\(labels)} \(value)"])
    }

    mutating func add(_ name: String, _ labels: String, _ histogram: Heartbeat.Histogram) {
        var lines: [String] = []
        var sum: Int64 = 0
        for (bound, count) in zip(histogram.bounds.map(number) + ["+Inf"], histogram.counts) {
            sum &+= count
            lines.append("aaltohub_\(name)_bucket{\(labels),le=\"\(bound)\"} \(sum)")
        }
        lines.append("aaltohub_\(name)_sum{\(labels)} \(number(histogram.sum))")
        lines.append("aaltohub_\(name)_count{\(labels)} \(sum)")
        add(name, .histogram, lines)
    }

    /// `x_recent_seconds` beside `x_seconds`: a summary whose quantiles are those of the time that `over` names; the largest value is the
    /// quantile 1. As Prometheus's own summaries do, sum and count are of the whole life in both.
    mutating func add(
        _ name: String, _ over: String, _ labels: String, _ percentiles: Heartbeat.Percentiles?, of histogram: Heartbeat.Histogram
    ) {
        guard let percentiles else { return }
        let unit = "_seconds"
        let base = name.hasSuffix(unit) ? "\(name.dropLast(unit.count))_\(over)\(unit)" : "\(name)_\(over)"
        let quantiles = [
            ("0.5", percentiles.p50), ("0.9", percentiles.p90), ("0.99", percentiles.p99), ("0.999", percentiles.p999),
            ("1", percentiles.max),
        ]
        var lines = quantiles.map { quantile, value in
            "aaltohub_\(base){\(labels),quantile=\"\(quantile)\"} \(number(percentiles.count == 0 ? .nan : value))"
        }
        lines.append("aaltohub_\(base)_sum{\(labels)} \(number(histogram.sum))")
        lines.append("aaltohub_\(base)_count{\(labels)} \(histogram.counts.reduce(0, &+))")
        add(base, .summary, lines)
    }

    /// A service that gives a family another type than the one before it is left out: the page would be refused whole.
    private mutating func add(_ name: String, _ kind: Kind, _ lines: [String]) {
        guard (families[name]?.kind ?? kind) == kind else { return }
        families[name, default: (kind, [])].lines += lines
    }

    var text: String {
        families.sorted { $0.key < $1.key }.map { name, family in
            "# TYPE aaltohub_\(name) \(family.kind.rawValue)\n" + family.lines.joined(separator: "\n") + "\n"
        }.joined()
    }
}

private func join(_ label: String, _ more: String) -> String { more.isEmpty ? label : "\(label),\(more)" }

/// Whole numbers without a fraction; infinities as Prometheus names them.
private func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
}

private func escaped(_ text: String) -> String {
    text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : $0.isNewline ? "\\n" : "\($0)" }.joined()
}
