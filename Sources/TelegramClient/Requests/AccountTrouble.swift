/// What stops a whole account, by the error's name. All but `frozen` need another login.
///
/// Source: https://core.telegram.org/api/errors
public enum AccountTrouble: String, Sendable, Hashable, CaseIterable {
    /// Somebody ended this session, in an official app or by logging out.
    case revoked
    /// Telegram has deleted or banned the account.
    case banned
    /// Two clients used one key at once: Telegram has destroyed it.
    case duplicated
    /// The account may only read, until its owner appeals in an official app.
    case frozen

    /// The trouble that an error's message or kind tells; nil when it does not concern the account as a whole.
    public init?(_ error: RPCError) {
        switch error.kind {
        case .keyDuplicated: self = .duplicated
        case .frozen: self = .frozen
        case .loggedOut: self = error.message.hasPrefix("USER_DEACTIVATED") ? .banned : .revoked
        default: return nil
        }
    }

    /// What a connection fails with whose key the server does not know.
    public static let keyRejected = "AUTH_KEY_INVALID"

    /// Whether the reason may be remembered beyond this process, so that the key is not tried again. Not that the server knows no such
    /// key: that it says by four bytes in plain, which anybody on the way can write; every other reason came under the key itself.
    public static func isProven(_ reason: String) -> Bool { reason != keyRejected }

    /// What happened and what to do, in one line.
    public func advice(account: String) -> String {
        let again = "run `aaltohubctl login --account \(account)`"
        return switch self {
        case .revoked: "Telegram ended the session of \(account): \(again)"
        case .banned:
            "Telegram has banned or deleted the account \(account): appeal at recover@telegram.org, or \(again) with another number"
        case .duplicated:
            "the login of \(account) was used by two programs at once, so Telegram destroyed it: let one alone use it, then \(again)"
        case .frozen: "Telegram has frozen the account \(account): appeal in an official app, then start the listener again"
        }
    }
}
