/// One numbered update stream of Telegram within one account: the key of a position.
///
/// Source: https://core.telegram.org/api/updates#sequences
public enum BoxKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Private chats and basic groups: pts.
    case common
    /// Secret chats and bots: qts.
    case qts
    /// One channel or supergroup, by its bare positive id: pts of its own.
    case channel(Int64)

    public init(_ wire: WireBox) throws(ContractError) {
        switch wire.kind {
        case .common: self = .common
        case .qts: self = .qts
        case .channel where wire.channelID > 0: self = .channel(wire.channelID)
        default: throw .badBox
        }
    }

    public var wire: WireBox {
        var box = WireBox()
        switch self {
        case .common: box.kind = .common
        case .qts: box.kind = .qts
        case .channel(let id):
            box.kind = .channel
            box.channelID = id
        }
        return box
    }

    public var description: String {
        switch self {
        case .common: "common"
        case .qts: "qts"
        case .channel(let id): "channel:\(id)"
        }
    }
}

/// How far a box has been taken.
public struct Position: Hashable, Sendable {
    /// Grows when the server resets the box; starts at 1.
    public var generation: UInt64
    /// pts, or qts.
    public var value: Int64
    /// `date` and `seq` of the common box's state; 0 for the others.
    public var date: Int32
    public var seq: Int32

    public init(generation: UInt64 = 1, value: Int64, date: Int32 = 0, seq: Int32 = 0) {
        self.generation = generation
        self.value = value
        self.date = date
        self.seq = seq
    }

    public init(_ wire: WirePosition) {
        self.init(generation: wire.generation, value: wire.value, date: wire.date, seq: wire.seq)
    }

    public var wire: WirePosition {
        var position = WirePosition()
        position.generation = generation
        position.value = value
        position.date = date
        position.seq = seq
        return position
    }

    /// Whether this one is further than the other: a later generation, or more of the same.
    public func isBeyond(_ other: Position) -> Bool { (generation, value) > (other.generation, other.value) }
}

extension WireBoxPosition {
    public init(_ box: BoxKey, _ position: Position) {
        self.init()
        self.box = box.wire
        self.position = position.wire
    }
}
