import Primitives
import Testing

@testable import SupervisorCore

@Suite struct ChangeWindowTests {
    private func change(_ id: Int64, bytes: Int = 10) -> Change {
        Change(
            id: id, event: .insert, messageID: "m\(id)", groupID: "g", row: [UInt8](repeating: 32, count: bytes),
            committedAt: UnixTime(seconds: id), isHistory: false)
    }

    @Test func readers_get_what_follows_their_position_in_order() {
        var window = ChangeWindow(at: 10)
        #expect(window.read(after: 10, atMost: 5) == .upToDate(10))
        #expect(window.read(after: 9, atMost: 5) == .older)
        // Numbers may be left out.
        window.append([change(12), change(13), change(17)], through: 20)
        #expect(window.read(after: 10, atMost: 2) == .changes([change(12), change(13)]))
        #expect(window.read(after: 13, atMost: 2) == .changes([change(17)]))
        #expect(window.read(after: 14, atMost: 2) == .changes([change(17)]))
        #expect(window.read(after: 17, atMost: 2) == .upToDate(20))
        #expect(window.count(after: 12) == 2)
        #expect(window.end == 20)
    }

    @Test func the_oldest_are_forgotten_by_number_and_by_bytes() {
        var window = ChangeWindow(at: 0, mostChanges: 100, mostBytes: 1_000)
        window.append((1...150).map { change($0, bytes: 1) }, through: 150)
        #expect(window.count == 100)
        #expect(window.start == 50)
        #expect(window.read(after: 49, atMost: 1) == .older)
        #expect(window.read(after: 50, atMost: 1) == .changes([change(51, bytes: 1)]))
        window.append([change(151, bytes: 950)], through: 151)
        #expect(window.count == 51)
        window.append([change(152, bytes: 5_000)], through: 152)
        #expect(window.count == 1, "the newest always stands, whatever its size")
        #expect(window.read(after: 151, atMost: 9) == .changes([change(152, bytes: 5_000)]))
    }

    @Test func every_reader_sees_each_change_once_or_is_told_that_it_is_too_late() {
        var window = ChangeWindow(at: 0, mostChanges: 50)
        var random = SeededGenerator(seed: 3)
        var (next, position, seen): (Int64, Int64, [Int64]) = (1, 0, [])
        for _ in 0..<2_000 {
            let count = Int64.random(in: 0...3, using: &random)
            window.append((next..<next + count).map { change($0) }, through: next + count - 1)
            next += count
            switch window.read(after: position, atMost: Int.random(in: 1...4, using: &random)) {
            case .changes(let changes):
                seen += changes.map(\.id)
                position = seen.last ?? position
            case .upToDate(let at): position = at
            case .older:
                #expect(position < window.start)
                position = window.start
            }
        }
        #expect(seen == seen.sorted())
        #expect(Set(seen).count == seen.count)
        #expect(seen.count > 2_000)
    }

    @Test func answers_mean_what_the_endpoint_says() {
        func meaning(_ status: Int, _ body: String = "") -> BroadcastAnswer { BroadcastAnswer(status: status, body: Array(body.utf8)) }
        #expect(meaning(202) == .accepted)
        #expect(meaning(422, "{\"errors\":{}}") == .refused("HTTP 422: {\"errors\":{}}"))
        #expect(meaning(413) == .refused("HTTP 413"))
        #expect(meaning(429, "{\"message\":\"Too many requests\"}") == .tooMany("HTTP 429: {\"message\":\"Too many requests\"}"))
        for status in [301, 401, 403, 404, 500, 503] { #expect(meaning(status) == .unavailable("HTTP \(status)")) }
        #expect(
            meaning(500, String(repeating: "a", count: 5_000) + "\n") == .unavailable("HTTP 500: " + String(repeating: "a", count: 200)))
    }
}
