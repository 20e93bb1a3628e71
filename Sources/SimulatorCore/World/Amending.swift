import Primitives

/// What happens to messages whoever wrote them: synthetic history and the control port are nobody's client.
extension World {
    /// Replaces a message's text, or with `isHidden` only what stands around it.
    mutating func amend(_ key: Int, text: String, entities: [Entity] = [], isHidden: Bool = false, now: UnixTime) {
        contents[key].text = text
        contents[key].entities = entities
        contents[key].editedAt = now
        contents[key].isEditHidden = isHidden
        contents[key].revision &+= 1
        noteEdit(of: key, now: now)
    }

    /// Changes views, forwards and reactions. Reactions are news of the message, the other counters are told to nobody.
    mutating func count(_ key: Int, views: Int32? = nil, forwards: Int32? = nil, reactions: [Reaction]? = nil, now: UnixTime) {
        if let views { contents[key].views = views }
        if let forwards { contents[key].forwards = forwards }
        contents[key].revision &+= 1
        guard let reactions else { return }
        contents[key].reactions = reactions
        if case .channel(let id) = contents[key].place {
            for member in channels[id]?.memberOrder ?? [] { note(.reactions(key), to: member, now: now) }
        } else {
            for copy in contents[key].copies { note(.reactions(key), to: copy.user, now: now) }
        }
    }

    private mutating func noteEdit(of key: Int, now: UnixTime) {
        if case .channel(let id) = contents[key].place { return note(.edit(contents[key].channelMessageID), in: id, now: now) }
        for copy in contents[key].copies where accounts[copy.user]?.entry(copy.id)?.isDeleted == false {
            note(.edit(copy.id), of: copy.user, now: now)
        }
    }

    /// Deletes messages for everyone.
    mutating func erase(_ keys: [Int], now: UnixTime) {
        var perChannel: [(channel: Int64, ids: [Int32])] = []
        for key in keys where contents[key].deletedAt == nil {
            guard case .channel(let id) = contents[key].place else {
                eraseCopies(of: key, now: now)
                continue
            }
            contents[key].deletedAt = now
            let message = contents[key].channelMessageID
            channels[id]?.ids.removeSorted(message)
            if let at = perChannel.firstIndex(where: { $0.channel == id }) {
                perChannel[at].ids.append(message)
            } else {
                perChannel.append((id, [message]))
            }
        }
        for part in perChannel { note(.delete(part.ids), in: part.channel, count: Int32(part.ids.count), now: now) }
    }

    private mutating func eraseCopies(of key: Int, now: UnixTime) {
        contents[key].deletedAt = now
        for copy in contents[key].copies {
            guard let entry = accounts[copy.user]?.entry(copy.id), !entry.isDeleted else { continue }
            accounts[copy.user]?.mailbox[Int(copy.id) - 1].isDeleted = true
            accounts[copy.user]?.dialogs[entry.peer]?.ids.removeSorted(copy.id)
            note(.delete([copy.id]), of: copy.user, now: now)
        }
    }
}
