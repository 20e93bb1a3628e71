import Histogram
import Primitives

/// One latency as it was observed: counts per bucket for Prometheus, and percentiles over the life and over the last minutes.
///
/// The percentiles are HdrHistogram's (http://hdrhistogram.org): of all values, none sampled, told to a named precision.
/// A value: whoever keeps it serialises the access.
public struct Latency: Sendable {
    /// Upper bounds of the buckets, seconds; from a local commit to a long outage.
    public static let bounds: [Double] = [
        0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600,
    ]
    /// Microseconds below which two latencies are not told apart: no step of ours is so short that it mattered.
    static let unitMicroseconds: UInt64 = 16
    /// Microseconds beyond which a latency is counted as this one: after an hour it is an outage, which gauges tell better.
    static let longestMicroseconds: UInt64 = 3_600_000_000
    /// Over the life a percentile is told to 0.1 %: 76 KiB of counters.
    static let lifeDigits = SignificantDigits.three
    /// Over the last minutes to 1 %: 11 KiB of counters each slice.
    static let sliceDigits = SignificantDigits.two
    /// The last minutes are so many slices of so long: the oldest is forgotten whole.
    static let slices = 5
    static let sliceLength = Duration.seconds(60)
    /// Bytes of one latency's counters, all in all: 131 KiB. A service keeps at most `ServiceStatus.mostLatencies` of them.
    public static var footprintBytes: Int {
        Histogram<UInt32>.empty(lifeDigits).estimatedFootprintInBytes
            + slices * Histogram<UInt32>.empty(sliceDigits).estimatedFootprintInBytes
    }

    /// Where the values lie, in seconds.
    public struct Percentiles: Hashable, Sendable {
        public let count: Int64
        public let p50, p90, p99, p999, max: Double

        var json: JSON {
            [
                "count": .integer(count), "p50": .double(p50), "p90": .double(p90), "p99": .double(p99), "p999": .double(p999),
                "max": .double(max),
            ]
        }
    }

    private struct Slice {
        /// Which minute of the process's clock it holds.
        var number: Int64
        var histogram: Histogram<UInt32>
    }

    /// One count per bound and one for what is above all.
    private(set) var counts = [Int64](repeating: 0, count: Latency.bounds.count + 1)
    private(set) var sum = 0.0
    private var whole = Histogram<UInt32>.empty(Latency.lifeDigits)
    private var recentSlices: [Slice] = []

    init() {}

    mutating func observe(_ seconds: Double, now: Instant) {
        let seconds = max(0, seconds)
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
        let value = UInt64(min(seconds * 1e6, Double(Self.longestMicroseconds)))
        // Counters of 32 bits hold what 1,000 a second bring in 49 days; then the life begins anew.
        if whole.totalCount >= UInt64(UInt32.max) { whole.reset() }
        whole.record(value)
        let number = Self.slice(at: now)
        if recentSlices.last?.number != number { begin(number) }
        recentSlices[recentSlices.count - 1].histogram.record(value)
    }

    /// Takes the oldest slice's memory for the new one.
    private mutating func begin(_ number: Int64) {
        var histogram = recentSlices.count < Self.slices ? .empty(Self.sliceDigits) : recentSlices.removeFirst().histogram
        histogram.reset()
        recentSlices.append(Slice(number: number, histogram: histogram))
    }

    private static func slice(at now: Instant) -> Int64 { now.nanoseconds / sliceLength.inNanoseconds }

    /// Over the whole life.
    var life: Percentiles { Percentiles(whole) }

    /// Over the last four to five minutes.
    func recent(now: Instant) -> Percentiles {
        var sum = Histogram<UInt32>.empty(Self.sliceDigits)
        for slice in recentSlices where slice.number > Self.slice(at: now) - Int64(Self.slices) { sum.add(slice.histogram) }
        return Percentiles(sum)
    }

    /// As heartbeats tell it.
    func json(now: Instant) -> JSON {
        let window = (Self.sliceLength * Self.slices).inNanoseconds / 1_000_000_000
        var recent = recent(now: now).json
        if case .object(let members) = recent { recent = .object(members + [.init("seconds", .integer(window))]) }
        return [
            "le": .array(Self.bounds.map { .double($0) }), "counts": .array(counts.map { .integer($0) }), "sum": .double(sum),
            "count": .integer(counts.reduce(0, +)), "life": life.json, "recent": recent,
        ]
    }
}

extension Latency.Percentiles {
    fileprivate init(_ histogram: Histogram<UInt32>) {
        func seconds(_ percentile: Double) -> Double { Double(histogram.valueAtPercentile(percentile)) / 1e6 }
        self.init(
            count: Int64(clamping: histogram.totalCount), p50: seconds(50), p90: seconds(90), p99: seconds(99), p999: seconds(99.9),
            max: Double(histogram.maxRecorded) / 1e6)
    }
}

extension Histogram where Count == UInt32 {
    fileprivate static func empty(_ digits: SignificantDigits) -> Histogram {
        Histogram(
            lowestDiscernibleValue: Latency.unitMicroseconds, highestTrackableValue: Latency.longestMicroseconds,
            numberOfSignificantValueDigits: digits)
    }
}
