import EventLink
import PostgreSQL
import Primitives
import Store
import WriterCore

/// Who asked for dead letters to be tried again, and how these fared so far.
struct LetterRetries {
    typealias Continuation = CheckedContinuation<Result<JSON, ControlFailure>, Never>

    /// Letters that an answer tells of one by one; of more it tells only how many.
    private static let toldMost = 1_000

    private struct Request {
        var left: Int
        var letters: [RetriedLetter] = []
        let continuation: Continuation
    }

    private var requests: [Int: Request] = [:]
    private var last = 0

    /// The number of a request for so many letters, at least one.
    mutating func begin(_ count: Int, _ continuation: Continuation) -> Int {
        last += 1
        requests[last] = Request(left: count, continuation: continuation)
        return last
    }

    mutating func add(_ letters: [RetriedLetter], to request: Int) {
        requests[request]?.left -= letters.count
        requests[request]?.letters += letters
        guard let done = requests[request], done.left <= 0 else { return }
        requests[request] = nil
        done.continuation.resume(returning: .success(Self.answer(done.letters)))
    }

    /// What was stored so far stays stored.
    mutating func fail(_ request: Int, _ reason: String) {
        guard let failed = requests.removeValue(forKey: request) else { return }
        let tried = failed.letters.isEmpty ? "" : " (after \(failed.letters.count) of \(failed.letters.count + failed.left) letters)"
        failed.continuation.resume(returning: .failure(ControlFailure(reason + tried)))
    }

    mutating func failAll(_ reason: String) { for request in requests.keys.sorted() { fail(request, reason) } }

    /// `retried` and a count for each result, and the letters with `id`, `result` and `error`.
    static func answer(_ letters: [RetriedLetter]) -> JSON {
        var members: [JSON.Member] = [.init("retried", .integer(Int64(letters.count)))]
        for result in RetryResult.allCases {
            members.append(.init(result.rawValue, .integer(Int64(letters.count { $0.result == result }))))
        }
        let told = letters.prefix(toldMost).map { letter -> JSON in
            [
                "id": .string(letter.id.description), "result": .string(letter.result.rawValue),
                "error": letter.error.map { .string($0) } ?? .null,
            ]
        }
        return .object(members + [.init("letters", .array(told))])
    }

    /// The argument `ids` of the command: a list, or `all`, which is nil.
    static func ids(_ request: ControlRequest) throws(ControlFailure) -> [PostgresUUID]? {
        guard let ids = request.arguments["ids"] else { throw ControlFailure("ids are missing: a list of dead letters, or \"all\"") }
        if ids.string == "all" { return nil }
        guard case .array(let list) = ids else { throw ControlFailure("ids are a list of dead letters, or \"all\"") }
        var out: [PostgresUUID] = []
        for id in list {
            guard let uuid = id.string.flatMap({ PostgresUUID($0) }) else { throw ControlFailure("\(id.text) is no dead letter's id") }
            if !out.contains(uuid) { out.append(uuid) }
        }
        return out
    }
}
