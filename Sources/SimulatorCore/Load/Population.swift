import Cryptography
import Primitives

/// Synthetic users, groups and history to start with.
public struct Population: Sendable {
    public var accounts = 3
    /// Cloud passwords by phone.
    public var passwords: [String: String] = [:]
    /// Groups of the three kinds in turn, every user a member of each.
    public var groups = 0
    /// Messages in each group, spread over the days before now.
    public var messages = 0
    public var seed: UInt64 = 1
    /// How far back the history reaches.
    public var span = Duration.seconds(14 * 86_400)

    public init() {}

    /// The phone of the user with that number, from 1: of Telegram's range for test numbers.
    public static func phone(_ number: Int) -> String {
        let digits = String(number)
        return "999661" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Adds everything to the world, as if it had happened before now.
    public func populate(_ world: inout World, now: UnixTime) throws(Failure) {
        var generator = SeededGenerator(seed: seed)
        let users = addUsers(to: &world, &generator)
        let start = now + (.zero - span)
        var places: [Peer] = []
        for number in 0..<groups { places.append(try addGroup(number, of: users, to: &world, start)) }
        try write(messages * groups, into: places, of: &world, from: start, to: now, &generator)
        // Nobody was connected: what happened is history.
        _ = world.takeChanges()
    }

    private func addUsers(to world: inout World, _ generator: inout SeededGenerator) -> [Int64] {
        (0..<accounts).map { number in
            let phone = Population.phone(number + 1)
            let password = passwords[phone].map { CloudPassword($0, salt1: generator.bytes(40), salt2: generator.bytes(16), hint: "hint") }
            return world.addAccount(
                phone: phone, firstName: Texts.firstName(number), lastName: Texts.lastName(number), username: "simuser\(number + 1)",
                password: password)
        }
    }

    private func addGroup(_ number: Int, of users: [Int64], to world: inout World, _ now: UnixTime) throws(Failure) -> Peer {
        let kind = GroupKind.allCases[number % 3]
        let creator = users[number % users.count]
        return try world.addGroup(
            kind, title: "\(kind.rawValue.prefix(1).uppercased())\(kind.rawValue.dropFirst()) \(number + 1)",
            username: kind == .basic ? nil : "sim\(kind.rawValue)\(number + 1)", creator: creator, members: users, now: now)
    }

    private func write(
        _ count: Int, into places: [Peer], of world: inout World, from start: UnixTime, to end: UnixTime, _ generator: inout SeededGenerator
    ) throws(Failure) {
        guard count > 0, !places.isEmpty else { return }
        let span = (end - start).inNanoseconds
        let times = (0..<count).map { _ in Int64.random(in: 1..<max(2, span), using: &generator) }.sorted()
        for (index, time) in times.enumerated() {
            let now = start + .nanoseconds(time)
            let place = places[index % places.count]
            guard let author = world.writers(in: place).randomElement(using: &generator) else { continue }
            var draft = Draft(Texts.message(using: &generator))
            if Int.random(in: 0..<8, using: &generator) == 0 { draft.replyTo = world.ids(in: place, for: author).last }
            let key = try world.send(by: author, to: place, draft, now: now)
            let content = world.contents[key]
            if Int.random(in: 0..<20, using: &generator) == 0, let id = content.id(for: author) {
                let text = content.text + " (edited)"
                try world.edit(by: author, in: place, id: id, text: text, now: min(end, now + .seconds(30)))
            }
            if index % 4_096 == 0 { _ = world.takeChanges() }
        }
    }
}

extension World {
    /// Makes a group of any kind with members; the creator is one in any case.
    @discardableResult
    public mutating func addGroup(
        _ kind: GroupKind, title: String, username: String? = nil, creator: Int64, members: [Int64], now: UnixTime
    ) throws(Failure) -> Peer {
        if kind == .basic {
            return .chat(try createChat(by: creator, title: title, users: members.filter { $0 != creator }, now: now))
        }
        let id = try createChannel(by: creator, title: title, about: "Synthetic", isBroadcast: kind == .channel, now: now)
        try invite(members.filter { $0 != creator }, to: id, by: creator, now: now)
        if let username { try setUsername(username, of: id, by: creator, now: now) }
        return .channel(id)
    }
}
