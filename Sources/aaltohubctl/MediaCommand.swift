import ArgumentParser
import Primitives
import ServiceKit
import Store

struct MediaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "media", abstract: "The files of messages: how many are stored, waiting or failed, and why.",
        subcommands: [MediaList.self, MediaRetry.self, MediaDrop.self], defaultSubcommand: MediaList.self)
}

extension MediaFile.State: ExpressibleByArgument {}

struct MediaList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Counts the files by state and lists those that failed.")

    @OptionGroup var common: CommonOptions
    @Option(help: ArgumentHelp("List the files in this state instead (queued, leased, done, failed, skipped).", valueName: "state"))
    var state: MediaFile.State?
    @Option(help: ArgumentHelp("List at most so many files.", valueName: "number"))
    var limit: Int32 = 50

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run() async throws {
        let (counts, files) = try await common.withDatabase { database in
            let store = MediaStore(database)
            return (try await store.counts(), try await store.list(state ?? .failed, limit: limit))
        }
        let states = MediaFile.State.allCases.map { ($0, counts[$0] ?? (files: 0, bytes: 0)) }
        if common.json {
            let rows = states.map { name, count -> JSON in
                ["state": .string(name.rawValue), "files": .integer(count.files), "bytes": .integer(count.bytes)]
            }
            return output(JSON.object([.init("states", .array(rows)), .init("files", .array(files.map(\.json)))]).text)
        }
        if state == nil {
            output(table(["STATE", "FILES", "SIZE"], states.map { [$0.rawValue, grouped($1.files), size($1.bytes)] }))
            if files.isEmpty { return }
            output("")
        }
        let now = SystemClock.unix
        output(
            table(
                ["FILE", "TYPE", "SIZE", "STATE", "FROM", "TRIED", "AGAIN", "WHY"],
                files.map { file in
                    [
                        "\(file.id)", file.mediaType, file.size.map { size($0) } ?? "?", file.state.rawValue,
                        "\(file.chat)/\(file.messageID)",
                        "\(file.attempts)", file.notBefore.map { $0 > now ? "in \(age($0.seconds - now.seconds))" : "now" } ?? "-",
                        file.error ?? "-",
                    ]
                }))
    }
}

/// One file, or all that failed.
struct MediaSelection: ParsableArguments {
    @Argument(help: "The file's number (see `aaltohubctl media list`), or ALL that failed.")
    var file: String

    /// Nil: all.
    func id() throws(ServiceError) -> Int64? {
        if file == "ALL" { return nil }
        guard let id = Int64(file) else { throw .usage("\(file) is neither a file's number nor ALL: see `aaltohubctl media list`") }
        return id
    }
}

struct MediaRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "retry", abstract: "Fetches again what failed or was left out.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var selection: MediaSelection

    func run() async throws {
        let id = try selection.id()
        let count = try await common.withDatabase { database in
            try await MediaStore(database).retry(id == nil ? [.failed] : [.failed, .skipped], only: id)
        }
        try told(count, id, "queued again", "failed nor was left out", common)
    }
}

struct MediaDrop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Leaves out what failed, or one file that still waits; `media retry` takes it back.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var selection: MediaSelection

    func run() async throws {
        let id = try selection.id()
        let count = try await common.withDatabase { database in
            try await MediaStore(database).drop(only: id, reason: "dropped by \(operatorName())")
        }
        try told(count, id, "left out", "failed nor waits", common)
    }
}

private func told(_ count: Int, _ id: Int64?, _ done: String, _ condition: String, _ common: CommonOptions) throws {
    if let id, count == 0 { throw ServiceError.data("the file \(id) neither \(condition): see `aaltohubctl media list`") }
    output(
        common.json ? JSON.object([.init("files", .integer(Int64(count)))]).text : "\(count == 1 ? "1 file" : "\(count) files"): \(done)")
}
