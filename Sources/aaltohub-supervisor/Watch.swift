import Primitives
import ServiceKit
import SupervisorCore
import Synchronization

/// The board, where the tap's thread and HTTP's tasks meet.
final class Watch: Sendable {
    private let content = Mutex(Board())

    var board: Board { content.withLock { $0 } }

    func heard(_ heartbeat: Heartbeat) { content.withLock { _ = $0.heard(heartbeat, now: SystemClock.now) } }
}
