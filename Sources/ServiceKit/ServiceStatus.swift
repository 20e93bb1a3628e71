import Glibc
import Primitives
import Synchronization

/// What a service tells about itself every two seconds: one JSON object, the same for all services.
///
///     {"service":"writer","pid":1,"version":"0.1.0","commit":"…","started_at":1795304270.1,"at":…,"uptime":…,
///      "state":"ready","detail":"…","counters":{"messages_committed_total{kind=\"message\"}":3},"gauges":{…},
///      "histograms":{"telegram_to_commit_seconds":{"le":[0.001,…],"counts":[…],"sum":1.5,"count":3,
///      "life":{"count":3,"p50":…,"p90":…,"p99":…,"p999":…,"max":…},"recent":{…,"seconds":300}}},"facts":{…}}
///
/// Names are Prometheus's: base units, `_total` for what only grows, labels in braces. Callable from any thread.
public final class ServiceStatus: Sendable {
    public enum State: String, Sendable, CaseIterable { case starting, ready, holding, draining, stopping, failed }

    /// Latencies that are kept, names with their labels: a mistake that makes more of them takes no more memory than 2.1 MiB.
    public static let mostLatencies = 16

    private struct Content {
        var state = State.starting
        var detail = ""
        var counters: [String: Int64] = [:]
        var gauges: [String: Double] = [:]
        var latencies: [String: Latency] = [:]
        var facts: [String: JSON] = [:]
    }

    public let service: String
    public let startedAt: UnixTime
    private let started: Instant
    private let content = Mutex(Content())

    public init(service: String, startedAt: UnixTime = SystemClock.unix, started: Instant = SystemClock.now) {
        self.service = service
        self.startedAt = startedAt
        self.started = started
    }

    public var state: State {
        get { content.withLock { $0.state } }
        set { content.withLock { $0.state = newValue } }
    }

    /// A live one-liner for people.
    public var detail: String {
        get { content.withLock { $0.detail } }
        set { content.withLock { $0.detail = newValue } }
    }

    /// Adds to a counter; labels sort by name.
    public func count(_ name: String, _ labels: KeyValuePairs<String, String> = [:], by amount: Int64 = 1) {
        let key = Self.key(name, labels)
        content.withLock { $0.counters[key, default: 0] += amount }
    }

    /// Sets a counter that somebody else keeps to what it stands at.
    public func total(_ name: String, _ labels: KeyValuePairs<String, String> = [:], _ value: Int64) {
        let key = Self.key(name, labels)
        content.withLock { $0.counters[key] = value }
    }

    public func counter(_ name: String, _ labels: KeyValuePairs<String, String> = [:]) -> Int64 {
        let key = Self.key(name, labels)
        return content.withLock { $0.counters[key] ?? 0 }
    }

    /// Sets a value that goes up and down.
    public func gauge(_ name: String, _ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
        let key = Self.key(name, labels)
        content.withLock { $0.gauges[key] = value }
    }

    /// Adds one latency, in seconds; one kind of latency too many is not kept.
    public func observe(
        _ name: String, _ seconds: Double, _ labels: KeyValuePairs<String, String> = [:], now: Instant = SystemClock.now
    ) {
        let key = Self.key(name, labels)
        content.withLock {
            guard $0.latencies[key] != nil || $0.latencies.count < Self.mostLatencies else { return }
            $0.latencies[key, default: Latency()].observe(seconds, now: now)
        }
    }

    /// Sets something that is no number: `connected`, `account`, `circuit`.
    public func fact(_ name: String, _ value: JSON) {
        content.withLock { $0.facts[name] = value }
    }

    public func fact(_ name: String) -> JSON? { content.withLock { $0.facts[name] } }

    /// The heartbeat.
    public func json(at time: UnixTime = SystemClock.unix, now: Instant = SystemClock.now) -> JSON {
        // Percentiles are read under the lock: a copy of the counters would be made anew by the next observation.
        let (content, latencies) = content.withLock { content in
            let latencies = content.latencies.mapValues { $0.json(now: now) }
            var rest = content
            rest.latencies = [:]
            return (rest, latencies)
        }
        func sorted<Value>(_ values: [String: Value], _ json: (Value) -> JSON) -> JSON {
            .object(values.sorted { $0.key < $1.key }.map { JSON.Member($0.key, json($0.value)) })
        }
        return [
            "service": .string(service), "pid": .integer(Int64(getpid())), "version": .string(ServiceVersion.number),
            "commit": .string(ServiceVersion.commit), "started_at": .double(Double(startedAt.nanoseconds) / 1e9),
            "at": .double(Double(time.nanoseconds) / 1e9), "uptime": .double((now - started).inSeconds),
            "state": .string(content.state.rawValue), "detail": .string(content.detail),
            "counters": sorted(content.counters) { .integer($0) }, "gauges": sorted(content.gauges) { .double($0) },
            "histograms": sorted(latencies) { $0 },
            "facts": sorted(content.facts) { $0 },
        ]
    }

    /// `name{label="value"}`, as Prometheus writes it.
    private static func key(_ name: String, _ labels: KeyValuePairs<String, String>) -> String {
        if labels.isEmpty { return name }
        let pairs = labels.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }.map { label, value in
            "\(label)=\"" + value.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : $0 == "\n" ? "\\n" : "\($0)" }.joined() + "\""
        }
        return "\(name){\(pairs.joined(separator: ","))}"
    }
}
