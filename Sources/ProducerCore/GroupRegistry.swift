import Events

/// A chat whose messages are captured.
public struct CapturedGroup: Hashable, Sendable {
    public enum Kind: Hashable, Sendable { case basicGroup, channel }

    public var kind: Kind
    /// Bare positive id.
    public var id: Int64
    /// Its row in the table of groups.
    public var uuid: String
    public var isEnabled: Bool

    public init(kind: Kind, id: Int64, uuid: String, isEnabled: Bool = true) {
        self.kind = kind
        self.id = id
        self.uuid = uuid
        self.isEnabled = isEnabled
    }
}

/// Which chats are captured: registered and enabled ones. Everything else is dropped with its content.
public struct GroupRegistry: Sendable, Equatable {
    private var uuids: [CapturedGroup.Kind: [Int64: String]] = [:]

    public init(_ groups: some Sequence<CapturedGroup> = []) {
        for group in groups where group.isEnabled { uuids[group.kind, default: [:]][group.id] = group.uuid }
    }

    /// The basic group goes on as this supergroup, under the group's row until that has one of its own.
    public mutating func follow(basicGroup group: Int64, to channel: Int64) {
        guard let uuid = uuid(.basicGroup, group) else { return }
        uuids[.channel, default: [:]][channel] = uuid
    }

    public func contains(_ kind: CapturedGroup.Kind, _ id: Int64) -> Bool { uuids[kind]?[id] != nil }
    public func uuid(_ kind: CapturedGroup.Kind, _ id: Int64) -> String? { uuids[kind]?[id] }
    /// Bare ids, ascending.
    public var channels: [Int64] { (uuids[.channel] ?? [:]).keys.sorted() }
    /// Whether it has a basic group that the other one has not.
    public func addsBasicGroup(to other: GroupRegistry) -> Bool {
        (uuids[.basicGroup] ?? [:]).keys.contains { !other.contains(.basicGroup, $0) }
    }
    public var hasBasicGroups: Bool { !(uuids[.basicGroup] ?? [:]).isEmpty }
    public var count: Int { uuids.values.reduce(0) { $0 + $1.count } }
}

extension WireChat {
    public init(_ kind: CapturedGroup.Kind, _ id: Int64) {
        self.init()
        self.kind = kind == .basicGroup ? .basicGroup : .channel
        self.id = id
    }

    /// The registry's words for it.
    public var registered: (kind: CapturedGroup.Kind, id: Int64) { (kind == .basicGroup ? .basicGroup : .channel, id) }
}
