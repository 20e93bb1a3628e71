import AccountStage
import ListenerCore
import ServiceKit
import TelegramClient

extension ListenerMachine.StopReason {
    /// nil: an orderly end.
    func serviceError(account: String) -> ServiceError? {
        switch self {
        case .drained, .spooled: nil
        case .otherDatabase: .temporary("the database is not the one that the spool belongs to: starting again from the database")
        case .spoolFailed(let reason): .io("the spool: \(reason)")
        case .loginNeeded(let reason): .loginNeeded("\(AccountTrouble(message: reason).advice(account: account)) (\(reason))")
        case .linkFailed(let reason): .io("the socket to the writer failed: \(reason)")
        case .superseded(let reason): .unavailable("a newer listener of \(account) has taken over (\(reason)): this one ends")
        case .incompatible(let ours, let theirs):
            .temporary("the writer speaks version \(theirs) of the link, this listener \(ours): upgrade the older of the two")
        }
    }
}
