import Primitives

/// What a writer's status tells of latencies, in one line: our share exactly, Telegram's beside it; nil while there is nothing to tell.
///
///     live messages of the last 5 min: 1234, received to committed p50 2.1 ms, p90 3 ms, p99 8.4 ms, p99.9 12 ms, max 15 ms;
///     Telegram to received p50 0.61 s, p99 1.1 s (its dates are whole seconds: up to 1 s of it is rounding)
func latencyLine(_ status: JSON) -> String? {
    let latencies = status["histograms"]
    guard let ours = latencies?["receive_to_commit_seconds{way=\"push\"}"] else { return nil }
    // After quiet minutes the whole life says more than nothing.
    let isQuiet = (ours["recent"]?["count"]?.integer ?? 0) == 0
    let over = isQuiet ? "life" : "recent"
    guard let told = ours[over], let count = told["count"]?.integer, count > 0 else { return nil }
    let minutes = (told["seconds"]?.integer ?? 0) / 60
    var line = isQuiet ? "live changes since the start: \(count)" : "live changes of the last \(minutes) min: \(count)"
    line += ", received to committed " + percentiles(told, ["p50", "p90", "p99", "p999", "max"])
    if let theirs = latencies?["telegram_to_receive_seconds"]?[over], (theirs["count"]?.integer ?? 0) > 0 {
        line += "; Telegram to received " + percentiles(theirs, ["p50", "p99"])
        line += " (its dates are whole seconds: up to 1 s of it is rounding)"
    }
    return line
}

private func percentiles(_ json: JSON, _ names: [String]) -> String {
    names.map { name in "\(name == "p999" ? "p99.9" : name) \(shown(seconds: json[name]?.double ?? 0))" }.joined(separator: ", ")
}

/// Two digits and the unit that fits: 0.12 ms, 8.4 ms, 410 ms, 1.2 s, 340 s.
func shown(seconds value: Double) -> String {
    let (scaled, unit) = value < 1 ? (value * 1000, "ms") : (value, "s")
    let step = scaled < 1 ? 100.0 : scaled < 10 ? 10.0 : 1.0
    let rounded = (scaled * step).rounded() / step
    return rounded == rounded.rounded() ? "\(Int64(rounded)) \(unit)" : "\(rounded) \(unit)"
}
