import Logging
import Primitives
import ServiceLifecycle

/// What every stage is given when it starts.
public struct ServiceContext: Sendable {
    /// Between two heartbeats: three missed ones mean that a service is down.
    public static let heartbeatInterval = Duration.seconds(2)

    public let name: ServiceName
    public let configuration: Configuration
    public let credentials: Credentials
    public let folders: Folders
    public let logger: Logger
    public let notifier: Notifier
    public let watchdog: Watchdog
    public let status: ServiceStatus
    let stop: StopSignal
    let phases: StopPhases
    let reloads = ReloadHandlers()

    /// The stage can do its job from now on.
    public func ready(_ detail: String) {
        if !isStopping { status.state = .ready }
        status.detail = detail
        notifier.status(detail)
        notifier.ready()
        logger.info("ready", metadata: ["detail": "\(detail)"])
    }

    /// A new live one-liner; as often as one likes.
    public func report(_ detail: String) {
        status.detail = detail
        notifier.status(detail)
    }

    /// A change of state, with a new live one-liner.
    public func report(_ state: ServiceStatus.State, _ detail: String) {
        status.state = state
        report(detail)
    }

    /// Whether somebody asked this process to stop.
    public var isStopping: Bool { stop.isRequested }

    /// Returns when somebody asks this process to stop: SIGTERM, SIGINT, `requestStop()`, or the end of the task.
    public func untilStop() async { await stop.wait() }

    /// Calls `handler` once when the stop is asked for, or now if it was: from any thread, so it should only pass it on.
    public func onStop(_ handler: @escaping @Sendable () -> Void) { stop.onRequest(handler) }

    /// Asks this process to stop, as SIGTERM does: finish, acknowledge, close, exit 0. The control command `drain` does it.
    public func requestStop() { stop.request() }

    /// The stop has come to this step: the log tells how long the one before it took. Before the stop is asked for it says nothing.
    public func stopping(_ phase: StopPhase) {
        guard isStopping else { return }
        phases.enter(phase)
    }

    /// Calls `handler` after each SIGHUP with the configuration as it is now, for the keys that can be taken over while running, and for
    /// what else is worth being read again then.
    public func onReload(_ handler: @escaping @Sendable (Configuration) async -> Void) { reloads.add(handler) }

    /// Hands the heartbeat to `publish` now and every two seconds until the task is cancelled; after an orderly stop once more,
    /// so that nobody takes the silence for a death.
    /// Run it beside the work, in a task of its own.
    public func heartbeats(_ publish: @escaping @Sendable (JSON) -> Void) async {
        while !Task.isCancelled {
            publish(status.json())
            do { try await Task.sleep(for: Self.heartbeatInterval) } catch { break }
        }
        guard isStopping else { return }
        status.state = .stopping
        publish(status.json())
    }
}
