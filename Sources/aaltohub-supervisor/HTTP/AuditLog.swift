import Primitives
import ServiceKit
import SupervisorCore

/// Who did what and when: every action that changes something is told here, whether it was done, refused or failed.
final class AuditLog: Sendable {
    private let context: ServiceContext

    init(_ context: ServiceContext) { self.context = context }

    /// Does the action and writes down what became of it.
    ///
    /// - Parameters:
    ///   - action: `restart`, `toggle`, `crawl`, …
    ///   - target: a stage, a group's id, a dead letter's id; no secret, no text of a message.
    func record<T: Sendable>(
        _ action: String, _ target: String, by caller: Caller, _ body: () async throws -> T
    ) async throws -> T {
        do {
            let value = try await body()
            write(action, target, caller, "done")
            return value
        } catch {
            write(action, target, caller, "failed")
            throw error
        }
    }

    private func write(_ action: String, _ target: String, _ caller: Caller, _ outcome: String) {
        context.logger.notice(
            "audit", metadata: ["actor": "\(caller.subject)", "action": "\(action)", "target": "\(target)", "outcome": "\(outcome)"])
    }
}
