import Primitives

/// Writes, edits and deletes at a rate, from a seed.
///
/// A value: the shell asks how many actions are due and lets it act, then publishes what happened.
public struct LoadGenerator: Sendable {
    public struct Plan: Sendable {
        /// Actions in a second.
        public var rate: Double
        public var seconds: Double
        public var seed: UInt64
        /// How often each, relative to their sum.
        public var mix: Mix
        /// Where; empty: every group.
        public var places: [Peer]

        public init(rate: Double, seconds: Double, seed: UInt64 = 1, mix: Mix = Mix(), places: [Peer] = []) {
            self.rate = rate
            self.seconds = seconds
            self.seed = seed
            self.mix = mix
            self.places = places
        }
    }

    public struct Mix: Sendable, Hashable {
        public var new = 90
        public var edit = 7
        public var delete = 3

        public init(new: Int = 90, edit: Int = 7, delete: Int = 3) {
            self.new = new
            self.edit = edit
            self.delete = delete
        }

        /// From `new:edit:delete`, as "90:7:3".
        public init?(_ text: String) {
            let parts = text.split(separator: ":").map { Int($0) }
            guard parts.count == 3, let new = parts[0], let edit = parts[1], let delete = parts[2],
                new > 0, edit >= 0, delete >= 0
            else { return nil }
            self.init(new: new, edit: edit, delete: delete)
        }
    }

    /// How many messages back edits and deletions reach.
    private static let reach = 500

    public let plan: Plan
    public private(set) var new = 0
    public private(set) var edited = 0
    public private(set) var deleted = 0
    public private(set) var failed = 0
    private var generator: SeededGenerator
    private var recent: [Int] = []

    public init(_ plan: Plan) {
        self.plan = plan
        generator = SeededGenerator(seed: plan.seed)
    }

    public var done: Int { new + edited + deleted + failed }
    public var total: Int { Int(plan.rate * plan.seconds) }
    public var isFinished: Bool { done >= total }

    /// How many actions should have happened by now and have not.
    public func due(after elapsed: Duration) -> Int {
        max(0, min(total, Int(elapsed.inSeconds * plan.rate) + 1) - done)
    }

    /// One action.
    public mutating func act(on world: inout World, now: UnixTime) {
        let mix = plan.mix
        let draw = Int.random(in: 0..<(mix.new + mix.edit + mix.delete), using: &generator)
        if draw >= mix.new, let key = recent.randomElement(using: &generator) {
            if draw < mix.new + mix.edit { edit(key, in: &world, now) } else { delete(key, in: &world, now) }
        } else {
            write(in: &world, now)
        }
    }

    private mutating func write(in world: inout World, _ now: UnixTime) {
        let places = plan.places.isEmpty ? world.groups : plan.places
        guard let place = places.randomElement(using: &generator), let author = world.writers(in: place).randomElement(using: &generator)
        else {
            failed += 1
            return
        }
        var draft = Draft(Texts.message(using: &generator))
        if Int.random(in: 0..<8, using: &generator) == 0, let last = world.ids(in: place, for: author).last { draft.replyTo = last }
        do throws(Failure) {
            let key = try world.send(by: author, to: place, draft, now: now)
            if recent.count < LoadGenerator.reach {
                recent.append(key)
            } else {
                recent[Int.random(in: 0..<recent.count, using: &generator)] = key
            }
            new += 1
        } catch { failed += 1 }
    }

    private mutating func edit(_ key: Int, in world: inout World, _ now: UnixTime) {
        let content = world.contents[key]
        guard let id = content.id(for: content.sender) else { return failed += 1 }
        do throws(Failure) {
            try world.edit(
                by: content.sender, in: content.place, id: id, text: Texts.message(using: &generator) + " (edited)", now: now)
            edited += 1
        } catch { failed += 1 }
    }

    private mutating func delete(_ key: Int, in world: inout World, _ now: UnixTime) {
        recent.removeAll { $0 == key }
        let content = world.contents[key]
        guard let id = content.id(for: content.sender) else { return failed += 1 }
        do throws(Failure) {
            if case .channel(let channel) = content.place {
                try world.delete(by: content.sender, in: channel, ids: [id], now: now)
            } else {
                try world.delete(by: content.sender, ids: [id], revoke: true, now: now)
            }
            deleted += 1
        } catch { failed += 1 }
    }
}

extension World {
    /// All groups: basic ones, then supergroups and channels, in the order of creation.
    public var groups: [Peer] { chatOrder.map { .chat($0) } + channelOrder.map { .channel($0) } }

    /// Who may write into the group.
    func writers(in place: Peer) -> [Int64] {
        switch place {
        case .user: []
        case .chat(let id): (chats[id]?.members ?? []).map(\.user)
        case .channel(let id):
            channels[id].map { channel in channel.isBroadcast ? channel.memberOrder.filter(channel.isAdmin) : channel.memberOrder } ?? []
        }
    }

    public func kind(of peer: Peer) -> GroupKind? {
        switch peer {
        case .user: nil
        case .chat: .basic
        case .channel(let id): channels[id]?.kind
        }
    }
}
