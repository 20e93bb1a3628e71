import ArgumentParser
import EventLink
import Events
import POSIX
import PostgreSQL
import Primitives
import ServiceKit
import Store
import WriterCore
import ZeroMQ

struct DlqCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlq", abstract: "Dead letters: what came and could not be stored.",
        discussion: """
            The rest of what came with it is stored, and the stream went on. A letter stays until it is retried, which the writer does with
            what its build reads of it, or dropped. `aaltohubctl queue` shows how many of which group are how old.
            """,
        subcommands: [DlqList.self, DlqShow.self, DlqRetry.self, DlqDrop.self], defaultSubcommand: DlqList.self)
}

struct DlqList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the dead letters that wait, newest first.")

    @OptionGroup var common: CommonOptions
    @Option(help: "Only of this group.")
    var group: String?
    @Flag(help: "Also what has been resolved.")
    var all = false
    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit: Int32 = 100

    func run() async throws {
        guard limit > 0 else { throw ServiceError.usage("--limit is a positive number") }
        let reference = try group.map { text throws(StoreError) in try GroupReference(text) }
        let (letters, waiting) = try await common.withDatabase { database in
            let row: RegisteredGroup? = if let reference { try await GroupStore(database).find(reference) } else { nil }
            let store = DeadLetterStore(database)
            return (try await store.list(group: row?.id, isAll: all, limit: limit), try await store.count())
        }
        let now = SystemClock.unix
        common.list(
            letters, as: "dead_letters", json: \.json,
            ["ID", "AGE", "GROUP", "MESSAGE", "ACCOUNT", "BYTES", "RETRIES", "RESOLVED", "ERROR"]
        ) { letter in
            [
                String(letter.id.description.prefix(8)), letter.createdAt.map { age(max(0, now.seconds - $0.seconds)) } ?? "-",
                letter.group?.name ?? "-", letter.messageID.map(String.init) ?? "-", letter.account ?? "-", "\(letter.size)",
                "\(letter.retries)", letter.isResolved ? "yes" : "-", letter.error,
            ]
        }
        let shown = letters.count { !$0.isResolved }
        if !common.json, reference == nil, waiting > shown { notice("\(waiting - Int64(shown)) more wait: see --limit") }
    }
}

struct DlqShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one dead letter, and what this build reads of it.",
        discussion: "What somebody wrote is shown only with --show-text.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "Its id, or how that begins: see `aaltohubctl dlq list`.")
    var id: String
    @Flag(help: "Show its content too.")
    var showText = false

    func run() async throws {
        let (letter, payload) = try await common.withDatabase { database in
            let store = DeadLetterStore(database)
            let letter = try await store.find(id)
            return (letter, try await store.payload(letter.id))
        }
        guard case .object(var members) = letter.json else { return }
        if let payload, let stream = try? StreamID(bytes: letter.stream ?? [UInt8](repeating: 0, count: 16)) {
            let contents =
                DeadLetter(
                    stream: stream, number: UInt64(clamping: letter.number ?? 0), payload: payload.bytes,
                    receivedAt: max(0, payload.receivedAt.nanoseconds)
                ).contents
            members.append(.init("reads_as", .array(contents.pieces.map { .string($0.kind) })))
            members.append(.init("outdated", .integer(Int64(contents.outdated))))
            members.append(.init("unreadable", .array(contents.unreadable.map { .string($0.error) })))
            if showText {
                let account = letter.account ?? "-"
                let samples = contents.pieces.map { CommitSample($0, account: account, committedAt: 0) }
                members.append(.init("content", .array(samples.map { $0.full ?? $0.object })))
                members.append(.init("hex", .string(hex(payload.bytes))))
            }
        }
        if common.json { return output(JSON.object(members).text) }
        for member in members { output("\(member.name): \(member.value.string ?? member.value.text)") }
    }
}

struct DlqRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Has the running writer try dead letters again.",
        discussion: """
            They are read by the writer's build and merged like any other copy: a newer edit stands. Ends with 0 when none failed again,
            with 1 when some did.
            """)

    /// A writer that reads thousands of letters in turn with the live stream may take so long.
    private static let patience = Duration.seconds(600)
    /// Ids of one request: the socket takes 64 KiB.
    private static let idsAtOnce = 1_000

    @OptionGroup var common: CommonOptions
    @Argument(help: ArgumentHelp("Their ids, or how these begin; or ALL.", valueName: "id"))
    var ids: [String]

    func run() async throws {
        let chosen = try await common.letters(ids)
        var answers: [JSON] = []
        if let chosen {
            for first in stride(from: 0, to: chosen.count, by: Self.idsAtOnce) {
                let part = chosen[first..<min(chosen.count, first + Self.idsAtOnce)]
                answers.append(try await ask(.array(part.map { .string($0.description) })))
            }
        } else {
            answers = [try await ask("all")]
        }
        func sum(_ name: String) -> Int64 { answers.reduce(0) { $0 + ($1[name]?.integer ?? 0) } }
        let letters = answers.flatMap { $0["letters"]?.array ?? [] }
        let names = ["retried"] + RetryResult.allCases.map(\.rawValue)
        if common.json {
            output(JSON.object(names.map { .init($0, .integer(sum($0))) } + [.init("letters", .array(letters))]).text)
        } else {
            for letter in letters {
                let error = letter["error"]?.string.map { ": \($0)" } ?? ""
                output("\(letter["id"]?.string ?? "?") \(letter["result"]?.string ?? "?")\(error)")
            }
            notice("\(sum("stored")) of \(sum("retried")) stored, \(sum("failed")) failed again")
        }
        if sum("failed") + sum("skipped") + sum("unknown") > 0 { throw ExitCode(1) }
    }

    private func ask(_ ids: JSON) async throws -> JSON {
        let path = Folders(try common.configuration()).control("writer")
        // A writer that was killed leaves its socket's file, at which nobody would ever answer; its lock is gone.
        guard LockedFile.isHeld(path + ".lock") else {
            throw ServiceError.unavailable("the writer does not run, and only it stores messages: see `aaltohubctl status`")
        }
        do {
            return try await ControlClient(context: Context(), patience: Self.patience).ask(
                path, "retry", arguments: ["ids": ids], actor: operatorName())
        } catch let failure as ControlFailure {
            throw ServiceError.unavailable("the writer: \(failure.reason)")
        } catch LinkError.noAnswer {
            throw ServiceError.unavailable("the writer does not answer on its control socket: run this as a user who may ask it")
        }
    }
}

struct DlqDrop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Deletes dead letters for ever.",
        discussion: "What they held is lost, unless a crawl brings it again. ALL means all that wait, not what has been resolved.")

    @OptionGroup var common: CommonOptions
    @Argument(help: ArgumentHelp("Their ids, or how these begin; or ALL.", valueName: "id"))
    var ids: [String]

    func run() async throws {
        let chosen = try await common.letters(ids)
        let dropped = try await common.withDatabase { try await DeadLetterStore($0).drop(chosen) }
        if common.json { return output(JSON.object([.init("dropped", .integer(Int64(dropped)))]).text) }
        notice("\(dropped) dropped")
    }
}

extension CommonOptions {
    /// The letters that these arguments name; nil: all. Asks the database only for ids that are cut short.
    fileprivate func letters(_ names: [String]) async throws -> [PostgresUUID]? {
        if names == ["ALL"] { return nil }
        guard !names.isEmpty, !names.contains("ALL") else { throw ServiceError.usage("name dead letters, or ALL alone") }
        if let whole = names.map({ PostgresUUID($0) }) as? [PostgresUUID] { return whole }
        for name in names where !name.allSatisfy({ $0 == "-" || $0.isHexDigit }) {
            throw ServiceError.usage("\(name) is neither a dead letter's id nor ALL")
        }
        return try await withDatabase { database in
            let store = DeadLetterStore(database)
            var out: [PostgresUUID] = []
            for name in names { out.append(try await store.find(name).id) }
            return out
        }
    }
}
