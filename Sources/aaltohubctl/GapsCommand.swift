import ArgumentParser
import Primitives
import ServiceKit
import Store

struct GapsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gaps", abstract: "Lists what the live stream did not bring and no crawl has filled yet.",
        discussion: "A gap is filled by a crawl of each group that it concerns, however old it is, at the next interval.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let (groups, past) = try await common.withDatabase { (try await GroupStore($0).list(), try await Past($0)) }
        let entries = groups.filter { $0.isEnabled && $0.migratedTo == nil }.flatMap { group in
            past.gaps(of: group).map { (group: group, gap: $0) }
        }
        let now = SystemClock.unix
        common.list(
            entries, as: "gaps",
            json: { entry in
                guard case .object(let group) = entry.group.json, case .object(let gap) = entry.gap.json else { return .null }
                return .object(gap + [.init("group", .object(group))])
            }, ["GAP", "GROUP", "ACCOUNT", "REASON", "FOUND", "FILLED BY"]
        ) { entry in
            [
                "\(entry.gap.gap.id)", entry.group.title ?? entry.group.chat.description, entry.gap.gap.account, entry.gap.gap.reason,
                ago(entry.gap.gap.foundAt, now), entry.gap.filling,
            ]
        }
        // Such as those of secret chats, or of channels that are not registered any more.
        let others = past.gaps.count { gap in !entries.contains { $0.gap.gap.id == gap.id } }
        if others > 0, !common.json { notice("\(others) more \(others == 1 ? "concerns" : "concern") no group that is captured") }
    }
}
