import Glibc
import Hummingbird
import HummingbirdCore
import NIOCore
import Primitives
import RealtimeServer
import ServiceKit
import SupervisorCore

/// Connections at once, beyond which the next ones wait: the subscribers' and some more, below the unit's LimitNOFILE.
private let mostConnections = 7_000

/// The supervisor's life: watch the taps, answer HTTP, until told to stop.
func supervise(_ context: ServiceContext) async throws {
    let own = try OwnSockets(context)
    let database = try Database(context)
    let access = try Access(context)
    let feed = ChangeFeed(context, database)
    let sink = try BroadcastSink(context, database, feed)
    let realtime = RealtimeHub(context, access)
    let parts = Parts(
        context: context, watch: Watch(context.configuration), database: database, access: access,
        control: StageControl(service: context, zeroMQ: own.zeroMQ), audit: AuditLog(context, database), feed: feed,
        logins: LoginService(context, database), realtime: realtime)
    let listen = context.configuration.supervisor.listen
    let application = Application(
        router: try routes(parts),
        server: HTTPServerBuilder { RealtimeHTTPChannel(responder: $0, hub: realtime) },
        configuration: ApplicationConfiguration(
            address: .hostname(listen.host, port: listen.port), serverName: nil,
            availableConnectionsDelegate: .maximum(mostConnections, logger: context.logger)),
        onServerRunning: { channel in
            let port = channel.localAddress?.port ?? listen.port
            context.status.fact("http", .string("\(listen.host):\(port)"))
            context.ready("answering on \(listen.host):\(port)")
        },
        logger: context.logger)
    try await withThrowingTaskGroup { group in
        group.addTask {
            do {
                try await application.run()
            } catch let error as IOError {
                throw bindError(error, listen)
            }
        }
        group.addTask { await watchTaps(into: parts.watch, own, context) }
        group.addTask { await watchDatabase(into: parts.watch, parts.database, context) }
        group.addTask { await watchAlarms(parts.watch, context) }
        group.addTask { await parts.access.run(parts.database) }
        group.addTask { await parts.audit.run() }
        group.addTask { await parts.pages.run(parts.watch, parts.database, context) }
        group.addTask { await parts.logins.run() }
        group.addTask { await feed.run(own.zeroMQ) }
        if let sink { group.addTask { await sink.run() } }
        group.addTask { await runRealtime(parts) }
        // The stop that `drain` asks for has no signal that would end the server.
        group.addTask { await context.untilStop() }
        // Whichever ends first, ends the others: the server at a graceful stop, any of them by an error.
        try await group.next()
        context.stopping(.closeClients)
        group.cancelAll()
    }
    await parts.database.close()
}

/// Why the server could not bind, and what to do.
private func bindError(_ error: IOError, _ listen: Configuration.ListenAddress) -> ServiceError {
    switch error.errnoCode {
    case EADDRINUSE:
        .unavailable("\(listen) is taken by another program (`ss -ltnp` shows it): stop that one or change supervisor.listen")
    case EADDRNOTAVAIL: .configuration("\(listen): this machine has no such address: change supervisor.listen")
    case EACCES: .configuration("\(listen): this user may not listen there: choose a port above 1023 in supervisor.listen")
    default: .unavailable("\(listen): cannot listen: \(error)")
    }
}
