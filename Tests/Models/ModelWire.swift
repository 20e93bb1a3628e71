import Events
import Primitives

/// The link as the simulations believe it: producers' connections to writers, and the frames that are under way on them.
///
/// Frames of one connection keep their order, connections do not; without a connection nothing is queued, and answers to who is gone are
/// dropped. Of what was under way when a connection breaks, the first frames may still be read, later, when the next one has begun.
///
/// `Tests/EventLinkTests` runs the same scripts against it and against libzmq. Whoever keeps the time gives each parcel back at its `at`.
public struct ModelWire: Sendable {
    /// One connection, to the writer that was there when it was made.
    public struct Connection: Sendable {
        public let id: Int
        /// The producer's routing id: the same on each of its connections, whichever process it is.
        public let route: [UInt8]
        public let writer: Int
        public fileprivate(set) var isOpen = true
        fileprivate var lastToWriter = Instant.zero
        fileprivate var lastToProducer = Instant.zero
    }

    /// A frame under way.
    public struct Parcel: Sendable {
        public let frame: WireFrame
        public let connection: Int
        /// From the writer to the producer.
        public let isAnswer: Bool
        /// When it arrives.
        public fileprivate(set) var at: Instant
        public let number: Int
    }

    /// A broken connection, and what of it arrives all the same; nothing else that was under way does.
    public struct Break: Sendable {
        public let connection: Int
        public let late: [Parcel]
    }

    /// What becomes of a parcel at its time.
    public enum Arrival: Equatable, Sendable {
        /// The writer reads it, under this route.
        case read(writer: Int, route: [UInt8])
        /// The producer with this route hears it.
        case heard(route: [UInt8])
        /// The writer's socket loses it although its connection goes on.
        case garbled(writer: Int)
        /// Nobody is there.
        case dropped
    }

    /// Under it comes what was sent on a connection that another has taken the route of: five bytes, the first of them zero.
    public static let anonymous: [UInt8] = [0, 1, 2, 3, 4]
    /// How often something of a broken connection still arrives, and how long each of its frames takes, in seconds.
    private static let lateness = (chance: 0.6, wait: 0.0...2.0)

    private var connections: [Int: Connection] = [:]
    private var current: [[UInt8]: Int] = [:]
    private var endedWriters: Set<Int> = []
    /// To writers, on each connection in the order of their arrival.
    private var underWay: [Parcel] = []
    private var lastConnection = 0
    private var lastParcel = 0

    public init() {}

    // MARK: connections

    /// The connection that the producer believes in.
    public func connection(of route: [UInt8]) -> Connection? { current[route].flatMap { connections[$0] } }

    /// The connection, while it is open.
    public func open(_ id: Int) -> Connection? { connections[id].flatMap { $0.isOpen ? $0 : nil } }

    /// Those that lead to a writer, oldest first.
    public func connections(to writer: Int) -> [Connection] {
        current.values.sorted().compactMap { connections[$0] }.filter { $0.writer == writer }
    }

    /// A producer that has none gets a connection.
    @discardableResult
    public mutating func connect(_ route: [UInt8], to writer: Int) -> Int {
        lastConnection += 1
        connections[lastConnection] = Connection(id: lastConnection, route: route, writer: writer)
        current[route] = lastConnection
        return lastConnection
    }

    /// The producer's connection breaks, if it has one.
    public mutating func disconnect(_ route: [UInt8], now: Instant, using generator: inout some RandomNumberGenerator) -> Break? {
        guard let id = current.removeValue(forKey: route) else { return nil }
        connections[id]?.isOpen = false
        let under = underWay.filter { $0.connection == id }
        underWay.removeAll { $0.connection == id }
        var late: [Parcel] = []
        if !under.isEmpty, Double.random(in: 0..<1, using: &generator) < ModelWire.lateness.chance {
            var at = now
            for parcel in under.prefix(Int.random(in: 0...under.count, using: &generator)) {
                at = at + wait(ModelWire.lateness.wait, &generator)
                var parcel = parcel
                parcel.at = at
                late.append(parcel)
            }
        }
        underWay += late
        return Break(connection: id, late: late)
    }

    /// Nobody reads what comes to this writer any more.
    public mutating func end(writer: Int) { endedWriters.insert(writer) }

    // MARK: frames

    /// A frame of the producer; nil without a connection.
    ///
    /// - Parameter delay: seconds that it takes, unless one before it takes longer.
    public mutating func send(
        _ frame: WireFrame, from route: [UInt8], now: Instant, delay: ClosedRange<Double>,
        using generator: inout some RandomNumberGenerator
    ) -> Parcel? {
        guard let id = current[route], let connection = connections[id] else { return nil }
        let at = max(connection.lastToWriter, now + wait(delay, &generator))
        connections[id]?.lastToWriter = at
        let parcel = parcel(frame, id, isAnswer: false, at)
        underWay.append(parcel)
        return parcel
    }

    /// An answer of the writer; nil when the route does not lead from it to anybody.
    public mutating func answer(
        _ frame: WireFrame, to route: [UInt8], by writer: Int, now: Instant, delay: ClosedRange<Double>,
        using generator: inout some RandomNumberGenerator
    ) -> Parcel? {
        guard let id = current[route], let connection = connections[id], connection.writer == writer else { return nil }
        let at = max(connection.lastToProducer, now + wait(delay, &generator))
        connections[id]?.lastToProducer = at
        return parcel(frame, id, isAnswer: true, at)
    }

    /// The parcel's time has come.
    ///
    /// - Parameter garbling: how often a batch is lost in the middle; what follows tells of it. A last frame is not lost: TCP delivers
    ///   it, or breaks.
    public mutating func arrive(_ parcel: Parcel, garbling: Double, using generator: inout some RandomNumberGenerator) -> Arrival {
        guard let connection = connections[parcel.connection] else { return .dropped }
        if parcel.isAnswer { return connection.isOpen ? .heard(route: connection.route) : .dropped }
        underWay.removeAll { $0.number == parcel.number }
        if endedWriters.contains(connection.writer) { return .dropped }
        if case .events = parcel.frame.body, garbling > 0, Double.random(in: 0..<1, using: &generator) < garbling {
            let isFollowed = underWay.contains { next in
                if case .events = next.frame.body { next.connection == connection.id } else { false }
            }
            if isFollowed { return .garbled(writer: connection.writer) }
        }
        return .read(writer: connection.writer, route: connection.isOpen ? connection.route : ModelWire.anonymous)
    }

    private mutating func parcel(_ frame: WireFrame, _ connection: Int, isAnswer: Bool, _ at: Instant) -> Parcel {
        lastParcel += 1
        return Parcel(frame: frame, connection: connection, isAnswer: isAnswer, at: at, number: lastParcel)
    }

    private func wait(_ seconds: ClosedRange<Double>, _ generator: inout some RandomNumberGenerator) -> Duration {
        .milliseconds(Int64(Double.random(in: seconds, using: &generator) * 1_000))
    }
}
