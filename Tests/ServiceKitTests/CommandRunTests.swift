import Foundation
import Testing

@testable import ServiceKit

@Suite struct CommandRunTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "command-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func run(_ script: String, _ input: String = "", timeout: Duration = .seconds(20)) async -> CommandRun.Outcome {
        await CommandRun.run(["/bin/sh", "-c", script, "sh", folder.path], input: Array(input.utf8), timeout: timeout)
    }

    private func read(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }

    @Test func the_input_arrives_and_the_environment_does_not() async throws {
        setenv("A_SECRET_OF_THE_TEST", "hunter2", 1)
        #expect(await run("cat >\"$1/in\"; env >\"$1/env\"; ls /proc/self/fd | wc -l >\"$1/files\"", "line\n") == .exited(0))
        #expect(try read("in") == "line\n")
        let environment = try read("env")
        #expect(environment.contains("PATH=") && !environment.contains("hunter2"))
        // Standard input, output, error, and the folder that ls reads.
        #expect(try read("files").trimmingCharacters(in: .whitespacesAndNewlines) == "4")
    }

    @Test func how_it_ended_is_told() async {
        #expect(await run("exit 3") == .exited(3))
        #expect(await run("kill -TERM $$") == .killed(signal: SIGTERM))
        #expect(await CommandRun.run(["/no/such/program"], input: []) == .failed("No such file or directory"))
        // One that does not read what it is given.
        #expect(await run("exit 0", String(repeating: "x", count: 2 * CommandRun.mostInput)) == .exited(0))
    }

    @Test func one_that_takes_too_long_is_ended_with_its_children() async throws {
        let began = ContinuousClock.now
        #expect(await run("sleep 600 & echo $! >\"$1/child\"; trap '' TERM; wait", timeout: .milliseconds(300)) == .timedOut)
        #expect(ContinuousClock.now - began < .seconds(300))
        let child = try #require(Int32(try read("child").trimmingCharacters(in: .whitespacesAndNewlines)))
        // It is gone, or its new parent has not taken its remains away yet; a signal takes a moment.
        func isGone() -> Bool {
            guard kill(child, 0) == 0, let line = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8) else { return true }
            return line.split(separator: ")").last?.hasPrefix(" Z") == true
        }
        while !isGone(), ContinuousClock.now - began < .seconds(300) { try await Task.sleep(for: .milliseconds(10)) }
        #expect(isGone())
    }
}
