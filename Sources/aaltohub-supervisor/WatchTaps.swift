import AccountStage
import EventLink
import Glibc
import Primitives
import ServiceKit
import SupervisorCore
import ZeroMQ

/// How often the folder of the taps is looked at for services that are new.
private let lookInterval = Duration.seconds(1)

/// The supervisor's own tap and control socket. They are opened before anything else: a second supervisor finds them taken.
struct OwnSockets: Sendable {
    let zeroMQ = Context()
    let tap: TapPublisher
    let control: ControlServer

    init(_ context: ServiceContext) throws {
        let name = "\(context.name)"
        tap = try TapPublisher(service: name, path: context.folders.tap(name), context: zeroMQ)
        control = try ControlServer(
            path: context.folders.control(name), context: zeroMQ,
            commands: [
                "status": { _ in context.status.json() },
                "drain": { _ in
                    context.requestStop()
                    return "stopping"
                },
                "reload": { _ in
                    kill(getpid(), SIGHUP)
                    return "reading the configuration again"
                },
            ])
    }
}

/// Subscribes to the heartbeats of every service that has a tap, now and later, and publishes the supervisor's own.
func watchTaps(into watch: Watch, _ own: OwnSockets, _ context: ServiceContext) async {
    let (zeroMQ, tap, control) = (own.zeroMQ, own.tap, own.control)
    await withTaskGroup { group in
        group.addTask {
            await context.heartbeats { json in
                tap.publish("heartbeat", "status") { json }
                watch.heard(json, context)
            }
        }
        var known: Set<String> = ["\(context.name)"]
        while !Task.isCancelled, !context.isStopping {
            for service in Folders.services(in: context.folders.taps) where !known.contains(service) && known.count < Board.mostServices {
                known.insert(service)
                context.logger.info("watching", metadata: ["watched": "\(service)"])
                group.addTask { await listen(to: service, zeroMQ, watch, context) }
            }
            let ready = watch.board.services.filter { $0.entry?.heartbeat.state == "ready" }.count
            context.status.gauge("watched_services", Double(known.count))
            context.report("\(context.status.fact("http")?.string ?? "starting"), \(ready) of \(known.count) services ready")
            context.watchdog.beat()
            do { try await Task.sleep(for: lookInterval) } catch { break }
        }
        group.cancelAll()
    }
    context.stopping(.disconnect)
    await control.close()
    await tap.close()
}

/// Takes a service's heartbeats until the task is cancelled. The subscription outlives the service: ZeroMQ connects again.
private func listen(to service: String, _ zeroMQ: Context, _ watch: Watch, _ context: ServiceContext) async {
    do throws(LinkError) {
        let subscriber = try TapSubscriber(paths: [context.folders.tap(service)], prefixes: ["\(service).heartbeat."], context: zeroMQ)
        while let samples = await subscriber.inbox.next() {
            for sample in samples {
                if let json = sample.json { watch.heard(json, context) }
            }
        }
        await subscriber.close()
    } catch {
        context.logger.error("cannot watch \(service): \(error)")
    }
}
