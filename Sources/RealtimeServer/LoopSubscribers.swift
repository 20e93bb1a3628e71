import NIOCore
import SupervisorCore

/// The connections of one event loop, and which of them want what.
final class LoopSubscribers: Sendable {
    private struct Content {
        var connections: [ObjectIdentifier: RealtimeConnection] = [:]
        var topics: [String: [ObjectIdentifier: (connection: RealtimeConnection, topic: RealtimeTopic)]] = [:]
    }

    private let loop: any EventLoop
    private let content: NIOLoopBoundBox<Content>

    init(_ loop: any EventLoop) {
        self.loop = loop
        content = NIOLoopBoundBox.makeBoxSendingValue(Content(), eventLoop: loop)
    }

    // MARK: on the loop

    func add(_ connection: RealtimeConnection) { content.value.connections[ObjectIdentifier(connection)] = connection }

    /// Forgets the connection and its subscriptions.
    func remove(_ connection: RealtimeConnection, _ counters: RealtimeCounters) {
        guard content.value.connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        for topic in connection.topics { unsubscribe(connection, topic, counters) }
    }

    func subscribe(_ connection: RealtimeConnection, _ topic: RealtimeTopic, _ counters: RealtimeCounters) {
        let old = content.value.topics[topic.name, default: [:]].updateValue((connection, topic), forKey: ObjectIdentifier(connection))
        if old == nil { counters.subscriptions.count() }
    }

    func unsubscribe(_ connection: RealtimeConnection, _ topic: RealtimeTopic, _ counters: RealtimeCounters) {
        guard content.value.topics[topic.name]?.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        counters.subscriptions.count(-1)
        if content.value.topics[topic.name]?.isEmpty == true { content.value.topics[topic.name] = nil }
    }

    // MARK: from anywhere

    /// Writes the parcels to those on this loop who want them.
    func deliver(_ parcels: [Parcel], except sender: ObjectIdentifier?, _ counters: RealtimeCounters) -> EventLoopFuture<Void> {
        loop.submit {
            for parcel in parcels {
                // A connection that is closed on the way takes itself out of the content, not out of what is walked here.
                guard let subscribers = self.content.value.topics[parcel.topic] else { continue }
                var deliveries = 0
                for (id, subscriber) in subscribers where id != sender && subscriber.topic.isMeant(by: parcel.audience) {
                    if subscriber.connection.write(parcel) { deliveries += parcel.count }
                }
                counters.deliveries.count(deliveries)
            }
        }
    }

    func closeAll() {
        loop.execute {
            for connection in self.content.value.connections.values { connection.stop() }
        }
    }
}
