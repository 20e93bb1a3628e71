import ArgumentParser
import Primitives
import ServiceKit
import Store

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "What a message said before it was edited: every version that was seen.",
        discussion: """
            A version is a content at an edit date. Hidden ones are mostly reactions, which bump the edit date and leave the content as it
            was (SAME AS BEFORE). What was written is shown only with --show-text.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The group (see `aaltohubctl groups --help`).")
    var group: String
    @Argument(help: "The message's number in its chat.")
    var messageID: Int64
    @Flag(help: "Show texts too.")
    var showText = false

    func run() async throws {
        let reference = try GroupReference(group)
        let (row, history) = try await common.withDatabase { database in
            let row = try await GroupStore(database).find(reference)
            return (row, try await HistoryStore(database).history(row, messageID))
        }
        if common.json { return output(json(row, history).text) }
        output("\(row.chat) \(row.title ?? ""), message \(messageID), sent \(minute(history.sentAt))")
        if let deletedAt = history.deletedAt {
            output("deleted \(minute(deletedAt))\(history.isPresumed ? " or before: it was missing then" : "")")
        }
        output(
            table(
                ["VERSION", "EDITED", "SEEN", "WAY", "CHARACTERS", "MEDIA", "CONTENT", "NOTE"],
                history.versions.enumerated().map { place, version in
                    [
                        "\(place + 1)", version.editDate > 0 ? second(UnixTime(seconds: version.editDate)) : "-",
                        version.receivedAt.map(second) ?? "-", version.way, "\(version.text?.count ?? 0)", version.mediaKind ?? "-",
                        version.hash.isEmpty ? "predecessor" : hex(Array(version.hash.prefix(4))), note(history, place),
                    ]
                }))
        if showText {
            for (place, version) in history.versions.enumerated() { output("\n\(place + 1):\n\(version.text ?? "(no text)")") }
        }
    }

    private func note(_ history: HistoryStore.History, _ place: Int) -> String {
        let version = history.versions[place]
        var notes: [String] = []
        if version.isHidden { notes.append("hidden") }
        if isSame(history, place) { notes.append("same as before") }
        if version.isCurrent { notes.append("current") }
        return notes.joined(separator: ", ")
    }

    private func isSame(_ history: HistoryStore.History, _ place: Int) -> Bool {
        place > 0 && history.versions[place].hash == history.versions[place - 1].hash
    }

    private func json(_ group: RegisteredGroup, _ history: HistoryStore.History) -> JSON {
        let versions = history.versions.enumerated().map { place, version -> JSON in
            .object(version.members + [.init("same_as_before", .bool(isSame(history, place)))] + (showText ? version.written : []))
        }
        return .object(
            [.init("group", group.json), .init("message_id", .integer(messageID))] + history.members
                + [.init("versions", .array(versions))])
    }
}

/// `2026-11-21 23:37:09`, UTC.
private func second(_ time: UnixTime) -> String { String(rfc3339(time).prefix(19).map { $0 == "T" ? " " : $0 }) }
