import Synchronization

/// What a stage does when its configuration was read again.
final class ReloadHandlers: Sendable {
    typealias Handler = @Sendable (Configuration) async -> Void
    private let handlers = Mutex<[Handler]>([])

    func add(_ handler: @escaping Handler) { handlers.withLock { $0.append(handler) } }

    func run(_ configuration: Configuration) async {
        for handler in handlers.withLock({ $0 }) { await handler(configuration) }
    }
}
