import EventLink
import POSIX
import Primitives
import ServiceKit

/// Tells running stages of a change in the database that they would find by themselves within seconds.
public struct StageReload: Sendable {
    /// How long a stage may take to answer.
    private static let patience = Duration.seconds(5)

    private let folders: Folders
    private let client: ControlClient

    public init(folders: Folders, zeroMQ: LinkContext) {
        self.folders = folders
        client = ControlClient(context: zeroMQ, patience: StageReload.patience)
    }

    /// The stages that run here, of those whose names begin so.
    public func running(_ beginning: String) -> [String] {
        Folders.services(in: folders.controls).filter { $0.hasPrefix(beginning) }
    }

    /// What the stages answered that run and did answer, which have taken the change over by then; the others are left to find it.
    public func tell(_ services: [String], by actor: String) async -> [String: JSON] {
        let (folders, client) = (folders, client)
        return await withTaskGroup { group in
            for service in services where LockedFile.isHeld(folders.control(service) + ".lock") {
                group.addTask { () -> (String, JSON)? in
                    do {
                        return (service, try await client.ask(folders.control(service), "reload", actor: actor))
                    } catch {
                        // It looks by itself every few seconds.
                        return nil
                    }
                }
            }
            var answers: [String: JSON] = [:]
            for await answer in group { if let answer { answers[answer.0] = answer.1 } }
            return answers
        }
    }
}
