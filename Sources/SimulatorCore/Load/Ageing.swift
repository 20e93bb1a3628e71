import Primitives

/// Time that passes at once, with all that happened in it: messages, edits of new and old ones, deletions, counters.
public struct Ageing: Sendable {
    public var messages = 0
    public var edits = 0
    public var deletes = 0
    /// Messages whose views, forwards and reactions change.
    public var counters = 0
    public var seed: UInt64 = 1
    /// Where; empty: in every group.
    public var places: [Peer] = []
    /// The newest of so many messages before the jump take three quarters of edits and deletions; the rest goes to any.
    private static let nearby = 5_000
    /// Draws for something that can still be edited before one is left out.
    private static let patience = 50

    public init() {}

    private enum Kind: Int { case message, edit, delete, counter }

    /// What happened, for the answer.
    public struct Done: Sendable {
        public var messages = 0
        public var edits = 0
        public var deletes = 0
        public var counters = 0
    }

    /// Lets everything happen at random moments after `start` and before `end`; `publish` is called after each.
    public func pass(from start: UnixTime, to end: UnixTime, in server: inout TelegramServer) -> Done {
        var generator = SeededGenerator(seed: seed)
        let people = server.world.accountOrder
        let bots = people.filter { server.world.accounts[$0]?.isBot == true }
        var chatter = Chatter(
            seed: generator.next(), dataCentres: server.settings.dataCentres.map(\.id), people: people.filter { !bots.contains($0) },
            bots: bots)
        chatter.keeps = true
        var rooms = (places.isEmpty ? server.world.groups : places).map { chatter.room($0, in: server.world) }.filter {
            !$0.writers.isEmpty
        }
        guard !rooms.isEmpty else { return Done() }
        let old = server.world.contents.count
        var kinds = Array(repeating: Kind.message, count: messages) + Array(repeating: .edit, count: edits)
        kinds += Array(repeating: .delete, count: deletes) + Array(repeating: .counter, count: counters)
        kinds.shuffle(using: &generator)
        let span = max(2, (end - start).inNanoseconds)
        let times = kinds.map { _ in Int64.random(in: 1..<span, using: &generator) }.sorted()
        let allowed = Set(rooms.map(\.place))
        var done = Done()
        for (kind, time) in zip(kinds, times) {
            let now = start + .nanoseconds(time)
            if kind == .message {
                let at = Int.random(in: 0..<rooms.count, using: &generator)
                chatter.write(in: &rooms[at], of: &server.world, now: now, until: end)
                done.messages += 1
            } else if let key = target(in: server.world, allowed, before: old, &generator) {
                switch kind {
                case .edit:
                    let (text, entities) = chatter.rewording()
                    server.world.amend(key, text: text, entities: entities, now: now)
                    done.edits += 1
                case .delete:
                    server.world.erase([key], now: now)
                    done.deletes += 1
                case .counter:
                    let isPost = server.world.kind(of: server.world.contents[key].place) == .channel
                    let content = server.world.contents[key]
                    server.world.count(
                        key, views: isPost ? content.views + Int32.random(in: 1...50, using: &generator) : nil,
                        forwards: isPost ? content.forwards + 1 : nil,
                        reactions: [Reaction(.emoji("👍"), Int32.random(in: 1...99, using: &generator))], now: now)
                    done.counters += 1
                case .message: break
                }
            }
            server.publish(now: end)
        }
        return done
    }

    /// A message that can be changed: three times of four one of the newest.
    private func target(in world: World, _ allowed: Set<Peer>, before old: Int, _ generator: inout SeededGenerator) -> Int? {
        for _ in 0..<Ageing.patience {
            let isNear = generator.next() % 4 > 0
            let low = isNear ? max(0, old - Ageing.nearby) : 0
            let high = isNear ? world.contents.count : old
            guard low < high else { continue }
            let key = Int.random(in: low..<high, using: &generator)
            let content = world.contents[key]
            if content.deletedAt == nil && content.action == nil && content.groupedID == nil && allowed.contains(content.place)
                && (content.media == nil || !content.text.isEmpty)
            {
                return key
            }
        }
        return nil
    }
}
