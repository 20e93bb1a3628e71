import Primitives
import RealtimeServer
import ServiceKit
import SupervisorCore

/// The channel that the rows of `messages` come on.
private let channel = "messages"

/// Between two tries to read changes that the feed does not keep any more.
private let retry = Backoff(first: .milliseconds(250), limit: .seconds(5))

/// Tells subscribers of every change until the task is cancelled, and to come back when the supervisor stops.
func runRealtime(_ parts: Parts) async {
    let (hub, context) = (parts.realtime, parts.context)
    context.onStop { hub.closeAll() }
    await withTaskGroup { group in
        group.addTask { await tellChanges(parts.feed, hub, context) }
        group.addTask { await tellFigures(hub, context) }
    }
    hub.closeAll()
}

/// Each change goes out once and in order. Where the feed went on without us, we read the outbox until we have caught up.
private func tellChanges(_ feed: ChangeFeed, _ hub: RealtimeHub, _ context: ServiceContext) async {
    var last: Int64?
    var age = feed.age
    var backoff = retry
    while !Task.isCancelled, !context.isStopping {
        do {
            for try await changes in feed.subscribe(from: last, age: age) {
                await hub.broadcast(
                    changes.map {
                        RealtimeBroadcast(topic: channel, event: $0.event.rawValue, payload: .json($0.row), id: String($0.id))
                    })
                last = changes.last?.id ?? last
                backoff.reset()
                let now = SystemClock.unix
                for change in changes where !change.isHistory {
                    context.status.observe("commit_to_broadcast_seconds", (now - change.committedAt).inSeconds, ["to": "subscribers"])
                }
            }
            return
        } catch ChangeFeedEnd.lagging {
            context.status.count("realtime_lagged_total")
        } catch ChangeFeedEnd.gone, ChangeFeedEnd.restored {
            // What they have does not join on to what comes now: they fetch it.
            context.logger.warning("subscribers are sent away, since changes were forgotten or another database is there")
            hub.sendAllAway()
            last = nil
            age = feed.age
        } catch {
            if backoff.attempts == 0 { context.logger.warning("the changes for subscribers cannot be read: \(error)") }
            var generator = SystemRandomNumberGenerator()
            do { try await Task.sleep(for: backoff.next(using: &generator)) } catch { return }
        }
    }
}

private func tellFigures(_ hub: RealtimeHub, _ context: ServiceContext) async {
    while !Task.isCancelled {
        let (figures, status) = (hub.figures, context.status)
        status.gauge("realtime_connections", Double(figures.connections))
        status.gauge("realtime_subscriptions", Double(figures.subscriptions))
        status.total("realtime_opened_total", [:], Int64(figures.opened))
        status.total("realtime_refused_total", [:], Int64(figures.refused))
        status.total("realtime_broadcasts_total", [:], Int64(figures.broadcasts))
        status.total("realtime_deliveries_total", [:], Int64(figures.deliveries))
        status.total("realtime_dropped_total", ["reason": "slow"], Int64(figures.droppedSlow))
        status.total("realtime_dropped_total", ["reason": "other"], Int64(figures.droppedOther))
        do { try await Task.sleep(for: .seconds(1)) } catch { return }
    }
}
