import Glibc
import Hummingbird
import NIOCore
import Primitives
import ServiceKit
import SupervisorCore

/// The supervisor's life: watch the taps, answer HTTP, until told to stop.
func supervise(_ context: ServiceContext) async throws {
    let own = try OwnSockets(context)
    let parts = Parts(
        context: context, watch: Watch(), database: try Database(context), access: try Access(context),
        control: StageControl(folders: context.folders, zeroMQ: own.zeroMQ), audit: AuditLog(context))
    let listen = context.configuration.supervisor.listen
    let application = Application(
        router: routes(parts),
        configuration: ApplicationConfiguration(address: .hostname(listen.host, port: listen.port), serverName: nil),
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
        group.addTask { await parts.access.run() }
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
