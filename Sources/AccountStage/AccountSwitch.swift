import EventLink
import PostgreSQL
import Primitives
import ServiceKit
import Store

/// Pauses an account or lets it go on: the order stands in the database, and the account's stages are told to look at once. One that is
/// not told sees it within seconds, or when it starts.
public struct AccountSwitch: Sendable {
    /// How long a stage may take to answer; it sees the order without being told, too.
    private static let patience = Duration.seconds(5)

    private let folders: Folders
    private let zeroMQ: LinkContext

    public init(folders: Folders, zeroMQ: LinkContext) {
        self.folders = folders
        self.zeroMQ = zeroMQ
    }

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
        let folders = folders
        let client = ControlClient(context: zeroMQ, patience: AccountSwitch.patience)
        let told = await withTaskGroup { group in
            for service in ["listener@\(account)", "backfill@\(account)"] where FileLock.isHeld(folders.control(service) + ".lock") {
                group.addTask {
                    do {
                        let answer = try await client.ask(folders.control(service), "reload", actor: actor)
                        return answer["paused"]?.bool == isPaused ? service : nil
                    } catch {
                        // It looks by itself every few seconds.
                        return nil
                    }
                }
            }
            var told: [String] = []
            for await service in group { if let service { told.append(service) } }
            return told.sorted()
        }
        return Done(account: account, isPaused: isPaused, isNews: isNews, told: told)
    }
}
