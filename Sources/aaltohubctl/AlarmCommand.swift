import ArgumentParser
import Primitives
import ServiceKit
import SupervisorCore

struct AlarmCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarm", abstract: "Runs the program of alarms.command: as a test, or for a unit that systemd gave up.",
        subcommands: [Test.self, Unit.self])

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "test", abstract: "Tells of a test, and says how the program ended.")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await tell(common, "AaltoHubTest", .warning, "a test of the alarm command", [])
        }
    }

    struct Unit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "unit", abstract: "Tells that a unit failed for good. aaltohub-failed@.service calls it.")
        @OptionGroup var common: CommonOptions
        @Argument(help: "The unit's name.") var unit: String

        func run() async throws {
            // Nobody to be told is no failure of this unit, too.
            guard !(try common.configuration().alarms.command.isEmpty) else {
                return notice("\(unit) failed; alarms.command is empty, so nobody is told")
            }
            try await tell(
                common, "AaltoHubUnitFailed", .critical, "\(unit) failed, and systemd does not start it again",
                [.init("unit", .string(unit))])
        }
    }
}

/// Runs the program with this alarm.
private func tell(
    _ common: CommonOptions, _ name: String, _ severity: AlarmRule.Severity, _ summary: String, _ labels: [JSON.Member]
) async throws {
    let command = try common.configuration().alarms.command
    guard let program = command.first else { throw ServiceError.configuration("alarms.command is empty: name a program there") }
    let now = SystemClock.unix.seconds
    let document: JSON = [
        "version": 1, "at": .integer(now),
        "alarms": [
            [
                "name": .string(name), "status": "firing", "severity": .string(severity.rawValue), "summary": .string(summary),
                "labels": .object(labels), "value": 1.0, "since": .integer(now), "reminder": false, "suppressed": 0,
                "runbook": .string("\(AlarmRule.runbook)#\(name.lowercased())"),
            ]
        ],
    ]
    let outcome = await CommandRun.run(command, input: Array((document.text + "\n").utf8))
    guard outcome == .exited(0) else { throw ServiceError.unavailable("\(program) \(outcome)") }
    notice("\(program) ended well")
}
