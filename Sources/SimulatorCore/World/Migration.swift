import Primitives

extension World {
    /// `messages.migrateChat`: makes a supergroup of a basic group. Its members are the same; its messages begin anew.
    ///
    /// Source: https://core.telegram.org/api/channel#migration
    public mutating func migrate(_ chat: Int64, by user: Int64, now: UnixTime) throws(Failure) -> Int64 {
        guard let place = chats[chat], place.has(user) else { throw .chatIDInvalid }
        if place.creator != user { throw .chatAdminRequired }
        if place.migratedTo != nil { throw .chatIDInvalid }
        let id = newChannelID()
        var channel = Channel(
            id: id, title: place.title, about: "", isBroadcast: false, creator: place.creator, date: now,
            box: EventBox(window: limits.window)
        )
        for member in place.members {
            channel.members[member.user] = Member(user: member.user, inviter: member.inviter, date: member.date)
            channel.memberOrder.append(member.user)
        }
        channels[id] = channel
        channelOrder.append(id)
        announce(.chatMigrateTo(id), by: user, in: .chat(chat), now: now)
        channels[id]?.migratedFrom = Channel.Origin(chat: chat, lastKey: contents.count - 1)
        chats[chat]?.migratedTo = id
        chats[chat]?.version += 1
        announce(.channelMigrateFrom(title: place.title, chat: chat), by: user, in: .channel(id), now: now)
        for member in place.members {
            accounts[member.user]?.channels.append(id)
            note(.channel(id), to: member.user, now: now)
        }
        return id
    }
}
