import ArgumentParser
import EventLink
import POSIX
import Primitives
import ServiceKit
import Store
import SupervisorCore
import ZeroMQ

struct RestartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Has a stage finish what it has in hand and exit, and waits until it is back.",
        discussion: """
            Who supervises it (systemd, ops/run) starts it again. Status 69: it does not run, or refuses; 75: it has ended and was not back \
            in time.
            """)

    /// Between two looks whether it is back.
    private static let interval = Duration.milliseconds(200)
    /// How long a stage may take to say that it stops, and what it does.
    private static let patience = Duration.seconds(10)
    /// The longest wait that may be asked for.
    private static let mostSeconds = 3_600

    @OptionGroup var common: CommonOptions
    @Argument(help: ArgumentHelp("writer, supervisor, listener, backfill, listener@ACCOUNT or backfill@ACCOUNT.", valueName: "stage"))
    var stage: String
    @Option(help: ArgumentHelp("How long to wait for its return; 0: do not wait.", valueName: "seconds"))
    var timeout = 120

    func validate() throws {
        guard StageName.isValid(stage) else {
            throw ValidationError("a stage is writer, supervisor, listener, backfill, listener@ACCOUNT or backfill@ACCOUNT")
        }
        guard (0...Self.mostSeconds).contains(timeout) else { throw ValidationError("--timeout is a number from 0 to \(Self.mostSeconds)") }
    }

    func run() async throws {
        let folders = Folders(try common.configuration())
        let stages = Folders.services(in: folders.controls).filter {
            ($0 == stage || $0.hasPrefix("\(stage)@")) && LockedFile.isHeld(folders.control($0) + ".lock")
        }.sorted()
        guard !stages.isEmpty else { throw ServiceError.unavailable("\(stage) does not run: see `aaltohubctl status`") }
        let client = ControlClient(context: Context(), patience: Self.patience)
        var before: [(stage: String, pid: Int64?)] = []
        for stage in stages {
            let pid = try await ask(client, folders, stage, "status")["pid"]?.integer
            _ = try await ask(client, folders, stage, "drain")
            before.append((stage, pid))
        }
        let deadline = SystemClock.now + .seconds(Int64(timeout))
        var missing: [String] = []
        for (stage, pid) in before {
            let now = timeout == 0 ? nil : try await returned(client, folders, stage, not: pid, deadline)
            if timeout > 0, now == nil { missing.append(stage) }
            if common.json {
                output(
                    JSON.object([
                        .init("stage", .string(stage)), .init("was", pid.map { .integer($0) } ?? .null),
                        .init("pid", now.map { .integer($0) } ?? .null), .init("back", .bool(now != nil)),
                    ]).text)
            } else if let now {
                output("\(stage): is back as process \(now)")
            } else if timeout == 0 {
                output("\(stage): stops")
            }
        }
        await writeDown(stages)
        guard missing.isEmpty else {
            throw ServiceError.temporary(
                "\(missing.joined(separator: ", ")): told to stop, and not back within \(timeout) s: "
                    + "see `aaltohubctl status`, and whether somebody starts it (systemctl status, ops/run)")
        }
    }

    private func ask(_ client: ControlClient, _ folders: Folders, _ stage: String, _ command: String) async throws -> JSON {
        do {
            return try await client.ask(folders.control(stage), command, actor: operatorName())
        } catch let failure as ControlFailure {
            throw ServiceError.unavailable("\(stage): \(failure.reason)")
        } catch LinkError.noAnswer {
            throw ServiceError.unavailable("\(stage) does not answer on its control socket: run this as a user who may ask it")
        }
    }

    /// The pid of the stage's next process once that is ready; nil: it was not in time.
    private func returned(
        _ client: ControlClient, _ folders: Folders, _ stage: String, not old: Int64?, _ deadline: Instant
    ) async throws -> Int64? {
        let path = folders.control(stage)
        while SystemClock.now < deadline {
            // At the socket of one that has gone nobody would answer.
            if LockedFile.isHeld(path + ".lock"), LockedFile.holder(of: path + ".lock").map(Int64.init) != old {
                do {
                    let status = try await client.ask(path, "status", actor: operatorName())
                    if let pid = status["pid"]?.integer, pid != old, status["state"]?.string == "ready" { return pid }
                } catch LinkError.noAnswer {
                    // It has only begun, or ended again.
                }
            }
            try await Task.sleep(for: Self.interval)
        }
        return nil
    }

    /// In the audit log, if that can be reached: a restart is also what one does when it cannot.
    private func writeDown(_ stages: [String]) async {
        let entries = stages.map {
            AuditStore.Entry(
                at: SystemClock.unix, actor: operatorName(), means: "ctl", action: "restart", target: $0, outcome: "done")
        }
        do {
            try await common.withDatabase { try await AuditStore($0).add(entries) }
        } catch {
            notice("not in the audit log: \(ServiceMain.serviceError(error).message)")
        }
    }
}
