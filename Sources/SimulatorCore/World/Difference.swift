import Primitives

/// What a client that stood at some position of its common box must still learn.
public enum CommonDifference: Sendable {
    case empty
    /// The position is out of the window: everything up to `pts` is lost to differences.
    case tooLong(pts: Int32)
    case part(Part)

    public struct Part: Sendable {
        /// New messages that still exist, oldest first, by the user's ids.
        public var new: [Int32] = []
        /// Edits of older messages (the last of each), deletions and read marks.
        public var other: [(event: CommonEvent, stamp: Stamp)] = []
        public var plain: [PlainEvent] = []
        /// Joined channels in which something happened since the client's date.
        public var channels: [Int64] = []
        /// The position after this part.
        public var pts: Int32
        /// Whether more parts follow.
        public var isSlice: Bool
    }
}

/// What a client that stood at some position of a channel's box must still learn.
public enum ChannelDifference: Sendable {
    case empty(pts: Int32)
    /// The position is out of the window: only the newest messages are given.
    case tooLong(pts: Int32, newest: [Int32])
    case part(new: [Int32], other: [(event: ChannelEvent, stamp: Stamp)], pts: Int32, isFinal: Bool)
}

extension World {
    /// Where the user's common box stands; 0 for nobody.
    public func commonPosition(of user: Int64) -> Int32 { accounts[user]?.box.pts ?? 0 }

    /// `updates.getDifference` from a position and a date in seconds.
    public func commonDifference(of user: Int64, pts: Int32, date: Int32, limit: Int? = nil) throws(Failure) -> CommonDifference {
        guard let account = accounts[user] else { throw .userIDInvalid }
        if pts <= 0 { throw .persistentTimestampEmpty }
        if pts > account.box.pts { throw .persistentTimestampInvalid }
        guard let all = account.box.events(after: pts) else { return .tooLong(pts: account.box.pts) }
        let events = all.prefix(limit ?? limits.differenceSlice)
        var part = CommonDifference.Part(pts: events.last?.stamp.pts ?? account.box.pts, isSlice: events.count < all.count)
        var fresh: Set<Int32> = []
        var lastEdit: [Int32: Int32] = [:]
        for event in events {
            if case .edit(let id) = event.kind { lastEdit[id] = event.stamp.pts }
        }
        for event in events {
            switch event.kind {
            case .new(let id):
                fresh.insert(id)
                if account.entry(id)?.isDeleted == false { part.new.append(id) }
            case .edit(let id):
                let isGone = account.entry(id)?.isDeleted != false
                if !isGone && !fresh.contains(id) && lastEdit[id] == event.stamp.pts { part.other.append((event.kind, event.stamp)) }
            case .delete, .readInbox, .readOutbox: part.other.append((event.kind, event.stamp))
            }
        }
        if !part.isSlice {
            part.plain = account.plainLog.filter { $0.date.seconds >= Int64(date) }.map(\.event)
            part.channels = account.channels.filter { (channels[$0]?.box.lastDate?.seconds ?? 0) >= Int64(date) }
        }
        if events.isEmpty && part.plain.isEmpty && part.channels.isEmpty { return .empty }
        return .part(part)
    }

    /// `updates.getChannelDifference` from a position.
    public func channelDifference(of channel: Int64, for user: Int64, pts: Int32, limit: Int) throws(Failure) -> ChannelDifference {
        try mayRead(user, .channel(channel))
        guard let place = channels[channel] else { throw .channelInvalid }
        if pts <= 0 { throw .persistentTimestampEmpty }
        if pts > place.box.pts { throw .persistentTimestampInvalid }
        let slice = max(1, min(limit, limits.channelDifferenceSlice))
        guard let all = place.box.events(after: pts) else {
            return .tooLong(pts: place.box.pts, newest: place.ids.suffix(slice).reversed())
        }
        if all.isEmpty { return .empty(pts: place.box.pts) }
        let events = all.prefix(slice)
        var new: [Int32] = []
        var other: [(event: ChannelEvent, stamp: Stamp)] = []
        var fresh: Set<Int32> = []
        var lastEdit: [Int32: Int32] = [:]
        for event in events {
            if case .edit(let id) = event.kind { lastEdit[id] = event.stamp.pts }
        }
        for event in events {
            switch event.kind {
            case .new(let id):
                fresh.insert(id)
                if isLive(id, in: place) { new.append(id) }
            case .edit(let id):
                if isLive(id, in: place), !fresh.contains(id), lastEdit[id] == event.stamp.pts { other.append((event.kind, event.stamp)) }
            case .delete: other.append((event.kind, event.stamp))
            }
        }
        let end = events.last?.stamp.pts ?? place.box.pts
        return .part(new: new, other: other, pts: end, isFinal: events.count == all.count)
    }

    private func isLive(_ id: Int32, in channel: Channel) -> Bool {
        channel.key(id).map { contents[$0].deletedAt == nil } ?? false
    }
}
