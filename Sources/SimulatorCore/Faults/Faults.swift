import Primitives

/// What goes wrong on purpose, and when: every draw comes from one seed, so that the same commands and calls meet the same faults.
///
/// A value that decides; the server and the endpoint do what it says.
public struct Faults: Sendable {
    /// Seeds the draws anew.
    public var seed: UInt64 = 1 { didSet { generator = SeededGenerator(seed: seed) } }
    var pushes = PushFaults()
    var calls = CallFaults()
    var objects = ObjectFaults()
    var files = FileFaults()
    public var wire = WireFaults()
    var generator = SeededGenerator(seed: 1)
    /// How often each fault happened.
    public private(set) var counts: [String: Int] = [:]

    public init() {}

    mutating func count(_ fault: String) { counts[fault, default: 0] += 1 }

    /// Whether a fault of that probability happens. Certainty draws nothing.
    mutating func happens(_ probability: Double) -> Bool {
        if probability <= 0 { return false }
        if probability >= 1 { return true }
        return Double.random(in: 0..<1, using: &generator) < probability
    }

    /// Ends every fault; the counts and the draws go on.
    mutating func end() {
        pushes = PushFaults()
        calls.rules = []
        calls.limits = []
        objects = ObjectFaults()
        files.rules = []
        files.namesPosition = false
        wire = WireFaults()
    }
}
