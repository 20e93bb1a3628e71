import EventLink
import POSIX
import Primitives
import ServiceKit
import ZeroMQ

/// Asks the stages of this machine over their control sockets.
struct StageControl: Sendable {
    /// How long a stage may take to answer somebody who waits at a page.
    static let patience = Duration.seconds(10)

    let service: ServiceContext
    let zeroMQ: Context

    private var folders: Folders { service.folders }

    /// Whether something holds the stage's control socket. One that was killed leaves the socket's file, but not its lock.
    func isRunning(_ stage: String) -> Bool { LockedFile.isHeld(folders.control(stage) + ".lock") }

    /// The stages that run now, by name.
    var running: [String] { Folders.services(in: folders.controls).filter(isRunning) }

    /// Tells a stage that something changed which it would find by itself: one that does not answer is left to that.
    func hint(_ stage: String, by actor: String) async {
        do {
            _ = try await ask(stage, "reload", by: actor, patience: .seconds(1))
        } catch {
            service.logger.debug("\(stage) was not told of a change: \(error)")
        }
    }

    /// The stage's answer. Throws `Refusal`: 503 when it does not run or does not answer, 409 when it says no.
    func ask(
        _ stage: String, _ command: String, _ arguments: JSON = .object([]), by actor: String, patience: Duration = StageControl.patience
    ) async throws -> JSON {
        guard isRunning(stage) else { throw Refusal.unavailable("\(stage) does not run") }
        do {
            return try await ControlClient(context: zeroMQ, patience: patience).ask(
                folders.control(stage), command, arguments: arguments, actor: actor)
        } catch let failure as ControlFailure {
            throw Refusal.conflict("\(stage): \(failure.reason)")
        } catch is LinkError {
            throw Refusal.unavailable("\(stage) does not answer on its control socket")
        }
    }
}
