import EventLink
import PostgreSQL
import Primitives
import ServiceKit
import Store

/// Pauses an account or lets it go on: the order stands in the database, and the account's stages are told to look at once. One that is
/// not told sees it within seconds, or when it starts.
public struct AccountSwitch: Sendable {
    private let stages: StageReload

    public init(folders: Folders, zeroMQ: LinkContext) { stages = StageReload(folders: folders, zeroMQ: zeroMQ) }

    /// What came of an order.
    public struct Done: Sendable, Equatable {
        public var account: String
        public var isPaused: Bool
        /// It was the other way before.
        public var isNews: Bool
        /// Stages that have seen it already.
        public var told: [String]

        public var json: JSON {
            [
                "account": .string(account), "paused": .bool(isPaused), "changed": .bool(isNews),
                "told": .array(told.map { .string($0) }),
            ]
        }
    }

    /// Throws `StoreError.notFound` for an account that is not there.
    public func set(_ isPaused: Bool, _ account: String, by actor: String, _ database: Connection) async throws -> Done {
        let isNews = try await AccountStore.setPaused(isPaused, of: account, by: actor, database)
        let answers = await stages.tell(["listener@\(account)", "backfill@\(account)"], by: actor)
        let told = answers.filter { $0.value["paused"]?.bool == isPaused }.keys.sorted()
        return Done(account: account, isPaused: isPaused, isNews: isNews, told: told)
    }
}
