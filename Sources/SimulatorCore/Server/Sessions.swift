import Primitives
import TL

/// One session of one authorisation key.
public struct SessionID: Hashable, Sendable {
    /// `auth_key_id`
    public var authKey: Int64
    public var session: Int64

    public init(authKey: Int64, session: Int64) {
        self.authKey = authKey
        self.session = session
    }
}

/// What the server remembers of an authorisation key.
struct Authorisation: Sendable {
    /// The data centre in which the key was made: it is unknown in the others.
    let dataCentre: Int32
    /// Whom it is logged in as.
    var user: Int64?
    /// Who has given the right code but not yet the password.
    var awaitingPassword: Int64?
    /// The layer that the client declared last, capped by the server's own.
    var layer: Int32
    /// The login that this one was exported from: the two are one device.
    var origin: Int64?
    /// What calls are refused with since the login is lost.
    var loss: Failure?
    var device = Device()
    let made: UnixTime
    var active: UnixTime
    /// The code that was sent, by phone.
    var sentCodes: [String: SentCode] = [:]
    var srp: SRPChallenge?

    init(dataCentre: Int32, layer: Int32, made: UnixTime) {
        self.dataCentre = dataCentre
        self.layer = layer
        self.made = made
        active = made
    }

    struct SentCode: Sendable {
        var hash: String
        var code: String
    }
}

/// What a client says of itself in `initConnection`.
struct Device: Sendable {
    var apiID: Int64 = 0
    var model = ""
    var system = ""
    var version = ""
}

/// A login on its way to another data centre.
struct ExportedLogin: Sendable {
    var user: Int64
    var dataCentre: Int32
    var origin: Int64
}

/// What the server remembers of a session while it is connected.
struct Session: Sendable {
    /// Told so by `invokeWithoutUpdates`.
    var refusesUpdates = false
    var isConnected = true
    /// Updates go to sessions that have called something besides file transfer, as Telegram's do.
    var isActive = false
    /// Orders the sessions of one authorisation: updates go to the one that was active last.
    var lastActive = 0
}

/// Who makes a call, and when.
struct Caller {
    var session: SessionID
    /// 0 before login.
    var user: Int64
    /// Where the call was made.
    var dataCentre: Int32
    var now: UnixTime
    /// Fresh random bytes for whatever the call needs.
    var entropy: [UInt8]
}

extension Device {
    init(_ connection: TLObject) {
        apiID = connection.integer("api_id")
        model = connection.text("device_model")
        system = connection.text("system_version")
        version = connection.text("app_version")
    }
}
