/// An `rpc_error` of the server, sorted into the family that says what to do.
///
/// Source: https://core.telegram.org/api/errors
public struct RPCError: Error, Hashable, Sendable {
    /// HTTP-like, or negative.
    public var code: Int32
    /// The name as the server sent it: `FLOOD_WAIT_30`.
    public var message: String
    public var kind: RPCErrorKind

    public init(code: Int32, message: String) {
        self.code = code
        self.message = message
        kind = RPCErrorKind(code: code, message: message)
    }
}

extension RPCError: CustomStringConvertible {
    public var description: String { "\(message) (\(code))" }
}

/// What an error means for the caller. Unknown names fall back to their code.
public enum RPCErrorKind: Hashable, Sendable {
    public enum Migration: Hashable, Sendable { case phone, network, user, file, stats }
    public enum Wait: Hashable, Sendable { case flood, premium, slowMode, takeout, confirmation, testPhone, story }

    /// Go to this data centre: with the account for phone, network and user, with this call only for file and stats.
    case migrate(Migration, dc: Int)
    case wait(Wait, seconds: Int)
    /// The authorisation is gone: stop all calls, keep the data, log in again.
    case loggedOut
    /// AUTH_KEY_DUPLICATED: two clients used one key at once; it is dead.
    case keyDuplicated
    /// AUTH_KEY_PERM_EMPTY: a temporary key that is not bound.
    case keyUnbound
    /// SESSION_PASSWORD_NEEDED: the second step of a login.
    case passwordNeeded
    /// CONNECTION_NOT_INITED and CONNECTION_LAYER_INVALID: wrap the call again.
    case notInitialised
    /// The account may not read this chat or channel.
    case lostAccess
    /// The account is frozen: calls of this kind fail until it appeals.
    case frozen
    /// PERSISTENT_TIMESTAMP_INVALID and EMPTY: the server does not know our position.
    case positionInvalid
    /// The file's origin must be fetched again.
    case fileReference
    /// AUTH_RESTART: begin the login anew.
    case authRestart
    /// -503 Timeout: a smaller question may be answered.
    case tooSlow
    /// The server is unwell: ask again later.
    case temporary
    case badRequest, unauthorized, forbidden, notAcceptable
    case other

    public init(code: Int32, message: String) {
        let (name, number) = RPCErrorKind.split(message)
        self =
            RPCErrorKind.byName(name, number)
            ?? RPCErrorKind.byPattern(message)
            ?? RPCErrorKind.byCode(code, number)
    }

    private static func byName(_ name: String, _ number: Int?) -> RPCErrorKind? {
        switch name {
        case "PHONE_MIGRATE": number.map { .migrate(.phone, dc: $0) }
        case "NETWORK_MIGRATE": number.map { .migrate(.network, dc: $0) }
        case "USER_MIGRATE": number.map { .migrate(.user, dc: $0) }
        case "FILE_MIGRATE": number.map { .migrate(.file, dc: $0) }
        case "STATS_MIGRATE": number.map { .migrate(.stats, dc: $0) }
        case "FLOOD_WAIT": .wait(.flood, seconds: number ?? 0)
        case "FLOOD_PREMIUM_WAIT": .wait(.premium, seconds: number ?? 0)
        case "SLOWMODE_WAIT": .wait(.slowMode, seconds: number ?? 0)
        case "TAKEOUT_INIT_DELAY": .wait(.takeout, seconds: number ?? 0)
        case "2FA_CONFIRM_WAIT": .wait(.confirmation, seconds: number ?? 0)
        case "FLOOD_TEST_PHONE_WAIT": .wait(.testPhone, seconds: number ?? 0)
        case "STORY_SEND_FLOOD": .wait(.story, seconds: number ?? 0)
        case "AUTH_KEY_UNREGISTERED", "AUTH_KEY_INVALID", "SESSION_REVOKED", "SESSION_EXPIRED", "USER_DEACTIVATED",
            "USER_DEACTIVATED_BAN":
            .loggedOut
        case "AUTH_KEY_DUPLICATED": .keyDuplicated
        case "AUTH_KEY_PERM_EMPTY": .keyUnbound
        case "SESSION_PASSWORD_NEEDED": .passwordNeeded
        case "CONNECTION_NOT_INITED", "CONNECTION_LAYER_INVALID": .notInitialised
        case "CHANNEL_PRIVATE", "CHANNEL_INVALID", "USER_BANNED_IN_CHANNEL", "CHAT_FORBIDDEN", "FROZEN_PARTICIPANT_MISSING",
            "CHANNEL_PUBLIC_GROUP_NA":
            .lostAccess
        case "FROZEN_METHOD_INVALID": .frozen
        case "PERSISTENT_TIMESTAMP_INVALID", "PERSISTENT_TIMESTAMP_EMPTY": .positionInvalid
        case "PERSISTENT_TIMESTAMP_OUTDATED", "HISTORY_GET_FAILED", "MSG_WAIT_TIMEOUT", "RPC_CALL_FAIL",
            "WORKER_BUSY_TOO_LONG_RETRY", "AUTH_KEY_UNSYNCHRONIZED":
            .temporary
        case "AUTH_RESTART": .authRestart
        default: nil
        }
    }

    private static func byPattern(_ message: String) -> RPCErrorKind? {
        if message.hasPrefix("FILE_REFERENCE_") { return .fileReference }
        if message.hasPrefix("INTERDC_") { return .temporary }
        return nil
    }

    private static func byCode(_ code: Int32, _ number: Int?) -> RPCErrorKind {
        switch code {
        case 400: .badRequest
        case 401: .unauthorized
        case 403: .forbidden
        case 406: .notAcceptable
        case 420: .wait(.flood, seconds: number ?? 0)
        case -503: .tooSlow
        case 500...599: .temporary
        case ..<0: .temporary
        default: .other
        }
    }

    /// What a number in a name counts as at most: clocks and sums can bear it.
    static let numberMost = Int(Int32.max)

    /// `FLOOD_WAIT_30` is FLOOD_WAIT and 30; what has no number at its end stays whole.
    private static func split(_ message: String) -> (name: String, number: Int?) {
        guard let underscore = message.lastIndex(of: "_") else { return (message, nil) }
        let digits = message[message.index(after: underscore)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return (message, nil) }
        return (String(message[..<underscore]), min(Int(digits) ?? numberMost, numberMost))
    }
}

/// Why a call has no answer.
public enum CallFailure: Error, Hashable, Sendable {
    case rpc(RPCError)
    /// No answer within its deadline; whether the server acted is unknown.
    case timeout
    /// The connection broke before the answer came.
    case disconnected
    /// The answer's bytes could not be read.
    case undecodable(String)
}

extension CallFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .rpc(let error): error.description
        case .timeout: "no answer in time"
        case .disconnected: "the connection broke"
        case .undecodable(let why): "the answer could not be read: \(why)"
        }
    }
}

extension UpdateFailure {
    /// What a failed call means to the update engine; nil when the whole account is concerned and not one box.
    public init?(_ failure: CallFailure) {
        switch failure {
        case .timeout, .disconnected: self = .temporary
        case .undecodable: self = .undecodable
        case .rpc(let error):
            switch error.kind {
            case .wait(_, let seconds): self = .flood(seconds: seconds)
            case .lostAccess, .forbidden: self = .lostAccess(reason: error.message)
            case .positionInvalid: self = .positionInvalid
            case .tooSlow: self = .tooSlow
            case .loggedOut, .keyDuplicated, .frozen: return nil
            default: self = .temporary
            }
        }
    }
}
