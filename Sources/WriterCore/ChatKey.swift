import Events

/// Where a message stands: the half of its identity beside its id.
///
/// A channel's message ids are the same for every account; a basic group's are the account's own, so there the transaction's
/// account belongs to the identity too.
public enum ChatKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// A basic group, by its bare positive id.
    case basicGroup(Int64)
    /// A channel or supergroup, by its bare positive id.
    case channel(Int64)

    public init(_ wire: WireChat) throws(ContractError) {
        guard wire.id > 0 else { throw .badField("chat.id") }
        switch wire.kind {
        case .basicGroup: self = .basicGroup(wire.id)
        case .channel: self = .channel(wire.id)
        default: throw .badField("chat.kind")
        }
    }

    /// The bare positive id, unique only together with the kind.
    public var id: Int64 {
        switch self {
        case .basicGroup(let id), .channel(let id): id
        }
    }

    public var description: String {
        switch self {
        case .basicGroup(let id): "group:\(id)"
        case .channel(let id): "channel:\(id)"
        }
    }
}
