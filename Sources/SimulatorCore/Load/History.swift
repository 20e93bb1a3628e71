import Primitives

/// A large past to start with: groups of all kinds, their messages spread over the last days and some of them older.
public struct History: Sendable {
    public var groups = 200
    /// Messages within the last `days`, over all groups; service messages and those that were deleted are among them.
    public var messages = 300_000
    public var days = 14.0
    /// So many more as a share of `messages` are older than that, by up to `olderDays`.
    public var older = 0.1
    public var olderDays = 30.0
    /// Users who talk but never log in, and bots.
    public var people = 60
    public var bots = 3
    public var seed: UInt64 = 1
    /// Where files are; most are in the first.
    public var dataCentres: [Int32] = [TelegramServer.dataCentre]

    /// Members of a group besides the accounts that log in.
    private static let membersMost = 12

    public init() {}

    /// Adds groups in which the accounts `members` are, in so far as they exist, and their past. Nobody is told.
    public func populate(_ world: inout World, members: [Int64], now: UnixTime) throws(Failure) {
        guard groups > 0 else { return }
        var generator = SeededGenerator(seed: seed)
        let people = addPeople(to: &world)
        let bots = addBots(to: &world)
        var chatter = Chatter(seed: generator.next(), dataCentres: dataCentres, people: people, bots: bots)
        world.reserve(messages: messages + Int(Double(messages) * older) + groups * 4)
        let window = now + .nanoseconds(-Int64(days * 86_400 * 1_000_000_000))
        let dawn = window + .nanoseconds(-Int64(olderDays * 86_400 * 1_000_000_000))
        var rooms: [Chatter.Room] = []
        for number in 0..<groups {
            // A few groups are younger than the window.
            let born = number % 20 == 7 ? window + .seconds(Int64(days * 43_200)) : dawn
            rooms.append(try add(number, members: members, people, to: &world, &chatter, born, &generator))
        }
        let shares = (0..<groups).map { _ in
            0.2 + 3 * Double.random(in: 0..<1, using: &generator) * Double.random(in: 0..<1, using: &generator)
        }
        let recent = History.split(messages, by: shares)
        let older = History.split(Int(Double(messages) * older), by: shares)
        var basic: [(time: UnixTime, room: Int)] = []
        for number in 0..<groups {
            let isYoung = number % 20 == 7
            let start = isYoung ? window + .seconds(Int64(days * 43_200)) : window
            let before = History.times(isYoung ? 0 : older[number], from: dawn, to: window, &generator)
            let within = History.times(recent[number], from: start, to: now, &generator)
            if case .chat = rooms[number].place {
                basic += (before + within).map { ($0, number) }
                continue
            }
            for time in before { chatter.write(in: &rooms[number], of: &world, now: time, until: now) }
            // An album that began before the window would count as older.
            rooms[number].album = nil
            for time in within { chatter.write(in: &rooms[number], of: &world, now: time, until: now) }
            _ = world.takeChanges()
        }
        // The ids of basic groups ascend over all of an account's groups.
        for entry in basic.sorted(by: { ($0.time, $0.room) < ($1.time, $1.room) }) {
            chatter.write(in: &rooms[entry.room], of: &world, now: entry.time, until: now)
        }
        _ = world.takeChanges()
    }

    /// Of twenty groups one is basic, six are channels and thirteen supergroups, of which three are forums.
    static func kind(_ number: Int) -> (kind: GroupKind, isForum: Bool) {
        switch number % 20 {
        case 19: (.basic, false)
        case let place where place % 3 == 2: (.channel, false)
        case 1, 9, 15: (.supergroup, true)
        default: (.supergroup, false)
        }
    }

    private func add(
        _ number: Int, members: [Int64], _ people: [Int64], to world: inout World, _ chatter: inout Chatter, _ born: UnixTime,
        _ generator: inout SeededGenerator
    ) throws(Failure) -> Chatter.Room {
        let (kind, isForum) = History.kind(number)
        let others = people.shuffled(using: &generator).prefix(Int.random(in: 3...History.membersMost, using: &generator))
        // Nobody who logs in owns a group, so that nobody's reading depends on being an admin.
        let creator = others.first ?? members[0]
        let name = isForum ? "Forum" : kind == .basic ? "Chat" : kind == .channel ? "Channel" : "Group"
        let isPublic = kind != .basic && number % 2 == 0
        let place = try world.addGroup(
            kind, title: "History \(name) \(number + 1)", username: isPublic ? "history\(kind.rawValue)\(number + 1)" : nil,
            creator: creator, members: members + others, now: born)
        if case .channel(let id) = place {
            if isForum {
                try world.setForum(id, true, now: born)
                for title in ["News", "Questions", "Off topic", "Archive"] {
                    try world.createTopic(title, in: id, by: creator, now: born + .seconds(1))
                }
                try world.editTopic(
                    world.channels[id]?.topics.last?.id ?? 0, in: id, by: creator, title: "Old archive", isClosed: true,
                    now: born + .seconds(2))
            }
            if kind == .channel && number % 6 == 2 { world.setSignatures(true, of: id) }
        }
        var room = chatter.room(place, in: world)
        if number % 10 == 4 { room.ttlPeriod = 31 * 86_400 }
        _ = world.takeChanges()
        return room
    }

    private func addPeople(to world: inout World) -> [Int64] {
        (0..<people).map { number in
            world.addAccount(
                phone: "88800\(10_000 + number)", firstName: Texts.firstName(number), lastName: "\(Texts.lastName(number)) \(number + 1)",
                username: number % 2 == 0 ? "person\(number + 1)" : nil)
        }
    }

    private func addBots(to world: inout World) -> [Int64] {
        (0..<bots).map { number in
            let id = world.addAccount(
                phone: "77700\(10_000 + number)", firstName: "Helper \(number + 1)", username: "helper\(number + 1)bot")
            world.setBot(id)
            return id
        }
    }

    /// Whole numbers in the proportion of the shares, with that sum.
    static func split(_ total: Int, by shares: [Double]) -> [Int] {
        let sum = shares.reduce(0, +)
        var done = 0
        var before = 0.0
        return shares.map { share in
            before += share
            let until = Int((Double(total) * before / sum).rounded())
            defer { done = until }
            return until - done
        }
    }

    private static func times(_ count: Int, from start: UnixTime, to end: UnixTime, _ generator: inout SeededGenerator) -> [UnixTime] {
        let span = max(2, (end - start).inNanoseconds)
        return (0..<count).map { _ in Int64.random(in: 1..<span, using: &generator) }.sorted().map { start + .nanoseconds($0) }
    }
}

extension World {
    /// Makes room for so many more messages.
    mutating func reserve(messages: Int) { contents.reserveCapacity(contents.count + messages) }

    mutating func setBot(_ user: Int64) { accounts[user]?.isBot = true }

    mutating func setSignatures(_ isOn: Bool, of channel: Int64) { channels[channel]?.hasSignatures = isOn }
}
