/// Finds the elements that the database refuses, each half tried in order under a savepoint of its own.
///
/// Ask `next` for a range, try it, say `succeeded` or `failed`; until `next` is nil. One bad element of n costs about 2·log₂ n tries.
public struct Bisection: Sendable {
    /// Ranges still to try, the first one last.
    private var stack: [Range<Int>]
    /// The elements that failed alone, in order, each with its error.
    public private(set) var refused: [(index: Int, error: String)] = []

    public init(count: Int) { stack = count > 0 ? [0..<count] : [] }

    /// The range to try now; nil when everything is stored or refused.
    public var next: Range<Int>? { stack.last }

    public mutating func succeeded() {
        precondition(!stack.isEmpty, "a range was tried")
        stack.removeLast()
    }

    public mutating func failed(error: String) {
        guard let range = stack.popLast() else { preconditionFailure("a range was tried") }
        if range.count == 1 {
            refused.append((range.lowerBound, error))
            return
        }
        let middle = range.lowerBound + range.count / 2
        stack.append(middle..<range.upperBound)
        stack.append(range.lowerBound..<middle)
    }
}
