/// One version of a message: what its text, entities and media were at one edit date. Copies of one version differ only in how they came.
///
/// `aaltohub.message_versions` keeps them by one rule: **a message of which a single version is known has no row there; one of which more
/// are known has a row for each, the current one too.** When two versions of a message meet for the first time both are written, and
/// from then on every one that is new. Whichever copy comes first, and whichever of them wins, the same versions stand there in the end;
/// and a message that nobody edits costs nothing.
///
/// An edit that is hidden counts like any other: its edit date makes it a version even where the content is as before (a first reaction
/// bumps it). Whoever shows a history may join neighbours of the same content; whether they are neighbours is known only at the end.
public struct MessageVersion: Hashable, Sendable {
    public var chat: ChatKey
    public var id: Int64
    /// Of the copy with the largest key.
    public var content: MessageContent
    /// The largest of its copies: orders the versions of one second.
    public var key: MergeKey
    /// Unix nanoseconds at which a listener first had it.
    public var receivedAt: Int64

    /// What tells it from the other versions of its message.
    public struct Identity: Hashable, Sendable {
        public var editDate: Int64
        /// `ContentHash.content`.
        public var content: UInt64
    }

    public var identity: Identity { key.version }
    /// The bytes of the column `content_hash` of its row: the first half of the message's.
    public var hash: [UInt8] { bigEndian(key.hash.content) }

    /// The edit is not shown to people.
    public var isHidden: Bool { key.editDate > 0 && content.editHide }

    mutating func merge(_ other: MessageVersion) {
        precondition(identity == other.identity, "copies of one version only")
        if key < other.key {
            key = other.key
            content = other.content
        }
        receivedAt = min(receivedAt, other.receivedAt)
    }
}

extension MergeKey {
    var version: MessageVersion.Identity { .init(editDate: editDate, content: hash.content) }
}

extension MessageRow {
    /// The version that the row shows.
    public var version: MessageVersion {
        MessageVersion(chat: chat, id: id, content: content, key: key, receivedAt: firstReceivedAt)
    }
}

extension [MessageVersion] {
    /// Adds a copy of one of its versions, or of another one.
    mutating func add(_ copy: MessageVersion) {
        if let place = firstIndex(where: { $0.identity == copy.identity }) {
            self[place].merge(copy)
        } else {
            append(copy)
        }
    }
}
