/// An `rpc_error`: Telegram's code and its name in capitals.
/// Source: https://core.telegram.org/api/errors
public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    public var code: Int32
    public var name: String

    public init(_ code: Int32, _ name: String) {
        self.code = code
        self.name = name
    }

    /// A 400: the request is wrong.
    public static func bad(_ name: String) -> Failure { Failure(400, name) }

    /// A 303: the call belongs to another data centre.
    public static func migrate(_ what: String, to dataCentre: Int32) -> Failure { Failure(303, "\(what)_MIGRATE_\(dataCentre)") }

    public static let authBytesInvalid = bad("AUTH_BYTES_INVALID")
    public static let authKeyUnregistered = Failure(401, "AUTH_KEY_UNREGISTERED")
    public static let authTokenAlreadyAccepted = bad("AUTH_TOKEN_ALREADY_ACCEPTED")
    public static let authTokenException = bad("AUTH_TOKEN_EXCEPTION")
    public static let authTokenExpired = bad("AUTH_TOKEN_EXPIRED")
    public static let authTokenInvalid = bad("AUTH_TOKEN_INVALID")
    public static let channelInvalid = bad("CHANNEL_INVALID")
    public static let channelPrivate = bad("CHANNEL_PRIVATE")
    public static let channelsTooMuch = bad("CHANNELS_TOO_MUCH")
    public static let chatAdminRequired = bad("CHAT_ADMIN_REQUIRED")
    public static let chatIDInvalid = bad("CHAT_ID_INVALID")
    public static let chatWriteForbidden = Failure(403, "CHAT_WRITE_FORBIDDEN")
    public static let dcIDInvalid = bad("DC_ID_INVALID")
    public static let frozenMethodInvalid = Failure(420, "FROZEN_METHOD_INVALID")
    public static let frozenParticipantMissing = bad("FROZEN_PARTICIPANT_MISSING")
    public static let hashInvalid = bad("HASH_INVALID")
    public static let inviteHashExpired = bad("INVITE_HASH_EXPIRED")
    public static let inviteHashInvalid = bad("INVITE_HASH_INVALID")
    public static let messageAuthorRequired = Failure(403, "MESSAGE_AUTHOR_REQUIRED")
    public static let messageDeleteForbidden = Failure(403, "MESSAGE_DELETE_FORBIDDEN")
    public static let messageEmpty = bad("MESSAGE_EMPTY")
    public static let messageIDInvalid = bad("MESSAGE_ID_INVALID")
    public static let messageNotModified = bad("MESSAGE_NOT_MODIFIED")
    public static let messageTooLong = bad("MESSAGE_TOO_LONG")
    public static let peerIDInvalid = bad("PEER_ID_INVALID")
    public static let persistentTimestampEmpty = bad("PERSISTENT_TIMESTAMP_EMPTY")
    public static let persistentTimestampInvalid = bad("PERSISTENT_TIMESTAMP_INVALID")
    public static let randomIDDuplicate = Failure(500, "RANDOM_ID_DUPLICATE")
    public static let replyMessageIDInvalid = bad("REPLY_MESSAGE_ID_INVALID")
    public static let userAlreadyParticipant = bad("USER_ALREADY_PARTICIPANT")
    public static let userBannedInChannel = bad("USER_BANNED_IN_CHANNEL")
    public static let sessionPasswordNeeded = Failure(401, "SESSION_PASSWORD_NEEDED")
    public static let userDeactivatedBan = Failure(401, "USER_DEACTIVATED_BAN")
    public static let userIDInvalid = bad("USER_ID_INVALID")
    public static let usernameNotOccupied = bad("USERNAME_NOT_OCCUPIED")
    public static let userNotParticipant = bad("USER_NOT_PARTICIPANT")

    public var description: String { "\(code) \(name)" }
}
