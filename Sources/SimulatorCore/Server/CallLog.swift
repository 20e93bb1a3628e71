import Primitives
import TL

/// The calls that came and how they ended, for tests that prove what a client asked for and how often.
public struct CallLog: Sendable {
    struct Entry: Sendable {
        var time: UnixTime
        var user: Int64
        var authKey: Int64
        var method: String
        var place: Peer?
        var offsetID: Int32
        var offsetDate: Int32
        var addOffset: Int32
        var limit: Int32
        /// Ids that were asked for.
        var ids: [Int32]
        /// Of a part of a file.
        var file: Int64?
        var offset: Int64
        /// "ok", or the error's name.
        var outcome: String
        /// It came before its flood wait was over.
        var isViolation: Bool
    }

    /// Entries that are kept; the oldest go first. About 200 bytes each.
    private static let most = 1_000_000

    public internal(set) var isOn = false
    private(set) var entries: [Entry] = []
    /// The number of the first entry that is kept.
    private(set) var first = 0

    mutating func start() {
        isOn = true
        first = 0
        entries = []
    }

    mutating func note(_ request: TLObject, by caller: Caller, about place: Peer?, outcome: String, isViolation: Bool) {
        guard isOn else { return }
        if entries.count >= CallLog.most {
            entries.removeFirst(CallLog.most / 2)
            first += CallLog.most / 2
        }
        let ids = (request["id"]?.vector ?? request["topics"]?.vector ?? []).compactMap {
            ($0.int ?? $0["id"]?.int).map { Int32(clamping: $0) }
        }
        entries.append(
            Entry(
                time: caller.now, user: caller.user, authKey: caller.session.authKey, method: request.name, place: place,
                offsetID: request.int32("offset_id"), offsetDate: request.int32("offset_date"), addOffset: request.int32("add_offset"),
                limit: request.int32("limit"), ids: ids, file: request["location"]?["id"]?.int, offset: request.integer("offset"),
                outcome: outcome, isViolation: isViolation))
    }
}

extension Control {
    /// `calls_log`: "start" empties it, "stop" keeps what there is, "read" gives a line each from the entry `from` on.
    static func callsLog(_ command: JSON, _ server: inout TelegramServer) throws -> [JSON] {
        switch command["action"]?.string {
        case "start": server.log.start()
        case "stop": server.log.isOn = false
        case "read":
            let methods = command["methods"]?.array.map { Set($0.compactMap(\.string)) }
            let from = max(0, Int(clamping: command["from"]?.integer ?? 0) - server.log.first)
            var lines: [JSON] = []
            for entry in server.log.entries.dropFirst(from) where methods?.contains(entry.method) != false {
                lines.append(line(entry, server.world))
            }
            return lines + [
                ["ok": true, "count": .integer(Int64(lines.count)), "next": .integer(Int64(server.log.first + server.log.entries.count))]
            ]
        default: throw Refusal("action is start, stop or read")
        }
        return [["ok": true]]
    }

    private static func line(_ entry: CallLog.Entry, _ world: World) -> JSON {
        var members: [JSON.Member] = [
            .init("time_ns", .integer(entry.time.nanoseconds)),
            .init("account", world.accounts[entry.user].map { .string($0.phone) } ?? .null),
            .init("authorisation", .integer(entry.authKey)), .init("method", .string(entry.method)),
            .init("outcome", .string(entry.outcome)), .init("flooded", .bool(entry.outcome.hasPrefix("FLOOD_"))),
            .init("violation", .bool(entry.isViolation)),
        ]
        if let place = entry.place {
            members += [
                .init("kind", .string(world.kind(of: place)?.rawValue ?? "private")), .init("chat", .integer(place.id)),
            ]
        }
        members += [
            .init("offset_id", .integer(Int64(entry.offsetID))), .init("offset_date", .integer(Int64(entry.offsetDate))),
            .init("add_offset", .integer(Int64(entry.addOffset))), .init("limit", .integer(Int64(entry.limit))),
        ]
        if !entry.ids.isEmpty { members.append(.init("ids", .array(entry.ids.map { .integer(Int64($0)) }))) }
        if let file = entry.file { members += [.init("file", .integer(file)), .init("offset", .integer(entry.offset))] }
        return .object(members)
    }
}
