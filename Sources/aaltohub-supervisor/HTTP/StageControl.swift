import EventLink
import Primitives
import ServiceKit
import ZeroMQ

/// Asks the stages of this machine over their control sockets.
struct StageControl: Sendable {
    /// How long a stage may take to answer somebody who waits at a page.
    static let patience = Duration.seconds(10)

    let folders: Folders
    let zeroMQ: Context

    /// Whether something holds the stage's control socket. One that was killed leaves the socket's file, but not its lock.
    func isRunning(_ service: String) -> Bool { FileLock.isHeld(folders.control(service) + ".lock") }

    /// The stages that run now, by name.
    var running: [String] { Folders.services(in: folders.controls).filter(isRunning) }

    /// The stage's answer. Throws `Refusal`: 503 when it does not run or does not answer, 409 when it says no.
    func ask(
        _ service: String, _ command: String, _ arguments: JSON = .object([]), by actor: String, patience: Duration = StageControl.patience
    ) async throws -> JSON {
        guard isRunning(service) else { throw Refusal.unavailable("\(service) does not run") }
        do {
            return try await ControlClient(context: zeroMQ, patience: patience).ask(
                folders.control(service), command, arguments: arguments, actor: actor)
        } catch let failure as ControlFailure {
            throw Refusal.conflict("\(service): \(failure.reason)")
        } catch is LinkError {
            throw Refusal.unavailable("\(service) does not answer on its control socket")
        }
    }
}
