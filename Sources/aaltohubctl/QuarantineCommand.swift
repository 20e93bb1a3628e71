import ArgumentParser
import PostgreSQL
import Primitives
import ServiceKit
import Store
import TL

struct QuarantineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "What the listeners could not read, kept sealed for a later build.",
        subcommands: [QuarantineList.self, QuarantineShow.self, QuarantineRetry.self], defaultSubcommand: QuarantineList.self)
}

struct QuarantineList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists what is kept, newest first.")

    @OptionGroup var common: CommonOptions
    @Option(help: ArgumentHelp("Only of this account.", valueName: "name"))
    var account: String?
    @Flag(help: "Also what a later build has read.")
    var all = false
    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit: Int32 = 100

    func run() async throws {
        let entries = try await common.withDatabase { database in
            try await common.quarantine(database).list(account: account, onlyUnread: !all, limit: limit)
        }
        let now = SystemClock.unix
        common.list(
            entries, as: "quarantine", json: \.json,
            ["ID", "ACCOUNT", "RECEIVED", "TIMES", "BYTES", "LAYER", "CONTEXT", "READ", "REASON"]
        ) { entry in
            [
                "\(entry.id)", entry.account, ago(entry.receivedAt, now), "\(entry.times)", "\(entry.size)", "\(entry.layer)",
                entry.context, entry.decodedAt == nil ? "-" : "yes", entry.reason,
            ]
        }
    }
}

struct QuarantineShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one object: what this build reads of it, or its bytes.",
        discussion: "The bytes may hold what somebody wrote; they are shown only with --show-text.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "Its number: see `aaltohubctl quarantine list`.")
    var id: Int64
    @Flag(help: "Show its content too.")
    var showText = false

    func run() async throws {
        let (entry, bytes) = try await common.withDatabase { try await common.quarantine($0).object(id) }
        let reading = Reading(entry, bytes)
        guard case .object(var members) = entry.json else { return }
        members.append(.init("constructor", reading.constructor.map { .string($0) } ?? .null))
        members.append(.init("reads_as", reading.name.map { .string($0) } ?? .null))
        members.append(.init("failure", reading.failure.map { .string($0) } ?? .null))
        if showText {
            members.append(.init("hex", .string(hex(bytes))))
            members.append(.init("content", reading.content ?? .null))
        }
        if common.json { return output(JSON.object(members).text) }
        for member in members { output("\(member.name): \(member.value.string ?? member.value.text)") }
    }
}

struct QuarantineRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Reads what is kept again with this build's tables, and marks what it can read.",
        discussion: "What it said has long come by other ways (differences); nothing is sent anywhere.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "Its number, or ALL.")
    var id: String

    func run() async throws {
        let results = try await common.withDatabase { database in
            let store = try common.quarantine(database)
            let ids: [Int64]
            if id == "ALL" {
                ids = try await store.list(onlyUnread: true, limit: Int32(QuarantineStore.rowsMost)).map(\.id)
            } else if let number = Int64(id) {
                ids = [number]
            } else {
                throw ServiceError.usage("\(id) is neither a number nor ALL")
            }
            var results: [(id: Int64, reading: Reading)] = []
            for id in ids {
                let (entry, bytes) = try await store.object(id)
                let reading = Reading(entry, bytes)
                if reading.name != nil { try await store.markDecoded(id) }
                results.append((id, reading))
            }
            return results
        }
        if common.json {
            let rows = results.map { id, reading -> JSON in
                [
                    "id": .integer(id), "reads_as": reading.name.map { .string($0) } ?? .null,
                    "failure": reading.failure.map { .string($0) } ?? .null,
                ]
            }
            return output(JSON.object([.init("retried", .array(rows))]).text)
        }
        for (id, reading) in results { output("\(id): \(reading.name.map { "reads as \($0)" } ?? reading.failure ?? "?")") }
        let read = results.count { $0.reading.name != nil }
        notice("\(read) of \(results.count) can be read now")
    }
}

/// What this build makes of quarantined bytes.
struct Reading {
    /// The constructor's id as it stands in schemas, when there are four bytes.
    var constructor: String?
    var name: String?
    var content: JSON?
    var failure: String?

    init(_ entry: QuarantineStore.Entry, _ bytes: [UInt8]) {
        if bytes.count >= 4 { constructor = hex([bytes[3], bytes[2], bytes[1], bytes[0]]) }
        // A method's answer may be no boxed object; what was pushed always is.
        if entry.context.contains("."), let value = try? TL.decodeResult(bytes, of: entry.context, layer: entry.layer) {
            name = value.object?.name ?? "a result of \(entry.context)"
            content = value.object?.json
            return
        }
        do {
            let object = try TL.decode(bytes)
            name = object.name
            content = object.json
        } catch {
            failure = "\(error)"
        }
    }
}

extension CommonOptions {
    fileprivate func quarantine(_ database: Connection) throws -> QuarantineStore {
        QuarantineStore(database, masterKey: try credentials.masterKey().bytes)
    }
}
