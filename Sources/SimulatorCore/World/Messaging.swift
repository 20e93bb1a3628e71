import Primitives

extension World {
    // MARK: Sending

    /// Sends a message; returns its index in `contents`.
    @discardableResult
    public mutating func send(by user: Int64, to peer: Peer, _ draft: Draft, now: UnixTime) throws(Failure) -> Int {
        guard accounts[user] != nil else { throw .peerIDInvalid }
        if draft.text.isEmpty && draft.media == nil { throw .messageEmpty }
        if draft.text.unicodeScalars.count > limits.messageLength { throw .messageTooLong }
        try mayWrite(user, to: peer)
        var content = Content(key: contents.count, place: peer, sender: user, date: now, text: draft.text)
        content.entities = draft.entities
        content.media = draft.media
        content.groupedID = draft.groupedID
        content.forward = draft.forward
        if let id = draft.replyTo {
            guard let key = key(of: id, in: peer, for: user), contents[key].deletedAt == nil else { throw .replyMessageIDInvalid }
            content.replyTo = key
            content.topic = contents[key].topic ?? (contents[key].isTopic ? id : nil)
        }
        if let topic = draft.topic { content.topic = topic }
        if let randomID = draft.randomID, accounts[user]?.randomIDs.insert(randomID).inserted == false { throw .randomIDDuplicate }
        return deliver(content, now: now)
    }

    /// Puts a service message into a group.
    mutating func announce(_ action: Action, by user: Int64, in place: Peer, alsoTo removed: Int64? = nil, now: UnixTime) {
        var content = Content(key: contents.count, place: place, sender: user, date: now, text: "")
        content.action = action
        deliver(content, alsoTo: removed, now: now)
    }

    /// Gives a message its ids and notes it as news; returns its index in `contents`.
    @discardableResult
    mutating func deliver(_ draft: Content, alsoTo removed: Int64? = nil, now: UnixTime) -> Int {
        var content = draft
        let key = content.key
        var readers: [(user: Int64, peer: Peer)] = []
        switch content.place {
        case .user(let other):
            readers.append((content.sender, .user(other)))
            if other != content.sender { readers.append((other, .user(content.sender))) }
        case .chat(let id):
            readers = (chats[id]?.members ?? []).map { ($0.user, content.place) }
            if let removed { readers.append((removed, content.place)) }
        case .channel(let id):
            let message = Int32(channels[id]?.keys.count ?? 0) + 1
            content.channelMessageID = message
            if channels[id]?.isBroadcast == true, content.action == nil { content.views = max(1, content.views) }
            contents.append(content)
            channels[id]?.keys.append(key)
            channels[id]?.ids.append(message)
            channels[id]?.members[content.sender]?.readInboxMaxID = message
            note(.new(message), in: id, now: now)
            return key
        }
        for reader in readers {
            let id = Int32(accounts[reader.user]?.mailbox.count ?? 0) + 1
            accounts[reader.user]?.mailbox.append(Account.Entry(key: key, peer: reader.peer))
            accounts[reader.user]?.dialogs[reader.peer, default: Dialog()].ids.append(id)
            content.copies.append(Content.Copy(user: reader.user, id: id))
        }
        contents.append(content)
        for copy in content.copies { note(.new(copy.id), of: copy.user, now: now) }
        return key
    }

    private func mayWrite(_ user: Int64, to peer: Peer) throws(Failure) {
        switch peer {
        case .user(let id):
            if accounts[id] == nil { throw .peerIDInvalid }
        case .chat(let id):
            guard let chat = chats[id] else { throw .peerIDInvalid }
            if chat.migratedTo != nil { throw .chatIDInvalid }
            if !chat.has(user) { throw .chatWriteForbidden }
        case .channel(let id):
            guard let channel = channels[id] else { throw .channelInvalid }
            if !channel.has(user) { throw channel.username == nil ? .channelPrivate : .chatWriteForbidden }
            if channel.isBroadcast && !channel.isAdmin(user) { throw .chatWriteForbidden }
        }
    }

    // MARK: Editing

    /// Replaces text, entities and, when given, media. Returns the message's index in `contents`.
    @discardableResult
    public mutating func edit(
        by user: Int64, in peer: Peer, id: Int32, text: String, entities: [Entity] = [], media: Media? = nil, now: UnixTime
    ) throws(Failure) -> Int {
        guard let key = key(of: id, in: peer, for: user), contents[key].deletedAt == nil, contents[key].action == nil else {
            throw .messageIDInvalid
        }
        if case .channel(let channel) = peer {
            let isAdminOfBroadcast = channels[channel].map { $0.isBroadcast && $0.isAdmin(user) } ?? false
            if contents[key].sender != user && !isAdminOfBroadcast { throw .messageAuthorRequired }
        } else if contents[key].sender != user {
            throw .messageAuthorRequired
        }
        let old = contents[key]
        if text.isEmpty && media == nil && old.media == nil { throw .messageEmpty }
        if text.unicodeScalars.count > limits.messageLength { throw .messageTooLong }
        if old.text == text && old.entities == entities && (media == nil || media == old.media) { throw .messageNotModified }
        contents[key].text = text
        contents[key].entities = entities
        if let media { contents[key].media = media }
        contents[key].editedAt = now
        contents[key].isEditHidden = false
        contents[key].revision &+= 1
        if case .channel(let channel) = peer {
            note(.edit(id), in: channel, now: now)
        } else {
            for copy in contents[key].copies where accounts[copy.user]?.entry(copy.id)?.isDeleted == false {
                note(.edit(copy.id), of: copy.user, now: now)
            }
        }
        return key
    }

    // MARK: Deleting

    /// `messages.deleteMessages`: ids of the common box. Returns the user's own position and how many of its steps were taken.
    @discardableResult
    public mutating func delete(by user: Int64, ids: [Int32], revoke: Bool, now: UnixTime) throws(Failure) -> Stamp {
        var perUser: [(user: Int64, ids: [Int32])] = [(user, [])]
        for id in ids {
            guard let entry = accounts[user]?.entry(id), !entry.isDeleted else { continue }
            let content = contents[entry.key]
            var everyone = revoke
            if case .chat(let chat) = content.place {
                everyone = revoke && (content.sender == user || chats[chat]?.creator == user)
            }
            for copy in content.copies where everyone || copy.user == user {
                guard accounts[copy.user]?.entry(copy.id)?.isDeleted == false else { continue }
                forget(copy)
                if let at = perUser.firstIndex(where: { $0.user == copy.user }) {
                    perUser[at].ids.append(copy.id)
                } else {
                    perUser.append((copy.user, [copy.id]))
                }
            }
            if everyone { contents[entry.key].deletedAt = now }
        }
        for part in perUser where !part.ids.isEmpty { note(.delete(part.ids), of: part.user, count: Int32(part.ids.count), now: now) }
        return Stamp(pts: accounts[user]?.box.pts ?? 0, count: Int32(perUser[0].ids.count))
    }

    /// `messages.deleteHistory`: everything of a dialog up to `maxID` (0: all of it); for everyone only in private chats.
    @discardableResult
    public mutating func deleteHistory(by user: Int64, in peer: Peer, maxID: Int32, revoke: Bool, now: UnixTime) throws(Failure) -> Stamp {
        let ids = ids(in: peer, for: user).filter { maxID == 0 || $0 <= maxID }
        let isPrivate = if case .user = peer { true } else { false }
        return try delete(by: user, ids: ids, revoke: revoke && isPrivate, now: now)
    }

    private mutating func forget(_ copy: Content.Copy) {
        guard let peer = accounts[copy.user]?.entry(copy.id)?.peer else { return }
        accounts[copy.user]?.mailbox[Int(copy.id) - 1].isDeleted = true
        accounts[copy.user]?.dialogs[peer]?.ids.removeSorted(copy.id)
    }

    /// `channels.deleteMessages`. Returns the channel's position and how many of its steps were taken.
    @discardableResult
    public mutating func delete(by user: Int64, in channel: Int64, ids: [Int32], now: UnixTime) throws(Failure) -> Stamp {
        let gone = try deletable(ids, in: channel, by: user)
        for id in gone {
            guard let key = channels[channel]?.key(id) else { continue }
            contents[key].deletedAt = now
            channels[channel]?.ids.removeSorted(id)
        }
        if !gone.isEmpty { note(.delete(gone), in: channel, count: Int32(gone.count), now: now) }
        return Stamp(pts: channels[channel]?.box.pts ?? 0, count: Int32(gone.count))
    }

    private func deletable(_ ids: [Int32], in channel: Int64, by user: Int64) throws(Failure) -> [Int32] {
        guard let place = channels[channel], place.has(user) else { throw .channelPrivate }
        var gone: [Int32] = []
        for id in ids {
            guard let key = place.key(id), contents[key].deletedAt == nil, !gone.contains(id) else { continue }
            if contents[key].sender != user && !place.isAdmin(user) { throw .messageDeleteForbidden }
            gone.append(id)
        }
        return gone
    }

    // MARK: Looking up

    /// The index in `contents` of a message by the id under which the user knows it.
    public func key(of id: Int32, in peer: Peer, for user: Int64) -> Int? {
        if case .channel(let channel) = peer { return channels[channel]?.key(id) }
        guard let entry = accounts[user]?.entry(id), entry.peer == peer, !entry.isDeleted else { return nil }
        return entry.key
    }
}

extension [Int32] {
    /// The index of the first element that is not below `value`, in ascending order.
    func lowerBound(_ value: Int32) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Removes the value from an ascending array, if it is there.
    mutating func removeSorted(_ value: Int32) {
        let at = lowerBound(value)
        if at < count, self[at] == value { remove(at: at) }
    }
}
