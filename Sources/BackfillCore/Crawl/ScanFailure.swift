import Primitives
import TelegramClient

/// What a failed call means to the scan that made it.
public enum ScanVerdict: Hashable, Sendable {
    /// The same call again after this; the scan stands meanwhile.
    case wait(Duration)
    /// The server refused the chat's access hash: learn it anew.
    case unknownPeer(String)
    /// The account may not read this chat any more.
    case lostAccess(String)
    /// The whole account is concerned.
    case account(AccountTrouble, String)
    /// This scan cannot go on.
    case failed(String)
}

/// Judges failures of one scan one after the other; a page that came forgets them.
public struct ScanRetry: Sendable {
    /// Times that an unwell server is asked for one page; with waits up to `limit` some minutes.
    public static let attemptsMost = 8
    /// The longest pause of our own between two attempts: https://core.telegram.org/api/errors names none.
    public static let limit = Duration.seconds(60)

    private var backoff = Backoff(first: .seconds(1), limit: ScanRetry.limit)
    private var attempts = 0

    public init() {}

    public mutating func succeeded() { self = ScanRetry() }

    public mutating func failed(_ failure: CallFailure, using random: inout some RandomNumberGenerator) -> ScanVerdict {
        switch failure {
        // The network may be away for long: that is no fault of the scan's.
        case .disconnected, .timeout: return .wait(backoff.next(using: &random))
        case .undecodable(let why): return .failed("unreadable: \(why)")
        case .rpc(let error): return judge(error, using: &random)
        }
    }

    private mutating func judge(_ error: RPCError, using random: inout some RandomNumberGenerator) -> ScanVerdict {
        if let trouble = AccountTrouble(error) { return .account(trouble, error.message) }
        switch error.kind {
        case .wait(_, let seconds): return .wait(.seconds(max(1, seconds)))
        case .temporary, .tooSlow, .notInitialised, .authRestart:
            attempts += 1
            return attempts < ScanRetry.attemptsMost ? .wait(backoff.next(using: &random)) : .failed(error.message)
        case .lostAccess: return error.message == "CHANNEL_INVALID" ? .unknownPeer(error.message) : .lostAccess(error.message)
        case .forbidden: return .lostAccess(error.message)
        case .badRequest where ScanRetry.peerErrors.contains(error.message): return .unknownPeer(error.message)
        default: return .failed(error.message)
        }
    }

    private static let peerErrors: Set<String> = ["PEER_ID_INVALID", "CHAT_ID_INVALID", "MSG_ID_INVALID"]
}
