import Primitives
import TL

/// Answer to `updates.getState`, or the state inside a difference.
public struct CommonState: Sendable, Equatable {
    public var pts: Int64
    public var qts: Int64
    public var date: Int32
    public var seq: Int32

    public init(pts: Int64, qts: Int64, date: Int32, seq: Int32) {
        self.pts = pts
        self.qts = qts
        self.date = date
        self.seq = seq
    }

    /// Reads an `updates.state`.
    public init?(_ object: TLObject) {
        guard object.name == "updates.state", let pts = object["pts"]?.int, let qts = object["qts"]?.int, let date = object["date"]?.int,
            let seq = object["seq"]?.int
        else { return nil }
        self.init(pts: pts, qts: qts, date: Int32(clamping: date), seq: Int32(clamping: seq))
    }
}

/// What a difference brings, of either kind of box.
public struct DifferenceContent: Sendable, Equatable {
    public var messages: [TLObject] = []
    public var updates: [Update] = []
    public var users: [TLObject] = []
    public var chats: [TLObject] = []
    /// Part of it could not be decoded: what it moves over is recorded as a gap.
    public var isIncomplete = false

    public init(messages: [TLObject] = [], updates: [Update] = [], users: [TLObject] = [], chats: [TLObject] = []) {
        self.messages = messages
        self.updates = updates
        self.users = users
        self.chats = chats
    }

    init(_ object: TLObject, messages field: String = "new_messages", receivedAt: UnixTime) {
        messages = object.objects(field)
        updates = object.objects("other_updates").map { Update($0, receivedAt: receivedAt) }
        users = object.objects("users")
        chats = object.objects("chats")
    }
}

/// An answer to a request of the engine.
public enum UpdateAnswer: Sendable, Equatable {
    case state(CommonState)
    /// differenceEmpty: the box stands where it stood.
    case differenceEmpty(date: Int32, seq: Int32)
    /// difference (final) or differenceSlice: ask again from its state.
    case difference(DifferenceContent, state: CommonState, final: Bool)
    /// The server skipped up to this pts: ask again from there.
    case differenceTooLong(pts: Int64)
    /// `timeout`: seconds before the channel should be polled again, nil when the server gives none.
    case channelDifferenceEmpty(pts: Int64, final: Bool, timeout: Int32?)
    case channelDifference(DifferenceContent, pts: Int64, final: Bool, timeout: Int32?)
    /// Its messages are only the newest few.
    case channelDifferenceTooLong(DifferenceContent, pts: Int64, final: Bool, timeout: Int32?)
    case channelPosition(pts: Int64, users: [TLObject], chats: [TLObject])
    case dialogs([Dialog], next: DialogsPage?, users: [TLObject], chats: [TLObject])
    case peerDialogs([Dialog], users: [TLObject], chats: [TLObject])
    case chats([TLObject])

    /// One dialog as far as it concerns updates.
    public struct Dialog: Sendable, Equatable {
        /// Channels only.
        public var channel: Int64?
        /// Servers may leave it out.
        public var pts: Int64?
        /// Id of its newest message.
        public var topMessage: Int64?
        public init(channel: Int64?, pts: Int64?, topMessage: Int64? = nil) {
            self.channel = channel
            self.pts = pts
            self.topMessage = topMessage
        }
        init(_ object: TLObject) {
            self.init(
                channel: object["peer"]?.object?["channel_id"]?.int, pts: object["pts"]?.int, topMessage: object["top_message"]?.int)
        }
    }

    /// Reads a decoded result, or nil when it is not one that the engine asks for.
    public init?(_ object: TLObject, receivedAt: UnixTime) {
        func timeout() -> Int32? { object["timeout"]?.int.map { Int32(clamping: $0) } }
        let final = object["final"]?.bool ?? false
        switch object.name {
        case "updates.state":
            guard let state = CommonState(object) else { return nil }
            self = .state(state)
        case "updates.differenceEmpty":
            self = .differenceEmpty(
                date: Int32(clamping: object["date"]?.int ?? 0), seq: Int32(clamping: object["seq"]?.int ?? 0))
        case "updates.difference", "updates.differenceSlice":
            let isFinal = object.name == "updates.difference"
            guard let state = object[isFinal ? "state" : "intermediate_state"]?.object.flatMap(CommonState.init) else { return nil }
            self = .difference(DifferenceContent(object, receivedAt: receivedAt), state: state, final: isFinal)
        case "updates.differenceTooLong":
            guard let pts = object["pts"]?.int else { return nil }
            self = .differenceTooLong(pts: pts)
        case "updates.channelDifferenceEmpty":
            guard let pts = object["pts"]?.int else { return nil }
            self = .channelDifferenceEmpty(pts: pts, final: final, timeout: timeout())
        case "updates.channelDifference":
            guard let pts = object["pts"]?.int else { return nil }
            self = .channelDifference(
                DifferenceContent(object, receivedAt: receivedAt), pts: pts, final: final, timeout: timeout())
        case "updates.channelDifferenceTooLong":
            guard let pts = object["dialog"]?.object?["pts"]?.int ?? object["pts"]?.int else { return nil }
            self = .channelDifferenceTooLong(
                DifferenceContent(object, messages: "messages", receivedAt: receivedAt), pts: pts, final: final, timeout: timeout())
        case "messages.chatFull":
            guard let pts = object["full_chat"]?.object?["pts"]?.int else { return nil }
            self = .channelPosition(pts: pts, users: object.objects("users"), chats: object.objects("chats"))
        case "messages.dialogs", "messages.dialogsSlice":
            self = UpdateAnswer.dialogs(object)
        case "messages.peerDialogs":
            self = .peerDialogs(
                object.objects("dialogs").map(Dialog.init), users: object.objects("users"), chats: object.objects("chats"))
        case "messages.chats", "messages.chatsSlice":
            self = .chats(object.objects("chats"))
        default:
            return nil
        }
    }

    private static func dialogs(_ object: TLObject) -> UpdateAnswer {
        let raw = object.objects("dialogs")
        let dialogs = raw.map(Dialog.init)
        let users = object.objects("users")
        let chats = object.objects("chats")
        // `messages.dialogs` is everything there is; a slice goes on below its last dialog that has a message.
        guard object.name == "messages.dialogsSlice", let last = raw.last, let peer = last["peer"]?.object,
            let top = last["top_message"]?.int
        else { return .dialogs(dialogs, next: nil, users: users, chats: chats) }
        var next = DialogsPage()
        next.id = top
        let message = object.objects("messages").first { $0["id"]?.int == top && $0["peer_id"]?.object == peer }
        next.date = Int32(clamping: message?["date"]?.int ?? 0)
        var book = PeerBook(limit: users.count + chats.count + 1)
        book.merge(users: users, chats: chats)
        next.peer = book.inputPeer(of: peer) ?? TLObject("inputPeerEmpty", [:])
        return .dialogs(dialogs, next: next, users: users, chats: chats)
    }
}
