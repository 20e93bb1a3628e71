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

    public static let channelInvalid = bad("CHANNEL_INVALID")
    public static let channelPrivate = bad("CHANNEL_PRIVATE")
    public static let chatAdminRequired = bad("CHAT_ADMIN_REQUIRED")
    public static let chatIDInvalid = bad("CHAT_ID_INVALID")
    public static let chatWriteForbidden = Failure(403, "CHAT_WRITE_FORBIDDEN")
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
    public static let userIDInvalid = bad("USER_ID_INVALID")
    public static let usernameNotOccupied = bad("USERNAME_NOT_OCCUPIED")
    public static let userNotParticipant = bad("USER_NOT_PARTICIPANT")

    public var description: String { "\(code) \(name)" }
}
