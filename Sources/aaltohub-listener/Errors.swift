import AccountStage
import ListenerCore
import ServiceKit
import TelegramClient

extension ListenerMachine.StopReason {
    /// nil: an orderly end.
    func serviceError(account: String) -> ServiceError? {
        switch self {
        case .drained, .drainTimeOver: nil
        case .loginNeeded(let reason): .loginNeeded("\(AccountTrouble(message: reason).advice(account: account)) (\(reason))")
        case .linkFailed(let reason): .io("the socket to the writer failed: \(reason)")
        case .superseded(let reason): .unavailable("a newer listener of \(account) has taken over (\(reason)): this one ends")
        case .incompatible(let ours, let theirs):
            .temporary("the writer speaks version \(theirs) of the link, this listener \(ours): upgrade the older of the two")
        }
    }
}
