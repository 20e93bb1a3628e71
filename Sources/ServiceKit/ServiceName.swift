/// The name of a running service: `writer`, `supervisor`, `listener@ACCOUNT`, `backfill@ACCOUNT`.
public struct ServiceName: Hashable, Sendable, CustomStringConvertible {
    public let stage: Configuration.Database.Stage
    /// Of a service that runs once per Telegram account.
    public let account: String?

    public static let writer = ServiceName(stage: .writer, account: nil)
    public static let supervisor = ServiceName(stage: .supervisor, account: nil)

    /// - Throws: status 64 when the account's name is not one.
    public static func listener(account: String) throws(ServiceError) -> ServiceName {
        try of(.listener, account)
    }

    /// - Throws: status 64 when the account's name is not one.
    public static func backfill(account: String) throws(ServiceError) -> ServiceName { try of(.backfill, account) }

    private static func of(_ stage: Configuration.Database.Stage, _ account: String) throws(ServiceError) -> ServiceName {
        guard isAccountName(account) else {
            throw .usage("\"\(account)\" is no name for an account: wanted 1 to 32 lower-case letters, digits, - or _")
        }
        return ServiceName(stage: stage, account: account)
    }

    /// An account's name is part of file names and of unit names.
    public static func isAccountName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 || $0 == 45 } && !text.hasPrefix("-")
    }

    private init(stage: Configuration.Database.Stage, account: String?) {
        self.stage = stage
        self.account = account
    }

    public var description: String { account.map { "\(stage.rawValue)@\($0)" } ?? stage.rawValue }
    /// The executable that runs it.
    public var executable: String { "aaltohub-\(stage.rawValue)" }
}
