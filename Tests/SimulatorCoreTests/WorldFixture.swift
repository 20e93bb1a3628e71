import Primitives
import Testing

@testable import SimulatorCore

/// A world with a few users, one group of each kind and a clock that moves by a second per action.
struct WorldFixture {
    var world = World(secret: 7, collidingIDs: true)
    var users: [Int64] = []
    var chat: Int64 = 0
    var supergroup: Int64 = 0
    var channel: Int64 = 0
    var now = UnixTime(seconds: 1_790_000_000)

    init(users count: Int = 4, limits: World.Limits = World.Limits()) throws {
        world.setLimits(limits)
        for i in 0..<count { users.append(world.addAccount(phone: "99966100\(10 + i)", firstName: "User \(i)")) }
        chat = try world.createChat(by: users[0], title: "Basic", users: users, now: now)
        supergroup = try world.createChannel(by: users[0], title: "Super", isBroadcast: false, now: now)
        try world.invite(Array(users.dropFirst()), to: supergroup, by: users[0], now: now)
        channel = try world.createChannel(by: users[0], title: "Channel", isBroadcast: true, now: now)
        try world.invite(Array(users.dropFirst()), to: channel, by: users[0], now: now)
    }

    /// One random action of a random user; refusals are part of the game.
    mutating func act(using generator: inout SeededGenerator) {
        now = now + .seconds(1)
        guard let user = users.randomElement(using: &generator) else { return }
        let other = users.randomElement(using: &generator) ?? user
        let peer = [Peer.user(other), .chat(chat), .channel(supergroup), .channel(channel)].randomElement(using: &generator) ?? .chat(chat)
        let ids = world.ids(in: peer, for: user)
        do {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<5:
                var draft = Draft("text \(generator.next() % 1000)")
                if Int.random(in: 0..<4, using: &generator) == 0 { draft.replyTo = ids.randomElement(using: &generator) }
                try world.send(by: user, to: peer, draft, now: now)
            case 5..<7:
                guard let id = ids.randomElement(using: &generator) else { return }
                try world.edit(by: user, in: peer, id: id, text: "edited \(generator.next() % 1000)", now: now)
            case 7..<9:
                let some = (0..<Int.random(in: 1...3, using: &generator)).compactMap { _ in ids.randomElement(using: &generator) }
                if case .channel(let id) = peer {
                    try world.delete(by: user, in: id, ids: some, now: now)
                } else {
                    try world.delete(by: user, ids: some, revoke: Bool.random(using: &generator), now: now)
                }
            default:
                let mark = ids.randomElement(using: &generator) ?? 0
                if case .channel(let id) = peer {
                    try world.read(by: user, channel: id, maxID: mark, now: now)
                } else {
                    world.read(by: user, in: peer, maxID: mark, now: now)
                }
            }
        } catch {}
    }
}

/// What a client keeps of one box: texts by id, read marks.
struct Replica: Equatable {
    var texts: [Int32: String] = [:]
    var inbox: [Peer: Int32] = [:]
    var outbox: [Peer: Int32] = [:]

    mutating func apply(_ event: CommonEvent, text: (Int32) -> String?) {
        switch event {
        case .new(let id), .edit(let id): texts[id] = text(id)
        case .delete(let ids): for id in ids { texts[id] = nil }
        case .readInbox(let peer, let id, _): inbox[peer] = id
        case .readOutbox(let peer, let id): outbox[peer] = id
        }
    }

    mutating func apply(_ event: ChannelEvent, text: (Int32) -> String?) {
        switch event {
        case .new(let id), .edit(let id): texts[id] = text(id)
        case .delete(let ids): for id in ids { texts[id] = nil }
        }
    }
}

extension World {
    /// The text of a message of the user's mailbox, nil when it is gone.
    func text(_ id: Int32, of user: Int64) -> String? {
        guard let entry = accounts[user]?.entry(id), !entry.isDeleted else { return nil }
        return contents[entry.key].text
    }

    func text(_ id: Int32, in channel: Int64) -> String? {
        guard let key = channels[channel]?.key(id), contents[key].deletedAt == nil else { return nil }
        return contents[key].text
    }
}
