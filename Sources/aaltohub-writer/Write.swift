import EventLink
import Glibc
import Primitives
import ServiceKit
import Store
import WriterCore

/// The writer's life: take the locks, open the database and the link, commit until told to stop, drain.
func write(_ context: ServiceContext) async throws {
    let lock = try FileLock(path: context.folders.lock("writer"), purpose: "write to this database")
    defer { withExtendedLifetime(lock) {} }
    let store = WriterStore(try connectionOptions(context), outboxDays: Int32(context.configuration.broadcast.keepDays)) {
        CrashPoint.writerCommitBefore.pass()
    }
    let zeroMQ = LinkContext()
    let tap = try TapPublisher(service: "\(context.name)", path: context.folders.tap("writer"), context: zeroMQ)
    let loop = WriterLoop(context: context, store: store, tap: tap)
    let control = try ControlServer(path: context.folders.control("writer"), context: zeroMQ, commands: commands(context, loop))
    let outcome = await withTaskGroup { group -> Result<Void, any Error> in
        group.addTask { await context.heartbeats { json in tap.publish("heartbeat", "status") { json } } }
        defer { group.cancelAll() }
        do {
            try await run(context, store, loop, control, zeroMQ)
            return .success(())
        } catch {
            return .failure(error)
        }
    }
    context.stopping(.disconnect)
    await control.close()
    await tap.close()
    // A statement that runs beyond the drain's time runs beyond systemd's patience, too; its records stay with their listeners.
    if await loop.isCommitting { store.abandon() } else { await store.close() }
    try outcome.get()
}

/// From the first connection to the last acknowledgement.
private func run(
    _ context: ServiceContext, _ store: WriterStore, _ loop: WriterLoop, _ control: ControlServer, _ zeroMQ: LinkContext
) async throws {
    guard let start = try await openDatabase(store, context) else { return }
    // Only now: a bound link promises that somebody will commit.
    let link = try WriterLink(path: context.folders.link, context: zeroMQ, on: loop.thread)
    await loop.begin(link, control, start)
    context.onStop { Task { await loop.drain() } }
    context.onReload { await loop.limit($0.link) }
    context.logger.info("writing", metadata: ["epoch": "\(start.epoch)", "link": "\(link.path)"])
    context.ready("waiting for listeners")
    let outcome = await withTaskGroup { group -> Result<Void, any Error> in
        group.addTask(executorPreference: loop.thread.taskExecutor) { await loop.listen() }
        group.addTask {
            while !Task.isCancelled {
                await loop.tick()
                do { try await Task.sleep(for: context.watchdog.longestWait) } catch { return }
            }
        }
        defer { group.cancelAll() }
        do {
            try await loop.untilFinished()
            return .success(())
        } catch {
            return .failure(error)
        }
    }
    context.stopping(.drain)
    // Sends the last acknowledgements.
    await link.close()
    try outcome.get()
}

/// What may be asked of a running writer.
private func commands(_ context: ServiceContext, _ loop: WriterLoop) -> [String: ControlServer.Handler] {
    [
        "status": { _ in await loop.status() },
        "queue": { _ in await loop.queue() },
        "retry": { request async throws(ControlFailure) in
            let ids = try LetterRetries.ids(request)
            context.logger.notice(
                "asked to retry dead letters", metadata: ["actor": "\(request.actor)", "letters": "\(ids.map { "\($0.count)" } ?? "all")"])
            return try await loop.retry(ids)
        },
        "drain": { request in
            context.logger.notice("asked to drain", metadata: ["actor": "\(request.actor)"])
            context.requestStop()
            return "draining"
        },
        "reload": { request in
            context.logger.notice("asked to reload", metadata: ["actor": "\(request.actor)"])
            kill(getpid(), SIGHUP)
            return "reading the configuration again"
        },
        "pause": { request in
            context.logger.notice("asked to pause", metadata: ["actor": "\(request.actor)"])
            await loop.pause(reason: "paused by \(request.actor)")
            return "paused"
        },
        "resume": { request in
            context.logger.notice("asked to resume", metadata: ["actor": "\(request.actor)"])
            await loop.resume()
            return "resumed"
        },
    ]
}
