import PostgreSQL
import Primitives

/// What the supervisor reads from the database for its status pages.
public struct StatusStore: Sendable {
    private let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    public struct Snapshot: Sendable, Equatable {
        public var groups: [RegisteredGroup]
        public var accounts: [AccountRecord]
        public var producers: [Producer]
        public var openGaps: Int64
        public var unresolvedFailures: Int64
        /// Rows that wait for the broadcast.
        public var outbox: Int64
        /// The planner's estimate; counting a large table takes seconds.
        public var messagesEstimate: Int64
        public var tombstones: Int64

        public var json: JSON {
            [
                "groups": .array(groups.map(\.json)), "accounts": .array(accounts.map(\.json)), "producers": .array(producers.map(\.json)),
                "open_gaps": .integer(openGaps), "failed_messages": .integer(unresolvedFailures), "outbox": .integer(outbox),
                "messages_estimate": .integer(messagesEstimate), "tombstones": .integer(tombstones),
            ]
        }
    }

    public struct Producer: Sendable, Equatable {
        public var role: String
        public var account: String
        public var incarnation: Int64
        public var epoch: Int64
        public var helloAt: UnixTime
        /// The number of the last committed record of its newest stream.
        public var committed: Int64?

        var json: JSON {
            [
                "role": .string(role), "account": .string(account), "incarnation": .integer(incarnation), "epoch": .integer(epoch),
                "hello_at": JSON(helloAt as UnixTime?), "committed": JSON(committed),
            ]
        }
    }

    public func snapshot() async throws -> Snapshot {
        let groups = try await GroupStore(connection).list()
        let accounts = try await AccountStore.list(connection)
        return try await connection.run { session in
            let counts = try session.query(
                """
                SELECT (SELECT count(*) FROM aaltohub.gaps WHERE closed_at IS NULL AND to_value IS DISTINCT FROM from_value),
                       (SELECT count(*) FROM public.failed_messages WHERE NOT coalesce(resolved, false)),
                       (SELECT count(*) FROM aaltohub.outbox),
                       (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'public.messages'::regclass),
                       (SELECT count(*) FROM aaltohub.tombstones)
                """)[0]
            let producers = try session.query(
                """
                SELECT p.role, p.account, p.incarnation, p.epoch, p.hello_at,
                       (SELECT committed FROM aaltohub.streams s WHERE s.role = p.role AND s.account = p.account
                        ORDER BY place DESC NULLS LAST LIMIT 1)
                FROM aaltohub.producers p ORDER BY p.role, p.account
                """
            ).map { row in
                Producer(
                    role: row.text(0), account: row.text(1), incarnation: row.integer(2), epoch: row.integer(3),
                    helloAt: row.timestamptz(4), committed: row.integerOrNull(5))
            }
            return Snapshot(
                groups: groups, accounts: accounts, producers: producers, openGaps: counts.integer(0),
                unresolvedFailures: counts.integer(1), outbox: counts.integer(2), messagesEstimate: counts.integer(3),
                tombstones: counts.integer(4))
        }
    }
}
