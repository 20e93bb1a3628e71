import Primitives

/// Names one request of a session; later requests have larger ones.
public struct RequestHandle: Hashable, Comparable, Sendable {
    let number: UInt64
    public static func < (a: RequestHandle, b: RequestHandle) -> Bool { a.number < b.number }
}

/// What may be done with a request whose fate is unknown after a loss.
public enum Resending: Hashable, Sendable {
    /// Send again: the call reads, or doing it twice does no harm.
    case always
    /// Send again only when the server surely has not received it; otherwise fail with `outcomeUnknown`.
    case onlyIfNotReceived
}

/// Which requests go first, and how many of a kind may be under way at once.
public enum RequestPriority: Int, Comparable, CaseIterable, Sendable {
    /// Differences and states: what keeps the record of updates whole.
    case updates
    case normal
    /// Large answers in great number, which share the stream with updates: history, files.
    case history

    public static func < (a: RequestPriority, b: RequestPriority) -> Bool { a.rawValue < b.rawValue }

    /// Requests of this kind under way at once; the rest waits in the queue, where it can still be cancelled.
    var inFlightLimit: Int {
        switch self {
        case .updates: ClientSession.Limits.inFlight
        case .normal: ClientSession.Limits.inFlight - ClientSession.Limits.reservedForUpdates
        case .history: ClientSession.Limits.historyInFlight
        }
    }
}

/// Why a request has no result.
public enum RequestFailure: Error, Hashable, Sendable {
    /// The server's own error.
    case rpc(RPCError)
    /// No answer came before the request's deadline.
    case deadlineExceeded
    /// The server may or may not have done it, and it may not be asked twice.
    case outcomeUnknown
    /// The body is above `MessageContainer.maximumBytes`.
    case tooLarge
    /// The result cannot be unpacked: its bytes as they came.
    case undecodable([UInt8])
}

extension ClientSession {
    /// Limits in time, each with its reason. Tests shorten them.
    public struct Configuration: Sendable {
        /// Bytes put in front of each request of a connection until one was answered: `invokeWithLayer` and `initConnection`,
        /// whose query is their last field. Empty for none.
        public var connectionPrefix: [UInt8] = []
        /// A ping this often keeps NAT paths open and notices a dead one. TDLib's active mode pings oftener; we only listen.
        public var pingInterval = Duration.seconds(30)
        /// The server closes when it hears nothing for so long: the documented default.
        public var disconnectDelaySeconds: Int32 = 75
        /// Without any authentic packet for so long the connection is dead: two pings lost.
        public var silenceLimit = Duration.seconds(60)
        /// A new connection proves itself by an authentic packet within this time: a TCP connect alone proves nothing.
        public var firstAnswerLimit = Duration.seconds(15)
        /// Acknowledgments wait at most so long for a packet to ride on: tdesktop's.
        public var acknowledgmentDelay = Duration.seconds(10)
        /// An unacknowledged request is asked about after so long.
        public var stateRequestDelay = Duration.seconds(5)
        /// A request that the server has, still unanswered after so long, condemns the connection: TDLib's rule.
        public var stuckLimit = Duration.seconds(60)

        public init() {}
    }

    enum Limits {
        /// Requests under way at once: TDLib's. The rest waits in the queue.
        static let inFlight = 1024
        /// Of these so many are kept for `RequestPriority.updates`.
        static let reservedForUpdates = 64
        /// Requests of `RequestPriority.history` under way: with answers of up to 1 MiB each, more would keep updates waiting for seconds.
        static let historyInFlight = 16
        /// Acknowledgments that make a packet of their own: TDLib's.
        static let acknowledgments = 100
        /// How long a sent message is remembered, so that notices about it can be matched: tdesktop's.
        static let sentMemory = Duration.seconds(600)
        /// Received messages may be older than the server's clock by this: https://core.telegram.org/mtproto/security_guidelines
        static let oldest = Duration.seconds(300)
        /// … and newer by this.
        static let newest = Duration.seconds(30)
        /// After the owner read nothing for a while, what comes within this time may be older by as long: it waited in sockets.
        static let catchingUp = Duration.seconds(60)
        /// So many packets out of this window in a row mean that the clock is wrong, not they.
        static let strayPackets = 3
        /// So many new sessions without a result between them mean that something is broken: back off.
        static let resets = 5
        /// A clock that a pong shows to be off by more is corrected.
        static let clockTolerance = Duration.seconds(5)
        /// The longest pause between two questions about the same request.
        static let stateRequestPause = Duration.seconds(60)
        /// Bytes of results that nobody waits for any more, on one connection: then a new one stops the rest. TDLib's.
        static let unwantedBytes = 256 << 10
        /// Sessions given up whose last packets may still be on their way.
        static let formerSessions = 4
        /// Answers to the server's own questions that wait while the socket takes nothing: a peer that only asks is cut off.
        static let outbox = 10_000
    }

    /// What a session tells its owner.
    public enum Event: Hashable, Sendable {
        /// The serialised result, unpacked.
        case result(RequestHandle, [UInt8])
        case failed(RequestHandle, RequestFailure)
        /// A serialised object that is no service message: `Updates`.
        case updates([UInt8])
        /// The server made a new session: updates may be lost, so fetch the difference.
        case newSession(uniqueID: Int64)
        /// The salts to keep for the next start.
        case saltsChanged([ServerSalt])
        /// The server's clock differs from ours by this.
        case clockCorrected(by: Duration)
        /// Our session was given up for a new one, for the server's error with this code, or nil for a clock out of step.
        case sessionReset(code: Int32?)
        /// A message that could not be unpacked, as received.
        case undecodable([UInt8])
        /// The server's word on `destroyKey`: whether the key is gone.
        case keyDestroyed(Bool)
        /// Close the TCP connection, then call `connectionLost`, and connect again.
        case closeConnection(CloseReason)
    }

    public enum CloseReason: Hashable, Sendable {
        case badPacket(MessageError)
        /// Nothing authentic for `silenceLimit`.
        case silence
        /// Nothing authentic at all within `firstAnswerLimit`.
        case noFirstAnswer
        /// A request stays unanswered though the server has it.
        case stuckRequest
        /// New sessions do not help.
        case brokenSession
        /// Too many bytes arrived for requests that were cancelled.
        case unwantedAnswers
        /// The host slept, or its clock was moved.
        case clockJumped
        /// The server asks more than it lets us answer.
        case tooManyQuestions
    }

    /// Counts since the session began, for metrics.
    public struct Statistics: Hashable, Sendable {
        public var duplicates = 0
        public var lateResults = 0
        public var resentRequests = 0
        public var outOfWindow = 0
        /// Of the last ping that was answered; zero before.
        public var roundTrip = Duration.zero

        public init() {}
    }

    struct Request: Sendable {
        var body: [UInt8]
        var deadline: Instant?
        var resending: Resending
        var mayPack: Bool
        var priority: RequestPriority
        /// Nil while it waits in the queue.
        var sent: Sent?
    }

    /// A request on its way.
    struct Sent: Sendable {
        var id: Int64
        /// The id that the server's session starts are compared with: the container's, or the message's own.
        var outerID: Int64
        /// Number of the connection that carried it.
        var connection: Int
        var at: Instant
        var isAcknowledged = false
        /// Whether it carried the connection's prefix.
        var hasPrefix: Bool
        /// When to ask for its state next.
        var nextQuestion: Instant
        var questions = 0
        /// The server has an answer that did not come: when to ask for it.
        var answerDue: Instant?
    }

    /// What a message that we sent was, in case the server complains of it.
    enum Record: Sendable {
        case request(RequestHandle)
        case acknowledgments([Int64])
        case service(Service)
        case container([Int64])
    }

    /// A service message to send.
    enum Service: Sendable {
        case ping(Int64)
        case futureSalts
        case stateRequest([Int64])
        case resendRequest([Int64])
        case resendAnswers([Int64])
        case dropAnswer(Int64)
        case stateInfo(request: Int64, [UInt8])
        case destroySession(Int64)
        case destroyKey
    }
}
