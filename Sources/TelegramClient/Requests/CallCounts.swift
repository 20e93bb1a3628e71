/// How often each method was called, failed and had to wait, since the process began.
public struct CallCounts: Sendable, Equatable {
    public struct Method: Sendable, Equatable {
        /// Calls that were sent.
        public var calls: UInt64 = 0
        /// Failures by their name, numbers in it replaced by X: `FLOOD_WAIT_X`.
        public var errors: [String: UInt64] = [:]
        /// Waits that the server imposed, and their seconds in all.
        public var waits: UInt64 = 0
        public var waitedSeconds: UInt64 = 0
        /// Calls that were not sent since a wait was known.
        public var held: UInt64 = 0

        public var failures: UInt64 { errors.values.reduce(0, +) }
    }

    /// Names of failures kept per method, and methods in all; what is beyond counts as `other`.
    static let errorsMost = 20
    static let methodsMost = 200
    /// Bytes of a failure's name; the longest that is documented has half of it.
    static let nameMost = 100

    private var methods: [String: Method] = [:]

    public init() {}

    public subscript(method: String) -> Method { methods[method] ?? Method() }

    /// By name of the method.
    public var entries: [(method: String, counts: Method)] {
        methods.map { (method: $0.key, counts: $0.value) }.sorted { $0.method < $1.method }
    }

    public mutating func called(_ method: String) { change(method) { $0.calls += 1 } }
    public mutating func held(_ method: String) { change(method) { $0.held += 1 } }

    public mutating func failed(_ method: String, _ failure: CallFailure) {
        change(method) { counts in
            let name = CallCounts.name(of: failure)
            let known = counts.errors[name] != nil || counts.errors.count < CallCounts.errorsMost
            counts.errors[known ? name : "other", default: 0] += 1
            if case .rpc(let error) = failure, case .wait(_, let seconds) = error.kind {
                counts.waits += 1
                counts.waitedSeconds += UInt64(max(0, seconds))
            }
        }
    }

    private mutating func change(_ method: String, _ body: (inout Method) -> Void) {
        let known = methods[method] != nil || methods.count < CallCounts.methodsMost
        body(&methods[known ? method : "other", default: Method()])
    }

    /// A name that is the same for all waits, data centres and files.
    static func name(of failure: CallFailure) -> String {
        switch failure {
        case .timeout: return "timeout"
        case .disconnected: return "disconnected"
        case .undecodable: return "undecodable"
        case .rpc(let error):
            let text = error.message.utf8
            guard text.count <= nameMost, text.allSatisfy({ $0 == 95 || (48...57).contains($0) || (65...90).contains($0) }) else {
                return "code \(error.code)"
            }
            return error.message.split(separator: "_", omittingEmptySubsequences: false)
                .map { !$0.isEmpty && $0.allSatisfy(\.isNumber) ? "X" : $0 }.joined(separator: "_")
        }
    }
}
