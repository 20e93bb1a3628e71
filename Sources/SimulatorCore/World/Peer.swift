/// Who or what a message belongs to, as Telegram's `Peer` names it.
///
/// The three kinds number independently: the same positive id may be a basic group and a channel.
public enum Peer: Hashable, Comparable, Sendable {
    case user(Int64)
    case chat(Int64)
    case channel(Int64)

    public var id: Int64 {
        switch self {
        case .user(let id), .chat(let id), .channel(let id): id
        }
    }
}

/// What Telegram calls the three kinds of groups.
public enum GroupKind: String, Sendable, CaseIterable {
    /// `chat`: message ids differ per account, its updates go through each member's common box.
    case basic
    /// `channel` with `megagroup`: ids and updates of its own, every member writes.
    case supergroup
    /// `channel` with `broadcast`: only its creator and admins write.
    case channel
}
