import Foundation
import Primitives
import Testing

@testable import TelegramClient

/// Many worlds, each from one number. `AALTOHUB_SEEDS` asks for so many of them, `AALTOHUB_SEED` for one with its trace.
@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seeds = environment["AALTOHUB_SEEDS"].flatMap { Int($0) } ?? (environment["AALTOHUB_SLOW"] != nil ? 10_000 : 500)
    private static let chunk = 50

    @Test(arguments: 0..<max(1, seeds / chunk))
    func the_rows_end_equal_to_the_truth_without_a_needless_call(part: Int) {
        var calls = 0
        for seed in UInt64(part * Self.chunk + 1)...UInt64((part + 1) * Self.chunk) {
            var simulation = Simulation(seed: seed)
            let outcome = simulation.run()
            calls += outcome.calls
            #expect(outcome.complaints.isEmpty && outcome.needless == 0, "seed \(seed): \(outcome.complaints.prefix(5))")
            if !outcome.complaints.isEmpty { return }
        }
        #expect(calls > 0)
    }

    /// Only deaths, at any moment between two commits; every row is there once in the end.
    @Test(arguments: 0..<10) func defect_09_killed_between_apply_and_save_a_thousand_times_nothing_is_lost_or_doubled(part: Int) {
        var kills = 0
        for seed in UInt64(part * 100 + 1)...UInt64(part * 100 + 100) {
            var simulation = Simulation(seed: 1_000_000 + seed, onlyKills: true)
            let outcome = simulation.run()
            kills += outcome.kills
            #expect(outcome.complaints.isEmpty && outcome.holes == 0, "seed \(1_000_000 + seed): \(outcome.complaints.prefix(5))")
            if !outcome.complaints.isEmpty { return }
        }
        #expect(kills >= 100)
    }

    @Test func the_worlds_are_as_bad_as_they_should_be() {
        var holes = 0
        var watched = 0
        var kills = 0
        for seed in UInt64(1)...60 {
            var simulation = Simulation(seed: seed)
            let outcome = simulation.run()
            holes += outcome.holes
            watched += outcome.watchdogCalls
            kills += outcome.kills
            #expect(outcome.happened > 20)
        }
        #expect(holes > 0 && watched > 0 && kills > 0)
    }

    // MARK: the same in every process

    private static let hashed = UInt64(1)...40

    private func hashes() -> String {
        Self.hashed.map { seed in
            var simulation = Simulation(seed: seed)
            return String(simulation.run().hash, radix: 16)
        }.joined(separator: " ")
    }

    /// Run in a process of its own by the test below, whose hash tables have another order.
    @Test(.enabled(if: environment["AALTOHUB_TRACE_FILE"] != nil)) func hashes_are_written_for_another_process() throws {
        let file = try #require(Self.environment["AALTOHUB_TRACE_FILE"])
        try hashes().write(toFile: file, atomically: true, encoding: .utf8)
    }

    @Test(.disabled(if: environment["AALTOHUB_TRACE_FILE"] != nil), arguments: [true, false])
    func the_same_seed_gives_the_same_trace_in_two_processes(deterministicHashing: Bool) throws {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "trace-\(ProcessInfo.processInfo.processIdentifier)-\(deterministicHashing)")
        defer { try? FileManager.default.removeItem(at: file) }
        let other = Process()
        other.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
        other.arguments = ["--testing-library", "swift-testing", "--filter", "hashes_are_written_for_another_process"]
        var environment = Self.environment
        environment["AALTOHUB_TRACE_FILE"] = file.path
        environment["SWIFT_DETERMINISTIC_HASHING"] = deterministicHashing ? "1" : nil
        other.environment = environment
        other.standardOutput = FileHandle.nullDevice
        other.standardError = FileHandle.nullDevice
        try other.run()
        let ours = hashes()
        other.waitUntilExit()
        #expect(other.terminationStatus == 0)
        #expect(try String(contentsOf: file, encoding: .utf8) == ours)
        #expect(Set(ours.split(separator: " ")).count == Self.hashed.count)
    }

    @Test(.enabled(if: environment["AALTOHUB_SEED"] != nil)) func one_seed_with_its_trace() {
        let seed = Self.environment["AALTOHUB_SEED"].flatMap { UInt64($0) } ?? 1
        var simulation = Simulation(seed: seed, onlyKills: seed > 1_000_000, keepsTrace: true)
        let outcome = simulation.run()
        print(outcome.trace.joined(separator: "\n"))
        #expect(outcome.complaints.isEmpty, "\(outcome.complaints)")
    }
}
