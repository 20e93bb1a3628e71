import TL

@testable import TelegramClient

/// A model of the database: rows by box and message id, applied naively in the order of delivery, with positions and holes.
///
/// Naive, so that what comes twice or in the wrong order shows: a new message makes its row again even where one was deleted.
struct Rows {
    struct Hole: Equatable {
        var box: Box
        var from: Int64
        var to: Int64
    }

    private(set) var rows: [Box: [Int64: Int64]] = [:]
    private(set) var positions: [Box: BoxState] = [:]
    private(set) var holes: [Hole] = []
    private(set) var complaints: [String] = []

    init(_ positions: [Box: BoxState]) { self.positions = positions }

    /// One transaction: rows and position together.
    mutating func commit(_ delivery: Delivery) {
        if let box = delivery.box {
            if let known = positions[box] {
                if delivery.generation != known.generation || delivery.tooLong {
                    if delivery.from != known.value, delivery.generation == known.generation {
                        complaints.append("\(box): a hole from \(delivery.from) where \(known.value) was reached")
                    }
                    holes.append(Hole(box: box, from: delivery.from, to: delivery.to))
                } else if delivery.from != known.value {
                    complaints.append("\(box): from \(delivery.from) where \(known.value) was reached")
                }
            }
            if delivery.to < delivery.from { complaints.append("\(box): backwards from \(delivery.from) to \(delivery.to)") }
            positions[box] = BoxState(generation: delivery.generation, value: delivery.to, date: delivery.date, seq: delivery.seq)
        }
        for item in delivery.items { apply(item, of: delivery) }
    }

    private mutating func apply(_ item: Delivery.Item, of delivery: Delivery) {
        switch item {
        case .message(let message): put(message)
        case .update(let update):
            if case .box(let box, let end, _) = update.place {
                if delivery.box != box { complaints.append("an update of \(box) in a delivery of \(String(describing: delivery.box))") }
                if end > delivery.to { complaints.append("\(box): an update that ends at \(end) in a delivery up to \(delivery.to)") }
            }
            if let message = update.object["message"]?.object {
                // Several that move nothing stand at one position: only the edit's own age tells their order.
                if case .box(_, _, 0) = update.place { return put(message, unlessNewer: true) }
                return put(message)
            }
            switch update.object.name {
            case "updateDeleteMessages": for id in update.object["messages"]?.vector ?? [] { rows[.common]?[id.int ?? 0] = nil }
            case "updateDeleteChannelMessages":
                let channel = update.object["channel_id"]?.int ?? 0
                for id in update.object["messages"]?.vector ?? [] { rows[.channel(channel)]?[id.int ?? 0] = nil }
            case "updateChatParticipant": rows[.qts, default: [:]][update.object["user_id"]?.int ?? 0] = 1
            default: break
            }
        }
    }

    private mutating func put(_ message: TLObject, unlessNewer: Bool = false) {
        guard let id = message["id"]?.int, let text = message["message"]?.string, let version = Int64(text.dropFirst()) else { return }
        let box = message["peer_id"]?["channel_id"]?.int.map(Box.channel) ?? .common
        if unlessNewer, let known = rows[box]?[id], known > version { return }
        rows[box, default: [:]][id] = version
    }

    /// What differs from the truth and lies in no recorded hole. `excused`: rows that nothing but a lost word without position could tell.
    func differences(from truth: Truth, excused: Set<String>) -> [String] {
        var out: [String] = []
        for box in truth.boxes {
            let chat = truth[box]
            let mine = rows[box] ?? [:]
            for id in Set(chat.rows.keys).union(mine.keys).sorted() {
                let row = chat.rows[id]
                if mine[id] == row?.version || excused.contains("\(box) \(id)") { continue }
                // Anything of the row that happened in a hole excuses it.
                let ends = chat.events.filter { $0.id == id }.map(\.end)
                if holes.contains(where: { hole in hole.box == box && ends.contains { $0 > hole.from && $0 <= hole.to } }) { continue }
                out.append("\(box) row \(id): \(mine[id].map(String.init) ?? "none") instead of \(row?.version.map(String.init) ?? "none")")
            }
            if positions[box]?.value != chat.position {
                out.append("\(box) at \(positions[box]?.value ?? -1) instead of \(chat.position)")
            }
        }
        return out
    }
}
