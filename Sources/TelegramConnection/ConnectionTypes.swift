import Cryptography
import MTProto
import Primitives

public typealias ServerAddress = MTProto.ServerAddress

/// What identifies this client to a data centre: keep it, sealed, between starts.
public struct ConnectionCredentials: Sendable, Hashable {
    public var key: AuthorizationKey
    public var salts: [ServerSalt]

    public init(key: AuthorizationKey, salts: [ServerSalt]) {
        self.key = key
        self.salts = salts
    }
}

public struct ConnectionConfiguration: Sendable {
    /// Addresses of one data centre, IPv4 and IPv6, best first; they are raced.
    public var addresses: [ServerAddress]
    /// The data centre's id; +10,000 for a test one, negated for media.
    public var dc: Int32
    public var transport: TransportOptions
    /// The keys of servers that are trusted, for making an authorization key.
    public var rsaKeys: [RSAPublicKey]
    /// The session's limits in time, and `connectionPrefix`: the serialised `invokeWithLayer(initConnection(` up to its query.
    public var session: ClientSession.Configuration

    public init(
        addresses: [ServerAddress], dc: Int32, transport: TransportOptions = TransportOptions(), rsaKeys: [RSAPublicKey],
        session: ClientSession.Configuration = .init()
    ) {
        precondition(!addresses.isEmpty, "a data centre has an address")
        self.addresses = addresses
        self.dc = dc
        self.transport = transport
        self.rsaKeys = rsaKeys
        self.session = session
    }
}

/// Why there is no connection any more, or none yet.
public enum DisconnectReason: Hashable, Sendable {
    /// No TCP connection could be made. Holds the system's words.
    case connectFailed(String)
    /// The server closed, or the network broke.
    case closedByPeer
    /// A transport error such as -429.
    case transportError(Int32)
    /// The bytes are no frames.
    case badFraming(TransportError)
    /// The key exchange went wrong, or took longer than `ConnectionLimits.keyExchange` (nil).
    case keyExchangeFailed(KeyExchangeError?)
    /// The session asked for it.
    case session(ClientSession.CloseReason)
    /// Its owner suspended it: none is made until it is resumed.
    case suspended
}

/// What a connection tells its owner.
public enum ConnectionEvent: Hashable, Sendable {
    /// A TCP connection carries the session. Make a call soon: until then the server pushes no updates.
    case connected
    /// The server made a new session: fetch the difference.
    case newSession
    /// Serialised `Updates`.
    case updates([UInt8])
    /// A key was made: keep it.
    case authorizationKey(ConnectionCredentials)
    /// The salts to keep with the key.
    case salts([ServerSalt])
    /// The server's clock differs from ours by this.
    case clockCorrected(by: Duration)
    /// A message that could not be unpacked: keep it, and fetch the difference.
    case undecodable([UInt8])
    /// The connection is lost and will be made again. Of failed attempts in a row only the first is told.
    case disconnected(DisconnectReason)
    /// The server does not know the key, twice in a row. The connection has stopped for good; nothing was deleted.
    case keyRejected
}

/// Why a call has no result.
public enum TelegramCallError: Error, Hashable, Sendable {
    /// The server's own error.
    case rpc(RPCError)
    /// No answer came in time.
    case deadlineExceeded
    /// The server may or may not have done it, and it may not be asked twice.
    case outcomeUnknown
    /// The body is above 1 MiB.
    case tooLarge
    /// The result cannot be unpacked: its bytes as they came.
    case undecodable([UInt8])
    /// `ConnectionLimits.pendingCalls` are under way.
    case overloaded
    /// The calling task was cancelled.
    case cancelled
    /// The connection was closed or suspended by its owner.
    case closed
    /// The server does not know the key.
    case keyRejected

    init(_ failure: RequestFailure) {
        self =
            switch failure {
            case .rpc(let error): .rpc(error)
            case .deadlineExceeded: .deadlineExceeded
            case .outcomeUnknown: .outcomeUnknown
            case .tooLarge: .tooLarge
            case .undecodable(let bytes): .undecodable(bytes)
            }
    }
}

/// The bounds of a connection.
public enum ConnectionLimits {
    /// Calls waiting or under way: a crawler has a handful.
    public static let pendingCalls = 10_000
    /// Events that wait for the owner before the socket is read no more: a few containers' worth.
    public static let waitingEvents = 1024
    /// Bytes of events that wait, likewise.
    public static let waitingBytes = 16 << 20
    /// While calls are under way so many times more may wait: their answers come through the same socket as updates, and the owner
    /// may be waiting for one before it takes the next event.
    public static let factorDuringCalls = 16
    /// A whole key exchange, in seconds: TDLib's.
    public static let keyExchange = Duration.seconds(10)
    /// -404 so often in a row, on new connections, means that the key is gone: mtcute's rule.
    public static let keyRejections = 2
}
