import Events
import PostgreSQL
import Primitives
import Store
import Testing
import WriterCore

/// The upsert in SQL is the same function as `MessageRow.merge`: any order, any repetition, any cut into batches.
@Suite struct MergePropertyTests {
    @Test(arguments: 0..<6) func rows_in_postgres_equal_the_merge_in_memory(seed: UInt64) async throws {
        let database = try TestDatabase()
        var generator = SeededGenerator(seed: seed)
        let writer = try database.writer()
        var producer = TestProducer(writer)
        try await producer.hello()

        var script: [(change: WireChange, receivedAt: Int64)] = []
        for _ in 0..<150 {
            script.append((randomChange(using: &generator), Int64.random(in: 1_700_000_000...1_700_000_009, using: &generator)))
        }
        let expected = model(script)

        var sent = (script + script.filter { _ in Bool.random(using: &generator) }).shuffled(using: &generator)
        while !sent.isEmpty {
            let count = min(sent.count, Int.random(in: 1...40, using: &generator))
            try await producer.send(sent.prefix(count).map { try record([$0.change], receivedAt: $0.receivedAt) })
            sent.removeFirst(count)
        }
        #expect(try stored(database) == expected)
        let versions = try storedVersions(database)
        let expectedVersions = versionsInAnyOrder(script)
        #expect(versions == expectedVersions)
        #expect(!versions.isEmpty)
        #expect(try database.integer("SELECT count(*) FROM public.failed_messages") == 0)
        await writer.close()
    }

    /// What one row must look like.
    private struct Row: Equatable {
        var text: String?
        var reply: String?
        var key: [String]
        var reactions: String?
        var senderName: String?
        var counts: [Int64?]
        var deletedAt: Int64?
        var presumed: Bool?
        var isSuspect: Bool
        var sentAt: Int64
        var edited: Int64?
    }

    private func randomChange(using generator: inout SeededGenerator) -> WireChange {
        let chat = Bool.random(using: &generator) ? channel : basicGroup
        let id = Int64.random(in: 1...12, using: &generator)
        if Int.random(in: 0..<8, using: &generator) == 0 {
            // A basic group's deletions come without a chat.
            return deletion([id, id % 12 + 1], in: chat.kind == .channel ? chat : nil, presumed: Bool.random(using: &generator))
        }
        return message(id, ["a", "b", "ä"].randomElement(using: &generator), in: chat) {
            $0.editDate = Int64.random(in: 0...2, using: &generator)
            $0.editHide = $0.editDate > 0 && Bool.random(using: &generator)
            $0.settled = Bool.random(using: &generator)
            $0.position = Bool.random(using: &generator) ? -1 : Int64.random(in: 1...3, using: &generator)
            $0.generation = UInt64.random(in: 1...2, using: &generator)
            $0.observedAt = Int64.random(in: 1...3, using: &generator)
            $0.mediaID = UInt64.random(in: 0...1, using: &generator)
            $0.reply = ["", #"{"quote_text": "x"}"#].randomElement(using: &generator) ?? ""
            if Bool.random(using: &generator) { $0.reactions = #"["\#(Int.random(in: 1...3, using: &generator))"]"# }
            if Bool.random(using: &generator) { $0.senderName = ["X", "Y"].randomElement(using: &generator) ?? "" }
            if Bool.random(using: &generator) { $0.views = Int64.random(in: 0...3, using: &generator) }
            if Bool.random(using: &generator) { $0.forwards = Int64.random(in: 0...3, using: &generator) }
        }
    }

    private func model(_ script: [(change: WireChange, receivedAt: Int64)]) -> [String: Row] {
        var rows: [String: MessageRow] = [:]
        var marks: [String: DeletionMark] = [:]
        for (change, receivedAt) in script {
            let nanoseconds = receivedAt * 1_000_000_000
            switch change.kind {
            case .message(let message):
                guard let row = try? MessageRow(message, receivedAt: nanoseconds) else { continue }
                let name = "\(row.chat):\(row.id)"
                if rows[name]?.merge(row) == nil { rows[name] = row }
            case .deletion(let deletion):
                let chat = deletion.hasChat ? ChatKey.channel(deletion.chat.id) : .basicGroup(200)
                let mark = DeletionMark(deletedAt: nanoseconds, presumed: deletion.presumed)
                for id in deletion.ids { marks["\(chat):\(id)"] = DeletionMark.merge(marks["\(chat):\(id)"], mark) }
            default: continue
            }
        }
        return Dictionary(
            uniqueKeysWithValues: rows.map { name, row in
                let mark = marks[name]
                return (
                    name,
                    Row(
                        text: row.content.text, reply: row.content.reply.isEmpty ? nil : row.content.reply,
                        key: [
                            "\(row.key.editDate)", "\(row.key.settled)", "\(row.key.generation)", "\(row.key.pts)", hex(row.key.hash.bytes),
                        ],
                        reactions: row.reactions?.value, senderName: row.senderName?.value, counts: [row.views, row.forwards],
                        deletedAt: mark.map { $0.deletedAt / 1_000_000_000 }, presumed: mark?.presumed, isSuspect: row.isSuspect,
                        sentAt: row.content.date, edited: row.key.editDate > 0 && !row.content.editHide ? row.key.editDate : nil)
                )
            })
    }

    /// What one version must look like; the key only where it is not the message's current one, whose key stands in its row.
    private struct Version: Hashable {
        var message: String
        var editDate: Int64
        var hash: String
        var text: String?
        var mediaID: Int64?
        var key: [Int64]?
    }

    /// Every version of every message that has several.
    private func versionsInAnyOrder(_ script: [(change: WireChange, receivedAt: Int64)]) -> Set<Version> {
        var copies: [String: [MessageRow]] = [:]
        for (change, receivedAt) in script {
            guard case .message(let message) = change.kind, let row = try? MessageRow(message, receivedAt: receivedAt) else { continue }
            copies["\(row.chat):\(row.id)", default: []].append(row)
        }
        var out: Set<Version> = []
        for (name, copies) in copies {
            let byVersion = Dictionary(grouping: copies) { "\($0.key.editDate) \($0.key.hash.content)" }
            guard byVersion.count > 1, let current = copies.map(\.key).max() else { continue }
            for copies in byVersion.values {
                guard let newest = copies.max(by: { $0.key < $1.key }) else { continue }
                out.insert(
                    Version(
                        message: name, editDate: newest.key.editDate, hash: hex(Array(newest.key.hash.bytes.prefix(8))),
                        text: newest.content.text, mediaID: newest.content.mediaID == 0 ? nil : Int64(newest.content.mediaID),
                        key: newest.key == current ? nil : [newest.key.settled ? 1 : 0, newest.key.generation, newest.key.pts]))
            }
        }
        return out
    }

    private func storedVersions(_ database: TestDatabase) throws -> Set<Version> {
        let rows = try database.administrator.query(
            """
            SELECT g.chat_type || ':' || g.telegram_id || ':' || v.telegram_message_id, v.edit_date, v.content_hash, v.text, v.media_id,
                   v.settled, v.generation, v.position,
                   (m.merge_edit_date, substring(m.content_hash FOR 8)) = (v.edit_date, v.content_hash)
            FROM aaltohub.message_versions v JOIN public.groups g ON g.id = v.group_id
            JOIN public.messages m ON m.group_id = v.group_id AND m.telegram_message_id = v.telegram_message_id
            """)
        let versions = rows.map { row in
            Version(
                message: row.text(0), editDate: row.integer(1), hash: hex(row.bytea(2)), text: row.textOrNull(3),
                mediaID: row.integerOrNull(4), key: row.bool(8) ? nil : [row.bool(5) ? 1 : 0, row.integer(6), row.integer(7)])
        }
        return Set(versions)
    }

    private func stored(_ database: TestDatabase) throws -> [String: Row] {
        let rows = try database.administrator.query(
            """
            SELECT g.chat_type || ':' || g.telegram_id || ':' || m.telegram_message_id, text, merge_edit_date, merge_settled,
                   merge_generation, merge_position, content_hash, reactions::text, sender_name, views, forwards, deleted_at,
                   deletion_presumed, suspect, sent_at, edited_at, is_deleted = (deleted_at IS NOT NULL), reply::text
            FROM public.messages m JOIN public.groups g ON g.id = m.group_id
            """)
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                #expect(row.bool(16))
                return (
                    row.text(0),
                    Row(
                        text: row.textOrNull(1), reply: row.textOrNull(17),
                        key: ["\(row.integer(2))", "\(row.bool(3))", "\(row.integer(4))", "\(row.integer(5))", hex(row.bytea(6))],
                        reactions: row.textOrNull(7), senderName: row.textOrNull(8), counts: [row.integerOrNull(9), row.integerOrNull(10)],
                        deletedAt: row.timestamptzOrNull(11)?.seconds, presumed: row.boolOrNull(12), isSuspect: row.bool(13),
                        sentAt: row.timestamptz(14).seconds, edited: row.timestamptzOrNull(15)?.seconds)
                )
            })
    }
}
