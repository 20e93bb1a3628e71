import Primitives

/// What a service told about itself, checked: names that Prometheus accepts, numbers, a known shape.
///
/// The form is ServiceKit's `ServiceStatus`; members that are not known are kept in `raw` and not judged.
public struct Heartbeat: Hashable, Sendable {
    /// `writer`, `listener@main`.
    public let service: String
    public let pid: Int64
    public let version: String
    public let commit: String
    /// Seconds since 1970.
    public let startedAt: Double
    /// `starting`, `ready`, `holding`, `draining`, `stopping` or `failed`.
    public let state: String
    public let detail: String
    public let counters: [Sample<Int64>]
    public let gauges: [Sample<Double>]
    public let histograms: [Sample<Histogram>]
    public let facts: JSON

    /// A value with its name and labels, as Prometheus writes them.
    public struct Sample<Value: Hashable & Sendable>: Hashable, Sendable {
        public let name: MetricName
        public let value: Value
    }

    /// Counts per bucket, not yet summed up; one bucket more than bounds.
    public struct Histogram: Hashable, Sendable {
        public let bounds: [Double]
        public let counts: [Int64]
        public let sum: Double
        /// Percentiles over the service's life, and over the last minutes; absent in what an older build told.
        public var life: Percentiles?
        public var recent: Percentiles?
    }

    /// Where the values of a latency lie, by HdrHistogram, seconds.
    public struct Percentiles: Hashable, Sendable {
        public let count: Int64
        public let p50, p90, p99, p999, max: Double
    }

    /// Reads a heartbeat.
    ///
    /// - Throws: `HeartbeatError` when what makes a heartbeat is missing. A sample with an unusable name or value is left out.
    public init(_ json: JSON) throws(HeartbeatError) {
        guard let service = json["service"]?.string, Heartbeat.isServiceName(service) else { throw .noService }
        guard let pid = json["pid"]?.integer, let startedAt = json["started_at"]?.double, let state = json["state"]?.string else {
            throw .incomplete(service: service)
        }
        self.service = service
        self.pid = pid
        self.startedAt = startedAt
        self.state = state
        version = json["version"]?.string ?? ""
        commit = json["commit"]?.string ?? ""
        detail = json["detail"]?.string ?? ""
        counters = Heartbeat.samples(json["counters"]) { $0.integer }
        gauges = Heartbeat.samples(json["gauges"]) { $0.double }
        histograms = Heartbeat.samples(json["histograms"]) { Histogram($0) }
        facts = json["facts"] ?? .object([])
    }

    /// The sum of a counter over its labels.
    public func total(_ name: String) -> Int64 {
        counters.reduce(0) { $1.name.name == name ? $0 &+ $1.value : $0 }
    }

    public func gauge(_ name: String) -> Double? { gauges.first { $0.name.name == name }?.value }

    /// `listener` of `listener@main`.
    public var stage: String { String(service.prefix { $0 != "@" }) }

    /// A service's name stands in labels and in file names.
    static func isServiceName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 64 || $0 == 45 || $0 == 95 }
    }

    private static func samples<Value>(_ json: JSON?, _ value: (JSON) -> Value?) -> [Sample<Value>] {
        guard case .object(let members)? = json else { return [] }
        return members.prefix(mostSamples).compactMap { member in
            guard let name = MetricName(member.name), let value = value(member.value) else { return nil }
            return Sample(name: name, value: value)
        }
    }

    /// Samples of one sort in one heartbeat: some hundred groups times some kinds; beyond that it is a mistake.
    static let mostSamples = 5000
}

/// Why something was no heartbeat.
public enum HeartbeatError: Error, Hashable, Sendable {
    case noService
    case incomplete(service: String)
}

extension Heartbeat.Histogram {
    init?(_ json: JSON) {
        let bounds = json["le"]?.array?.compactMap(\.double) ?? []
        let counts = json["counts"]?.array?.compactMap(\.integer) ?? []
        guard let sum = json["sum"]?.double, counts.count == bounds.count + 1, zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            return nil
        }
        self.init(
            bounds: bounds, counts: counts, sum: sum, life: Heartbeat.Percentiles(json["life"]),
            recent: Heartbeat.Percentiles(json["recent"]))
    }
}

extension Heartbeat.Percentiles {
    init?(_ json: JSON?) {
        guard let json, let count = json["count"]?.integer, let p50 = json["p50"]?.double, let p90 = json["p90"]?.double,
            let p99 = json["p99"]?.double, let p999 = json["p999"]?.double, let max = json["max"]?.double
        else { return nil }
        self.init(count: count, p50: p50, p90: p90, p99: p99, p999: p999, max: max)
    }
}
