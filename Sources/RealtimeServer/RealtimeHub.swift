import Logging
import NIOCore
import Primitives
import SupervisorCore
import Synchronization

/// Every subscriber of this process, and the way to them.
///
/// A subscriber lives on the event loop of its connection, and the subscribers of one loop are found there; so a broadcast is one task for
/// each loop, and what is written is the same bytes for each subscriber.
public final class RealtimeHub: Sendable {
    /// Judges a key that came from this address. It does not wait for anything.
    public typealias Judge = @Sendable (_ key: String, _ address: String) -> RealtimeVerdict

    /// The clocks of the process.
    public struct Clock: Sendable {
        let now: @Sendable () -> Instant
        let time: @Sendable () -> UnixTime

        public init(now: @escaping @Sendable () -> Instant, time: @escaping @Sendable () -> UnixTime) {
            self.now = now
            self.time = time
        }
    }

    public let judge: Judge
    let clock: Clock
    let logger: Logger
    /// The last address of `X-Forwarded-For` is the caller's: what stands before this server is ours.
    let trustsForwardedFor: Bool
    let counters = RealtimeCounters()
    private let loops = Mutex<[ObjectIdentifier: LoopSubscribers]>([:])
    private let isClosing = Atomic(false)

    public init(judge: @escaping Judge, clock: Clock, trustsForwardedFor: Bool, logger: Logger) {
        self.judge = judge
        self.trustsForwardedFor = trustsForwardedFor
        self.clock = clock
        self.logger = logger
    }

    public var figures: RealtimeFigures { counters.figures }

    /// Sends the events to the subscribers of their topics, in order. Any thread may call it; of two calls at once, either may be first.
    ///
    /// Returns when the events are written or wait in the subscribers' own buffers, so that whoever calls it again then is held to the pace at
    /// which this machine can write. It never waits for a subscriber.
    public func broadcast(_ broadcasts: [RealtimeBroadcast]) async {
        let deliveries = start(broadcasts, except: nil)
        for delivery in deliveries {
            // It fails only when the loops have ended, and with them the subscribers.
            do { try await delivery.get() } catch { logger.debug("a broadcast came too late: \(error)") }
        }
    }

    /// Sends one event to the subscribers of a topic.
    ///
    /// - Parameters:
    ///   - topic: without the prefix `realtime:`.
    ///   - payload: the text of a JSON object.
    public func broadcast(topic: String, event: String, payload: [UInt8]) async {
        await broadcast([RealtimeBroadcast(topic: topic, event: event, payload: .json(payload))])
    }

    /// Tells all to come back, and closes their connections. Whoever connects from now on is told so at once.
    public func closeAll() {
        isClosing.store(true, ordering: .relaxed)
        sendAllAway()
    }

    /// Tells all to come back, and closes their connections.
    public func sendAllAway() {
        for loop in loops.withLock({ Array($0.values) }) { loop.closeAll() }
    }

    // MARK: for the connections

    /// What a subscriber broadcasts: its rate is limited, so nobody waits for the writing.
    func broadcast(_ broadcast: RealtimeBroadcast, except sender: ObjectIdentifier?) { _ = start([broadcast], except: sender) }

    /// The subscribers of an event loop.
    func subscribers(on loop: any EventLoop) -> LoopSubscribers {
        loops.withLock { loops in
            if let known = loops[ObjectIdentifier(loop)] { return known }
            let new = LoopSubscribers(loop)
            loops[ObjectIdentifier(loop)] = new
            return new
        }
    }

    /// Takes a place among the connections until the channel is closed.
    func reserve(_ channel: any Channel) throws(RealtimeRefusal) {
        guard !isClosing.load(ordering: .relaxed) else { throw .unavailable }
        let (_, count) = counters.connections.add(1, ordering: .relaxed)
        guard count <= RealtimeLimits.connections else {
            counters.connections.subtract(1, ordering: .relaxed)
            throw .tooManyConnections
        }
        channel.closeFuture.whenComplete { _ in self.counters.connections.subtract(1, ordering: .relaxed) }
        counters.opened.count()
    }

    private func start(_ broadcasts: [RealtimeBroadcast], except sender: ObjectIdentifier?) -> [EventLoopFuture<Void>] {
        counters.broadcasts.count(broadcasts.count)
        guard counters.subscriptions.load(ordering: .relaxed) > 0, !broadcasts.isEmpty else { return [] }
        let parcels = Parcel.pack(broadcasts)
        return loops.withLock { Array($0.values) }.map { $0.deliver(parcels, except: sender, counters) }
    }
}
