import BackfillCore
import Events
import Primitives
import ProducerCore
import TL
import TelegramClient

/// Pages of messages as the server sends them, read: what the scan needs, and what goes to the writer.
struct HistoryReader: Sendable {
    /// One answer.
    struct Page: Sendable {
        let content: HistoryPage
        /// Unix seconds of the server.
        let fetchedAt: Int64

        var found: [Scan.Found] { content.entries.map { .init(id: $0.id, date: $0.date) } }
        /// Ids at which there is no message.
        let empty: Set<Int64>
        /// Messages of the whole chat, as the server counts them.
        var count: Int64 { content.total ?? 0 }

        /// These messages, oldest first, and what the page says of topics and of a migration.
        func changes(of ids: Set<Int64>) -> [WireChange] {
            content.messages.reversed().filter { ids.contains($0.id) }.map { message in .with { $0.message = message } } + content.told
        }

        /// All its messages.
        var changes: [WireChange] { changes(of: Set(content.entries.map(\.id))) }
    }

    let layer: Int32
    let peers: Peers
    /// Takes what cannot be read, to keep it.
    let unreadable: @Sendable (QuarantinedObject) -> Void

    func read(_ bytes: [UInt8], of call: TLObject, group: Ledger.Group, fetchedAt: Int64) async throws(CallFailure) -> Page {
        let page: HistoryPage
        do {
            page = try HistoryPage(
                bytes: bytes, of: group.wire, fetchedAt: fetchedAt, layer: layer, context: call.name, known: await peers.book)
        } catch {
            unreadable(QuarantinedObject(bytes, context: call.name, layer: layer, reason: "\(error)"))
            throw .undecodable("\(error)")
        }
        for object in page.undecodable { unreadable(object) }
        await peers.learn(page)
        return Page(content: page, fetchedAt: fetchedAt, empty: Set(page.entries.lazy.filter(\.isEmpty).map(\.id)))
    }
}
