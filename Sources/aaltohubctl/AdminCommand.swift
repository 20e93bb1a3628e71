import ArgumentParser
import PostgreSQL
import Primitives
import ServiceKit
import Store
import SupervisorCore

struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Who may use the supervisor's pages and API, and what they did there.",
        discussion: """
            A signed token says who somebody is: one of the Supabase project's users (the subject is the user's id), or one made here. This
            table says what they may: a reader sees everything, an admin changes too. The subject role:authenticated stands for every user of
            the project, role:anon for everybody who has its public key; these can only be readers.
            """,
        subcommands: [AdminList.self, AdminAdd.self, AdminRemove.self, AdminToken.self, AdminAudit.self], defaultSubcommand: AdminList.self)
}

struct AdminList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists who may.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let admins = try await common.withDatabase { try await AdminStore($0).list() }
        let now = SystemClock.unix
        common.list(admins, as: "admins", json: \.json, ["SUBJECT", "ROLE", "ADDED BY", "ADDED", "NOTE"]) { admin in
            [admin.subject, admin.role, admin.addedBy, ago(admin.addedAt, now), admin.note ?? "-"]
        }
    }
}

struct AdminAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Admits somebody, or changes what they may.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The subject of their tokens: a user's id at Supabase, or any name for a token that is made here.")
    var subject: String
    @Option(help: ArgumentHelp("admin or reader.", valueName: "role"))
    var role: RoleArgument = .reader
    @Option(help: "Who it is, for people.")
    var note: String?

    func run() async throws {
        let (subject, role, note) = (subject, role.rawValue, note)
        let (admin, isNew) = try await common.withDatabase { database in
            try await audited("admin_set", subject, ["role": .string(role)], database) {
                try await AdminStore(database).set(subject, role: role, note: note, by: operatorName())
            }
        }
        output(common.json ? admin.json.text : "\(admin.subject): \(admin.role)\(isNew ? "" : " (was admitted already)")")
    }
}

/// The words of `Role` as the parser reads them.
enum RoleArgument: String, ExpressibleByArgument, CaseIterable { case admin, reader }

struct AdminRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Takes somebody out; their tokens and sessions are worth nothing within seconds.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The subject of their tokens.")
    var subject: String

    func run() async throws {
        let subject = subject
        try await common.withDatabase { database in
            try await audited("admin_remove", subject, [:], database) { try await AdminStore(database).remove(subject) }
        }
        output(common.json ? JSON.object([.init("removed", .string(subject))]).text : "\(subject): removed")
    }
}

struct AdminToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Makes a token, signed with the credential admin_token_key.",
        discussion: """
            It says who its holder is; what they may, `admin add` says. It is shown once and kept nowhere. It ends by itself; before that,
            `admin remove` makes it worth nothing.
            """)

    /// The longest time that a token may be good for: what nobody renews for so long, nobody watches.
    private static let longestDays: Int64 = 3650

    @OptionGroup var common: CommonOptions
    @Argument(help: "The subject: any name, such as grafana or anna.")
    var subject: String
    @Option(name: .customLong("for"), help: ArgumentHelp("How long it is good: 12h, 30d.", valueName: "span"))
    var span: String = "30d"

    func run() async throws {
        guard (1...TokenVerifier.longestSubject).contains(subject.unicodeScalars.count), subject != Caller.tokenSubject else {
            throw ServiceError.usage("a subject has 1 to \(TokenVerifier.longestSubject) characters, and \(Caller.tokenSubject) is not one")
        }
        guard !subject.hasPrefix("role:") else { throw ServiceError.usage("\(subject) stands for many: a token is one holder's") }
        let seconds = try seconds(span)
        let secret = try common.credentials.require(.adminTokenKey)
        guard let mint = TokenMint(secret: secret.bytes) else {
            throw ServiceError.configuration(
                "credential admin_token_key is shorter than \(TokenKey.shortestSecret) bytes: make one with `openssl rand -hex 32`")
        }
        let now = SystemClock.unix.seconds
        let token = mint.token(subject: subject, from: now, until: now + seconds)
        if common.json {
            output(
                JSON.object([
                    .init("subject", .string(subject)), .init("token", .string(token)), .init("expires_at", .integer(now + seconds)),
                ]).text)
        } else {
            output(token)
        }
        await tellWhetherAdmitted()
    }

    private func tellWhetherAdmitted() async {
        do {
            let admins = try await common.withDatabase { try await AdminStore($0).list() }
            if !admins.contains(where: { $0.subject == subject }) {
                notice("\(subject) is not admitted yet: `aaltohubctl admin add \(subject) --role reader`")
            }
        } catch {
            notice("whether \(subject) is admitted is not known: \(ServiceMain.serviceError(error).message)")
        }
    }

    /// `12h`, `30d`.
    private func seconds(_ text: String) throws -> Int64 {
        let unit: Int64? = text.last == "h" ? 3600 : text.last == "d" ? 86_400 : nil
        guard let unit, let count = Int64(text.dropLast()), count > 0, count <= Self.longestDays * 86_400 / unit else {
            throw ServiceError.usage("--for is a span such as 12h or 30d, \(Self.longestDays)d at most")
        }
        return count * unit
    }
}

struct AdminAudit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "audit", abstract: "Who did what, the newest first.")

    @OptionGroup var common: CommonOptions
    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit: Int32 = 50

    func validate() throws {
        if !(1...AdminTables.mostRows).contains(limit) { throw ValidationError("--limit is a number from 1 to \(AdminTables.mostRows)") }
    }

    func run() async throws {
        let limit = limit
        let text = try await common.withDatabase { try await AuditStore($0).list(limit: limit) }
        guard !common.json else { return output("{\"entries\":\(text)}") }
        let entries = try JSON(reading: Array(text.utf8)).array ?? []
        output(
            table(
                ["WHEN", "WHO", "BY", "ACTION", "TARGET", "OUTCOME", "WHY"],
                entries.map { entry in
                    func cell(_ name: String) -> String { entry[name]?.string ?? "-" }
                    let time = String(cell("at").prefix(19).map { $0 == "T" ? " " : $0 })
                    return [time, cell("actor"), cell("means"), cell("action"), cell("target"), cell("outcome"), cell("reason")]
                }))
    }
}

/// Does it and writes down who did.
private func audited<T: Sendable>(
    _ action: String, _ target: String, _ details: JSON, _ database: Connection, _ body: () async throws -> T
) async throws -> T {
    func write(_ outcome: String, _ reason: String?) async throws {
        try await AuditStore(database).add([
            AuditStore.Entry(
                at: SystemClock.unix, actor: operatorName(), means: "ctl", action: action, target: target, details: details,
                outcome: outcome, reason: reason)
        ])
    }
    let value: T
    do {
        value = try await body()
    } catch let error as StoreError {
        try await write("refused", error.description)
        throw error
    }
    try await write("done", nil)
    return value
}
