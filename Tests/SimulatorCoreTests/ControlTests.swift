import Primitives
import Testing

@testable import SimulatorCore

@Suite struct ControlTests {
    private let now = UnixTime(seconds: 1_790_000_000)

    private func server() throws -> TelegramServer {
        var world = World(secret: 1)
        var population = Population()
        population.accounts = 3
        try population.populate(&world, now: now)
        return TelegramServer(world: world)
    }

    @discardableResult
    private func run(_ command: JSON, _ server: inout TelegramServer) throws -> JSON {
        let lines = try Control.run(command, on: &server, now: now)
        return try #require(lines?.last)
    }

    @Test func groups_messages_and_their_truth() throws {
        var server = try server()
        let phones: [JSON] = (1...3).map { .string(Population.phone($0)) }
        for kind in GroupKind.allCases {
            let made = try run(
                ["cmd": "create_group", "kind": .string(kind.rawValue), "title": "G", "creator": phones[0], "members": [phones[1]]], &server
            )
            let group = try #require(made["group"])
            #expect(group["members"]?.array?.count == 2)
            let grown = try run(
                ["cmd": "add_members", "kind": .string(kind.rawValue), "id": group["id"] ?? 0, "members": [phones[2]]], &server)
            #expect(grown["group"]?["members"]?.array?.count == 3)
            let to: JSON = ["kind": .string(kind.rawValue), "id": group["id"] ?? 0]
            let sent = try run(["cmd": "send", "from": phones[0], "to": to, "text": "one"], &server)
            try run(["cmd": "edit", "from": phones[0], "to": to, "message": sent["message"] ?? 0, "text": "two"], &server)
            let other = try run(["cmd": "send", "from": phones[0], "to": to, "text": "gone"], &server)
            try run(["cmd": "delete", "from": phones[0], "to": to, "message": other["message"] ?? 0], &server)
        }
        let answer = try Control.run(["cmd": "dump", "account": phones[2]], on: &server, now: now)
        let lines = try #require(answer)
        let texts = lines.dropLast().filter { $0["service"]?.bool == false }.map { ($0["text"]?.string, $0["deleted"]?.bool) }
        #expect(texts.map(\.0) == ["two", "gone", "two", "gone", "two", "gone"])
        #expect(texts.map(\.1) == [false, true, false, true, false, true])
        #expect(lines.last?["count"]?.integer == Int64(lines.count - 1))
    }

    @Test func what_is_wrong_is_said() throws {
        var server = try server()
        func refusal(_ command: JSON) -> String? {
            do {
                _ = try Control.run(command, on: &server, now: now)
                return nil
            } catch let refusal as Control.Refusal {
                return refusal.reason
            } catch {
                return "\(error)"
            }
        }
        #expect(refusal(["cmd": "private", "from": "0", "to": "1"])?.contains("no account has the phone 0") == true)
        #expect(refusal(["cmd": "create_group", "kind": "club", "creator": "9996610001"])?.contains("kind") == true)
        let nowhere: JSON = ["kind": "basic", "id": 5]
        #expect(refusal(["cmd": "send", "from": "9996610001", "to": nowhere, "text": "x"])?.contains("no such peer") == true)
        for (calls, seconds): (JSON, JSON) in [(0, 1), (1, 0), (-1, 1)] {
            let limit: JSON = ["cmd": "limit", "method": "messages.getHistory", "calls": calls, "seconds": seconds]
            #expect(refusal(limit) == "calls and seconds are 1 or more")
        }
        for command in ["pushes", "calls"] {
            let rule: JSON = ["cmd": .string(command), "method": "*", "effect": "cut", "count": 0]
            #expect(refusal(rule) == "count is 1 or more")
        }
        let unknown = try Control.run(["cmd": "dance"], on: &server, now: now)
        #expect(unknown == nil)
    }

    @Test func seconds_beyond_reason_are_refused() {
        var wire = Wire()
        for command in ["refuse", "linger", "clock"] {
            for seconds in [1e300, -1e300, 1e10] {
                #expect(throws: Control.Refusal.self) { try wire.control(["cmd": .string(command), "seconds": .double(seconds)]) }
            }
        }
    }

    @Test func private_messages_and_windows() throws {
        var server = try server()
        try run(["cmd": "private", "from": "9996610001", "to": "9996610002", "count": 200], &server)
        #expect(server.world.commonPosition(of: server.world.accountOrder[1]) == 201)
        try run(["cmd": "window", "size": 50], &server)
        guard case .tooLong = try server.world.commonDifference(of: server.world.accountOrder[1], pts: 100, date: 0) else {
            Issue.record("the window did not shrink")
            return
        }
        let answer = try Control.run(["cmd": "times", "from": 150], on: &server, now: now)
        let times = try #require(answer)
        #expect(times.count == 51 && times[0]["sent_ns"]?.integer == now.nanoseconds)
    }
}
