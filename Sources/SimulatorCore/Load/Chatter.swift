import Primitives

/// Draws messages of all kinds that groups have, from a seed: text with entities, media, albums, replies, topics, forwards, reactions,
/// signatures, anonymous admins, bots, service messages, edits and deletions.
struct Chatter: Sendable {
    /// A group as it is talked in.
    struct Room: Sendable {
        let place: Peer
        let isBroadcast: Bool
        let isSupergroup: Bool
        let hasSignatures: Bool
        /// Ids of the forum's topics but the general one; empty for an ordinary group.
        var topics: [Int32] = []
        /// The seconds after which messages delete themselves.
        var ttlPeriod: Int32?
        let writers: [Int64]
        /// Newest messages, for answers.
        var recent: [Int] = []
        var album: Album?
    }

    /// An album that is being sent.
    struct Album: Sendable {
        var id: Int64
        var left: Int
        var sender: Int64
        var topic: Int32?
        var date: UnixTime
    }

    /// How many messages back answers reach.
    private static let reach = 40
    private static let emojis = ["👍", "❤", "🔥", "😁", "🤔"]

    var generator: SeededGenerator
    var attachments: Attachments
    let phrases: Phrases
    /// Those who talk besides the accounts that log in.
    let people: [Int64]
    let bots: [Int64]
    private var written = 0
    /// Messages stay as they are written: edits and deletions come from elsewhere.
    var keeps = false

    init(seed: UInt64, dataCentres: [Int32], people: [Int64], bots: [Int64]) {
        var generator = SeededGenerator(seed: seed)
        phrases = Phrases(users: people, using: &generator)
        attachments = Attachments(dataCentres: dataCentres)
        self.people = people
        self.bots = bots
        self.generator = generator
    }

    mutating func chance(_ percent: Int) -> Bool { generator.next() % 100 < UInt64(percent) }

    /// The room of a group as the world has it.
    mutating func room(_ place: Peer, in world: World) -> Room {
        let channel: Channel? = if case .channel(let id) = place { world.channels[id] } else { nil }
        return Room(
            place: place, isBroadcast: channel?.isBroadcast == true, isSupergroup: channel.map { !$0.isBroadcast } ?? false,
            hasSignatures: channel?.hasSignatures == true,
            topics: channel?.isForum == true
                ? (channel?.topics ?? []).filter { $0.id != World.generalTopic && !$0.isDeleted }.map(\.id) : [],
            writers: world.writers(in: place).filter { world.accounts[$0]?.isBot == false })
    }

    /// Writes one message, edits or deletes it as it may happen; returns its index in `contents`.
    @discardableResult
    mutating func write(in room: inout Room, of world: inout World, now: UnixTime, until end: UnixTime) -> Int {
        var content = Content(
            key: world.contents.count, place: room.place, sender: room.writers.randomElement(using: &generator) ?? 0, date: now, text: "")
        content.ttlPeriod = room.ttlPeriod
        if let album = room.album {
            continueAlbum(album, &content, &room, &world)
        } else if chance(2) {
            serve(&content, &room)
        } else {
            talk(&content, &room, &world)
        }
        let edited = !keeps && content.action == nil && content.groupedID == nil && chance(5)
        let key = world.deliver(content, now: now)
        if room.recent.count < Chatter.reach { room.recent.append(key) } else { room.recent[written % Chatter.reach] = key }
        written += 1
        if edited {
            let text = content.text.isEmpty ? "" : content.text + " (edited)"
            let isHidden = text.isEmpty || chance(40)
            world.amend(
                key, text: isHidden ? content.text : text, entities: content.entities, isHidden: isHidden,
                now: min(end, now + .seconds(Int64.random(in: 5...3_600, using: &generator))))
        }
        if !keeps && content.groupedID == nil && chance(3) {
            room.recent.removeAll { $0 == key }
            world.erase([key], now: min(end, now + .seconds(Int64.random(in: 5...7_200, using: &generator))))
        }
        return key
    }

    /// Text and entities for an edit.
    mutating func rewording() -> (text: String, entities: [Entity]) {
        written += 1
        return phrases.message(written, using: &generator)
    }

    private mutating func continueAlbum(_ album: Album, _ content: inout Content, _ room: inout Room, _ world: inout World) {
        content.sender = album.sender
        content.topic = album.topic
        content.groupedID = album.id
        // Its messages are sent at once; but where ids ascend over several groups, later ones must not be older.
        if room.isBroadcast || room.isSupergroup { content.date = album.date }
        content.media = attachments.album(in: &world, now: content.date, &generator)
        count(&content, room)
        room.album?.left -= 1
        if album.left <= 1 { room.album = nil }
    }

    private mutating func serve(_ content: inout Content, _ room: inout Room) {
        switch generator.next() % 4 {
        case 0 where !room.recent.isEmpty:
            content.action = .pinMessage
            content.replyTo = room.recent.randomElement(using: &generator)
        case 1 where !room.isBroadcast: content.action = .chatAddUser([content.sender])
        case 2 where !room.isBroadcast: content.action = .chatJoinedByLink(inviter: room.writers.first ?? content.sender)
        default: content.action = .setMessagesTTL(seconds: 86_400)
        }
    }

    private mutating func talk(_ content: inout Content, _ room: inout Room, _ world: inout World) {
        if chance(30) {
            content.media = attachments.draw(in: &world, people: people, now: content.date, &generator)
            if case .selfDestructing? = content.media {} else if mayHaveCaption(content.media), chance(50) { say(&content) }
        } else {
            say(&content)
        }
        if let topic = room.topics.randomElement(using: &generator), chance(75) { content.topic = topic }
        let isFile = if case .photo? = content.media { true } else { false }
        if isFile && chance(25) {
            let album = Album(
                id: Int64(generator.next() >> 2), left: Int.random(in: 1...5, using: &generator), sender: content.sender,
                topic: content.topic, date: content.date)
            content.groupedID = album.id
            room.album = album
        } else if chance(15), let answered = room.recent.randomElement(using: &generator) {
            content.replyTo = answered
            if room.isSupergroup { content.topic = world.contents[answered].isTopic ? nil : world.contents[answered].topic }
        } else if chance(7) {
            content.forward = forward(world, content.date)
        }
        if chance(2) { content.viaBot = bots.randomElement(using: &generator) }
        if room.isSupergroup && chance(2) {
            content.isAnonymous = true
            if chance(50) { content.postAuthor = "Moderator" }
        }
        if room.hasSignatures { content.postAuthor = world.accounts[content.sender]?.name }
        count(&content, room)
    }

    private mutating func say(_ content: inout Content) {
        (content.text, content.entities) = phrases.message(content.key, using: &generator)
    }

    private func mayHaveCaption(_ media: Media?) -> Bool {
        switch media {
        case .photo, .document, .webPage: true
        default: false
        }
    }

    /// Views, forwards and reactions.
    private mutating func count(_ content: inout Content, _ room: Room) {
        if room.isBroadcast {
            content.views = Int32.random(in: 1...5_000, using: &generator)
            content.forwards = content.views / 100
        }
        guard chance(15) else { return }
        let first = Int(generator.next() % UInt64(Chatter.emojis.count))
        for index in 0..<Int.random(in: 1...3, using: &generator) {
            let kind: Reaction.Kind =
                index == 2 ? .document(5_368_324_170_671_202_286) : .emoji(Chatter.emojis[(first + index) % Chatter.emojis.count])
            content.reactions.append(Reaction(kind, Int32.random(in: 1...40, using: &generator)))
        }
    }

    private mutating func forward(_ world: World, _ now: UnixTime) -> Forward {
        let date = now + .seconds(-Int64.random(in: 60...86_400, using: &generator))
        switch generator.next() % 3 {
        case 0: return Forward(origin: people.randomElement(using: &generator).map { .user($0) }, date: date)
        case 1: return Forward(origin: nil, date: date, name: "Somebody Hidden")
        default:
            // A post of a channel that is not among those crawled is as good as any.
            guard let id = world.channelOrder.randomElement(using: &generator), world.channels[id]?.isBroadcast == true else {
                return Forward(origin: people.randomElement(using: &generator).map { .user($0) }, date: date)
            }
            return Forward(
                origin: .channel(id), date: date, post: Int32.random(in: 1...500, using: &generator),
                postAuthor: chance(50) ? "Editor" : nil)
        }
    }
}
