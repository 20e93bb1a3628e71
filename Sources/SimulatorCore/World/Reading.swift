import Primitives

extension World {
    // MARK: Read marks

    /// `messages.readHistory`: marks everything up to `maxID` (0: everything) as read. Returns the user's position and the steps taken.
    @discardableResult
    public mutating func read(by user: Int64, in peer: Peer, maxID: Int32, now: UnixTime) -> Stamp {
        let nothing = Stamp(pts: accounts[user]?.box.pts ?? 0, count: 0)
        guard let dialog = accounts[user]?.dialogs[peer], let last = dialog.ids.last else { return nothing }
        let top = maxID == 0 ? last : min(maxID, last)
        guard top > dialog.readInboxMaxID else { return nothing }
        accounts[user]?.dialogs[peer]?.readInboxMaxID = top
        note(.readInbox(peer, maxID: top, stillUnread: unread(of: user, in: peer)), of: user, now: now)
        let stamp = Stamp(pts: accounts[user]?.box.pts ?? 0, count: 1)
        // Each author of what was read learns how far.
        var told: Set<Int64> = [user]
        let newly = dialog.ids[dialog.ids.lowerBound(dialog.readInboxMaxID + 1)..<dialog.ids.lowerBound(top + 1)]
        for id in newly.reversed() {
            guard let entry = accounts[user]?.entry(id), told.insert(contents[entry.key].sender).inserted else { continue }
            let author = contents[entry.key].sender
            guard let theirs = contents[entry.key].id(for: author), let place = accounts[author]?.entry(theirs)?.peer,
                theirs > accounts[author]?.dialogs[place]?.readOutboxMaxID ?? 0
            else { continue }
            accounts[author]?.dialogs[place]?.readOutboxMaxID = theirs
            note(.readOutbox(place, maxID: theirs), of: author, now: now)
        }
        return stamp
    }

    /// `channels.readHistory`
    public mutating func read(by user: Int64, channel: Int64, maxID: Int32, now: UnixTime) throws(Failure) {
        guard let place = channels[channel], let member = place.members[user] else { throw .channelPrivate }
        let last = Int32(place.keys.count)
        let top = maxID == 0 ? last : min(maxID, last)
        guard top > member.readInboxMaxID else { return }
        channels[channel]?.members[user]?.readInboxMaxID = top
        let unread = unread(of: user, in: .channel(channel))
        note(.readChannel(channel, maxID: top, stillUnread: unread, pts: place.box.pts), to: user, now: now)
    }

    /// How many messages of others the user has not read.
    public func unread(of user: Int64, in peer: Peer) -> Int32 {
        let ids = ids(in: peer, for: user)
        let mark = readInboxMaxID(of: user, in: peer)
        var count: Int32 = 0
        for id in ids[ids.lowerBound(mark + 1)...] {
            if let key = key(of: id, in: peer, for: user), contents[key].sender != user { count += 1 }
        }
        return count
    }

    public func readInboxMaxID(of user: Int64, in peer: Peer) -> Int32 {
        if case .channel(let id) = peer { return channels[id]?.members[user]?.readInboxMaxID ?? 0 }
        return accounts[user]?.dialogs[peer]?.readInboxMaxID ?? 0
    }

    // MARK: History

    /// The ids of a dialog's messages that are not deleted, ascending.
    public func ids(in peer: Peer, for user: Int64) -> [Int32] {
        if case .channel(let id) = peer { return channels[id]?.ids ?? [] }
        return accounts[user]?.dialogs[peer]?.ids ?? []
    }

    /// Whether the user may read the peer's messages.
    public func mayRead(_ user: Int64, _ peer: Peer) throws(Failure) {
        switch peer {
        case .user(let id):
            if accounts[id] == nil { throw .peerIDInvalid }
        case .chat(let id):
            guard let chat = chats[id], chat.has(user) || chat.former.contains(user) else { throw .peerIDInvalid }
        case .channel(let id):
            guard let channel = channels[id] else { throw .channelInvalid }
            if channel.banned.contains(user) || !channel.has(user) && channel.username == nil { throw .channelPrivate }
        }
    }

    /// One page of a dialog, newest first.
    public func history(of peer: Peer, for user: Int64, _ request: PageRequest) -> Page {
        var ids = ids(in: peer, for: user)
        if !unlisted.isEmpty { ids.removeAll { id in key(of: id, in: peer, for: user).map(unlisted.contains) ?? false } }
        return page(of: ids, in: peer, for: user, request)
    }

    /// One page of those messages of a dialog that match, newest first.
    public func search(in peer: Peer, for user: Int64, _ request: PageRequest, where matches: (Content) -> Bool) -> Page {
        let ids = ids(in: peer, for: user).filter { id in key(of: id, in: peer, for: user).map { matches(contents[$0]) } ?? false }
        return page(of: ids, in: peer, for: user, request)
    }

    private func page(of ids: [Int32], in peer: Peer, for user: Int64, _ request: PageRequest) -> Page {
        var low = 0
        var high = ids.count
        if request.maxID > 0 { high = ids.lowerBound(request.maxID) }
        if request.minID > 0 { low = min(high, ids.lowerBound(request.minID + 1)) }
        // How many messages stand below the place where the page begins; add_offset moves that place, negative towards newer ones.
        var below = high
        if request.offsetID > 0 {
            below = min(high, ids.lowerBound(request.offsetID))
        } else if request.offsetDate > 0 {
            below = min(high, lowerBound(ofDate: request.offsetDate, in: ids, of: peer, for: user))
        }
        below = max(low, below)
        let limit = min(max(0, Int(request.limit)), limits.page)
        var top = below - Int(request.addOffset)
        if limits.fillsPages { top = min(top, high) }
        let from = min(max(low, top), high)
        let to = min(max(low, top - limit), high)
        return Page(ids: Array(ids[to..<from].reversed()), total: ids.count, offset: ids.count - from)
    }

    /// The index of the first message that is not older than the date. Ids ascend with dates.
    private func lowerBound(ofDate date: Int32, in ids: [Int32], of peer: Peer, for user: Int64) -> Int {
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            let older = key(of: ids[middle], in: peer, for: user).map { contents[$0].date.seconds < Int64(date) } ?? false
            if older { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The arguments of `messages.getHistory`. Source: https://core.telegram.org/api/offsets
public struct PageRequest: Hashable, Sendable {
    /// Only messages below this id; 0: from the newest.
    public var offsetID: Int32 = 0
    /// Only messages before this date; counts when `offsetID` is 0.
    public var offsetDate: Int32 = 0
    /// Skips so many; negative: that many newer ones too.
    public var addOffset: Int32 = 0
    public var limit: Int32 = 100
    /// Only ids below; 0: no bound.
    public var maxID: Int32 = 0
    /// Only ids above; 0: no bound.
    public var minID: Int32 = 0

    public init() {}
}

/// A page of ids, newest first.
public struct Page: Hashable, Sendable {
    public var ids: [Int32]
    /// How many the dialog, or the search, has in all.
    public var total: Int
    /// How many are newer than the page's first.
    public var offset: Int
}
