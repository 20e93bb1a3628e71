import Hummingbird
import NIOCore
import SupervisorCore

/// What belongs to one request beside itself.
struct HTTPContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The address of the other end of the connection, without its port; empty when it has none.
    let peer: String
    /// Set by `Admit`: who asks. Routes behind it may rely on it (`admitted`).
    var caller: Caller?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = source.channel.remoteAddress?.ipAddress ?? ""
    }

    /// Who asks, behind an `Admit`.
    var admitted: Caller {
        guard let caller else { preconditionFailure("a route that asks who calls stands behind an Admit") }
        return caller
    }
}
