import Primitives
import TL

/// How an update came.
public enum Way: Sendable, Hashable { case push, difference }

/// What the engine hands on: once, and in the order of the box.
///
/// One difference slice is one delivery, since all of it shares one position.
public struct Delivery: Sendable, Equatable {
    public enum Item: Sendable, Equatable {
        /// A message of a difference: new to us, without a position of its own.
        case message(TLObject)
        /// An update; its own pts, when it has one, is its position.
        case update(Update)
    }

    /// nil: what it holds has no position.
    public var box: Box?
    public var generation: UInt64
    /// The box stood at `from` before and stands at `to` after. Equal when nothing moved.
    public var from: Int64
    public var to: Int64
    /// The common box's state after it.
    public var date: Int32
    public var seq: Int32
    public var way: Way
    /// The server skipped (from, to]: part of it will never be delivered.
    public var tooLong: Bool
    public var items: [Item]
    /// When the oldest bytes in it arrived.
    public var receivedAt: UnixTime

    public init(
        box: Box?, generation: UInt64 = 1, from: Int64 = 0, to: Int64 = 0, date: Int32 = 0, seq: Int32 = 0, way: Way,
        tooLong: Bool = false, items: [Item] = [], receivedAt: UnixTime
    ) {
        self.box = box
        self.generation = generation
        self.from = from
        self.to = to
        self.date = date
        self.seq = seq
        self.way = way
        self.tooLong = tooLong
        self.items = items
        self.receivedAt = receivedAt
    }
}

/// Names a request that the engine made until it is answered or failed.
public struct UpdateRequestID: Hashable, Sendable, Comparable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
    public static func < (a: Self, b: Self) -> Bool { a.number < b.number }
}

/// A call that the engine wants made.
public enum UpdateRequest: Sendable, Equatable {
    case getState
    /// `limit`: at most so many updates in one slice; nil leaves it to the server.
    case getDifference(pts: Int64, date: Int32, qts: Int64, limit: Int32?)
    case getChannelDifference(channel: Int64, accessHash: Int64, pts: Int64, limit: Int32)
    /// Where a channel stands now (channels.getFullChannel).
    case getChannelPosition(channel: Int64, accessHash: Int64)
    case getDialogs(DialogsPage)
    /// pts and top message of up to `UpdateLimits.comparePeers` channels.
    case getPeerDialogs([ComparedChannel])
    /// The full form of a channel that was only seen inside a message of another chat.
    case getChannel(channel: Int64, seenIn: TLObject, message: Int64)
}

/// One of the channels that a getPeerDialogs compares.
public struct ComparedChannel: Sendable, Hashable {
    public var channel: Int64
    public var accessHash: Int64
    public init(channel: Int64, accessHash: Int64) {
        self.channel = channel
        self.accessHash = accessHash
    }
}

/// Where the next page of dialogs begins.
public struct DialogsPage: Sendable, Equatable {
    public var date: Int32 = 0
    public var id: Int64 = 0
    /// An `InputPeer`; `inputPeerEmpty` for the first page.
    public var peer = TLObject("inputPeerEmpty", [:])
    public var limit: Int32 = UpdateLimits.dialogsPerPage

    public init() {}
}

/// What the engine wants done, in order.
public enum UpdateOutput: Sendable, Equatable {
    case deliver(Delivery)
    case request(UpdateRequestID, UpdateRequest)
    /// The account can no longer read this channel; it is not polled until something of it is pushed again.
    case lostAccess(channel: Int64, reason: String)
    /// Reading works again.
    case regainedAccess(channel: Int64)
    /// Registered, but not among the account's dialogs: looked for again later. What is pushed of it is delivered meanwhile.
    case unresolved(channel: Int64)
    /// The access hash of an unresolved channel, or of one whose hash was refused, is known now.
    case resolved(channel: Int64)
    /// The server does not know the access hash that was stored for it: do not offer that one again. It is learnt anew.
    case hashRefused(channel: Int64, accessHash: Int64)
    /// A basic group became this supergroup, where its history goes on.
    case migrated(basicGroup: Int64, channel: Int64)
    /// Could not be read: keep it for a later decoder. The differences are asked for what it may have said.
    case quarantine(QuarantinedObject)
}
