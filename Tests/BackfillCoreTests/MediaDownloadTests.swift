import Cryptography
import Primitives
import TelegramClient
import Testing

@testable import BackfillCore

/// Files of a pretended server: their bytes follow from a seed, its faults from another.
private struct Server {
    var bytes: [UInt8]
    var home: Int32 = 4
    var reference = 0
    var tellsHashes = true
    static let hashed = 12_000

    func hashes(from offset: Int64) -> [FileHash] {
        guard tellsHashes else { return [] }
        // Two at a time, beginning with the one that holds the offset.
        let first = Int(offset) / Self.hashed * Self.hashed
        return stride(from: first, to: bytes.count, by: Self.hashed).prefix(2).map { start in
            let end = min(start + Self.hashed, bytes.count)
            return FileHash(offset: Int64(start), length: Int64(end - start), sha256: sha256(Array(bytes[start..<end])))
        }
    }
}

@Suite struct MediaDownloadTests {
    static let part = 4 << 10

    private func machine(_ size: Int64?, dc: Int32 = 4, parts: Int = 3, bytes: Int = 1 << 20, fileBytes: Int64 = 1 << 30) -> DownloadMachine
    {
        DownloadMachine(
            map: PartMap(size: size, partBytes: Self.part), dc: dc, limits: .init(parts: parts, bytes: bytes, fileBytes: fileBytes))
    }

    private func requests(_ machine: inout DownloadMachine, _ now: Instant = .zero) -> [DownloadMachine.Request] {
        var out: [DownloadMachine.Request] = []
        while case .fetch(let request)? = machine.poll(now: now) { out.append(request) }
        return out
    }

    private func rpc(_ name: String, _ code: Int32 = 400) -> CallFailure { .rpc(.init(code: code, message: name)) }

    @Test func no_more_is_under_way_than_parts_and_bytes_allow() {
        var machine = machine(100 * Int64(Self.part), parts: 5)
        #expect(requests(&machine).count == 5)
        machine = self.machine(100 * Int64(Self.part), parts: 5, bytes: 3 * Self.part)
        #expect(requests(&machine).count == 3)
        machine = self.machine(100 * Int64(Self.part), parts: 5, bytes: 1)
        #expect(requests(&machine).count == 1, "one part always goes, or nothing ever would")
    }

    @Test func calls_that_find_one_reference_expired_ask_for_one_new_one() {
        var random = SeededGenerator(seed: 1)
        var machine = machine(10 * Int64(Self.part))
        let first = requests(&machine)
        machine.failed(first[0].id, rpc("FILE_REFERENCE_EXPIRED"), now: .zero, using: &random)
        #expect(machine.poll(now: .zero) == .refresh)
        machine.failed(first[1].id, rpc("FILE_REFERENCE_0_EXPIRED"), now: .zero, using: &random)
        #expect(machine.poll(now: .zero) == nil, "nothing is asked with a reference that is known to be old")
        machine.refreshed(dc: 4, size: 10 * Int64(Self.part))
        machine.failed(first[2].id, rpc("FILE_REFERENCE_INVALID"), now: .zero, using: &random)
        let second = requests(&machine)
        #expect(second.map(\.what) == first.map(\.what), "the same parts, with the new one")
        #expect(machine.counters.refreshes == 1)
    }

    @Test func a_reference_that_never_serves_is_given_up_for_later() {
        var random = SeededGenerator(seed: 1)
        var machine = machine(Int64(Self.part))
        var refreshes = 0
        for _ in 0..<50 {
            switch machine.poll(now: .zero) {
            case .fetch(let request): machine.failed(request.id, rpc("FILE_REFERENCE_EXPIRED"), now: .zero, using: &random)
            case .refresh:
                refreshes += 1
                machine.refreshed(dc: 4, size: nil)
            case .end(.later(_, _, let isAttempt)):
                #expect(isAttempt && refreshes == MediaLimits.refreshesInRow)
                return
            default: Issue.record("neither asks nor ends")
            }
        }
        Issue.record("it never ends")
    }

    @Test func the_server_sends_to_the_right_data_centre() {
        var random = SeededGenerator(seed: 1)
        var machine = machine(10 * Int64(Self.part), dc: 2)
        let first = requests(&machine)
        for request in first { machine.failed(request.id, rpc("FILE_MIGRATE_4", 303), now: .zero, using: &random) }
        let second = requests(&machine)
        #expect(second.map(\.dc) == [4, 4, 4] && second.map(\.what) == first.map(\.what))
        #expect(machine.counters.migrations == 1)
        machine.failed(second[0].id, rpc("FILE_REFERENCE_EXPIRED"), now: .zero, using: &random)
        #expect(machine.poll(now: .zero) == .refresh)
        machine.refreshed(dc: 2, size: nil)
        #expect(requests(&machine).allSatisfy { $0.dc == 4 }, "the server knows better than the message")
    }

    @Test func a_wait_is_kept_for_all_parts_and_a_long_one_gives_the_place_away() {
        var random = SeededGenerator(seed: 1)
        var machine = machine(10 * Int64(Self.part))
        let first = requests(&machine)
        machine.failed(first[0].id, rpc("FLOOD_PREMIUM_WAIT_7", 420), now: .zero, using: &random)
        #expect(machine.poll(now: .zero + .milliseconds(6_999)) == nil)
        #expect(machine.nextDeadline == .zero + .seconds(7))
        #expect(requests(&machine, .zero + .seconds(7)).count == 1)
        machine.failed(first[1].id, rpc("FLOOD_WAIT_3600", 420), now: .zero, using: &random)
        for request in [first[2].id] { machine.failed(request, .timeout, now: .zero, using: &random) }
        machine.failed(4, .timeout, now: .zero, using: &random)
        #expect(machine.poll(now: .zero) == .end(.later("FLOOD_WAIT_3600", wait: .seconds(3600), isAttempt: false)))
        #expect(machine.poll(now: .zero) == nil, "the end is told once")
    }

    @Test func what_the_server_refuses_for_good_is_refused() {
        for name in ["OFFSET_INVALID", "LIMIT_INVALID"] {
            var random = SeededGenerator(seed: 1)
            var machine = machine(Int64(Self.part))
            machine.failed(requests(&machine)[0].id, rpc(name), now: .zero, using: &random)
            #expect(machine.poll(now: .zero) == .end(.refused(name)))
        }
        var random = SeededGenerator(seed: 1)
        var machine = machine(Int64(Self.part))
        machine.failed(requests(&machine)[0].id, rpc("FILE_ID_INVALID"), now: .zero, using: &random)
        #expect(machine.poll(now: .zero) == .refresh, "an old location may be all that is wrong")
        machine.refreshed(dc: 4, size: nil)
        machine.failed(requests(&machine)[0].id, rpc("FILE_ID_INVALID"), now: .zero, using: &random)
        #expect(machine.poll(now: .zero) == .end(.refused("FILE_ID_INVALID")))
    }

    @Test func short_and_oversized_answers_are_not_written() {
        for count in [0, Self.part - 1, Self.part + 1] {
            var random = SeededGenerator(seed: 1)
            var machine = machine(2 * Int64(Self.part))
            let request = requests(&machine)[0]
            #expect(machine.answered(request.id, count: count, now: .zero, using: &random) == nil)
            #expect(machine.map.count == 0 && machine.nextDeadline != nil)
        }
    }

    @Test func a_file_that_always_fails_is_put_back_and_counted() {
        var random = SeededGenerator(seed: 1)
        var machine = machine(Int64(Self.part))
        var now = Instant.zero
        var tries = 0
        while true {
            switch machine.poll(now: now) {
            case .fetch(let request):
                tries += 1
                machine.failed(request.id, .timeout, now: now, using: &random)
            case .end(let end):
                guard case .later(_, _, true) = end else { return complain("\(end)") }
                #expect(tries == MediaLimits.failuresInRow + 1)
                return
            default:
                guard let next = machine.nextDeadline, next > now else { return complain("it waits for nothing") }
                now = next
            }
        }
    }

    @Test func calls_that_fail_together_are_one_failure() {
        var random = SeededGenerator(seed: 1)
        var machine = machine(10 * Int64(Self.part))
        var now = Instant.zero
        for round in 1...MediaLimits.failuresInRow + 1 {
            let asked = requests(&machine, now)
            #expect(asked.count == 3, "round \(round)")
            for request in asked { machine.failed(request.id, .timeout, now: now, using: &random) }
            now = machine.nextDeadline ?? now
        }
        guard case .end(.later(_, _, true))? = machine.poll(now: now) else { return complain("it goes on") }
    }

    @Test func a_server_that_refuses_hashes_gives_the_file_all_the_same() {
        var random = SeededGenerator(seed: 1)
        var machine = machine(Int64(Self.part))
        let part = requests(&machine)
        if let place = machine.answered(part[0].id, count: Self.part, now: .zero, using: &random) { machine.written(place) }
        let hashes = requests(&machine)
        #expect(hashes.map(\.what) == [.hashes(from: 0)])
        machine.failed(hashes[0].id, rpc("LOCATION_INVALID"), now: .zero, using: &random)
        #expect(machine.poll(now: .zero) == .verify([]))
    }

    @Test func a_file_that_has_another_size_now_is_another_one() {
        for (parts, size) in [(Int64(2), Int64(Self.part)), (1, 2 * Int64(Self.part))] {
            var random = SeededGenerator(seed: 1)
            var machine = machine(parts * Int64(Self.part), parts: 1)
            machine.failed(requests(&machine)[0].id, rpc("FILE_REFERENCE_EXPIRED"), now: .zero, using: &random)
            #expect(machine.poll(now: .zero) == .refresh)
            machine.refreshed(dc: 4, size: size)
            guard case .end(.refused)? = machine.poll(now: .zero) else { return complain("\(size) bytes are taken for \(parts) parts") }
        }
    }

    @Test func a_file_that_is_shorter_on_disk_than_it_was_written_is_tried_again() {
        var random = SeededGenerator(seed: 1)
        var machine = machine(Int64(Self.part))
        let part = requests(&machine)
        if let place = machine.answered(part[0].id, count: Self.part, now: .zero, using: &random) { machine.written(place) }
        for request in requests(&machine) { machine.answered(request.id, hashes: []) }
        #expect(machine.poll(now: .zero) == .verify([]))
        machine.verified(size: Int64(Self.part) - 1, sha256: [1], bad: [])
        guard case .end(.later(_, _, true))? = machine.poll(now: .zero) else { return complain("it counts as fetched") }
    }

    @Test func a_wait_of_just_a_minute_is_waited_for() {
        var random = SeededGenerator(seed: 1)
        var machine = machine(Int64(Self.part))
        machine.failed(requests(&machine)[0].id, rpc("FLOOD_WAIT_60", 420), now: .zero, using: &random)
        #expect(machine.poll(now: .zero) == nil && machine.nextDeadline == .zero + MediaLimits.waitMost)
        machine.failed(requests(&machine, .zero + MediaLimits.waitMost)[0].id, rpc("FLOOD_WAIT_61", 420), now: .zero, using: &random)
        #expect(machine.poll(now: .zero) == .end(.later("FLOOD_WAIT_61", wait: .seconds(61), isAttempt: false)))
    }

    @Test func a_file_of_unknown_size_ends_where_it_ends_and_is_given_up_when_too_large() {
        for (bytes, most, isTooLarge) in [(0, 100_000, false), (5_000, 100_000, false), (8_192, 100_000, false), (8_192, 8_000, true)] {
            var random = SeededGenerator(seed: 1)
            var machine = machine(nil, fileBytes: Int64(most))
            var end: DownloadMachine.End?
            while end == nil {
                switch machine.poll(now: .zero) {
                case .fetch(let request):
                    guard case .part(_, let offset, let limit) = request.what else {
                        machine.answered(request.id, hashes: [])
                        continue
                    }
                    let count = max(0, min(limit, bytes - Int(offset)))
                    if let place = machine.answered(request.id, count: count, now: .zero, using: &random) { machine.written(place) }
                case .verify: machine.verified(size: Int64(bytes), sha256: [1], bad: [])
                case .end(let told): end = told
                default: return complain("it waits")
                }
            }
            if isTooLarge {
                guard case .refused = end else { return complain("\(String(describing: end))") }
            } else {
                #expect(end == .fetched(size: Int64(bytes), sha256: [1]))
            }
        }
    }

    @Test func a_file_whose_bytes_never_have_their_hash_is_refused() {
        var random = SeededGenerator(seed: 1)
        var machine = machine(3 * Int64(Self.part))
        var fetched: [Int] = []
        while true {
            switch machine.poll(now: .zero) {
            case .fetch(let request):
                guard case .part(let part, _, let limit) = request.what else {
                    machine.answered(request.id, hashes: [])
                    continue
                }
                fetched.append(part)
                if let place = machine.answered(request.id, count: limit, now: .zero, using: &random) { machine.written(place) }
            case .verify: machine.verified(size: 3 * Int64(Self.part), sha256: [], bad: [5_000..<6_000])
            case .end(let end):
                guard case .refused = end else { return complain("\(end)") }
                #expect(fetched == [0, 1, 2] + Array(repeating: 1, count: MediaLimits.mendingRounds), "only the part that is wrong")
                return
            default: return complain("it waits")
            }
        }
    }

    @Test(arguments: 0..<60) func whatever_goes_wrong_the_file_arrives_and_no_part_twice(seed: UInt64) throws {
        var world = Simulation(seed: seed)
        let end = try world.run()
        #expect(end == .fetched(size: Int64(world.server.bytes.count), sha256: sha256(world.server.bytes)), "\(end)")
        #expect(world.disk == world.server.bytes)
        #expect(world.worstInFlight <= 4)
        for (part, times) in world.fetched.sorted(by: { $0.key < $1.key }) {
            #expect(times <= 1 + world.excused[part, default: 0], "part \(part) came \(times) times")
        }
    }
}

/// One download with faults of all kinds, among them kills of the process.
private struct Simulation {
    var random: SeededGenerator
    var server: Server
    var disk: [UInt8]
    var saved: [UInt8]
    var machine: DownloadMachine
    var now = Instant.zero
    var reference = 0
    var worstInFlight = 0
    /// Good answers by part, and how often another one was to be expected.
    var fetched: [Int: Int] = [:]
    var excused: [Int: Int] = [:]
    var flight: [(request: DownloadMachine.Request, at: Instant, reference: Int)] = []
    var floodUntil = Instant.zero
    var damage: Set<Int> = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        let size = Int.random(in: 1...60, using: &random) * 4096 + Int.random(in: -4095...0, using: &random)
        server = Server(bytes: random.bytes(size))
        disk = Array(repeating: 0, count: size)
        let map = PartMap(size: Bool.random(using: &random) ? Int64(size) : nil, partBytes: 4096)
        saved = map.serialized
        machine = DownloadMachine(map: map, dc: 2, hasReference: false, limits: .init(parts: 4))
    }

    mutating func run() throws -> DownloadMachine.End {
        for _ in 0..<100_000 {
            while let command = machine.poll(now: now) {
                switch command {
                case .fetch(let request):
                    try #require(now >= floodUntil, "a call while the server wants none")
                    flight.append((request, now + .milliseconds(Int64.random(in: 1...900, using: &random)), reference))
                    worstInFlight = max(worstInFlight, machine.inFlight)
                case .refresh:
                    reference = server.reference
                    if Int.random(in: 0..<5, using: &random) == 0 {
                        machine.refreshFailed(.timeout, now: now, using: &random)
                    } else {
                        machine.refreshed(dc: 2, size: Bool.random(using: &random) ? nil : Int64(server.bytes.count))
                    }
                case .verify(let ranges):
                    var verifier = FileVerifier(ranges, size: Int64(disk.count))
                    disk.withUnsafeBytes { verifier.update($0) }
                    let found = verifier.finish()
                    for range in found.bad {
                        for part in Int(range.lowerBound / 4096)...Int((range.upperBound - 1) / 4096) { excused[part, default: 0] += 1 }
                    }
                    machine.verified(size: found.size, sha256: found.sha256, bad: found.bad)
                case .end(.later): restart()
                case .end(let end): return end
                }
            }
            if Int.random(in: 0..<150, using: &random) == 0 { kill() }
            if Int.random(in: 0..<40, using: &random) == 0 { server.reference += 1 }
            step()
        }
        throw EndlessDownload()
    }

    private struct EndlessDownload: Error {}

    /// The process dies: what is under way may have been answered, and nobody knows.
    private mutating func kill() {
        for (request, _, _) in flight { if case .part(let part, _, _) = request.what { excused[part, default: 0] += 1 } }
        flight = []
        restart()
    }

    private mutating func restart() {
        let map = PartMap(serialized: saved) ?? PartMap(size: nil, partBytes: 4096)
        machine = DownloadMachine(map: map, dc: 2, hasReference: false, limits: .init(parts: 4))
    }

    private mutating func step() {
        guard let i = flight.indices.min(by: { flight[$0].at < flight[$1].at }) else {
            if let next = machine.nextDeadline { now = max(now, next) }
            return
        }
        if let next = machine.nextDeadline, next < flight[i].at, next > now {
            now = next
            return
        }
        let (request, at, used) = flight.remove(at: i)
        now = max(now, at)
        answer(request, used)
    }

    private mutating func answer(_ request: DownloadMachine.Request, _ used: Int) {
        func fail(_ name: String, _ code: Int32 = 400) {
            machine.failed(request.id, .rpc(.init(code: code, message: name)), now: now, using: &random)
        }
        let dice = Int.random(in: 0..<100, using: &random)
        if request.dc != server.home { return fail("FILE_MIGRATE_4", 303) }
        if used != server.reference { return fail("FILE_REFERENCE_EXPIRED") }
        if dice < 3 { return fail("RPC_CALL_FAIL", 500) }
        if dice < 5 { return machine.failed(request.id, .disconnected, now: now, using: &random) }
        if dice < 6 {
            let seconds = Int64.random(in: 1...20, using: &random)
            floodUntil = max(floodUntil, now + .seconds(seconds))
            return fail("FLOOD_PREMIUM_WAIT_\(seconds)", 420)
        }
        switch request.what {
        case .hashes(let from): machine.answered(request.id, hashes: server.hashes(from: from))
        case .part(let part, let offset, let limit):
            var bytes = offset < server.bytes.count ? Array(server.bytes[Int(offset)..<min(server.bytes.count, Int(offset) + limit)]) : []
            let isLast = bytes.count < limit
            if dice < 9, machine.map.size != nil {
                // A short answer is one that must come again.
                _ = machine.answered(request.id, count: bytes.count - 1, now: now, using: &random)
                return
            }
            if dice < 12, !bytes.isEmpty, damage.insert(part).inserted { bytes[0] ^= 1 }
            fetched[part, default: 0] += 1
            guard let place = machine.answered(request.id, count: bytes.count, now: now, using: &random) else {
                // The machine has ended and takes no more, or there is nothing behind the end.
                excused[part, default: 0] += 1
                return
            }
            disk.replaceSubrange(Int(place)..<Int(place) + bytes.count, with: bytes)
            machine.written(place)
            saved = machine.map.serialized
            _ = isLast
        }
    }
}

/// A failure, for where nothing is to be returned.
private func complain(_ what: String, at location: SourceLocation = #_sourceLocation) { Issue.record("\(what)", sourceLocation: location) }
