import AccountStage
import ServiceKit
import TelegramClient

/// Why the stage ends.
enum StopReason: Sendable, Equatable {
    /// Somebody asked for it.
    case asked
    /// The login or the account is gone or frozen, by the error's name.
    case account(AccountTrouble, String)
    /// A newer process of this stage has taken over.
    case superseded(String)
    case incompatible(ours: UInt32, theirs: UInt32)
    case linkFailed(String)
    /// The database was restored from a backup: what was learnt from the one before is not true of it.
    case otherDatabase

    /// nil: an orderly end.
    func serviceError(account: String) -> ServiceError? {
        switch self {
        case .asked: nil
        case .account(.revoked, let name), .account(.duplicated, let name): .loginNeeded(noLogin(account, why: name))
        case .account(let trouble, let name): .loginNeeded("\(trouble.advice(account: account)) (\(name))")
        case .superseded(let why): .unavailable("a newer backfill of \(account) has taken over (\(why)): this one ends")
        case .incompatible(let ours, let theirs):
            .temporary("the writer speaks version \(theirs) of the link, this backfill \(ours): upgrade the older of the two")
        case .linkFailed(let why): .io("the socket to the writer failed: \(why)")
        case .otherDatabase: .temporary("the database is not the one of this start: starting again")
        }
    }
}

/// The one line for a login that is missing or ended.
func noLogin(_ account: String, why: String? = nil) -> String {
    let what = why.map { "Telegram ended backfill's login of \(account) (\($0))" } ?? "\(account) has no login for backfill"
    return "\(what): run `aaltohubctl login --account \(account) --for backfill`"
}
