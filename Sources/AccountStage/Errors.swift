import EventLink
import ServiceKit
import Store
import TelegramClient
import TelegramConnection
import WriterCore

extension LinkError: ServiceErrorConvertible {
    public var serviceError: ServiceError {
        switch self {
        case .inUse: .unavailable(description)
        case .pathTooLong: .configuration("\(description): choose a shorter runtime_directory")
        case .cannotOpen, .zeroMQ: .io(description)
        case .noAnswer, .badAnswer: .unavailable(description)
        }
    }
}

extension ClientSettings.Failure: ServiceErrorConvertible {
    public var serviceError: ServiceError { .configuration(description) }
}

/// The one line and the status for a database that does not do what a start needs.
public func databaseError(_ error: any Error) -> ServiceError {
    if let error = error as? ServiceError { return error }
    let line = DatabaseDoctor.remedy(error)
    return switch FailureClass(error) {
    case .environment, .timeout, .conflict: .temporary(line)
    case .operators, .data: .configuration(line)
    }
}

extension AccountTrouble {
    /// What stopped the account, by the error's name; one that is unknown means that the session is gone.
    public init(message: String) { self = AccountTrouble(RPCError(code: 401, message: message)) ?? .revoked }
}

extension AccountState {
    public init(_ trouble: AccountTrouble) {
        self =
            switch trouble {
            case .revoked: .revoked
            case .banned: .banned
            case .duplicated: .duplicated
            case .frozen: .frozen
            }
    }
}

extension EntityType {
    public init(_ kind: PeerBook.Kind) {
        self =
            switch kind {
            case .user: .user
            case .channel: .channel
            case .basicGroup: .group
            }
    }
}
