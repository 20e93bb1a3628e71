import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// The skeleton that every stage runs in: configuration, logging, signals, readiness, exit codes.
public enum ServiceMain {
    /// How long a graceful stop may take before its tasks are cancelled; the units kill after 30 s.
    static let longestGracefulStop = Duration.seconds(25)
    /// How long cancelled tasks may take to end before the process is given up.
    static let longestCancellation = Duration.seconds(3)

    /// Runs a stage until it ends or is asked to stop, then exits.
    ///
    /// The body is done when it returns: normally after `context.untilStop()` and having closed what it opened. An error
    /// ends the process with one line on stderr and the error's status (70 for one that has none).
    ///
    /// - Parameters:
    ///   - configurationPath: what `--config` said.
    ///   - body: the stage. Task cancellation means: stop at once.
    public static func run(
        _ name: ServiceName, configurationPath: String?, body: @escaping @Sendable (ServiceContext) async throws -> Void
    ) async -> Never {
        signal(SIGPIPE, SIG_IGN)
        do {
            let configuration = try Configuration.load(path: configurationPath)
            let log = ServiceLog.bootstrap(service: "\(name)", identifier: name.executable, settings: configuration.logging)
            let context = try makeContext(name, configuration)
            do {
                try await runGroup(context, log: log, configurationPath: configurationPath, body: body)
            } catch {
                end(name.executable, with: error, log: log)
            }
            let took = context.phases.finish()
            context.logger.notice("stopped", metadata: took.map { ["seconds": "\($0.inSeconds)"] } ?? [:])
            leave(.success)
        } catch {
            end(name.executable, with: error, log: nil)
        }
    }

    private static func makeContext(_ name: ServiceName, _ configuration: Configuration) throws(ServiceError) -> ServiceContext {
        // Sockets are for the group, nothing is for others.
        umask(0o007)
        let folders = Folders(configuration)
        try folders.prepare(for: "\(name)")
        let notifier = Notifier()
        let logger = Logger(label: "\(name)")
        logger.info("starting", metadata: ["version": "\(ServiceVersion.number)", "commit": "\(ServiceVersion.commit)"])
        return ServiceContext(
            name: name, configuration: configuration, credentials: Credentials(), folders: folders, logger: logger,
            notifier: notifier, watchdog: Watchdog(notifier: notifier), status: ServiceStatus(service: "\(name)"), stop: StopSignal(),
            phases: StopPhases { text, metadata in logger.notice("\(text)", metadata: metadata) })
    }

    private static func runGroup(
        _ context: ServiceContext, log: ServiceLog, configurationPath: String?,
        body: @escaping @Sendable (ServiceContext) async throws -> Void
    ) async throws {
        context.onStop {
            context.status.state = .stopping
            context.notifier.stopping()
            context.phases.enter(.stopTakingIn)
        }
        // Held from here to the end, whatever the group does with its own: it promises nothing of a second signal, and one that comes before
        // it listens is not lost.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let holding = Task {
            for await signal in signals where signal != .sighup { context.requestStop() }
        }
        defer { holding.cancel() }
        var settings = ServiceGroupConfiguration(
            services: [
                .init(
                    service: Stage(context: context, body: body), successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup),
                .init(service: Reloads(context: context, log: log, configurationPath: configurationPath)),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() })
        settings.maximumGracefulShutdownDuration = longestGracefulStop
        settings.maximumCancellationDuration = longestCancellation
        try await ServiceGroup(configuration: settings).run()
    }

    /// The one line, and the end.
    static func end(_ executable: String, with error: any Error, log: ServiceLog?) -> Never {
        let error = serviceError(error)
        if let log {
            log.write(level: .critical, message: error.message, fields: [("exit_status", "\(error.status.rawValue)")])
        } else {
            writeAll(Array("\(executable): \(error.message)\n".utf8), to: STDERR_FILENO)
        }
        Notifier().status("failed: \(error.message)")
        leave(error.status)
    }

    /// Any error as the one that ends a process.
    public static func serviceError(_ error: any Error) -> ServiceError {
        switch error {
        case let error as ServiceError: error
        case let error as any ServiceErrorConvertible: error.serviceError
        default: .internal("unexpected error: \(error)")
        }
    }

    /// Ends the process without running exit handlers, which other threads of libraries might still need.
    public static func leave(_ status: ExitStatus) -> Never {
        fflush(nil)
        _exit(status.rawValue)
    }
}

/// The body as a service of the group; joins the group's graceful shutdown with the context's stop signal.
private struct Stage: Service {
    let context: ServiceContext
    let body: @Sendable (ServiceContext) async throws -> Void

    func run() async throws {
        let context = context
        try await withGracefulShutdownHandler {
            try await body(context)
        } onGracefulShutdown: {
            context.requestStop()
        }
    }
}

/// SIGHUP: reads the configuration again, takes over what can be, tells what needs a restart.
private struct Reloads: Service {
    let context: ServiceContext
    let log: ServiceLog
    let configurationPath: String?

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { await reload() }
    }

    private func reload() async {
        // To a service manager, the end of a reload is READY=1: only a stage that is ready may say so.
        let isReady = [.ready, .holding].contains(context.status.state)
        if isReady { context.notifier.reloading() }
        defer { if isReady { context.notifier.ready() } }
        do {
            let new = try Configuration.load(path: configurationPath)
            log.setLevel(new.logging.level)
            context.logger.debug("entries of this level are written from now on")
            let changes = context.configuration.changes(to: new)
            await context.reloads.run(new)
            context.logger.notice(
                "configuration read again",
                metadata: [
                    "taken_over": "\(changes.reloadable.joined(separator: " "))",
                    "needs_restart": "\(changes.needRestart.joined(separator: " "))",
                ])
        } catch {
            context.logger.error("configuration not taken over: \(error)")
        }
    }
}
