import ArgumentParser
import PostgreSQL
import Primitives
import ServiceKit
import Store

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Brings the database to this build's schema; a predecessor's tables are taken over.",
        discussion: """
            Makes the roles of the stages too, without the right to log in: give it to them with ALTER ROLE aaltohub_writer LOGIN
            (and PASSWORD, where Postgres asks for one). The role that migrates owns the schema: it needs CREATEROLE, CREATE on the
            database and the ownership of tables that are taken over. It is --user, or PGUSER, or what database.user names.
            """)

    @OptionGroup var common: CommonOptions
    @Flag(help: "Print the SQL that would run, and change nothing.")
    var dryRun = false
    @Option(help: ArgumentHelp("The database role that migrates.", valueName: "role"))
    var user: String?

    func run() async throws {
        let named = processEnvironment()["PGUSER"].flatMap { $0.isEmpty ? nil : $0 }
        var options = try common.databaseOptions(user: user ?? named)
        // A step may have to read a large table.
        options.statementTimeoutMilliseconds = 0
        let chosen = options
        let connection = Connection(options) { try Pooler.refuse($0, options: chosen) }
        defer { Task { await connection.close() } }
        if dryRun {
            let (pending, sql) = try await connection.run { try (Migrator.pending($0), Migrator.dryRun($0)) }
            if common.json {
                output(JSON.object([.init("pending", steps(pending)), .init("sql", .string(sql))]).text)
            } else if pending.isEmpty {
                notice("nothing to do: the schema is at step \(Migration.all.count)")
            } else {
                output(sql)
            }
            return
        }
        let applied = try await connection.run { try Migrator.migrate($0) }
        if common.json {
            output(JSON.object([.init("applied", steps(applied)), .init("step", .integer(Int64(Migration.all.count)))]).text)
        } else {
            for step in applied { output("applied step \(step.number): \(step.name)") }
            if applied.isEmpty { output("nothing to do: the schema is at step \(Migration.all.count)") }
        }
    }

    private func steps(_ steps: [Migration]) -> JSON {
        .array(steps.map { ["number": .integer(Int64($0.number)), "name": .string($0.name), "checksum": .string($0.checksum)] })
    }
}
