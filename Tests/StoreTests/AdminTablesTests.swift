import PostgreSQL
import Primitives
import Store
import Testing

/// The tables as the admin API shows them, read under the supervisor's own role.
@Suite struct AdminTablesTests {
    let database: TestDatabase

    init() throws { database = try TestDatabase() }

    /// The crawls that are shown, by the group's title.
    private func crawls() async throws -> [String: String] {
        let connection = Connection(try database.options("aaltohub_supervisor"))
        let rows = try JSON(reading: Array(try await AdminTables(connection).crawlerStatus().utf8)).array ?? []
        await connection.close()
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (row["title"]?.string ?? "?", "\(row["crawl"]?["kind"]?.string ?? "none") \(row["crawl"]?["state"]?.string ?? "")")
            })
    }

    private func order(_ kind: String, _ state: String) throws {
        try database.administrator.script(
            """
            INSERT INTO aaltohub.crawl_jobs (group_id, account, kind, since, state)
                SELECT id, 'a', '\(kind)', now(), '\(state)' FROM public.groups WHERE title = 'channel'
            """)
    }

    @Test func a_group_s_crawl_is_the_open_one_or_the_newest() async throws {
        #expect(try await crawls() == ["basic": "none ", "channel": "none "])
        try order("manual", "cancelled")
        try order("initial", "done")
        #expect(try await crawls() == ["basic": "none ", "channel": "initial done"])
        try order("gap", "failed")
        #expect(try await crawls()["channel"] == "gap failed")
        try order("manual", "running")
        try order("initial", "done")
        #expect(try await crawls()["channel"] == "manual running")
        try order("gap", "queued")
        #expect(try await crawls()["channel"] == "gap queued")
    }
}
