import Primitives

/// A server's side of one MTProto session, made of the client's parts: for the simulator and for tests.
///
/// For each packet: `authorizationKeyID(of:)` finds the key, `MessageCipher.open(_:key:direction: .clientToServer)` opens it, its
/// `sessionID` finds the session or asks for a new one, `receive` takes it. After every call ask `pollEvent` and `pollPacket`
/// until both give nil, and call `pollPacket` again at `nextDeadline`. A session outlives TCP connections: `connected`,
/// `connectionLost`. What the client has not acknowledged is kept and sent again on the next connection.
public struct ServerSession: Sendable {
    public struct Configuration: Sendable {
        /// Seconds for which a salt is the current one: real servers' half an hour.
        public var saltPeriodSeconds: Int64 = 1800
        /// Whether the salt before the current one is taken.
        public var acceptsPreviousSalt = true
        /// Whether results above 512 bytes are packed where that helps.
        public var packsResults = true
        /// Answers of so many bytes or more are only announced by msg_detailed_info, until the client asks. Nil: never.
        public var announcedAnswerBytes: Int?
        /// Acknowledgments of requests wait so long for a packet to ride on.
        public var acknowledgmentDelay = Duration.milliseconds(100)
        /// Whether sequence numbers must be those of the specification, not only odd or even where due.
        public var checksSequenceNumbers = false

        public init() {}
    }

    enum Limits {
        /// Requests remembered, so that a repeated one is not executed twice.
        static let requests = 10_000
        /// Messages kept for a client that is away or does not acknowledge; then updates are dropped.
        static let unacknowledged = 20_000
        static let unacknowledgedBytes = 64 << 20
        /// Client messages may be older than the server's clock by this, and newer by the next.
        static let oldest = Duration.seconds(300)
        static let newest = Duration.seconds(30)
    }

    public enum Event: Hashable, Sendable {
        /// The first packet of a session came.
        case created
        /// An API call, unpacked. Answer with `respond` or `fail`.
        case request(messageID: Int64, body: [UInt8])
        /// The client wants no answer to this call any more.
        case answerDropped(messageID: Int64)
        /// The client acknowledged so many of our messages.
        case acknowledged(count: Int)
        /// The client gives up another of its sessions.
        case sessionDestroyed(sessionID: Int64)
        /// The client gives up the key, as after a logout: forget it once the answer is written.
        case keyDestroyed
        /// Updates were dropped since the client takes none: tell it `updatesTooLong`.
        case updatesDropped
        /// The client's ping_delay_disconnect ran out: close the connection.
        case closeConnection
    }

    enum RequestState: Sendable {
        case running
        case answered(Int64)
        case dropped
    }

    /// A message of ours that the client must acknowledge.
    struct Unacknowledged: Sendable {
        var message: InnerMessage
        /// The call that it answers.
        var request: Int64?
    }

    /// A message to send. With an id it goes out again as it was.
    enum Outgoing: Sendable {
        case content([UInt8], request: Int64?)
        case service([UInt8], isAnswer: Bool)
        case again(Int64)
        case announcement(of: Int64)
    }

    public let key: AuthorizationKey
    public let sessionID: Int64
    public internal(set) var clock: ServerClock
    /// May be changed at any time.
    public var configuration: Configuration
    public internal(set) var isConnected = false

    /// The key exchange's salt and until when it is taken.
    let firstSalt: (value: Int64, until: Int64)?
    var messageIDs = MessageIDGenerator()
    var contentCount: Int32 = 0
    var received = ReceivedMessageIDs()
    /// The newest message's id and sequence number.
    var highestSequence: (id: Int64, number: Int32)?
    var requests: [Int64: RequestState] = [:]
    var requestOrder: [Int64] = []
    var unacknowledged: [Int64: Unacknowledged] = [:]
    var unacknowledgedBytes = 0
    var outgoing: [Outgoing] = []
    var acknowledgments: [Int64] = []
    var acknowledgmentsDue: Instant?
    var disconnectAt: Instant?
    var isCreated = false
    var events: [Event] = []
    var nextEvent = 0

    /// `clock` is the server's own. `firstSalt` is the one that the key exchange gave, if this process knows it.
    public init(
        key: AuthorizationKey, sessionID: Int64, clock: ServerClock, firstSalt: Int64? = nil, now: Instant,
        configuration: Configuration = Configuration()
    ) {
        self.key = key
        self.sessionID = sessionID
        self.clock = clock
        self.configuration = configuration
        self.firstSalt = firstSalt.map { ($0, clock.time(at: now).seconds + configuration.saltPeriodSeconds) }
    }

    var salts: ServerSalts {
        ServerSalts(key: key, periodSeconds: configuration.saltPeriodSeconds, acceptsPrevious: configuration.acceptsPreviousSalt)
    }

    // MARK: connections

    /// A connection speaks for this session now. What was not acknowledged goes out again.
    public mutating func connected(now: Instant) {
        isConnected = true
        disconnectAt = nil
        outgoing.removeAll {
            switch $0 {
            case .again, .announcement: true
            case .service(_, let isAnswer): isAnswer
            case .content: false
            }
        }
        let again = unacknowledged.keys.sorted().map { isAnnounced($0) ? Outgoing.announcement(of: $0) : .again($0) }
        outgoing.insert(contentsOf: again, at: 0)
    }

    public mutating func connectionLost(now: Instant) {
        isConnected = false
        disconnectAt = nil
    }

    func isAnnounced(_ id: Int64) -> Bool {
        guard let limit = configuration.announcedAnswerBytes, let kept = unacknowledged[id], kept.request != nil else { return false }
        return kept.message.body.count >= limit
    }

    // MARK: answers

    /// Answers a call with a serialised result. An unknown or dropped call is ignored.
    public mutating func respond(to messageID: Int64, result: [UInt8]) {
        guard case .running? = requests[messageID] else { return }
        let body = ServiceBody.result(of: messageID, configuration.packsResults ? Gzip.packed(result) : result)
        // The id of the answer follows when it is sent.
        requests[messageID] = .answered(0)
        outgoing.append(.content(body, request: messageID))
    }

    /// Answers a call with an error.
    public mutating func fail(_ messageID: Int64, code: Int32, text: String) {
        guard case .running? = requests[messageID] else { return }
        requests[messageID] = .answered(0)
        outgoing.append(
            .content(ServiceBody.result(of: messageID, ServiceBody.error(RPCError(code: code, text: text))), request: messageID))
    }

    /// Sends serialised `Updates` that answer nothing.
    public mutating func push(updates body: [UInt8]) {
        if outgoing.count + unacknowledged.count >= Limits.unacknowledged || unacknowledgedBytes >= Limits.unacknowledgedBytes {
            return dropUpdates()
        }
        outgoing.append(.content(body, request: nil))
    }

    private mutating func dropUpdates() {
        outgoing.removeAll { if case .content(_, nil) = $0 { true } else { false } }
        for id in unacknowledged.keys.sorted() where unacknowledged[id]?.request == nil { forget(id) }
        events.append(.updatesDropped)
    }

    /// Calls that were received and not answered yet.
    public var runningRequests: Int { requests.values.count { if case .running = $0 { true } else { false } } }

    @discardableResult
    mutating func forget(_ id: Int64) -> Unacknowledged? {
        guard let kept = unacknowledged.removeValue(forKey: id) else { return nil }
        unacknowledgedBytes -= kept.message.body.count
        return kept
    }

    // MARK: output

    /// The next event, oldest first.
    public mutating func pollEvent() -> Event? {
        guard nextEvent < events.count else {
            events.removeAll(keepingCapacity: events.count < 1024)
            nextEvent = 0
            return nil
        }
        defer { nextEvent += 1 }
        return events[nextEvent]
    }

    /// When to call `pollPacket` again if nothing else happens.
    public var nextDeadline: Instant? {
        guard isConnected else { return nil }
        return [acknowledgmentsDue, disconnectAt].compactMap(\.self).min()
    }
}
