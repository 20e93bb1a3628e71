import Primitives

extension World {
    // MARK: Basic groups

    public mutating func createChat(by user: Int64, title: String, users: [Int64], now: UnixTime) throws(Failure) -> Int64 {
        if title.isEmpty { throw .bad("CHAT_TITLE_EMPTY") }
        let id = newChatID()
        var chat = Chat(id: id, title: title, creator: user, date: now)
        for member in [user] + users where !chat.has(member) {
            guard accounts[member] != nil else { throw .userIDInvalid }
            chat.members.append(Member(user: member, inviter: user, date: now))
        }
        chats[id] = chat
        chatOrder.append(id)
        announce(.chatCreate(title: title, users: chat.members.map(\.user)), by: user, in: .chat(id), now: now)
        return id
    }

    public mutating func add(_ member: Int64, to chat: Int64, by user: Int64, now: UnixTime) throws(Failure) {
        guard let place = chats[chat], place.has(user) else { throw .chatIDInvalid }
        guard accounts[member] != nil else { throw .userIDInvalid }
        if place.has(member) { throw .userAlreadyParticipant }
        enter(member, chat: chat, inviter: user, now: now)
        announce(.chatAddUser([member]), by: user, in: .chat(chat), now: now)
    }

    private mutating func enter(_ member: Int64, chat: Int64, inviter: Int64, now: UnixTime) {
        chats[chat]?.members.append(Member(user: member, inviter: inviter, date: now))
        chats[chat]?.former.remove(member)
        changedMembers(of: chat, now: now)
    }

    /// Takes a member out: oneself, or as creator anyone.
    public mutating func remove(_ member: Int64, from chat: Int64, by user: Int64, now: UnixTime) throws(Failure) {
        guard let place = chats[chat], place.has(user) else { throw .chatIDInvalid }
        guard place.has(member) else { throw .userNotParticipant }
        if member != user && place.creator != user { throw .chatAdminRequired }
        chats[chat]?.members.removeAll { $0.user == member }
        chats[chat]?.former.insert(member)
        announce(.chatDeleteUser(member), by: user, in: .chat(chat), alsoTo: member, now: now)
        changedMembers(of: chat, now: now)
    }

    public mutating func editTitle(of peer: Peer, to title: String, by user: Int64, now: UnixTime) throws(Failure) {
        switch peer {
        case .chat(let id):
            guard chats[id]?.has(user) == true else { throw .chatIDInvalid }
            chats[id]?.title = title
            chats[id]?.version += 1
        case .channel(let id):
            guard let channel = channels[id] else { throw .channelInvalid }
            if !channel.isAdmin(user) { throw .chatAdminRequired }
            channels[id]?.title = title
        case .user: throw .peerIDInvalid
        }
        announce(.chatEditTitle(title), by: user, in: peer, now: now)
    }

    private mutating func changedMembers(of chat: Int64, now: UnixTime) {
        chats[chat]?.version += 1
        for member in chats[chat]?.members ?? [] { note(.participants(chat: chat), to: member.user, now: now) }
    }

    // MARK: Supergroups and channels

    public mutating func createChannel(
        by user: Int64, title: String, about: String = "", isBroadcast: Bool, now: UnixTime
    ) throws(Failure) -> Int64 {
        if title.isEmpty { throw .bad("CHAT_TITLE_EMPTY") }
        guard accounts[user] != nil else { throw .userIDInvalid }
        let id = newChannelID()
        var channel = Channel(
            id: id, title: title, about: about, isBroadcast: isBroadcast, creator: user, date: now, box: EventBox(window: limits.window))
        channel.members[user] = Member(user: user, inviter: user, date: now)
        channel.memberOrder = [user]
        channels[id] = channel
        channelOrder.append(id)
        accounts[user]?.channels.append(id)
        note(.channel(id), to: user, now: now)
        announce(.channelCreate(title: title), by: user, in: .channel(id), now: now)
        return id
    }

    /// Joins a public channel, or with an invite's peer a private one.
    public mutating func join(_ channel: Int64, by user: Int64, invited: Bool = false, now: UnixTime) throws(Failure) {
        guard let place = channels[channel] else { throw .channelInvalid }
        if place.banned.contains(user) { throw .channelPrivate }
        if place.username == nil && !invited { throw .channelPrivate }
        if place.has(user) { throw .userAlreadyParticipant }
        if accounts[user]?.channels.count ?? 0 >= limits.channels { throw .channelsTooMuch }
        enter(user, channel: channel, inviter: place.creator, now: now)
        if !place.isBroadcast {
            let action: Action = invited ? .chatJoinedByLink(inviter: place.creator) : .chatAddUser([user])
            announce(action, by: user, in: .channel(channel), now: now)
        }
    }

    /// Adds users to a channel; those that already are members stay as they are.
    public mutating func invite(_ users: [Int64], to channel: Int64, by user: Int64, now: UnixTime) throws(Failure) {
        guard let place = channels[channel], place.has(user) else { throw .channelPrivate }
        if place.isBroadcast && !place.isAdmin(user) { throw .chatAdminRequired }
        var added: [Int64] = []
        for member in users where channels[channel]?.has(member) == false {
            guard accounts[member] != nil else { throw .userIDInvalid }
            channels[channel]?.banned.remove(member)
            enter(member, channel: channel, inviter: user, now: now)
            added.append(member)
        }
        if !added.isEmpty && !place.isBroadcast { announce(.chatAddUser(added), by: user, in: .channel(channel), now: now) }
    }

    private mutating func enter(_ user: Int64, channel: Int64, inviter: Int64, now: UnixTime) {
        let read = Int32(channels[channel]?.keys.count ?? 0)
        channels[channel]?.members[user] = Member(user: user, inviter: inviter, date: now, readInboxMaxID: read)
        channels[channel]?.memberOrder.append(user)
        accounts[user]?.channels.append(channel)
        note(.channel(channel), to: user, now: now)
    }

    public mutating func leave(_ channel: Int64, by user: Int64, now: UnixTime) throws(Failure) {
        guard let place = channels[channel] else { throw .channelInvalid }
        guard place.has(user) else { throw .userNotParticipant }
        exit(user, channel: channel, now: now)
        if !place.isBroadcast { announce(.chatDeleteUser(user), by: user, in: .channel(channel), now: now) }
    }

    /// Bans a member: the channel is private for it from then on.
    public mutating func ban(_ member: Int64, from channel: Int64, by user: Int64, now: UnixTime) throws(Failure) {
        guard let place = channels[channel] else { throw .channelInvalid }
        if !place.isAdmin(user) { throw .chatAdminRequired }
        channels[channel]?.banned.insert(member)
        if place.has(member) { exit(member, channel: channel, now: now) }
    }

    public mutating func unban(_ member: Int64, from channel: Int64, by user: Int64) throws(Failure) {
        guard let place = channels[channel] else { throw .channelInvalid }
        if !place.isAdmin(user) { throw .chatAdminRequired }
        channels[channel]?.banned.remove(member)
    }

    private mutating func exit(_ user: Int64, channel: Int64, now: UnixTime) {
        channels[channel]?.members[user] = nil
        channels[channel]?.memberOrder.removeAll { $0 == user }
        accounts[user]?.channels.removeAll { $0 == channel }
        note(.channel(channel), to: user, now: now)
    }

    public mutating func setAdmin(_ member: Int64, of channel: Int64, to isAdmin: Bool, by user: Int64, now: UnixTime) throws(Failure) {
        guard let place = channels[channel] else { throw .channelInvalid }
        if place.creator != user { throw .chatAdminRequired }
        guard place.has(member) else { throw .userNotParticipant }
        channels[channel]?.members[member]?.isAdmin = isAdmin
        note(.channel(channel), to: member, now: now)
    }

    /// Makes a channel public under a username, or private with nil.
    public mutating func setUsername(_ username: String?, of channel: Int64, by user: Int64, now: UnixTime) throws(Failure) {
        guard let place = channels[channel] else { throw .channelInvalid }
        if place.creator != user { throw .chatAdminRequired }
        if let username, let taken = usernames[username.lowercased()], taken != .channel(channel) { throw .bad("USERNAME_OCCUPIED") }
        if let old = place.username { usernames[old.lowercased()] = nil }
        channels[channel]?.username = username
        if let username { usernames[username.lowercased()] = .channel(channel) }
        for member in place.memberOrder { note(.channel(channel), to: member, now: now) }
    }

    // MARK: Invites

    /// The hash of the group's invite link, made when first asked for.
    public mutating func exportInvite(of peer: Peer, by user: Int64) throws(Failure) -> String {
        switch peer {
        case .chat(let id):
            guard chats[id]?.creator == user else { throw .chatAdminRequired }
            let hash = chats[id]?.inviteHash ?? inviteHash(for: peer)
            chats[id]?.inviteHash = hash
            return hash
        case .channel(let id):
            guard channels[id]?.isAdmin(user) == true else { throw .chatAdminRequired }
            let hash = channels[id]?.inviteHash ?? inviteHash(for: peer)
            channels[id]?.inviteHash = hash
            return hash
        case .user: throw .peerIDInvalid
        }
    }

    /// Revokes a link: whoever still has it is refused. The group's next one is another.
    mutating func expireInvite(_ hash: String) {
        guard let peer = invites[hash] else { return }
        expiredInvites.insert(hash)
        switch peer {
        case .chat(let id): chats[id]?.inviteHash = nil
        case .channel(let id): channels[id]?.inviteHash = nil
        case .user: break
        }
    }

    public func peer(invite hash: String) throws(Failure) -> Peer {
        guard let peer = invites[hash] else { throw .inviteHashInvalid }
        if expiredInvites.contains(hash) { throw .inviteHashExpired }
        return peer
    }

    /// Joins by an invite link.
    public mutating func importInvite(_ hash: String, by user: Int64, now: UnixTime) throws(Failure) -> Peer {
        let peer = try peer(invite: hash)
        switch peer {
        case .chat(let id):
            guard let chat = chats[id] else { throw .inviteHashInvalid }
            if chat.has(user) { throw .userAlreadyParticipant }
            enter(user, chat: id, inviter: chat.creator, now: now)
            announce(.chatJoinedByLink(inviter: chat.creator), by: user, in: peer, now: now)
        case .channel(let id): try join(id, by: user, invited: true, now: now)
        case .user: throw .inviteHashInvalid
        }
        return peer
    }
}
