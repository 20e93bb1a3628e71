import Primitives

/// The samples of `GET /metrics`: families in the order of their names, each with its type and its help.
///
/// The alarms judge the same samples as an alert rule of Prometheus would. Text format 0.0.4:
/// https://prometheus.io/docs/instrumenting/exposition_formats/
public struct MetricPage: Sendable {
    /// Stands before every name.
    public static let prefix = "aaltohub_"

    public enum Kind: String, Sendable { case counter, gauge, histogram, summary }

    /// A number as it is written: counters stay whole.
    public enum Value: Hashable, Sendable {
        case integer(Int64)
        case number(Double)

        public var double: Double {
            switch self {
            case .integer(let value): Double(value)
            case .number(let value): value
            }
        }

        var text: String {
            switch self {
            case .integer(let value): "\(value)"
            case .number(let value): prometheus(value)
            }
        }
    }

    /// One line: `labels` is `name="value",…` without the braces.
    public struct Sample: Hashable, Sendable {
        public let suffix: String
        public let labels: String
        public let value: Value
    }

    private struct Family: Sendable {
        var kind: Kind
        var samples: [Sample] = []
    }

    private var families: [String: Family] = [:]

    public init() {}

    /// Adds a sample of a counter or gauge; one that gives a family another type than it has is left out, since a scraper would refuse the
    /// whole page.
    public mutating func add(_ name: String, _ kind: Kind, _ labels: String = "", _ value: Value) {
        add(name, kind, [Sample(suffix: "", labels: labels, value: value)])
    }

    public mutating func gauge(_ name: String, _ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
        add(name, .gauge, MetricPage.labels(labels), .number(value))
    }

    public mutating func counter(_ name: String, _ value: Int64, _ labels: KeyValuePairs<String, String> = [:]) {
        add(name, .counter, MetricPage.labels(labels), .integer(value))
    }

    mutating func add(_ name: String, _ labels: String, _ histogram: Heartbeat.Histogram) {
        var samples: [Sample] = []
        var sum: Int64 = 0
        for (bound, count) in zip(histogram.bounds.map(prometheus) + ["+Inf"], histogram.counts) {
            sum &+= count
            samples.append(Sample(suffix: "_bucket", labels: join(labels, "le=\"\(bound)\""), value: .integer(sum)))
        }
        samples.append(Sample(suffix: "_sum", labels: labels, value: .number(histogram.sum)))
        samples.append(Sample(suffix: "_count", labels: labels, value: .integer(sum)))
        add(name, .histogram, samples)
    }

    /// `x_recent_seconds` beside `x_seconds`: a summary whose quantiles are those of the time that `over` names; the largest value is the
    /// quantile 1. As Prometheus's own summaries do, sum and count are of the whole life in both.
    mutating func add(
        _ name: String, _ over: String, _ labels: String, _ percentiles: Heartbeat.Percentiles?, of histogram: Heartbeat.Histogram
    ) {
        guard let percentiles else { return }
        let quantiles = [
            ("0.5", percentiles.p50), ("0.9", percentiles.p90), ("0.99", percentiles.p99), ("0.999", percentiles.p999),
            ("1", percentiles.max),
        ]
        var samples = quantiles.map { quantile, value in
            Sample(
                suffix: "", labels: join(labels, "quantile=\"\(quantile)\""), value: .number(percentiles.count == 0 ? .nan : value))
        }
        samples.append(Sample(suffix: "_sum", labels: labels, value: .number(histogram.sum)))
        samples.append(Sample(suffix: "_count", labels: labels, value: .integer(histogram.counts.reduce(0, &+))))
        add(MetricPage.name(name, over: over), .summary, samples)
    }

    /// `x_recent_seconds` of `x_seconds`.
    static func name(_ name: String, over: String) -> String {
        let unit = "_seconds"
        return name.hasSuffix(unit) ? "\(name.dropLast(unit.count))_\(over)\(unit)" : "\(name)_\(over)"
    }

    private mutating func add(_ name: String, _ kind: Kind, _ samples: [Sample]) {
        guard (families[name]?.kind ?? kind) == kind else { return }
        families[name, default: Family(kind: kind)].samples += samples
    }

    /// The samples of a family, in the order in which they came; the suffix tells those of a histogram or summary apart.
    public func samples(of name: String, suffix: String = "") -> [Sample] {
        families[name]?.samples.filter { $0.suffix == suffix } ?? []
    }

    /// The names of the families, without the prefix, sorted.
    public var names: [String] { families.keys.sorted() }

    /// The page.
    public var text: String {
        var out = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            let full = MetricPage.prefix + name
            out += "# HELP \(full) \(MetricCatalogue.help(name))\n# TYPE \(full) \(family.kind.rawValue)\n"
            for sample in family.samples {
                out += full + sample.suffix
                if !sample.labels.isEmpty { out += "{\(sample.labels)}" }
                out += " \(sample.value.text)\n"
            }
        }
        return out
    }

    /// `name="value",…`, escaped.
    public static func labels(_ pairs: KeyValuePairs<String, String>) -> String {
        pairs.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    /// The names and values in a text of labels, in its order.
    public static func pairs(_ labels: String) -> [(name: String, value: String)] {
        var out: [(name: String, value: String)] = []
        var name = ""
        var value = ""
        var isInside = false
        var isEscaped = false
        for character in labels {
            switch (isInside, isEscaped, character) {
            case (false, _, "="): break
            case (false, _, ","): name = ""
            case (false, _, "\""): isInside = true
            case (false, _, _): name.append(character)
            case (true, true, _):
                value.append(character == "n" ? "\n" : character)
                isEscaped = false
            case (true, false, "\\"): isEscaped = true
            case (true, false, "\""):
                out.append((name, value))
                (name, value, isInside) = ("", "", false)
            case (true, false, _): value.append(character)
            }
        }
        return out
    }
}

func join(_ label: String, _ more: String) -> String { label.isEmpty || more.isEmpty ? label + more : "\(label),\(more)" }

/// Whole numbers without a fraction; infinities as Prometheus names them.
func prometheus(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
}

func escaped(_ text: String) -> String {
    text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : $0.isNewline ? "\\n" : "\($0)" }.joined()
}
