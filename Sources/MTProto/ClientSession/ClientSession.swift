import Primitives

/// A client's MTProto session: requests in, encrypted packets out, packets in, events out.
/// https://core.telegram.org/mtproto/description#session
///
/// It does no I/O. After every call ask `pollPacket` and `pollEvent` until both give nil, and call again at `nextDeadline`.
/// It outlives TCP connections: `connected` and `connectionLost` tell of them, and requests are carried over.
public struct ClientSession: Sendable {
    public let key: AuthorizationKey
    public private(set) var sessionID: Int64
    public internal(set) var configuration: Configuration
    public internal(set) var clock: ServerClock
    public internal(set) var statistics = Statistics()

    var salts: SaltStore
    var messageIDs = MessageIDGenerator()
    /// Content-related messages sent in this session.
    var contentCount: Int32 = 0
    var received = ReceivedMessageIDs()

    var requests: [RequestHandle: Request] = [:]
    private var lastHandle: UInt64 = 0
    /// Handles that wait to be sent, oldest first, by priority; an entry counts only while its request has not been sent.
    var queues = RequestPriority.allCases.map { _ in MinimumHeap<RequestHandle>() }
    /// Requests under way, by priority.
    var underWay = RequestPriority.allCases.map { _ in 0 }
    var deadlines = MinimumHeap<Due<RequestHandle>>()

    var records: [Int64: Record] = [:]
    /// The ids in `records` in the order of sending.
    var recordOrder: [(id: Int64, at: Instant)] = []
    var outbox: [Service] = []
    var acknowledgments: [Int64] = []
    var acknowledgmentsDue: Instant?

    /// Number of the connection, and whether there is one.
    var connection = 0
    public internal(set) var isConnected = false
    /// An answer to a request with the prefix has come on this connection.
    var isPrefixConfirmed = false
    var lastReceived = Instant.zero
    var hasReceived = false
    /// The owner reads nothing for now, so silence means nothing.
    var isReceivingPaused: Bool { pausedAt != nil }
    var pausedAt: Instant?
    /// Packets may be older by this, since they waited for us and not we for them; and until when.
    var lag: (Duration, until: Instant)?
    var connectedAt = Instant.zero
    /// Bytes of results on this connection that nobody waited for.
    var unwantedBytes = 0
    var nextPing = Instant.zero
    var pings: [Int64: Instant] = [:]
    var lastPong: Instant?
    var nextStateScan: Instant?

    var lastUniqueID: Int64?
    var strayPackets = 0
    /// What the packet in hand may still inflate to.
    var inflation = InflationBudget()
    /// Ids of sessions given up of late.
    var formerSessions: [Int64] = []
    var resetsInRow = 0
    /// `destroyKey` was asked for and not answered.
    var destroysKey = false
    var sendsSingly = false
    var events: [Event] = []
    var nextEvent = 0

    /// A new session under the key. `salts` are those kept from before, or the key exchange's.
    public init(
        key: AuthorizationKey, salts: [ServerSalt], clock: ServerClock, configuration: Configuration = Configuration(),
        using generator: inout some RandomNumberGenerator
    ) {
        self.key = key
        self.salts = SaltStore(salts)
        self.clock = clock
        self.configuration = configuration
        sessionID = Int64(bitPattern: generator.next())
    }

    // MARK: requests

    /// Queues a serialised API call. `mayPack: false` for parts of files, which do not compress.
    @discardableResult
    public mutating func send(
        _ body: [UInt8], deadline: Instant? = nil, priority: RequestPriority = .normal, resending: Resending = .always,
        mayPack: Bool = true
    ) -> RequestHandle {
        precondition(body.count % 4 == 0 && !body.isEmpty, "a serialised call is whole words")
        lastHandle += 1
        let handle = RequestHandle(number: lastHandle)
        guard body.count + configuration.connectionPrefix.count <= MessageContainer.maximumBytes - MessageContainer.memberOverhead else {
            events.append(.failed(handle, .tooLarge))
            return handle
        }
        requests[handle] = Request(body: body, deadline: deadline, resending: resending, mayPack: mayPack, priority: priority)
        queues[priority.rawValue].push(handle)
        if let deadline { deadlines.push(Due(when: deadline, key: handle)) }
        return handle
    }

    /// Gives a request up: no event will come of it, and the server is told not to answer.
    public mutating func cancel(_ handle: RequestHandle) {
        if let sent = remove(handle)?.sent { outbox.append(.dropAnswer(sent.id)) }
    }

    /// Requests without an answer.
    public var pendingRequests: Int { requests.count }

    /// Requests that were sent and have no answer.
    var inFlight: Int { underWay.reduce(0, +) }

    /// Asks the server to forget the key, as after a logout; `keyDestroyed` follows. https://core.telegram.org/schema/mtproto
    public mutating func destroyKey() {
        destroysKey = true
        outbox.append(.destroyKey)
    }

    /// Takes a request out of the books.
    @discardableResult
    mutating func remove(_ handle: RequestHandle) -> Request? {
        guard let request = requests.removeValue(forKey: handle) else { return nil }
        if request.sent != nil { underWay[request.priority.rawValue] -= 1 }
        return request
    }

    // MARK: connections

    /// A TCP connection stands. What was under way on the last one is asked about first.
    public mutating func connected(now: Instant) {
        connection += 1
        isConnected = true
        isPrefixConfirmed = false
        pausedAt = nil
        lag = nil
        connectedAt = now
        unwantedBytes = 0
        lastReceived = now
        hasReceived = false
        nextPing = now
        pings = [:]
        let unanswered = requests.filter { $0.value.sent != nil }.keys.sorted()
        askForStates(unanswered, now: now)
        if destroysKey { outbox.append(.destroyKey) }
    }

    /// The TCP connection is gone.
    public mutating func connectionLost(now: Instant) {
        isConnected = false
        acknowledgmentsDue = acknowledgments.isEmpty ? nil : now
        outbox.removeAll {
            switch $0 {
            case .ping, .stateRequest, .stateInfo, .destroyKey: true
            default: false
            }
        }
    }

    /// The owner stops or goes on reading; while stopped, silence does not condemn the connection.
    public mutating func setReceivingPaused(_ paused: Bool, now: Instant) {
        if paused {
            pausedAt = pausedAt ?? now
        } else if let pausedAt {
            // What waited on the way here before may still come, so a lag not yet over is kept.
            let before = lag.map { now < $0.until ? $0.0 : .zero } ?? .zero
            lag = (before + (now - pausedAt), until: now + Limits.catchingUp)
            self.pausedAt = nil
            lastReceived = now
        }
    }

    /// Sends what waits to be acknowledged with the next packet, now: before a connection is closed for good.
    public mutating func flushAcknowledgments(now: Instant) {
        if !acknowledgments.isEmpty { acknowledgmentsDue = now }
    }

    /// The host slept, or its clock was moved: what we think the server's time is may be wrong, and the connection may be dead.
    public mutating func clockJumped() {
        clock.doubt()
        strayPackets = 0
        close(.clockJumped)
    }

    /// Whether this connection, or the last one, has brought an authentic packet.
    public var isProven: Bool { hasReceived }

    /// Replaces `Configuration.connectionPrefix`, from the next request on.
    public mutating func setConnectionPrefix(_ prefix: [UInt8]) {
        configuration.connectionPrefix = prefix
        isPrefixConfirmed = false
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

    /// The salts known, for keeping.
    public var knownSalts: [ServerSalt] { salts.salts }

    /// A new session in place of one that the server no longer takes. `rejected` were surely not executed.
    mutating func reset(
        code: Int32?, rejected: Set<RequestHandle> = [], now: Instant, using generator: inout some RandomNumberGenerator
    ) {
        let old = sessionID
        formerSessions = (formerSessions + [old]).suffix(Limits.formerSessions)
        sessionID = Int64(bitPattern: generator.next())
        messageIDs = MessageIDGenerator()
        contentCount = 0
        received = ReceivedMessageIDs()
        records = [:]
        recordOrder = []
        acknowledgments = []
        acknowledgmentsDue = nil
        outbox = [.destroySession(old)] + (destroysKey ? [.destroyKey] : [])
        pings = [:]
        nextPing = now
        strayPackets = 0
        isPrefixConfirmed = false
        lastUniqueID = nil
        for handle in requests.filter({ $0.value.sent != nil }).keys.sorted() {
            retry(handle, surelyNotReceived: rejected.contains(handle))
        }
        events.append(.sessionReset(code: code))
        resetsInRow += 1
        if resetsInRow > Limits.resets {
            resetsInRow = 0
            close(.brokenSession)
        }
    }

    mutating func close(_ reason: CloseReason) {
        guard isConnected else { return }
        isConnected = false
        events.append(.closeConnection(reason))
    }
}
