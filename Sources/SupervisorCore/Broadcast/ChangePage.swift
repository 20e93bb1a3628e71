import Primitives

/// The answer of `GET /changes`.
public struct ChangePage: Hashable, Sendable {
    public let changes: [Change]
    /// What to ask for changes after, next.
    public let last: Int64
    public let isMore: Bool
    /// The oldest change that is kept, or will be.
    public let oldest: Int64
    public let newest: Int64
    /// Of the database; a restored one has another.
    public let epoch: Int64

    public init(changes: [Change], last: Int64, isMore: Bool, oldest: Int64, newest: Int64, epoch: Int64) {
        self.changes = changes
        self.last = last
        self.isMore = isMore
        self.oldest = oldest
        self.newest = newest
        self.epoch = epoch
    }

    /// `{"changes":[{"id":…,"event":"insert","message_id":"…","group_id":"…","committed_at":…,"history":false,"row":{…}}],"last":…,
    /// "more":false,"oldest":…,"epoch":…}`, with times in Unix seconds.
    public var json: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(changes.reduce(200) { $0 + $1.row.count + 250 })
        out += "{\"changes\":[".utf8
        for (i, change) in changes.enumerated() {
            if i > 0 { out.append(UInt8(ascii: ",")) }
            change.write(to: &out)
        }
        out += "],\"last\":\(last),\"more\":\(isMore),\"oldest\":\(oldest),\"epoch\":\(epoch)}\n".utf8
        return out
    }

    /// For who asks for what is not kept, or never was here: what he has is to be read anew, and followed from `newest` on.
    ///
    /// - Parameters:
    ///   - pruned: everything up to this change is forgotten.
    ///   - epoch: of the database whose changes he has followed; nil: he does not say.
    /// - Returns: nil when he can go on.
    public func gone(after: Int64, pruned: Int64, epoch: Int64?) -> JSON? {
        let why: String
        if after > newest {
            why = "this database has had no such change"
        } else if let epoch, epoch != self.epoch {
            why = "this database was restored since"
        } else if after < pruned {
            why = "changes after \(after) are not kept any more"
        } else {
            return nil
        }
        return [
            "error": .string("\(why): read the messages anew and follow from newest"), "oldest": .integer(oldest),
            "newest": .integer(newest), "epoch": .integer(self.epoch),
        ]
    }
}

extension Change {
    /// Appends the change as one JSON object.
    public func write(to out: inout [UInt8]) {
        let seconds = Double(committedAt.nanoseconds / 1_000) / 1e6
        out += "{\"id\":\(id),\"event\":\"\(event.rawValue)\",\"message_id\":\"\(messageID)\",\"group_id\":\"\(groupID)\"".utf8
        out += ",\"committed_at\":\(seconds),\"history\":\(isHistory),\"row\":".utf8
        out += row
        out.append(UInt8(ascii: "}"))
    }
}
