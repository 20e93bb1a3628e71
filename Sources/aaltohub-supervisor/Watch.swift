import Primitives
import ServiceKit
import SupervisorCore
import Synchronization

/// The board, where the taps' tasks and HTTP's meet.
final class Watch: Sendable {
    private let content = Mutex(Board())

    var board: Board { content.withLock { $0 } }

    /// Takes what a tap said under the topic of heartbeats.
    func heard(_ json: JSON, _ context: ServiceContext) {
        do throws(HeartbeatError) {
            let heartbeat = try Heartbeat(json)
            let taken = content.withLock { $0.heard(heartbeat, now: SystemClock.now) }
            context.status.count(taken ? "heartbeats_received_total" : "heartbeats_refused_total")
        } catch {
            context.status.count("heartbeats_refused_total")
            context.logger.debug("no heartbeat: \(error)")
        }
    }
}
