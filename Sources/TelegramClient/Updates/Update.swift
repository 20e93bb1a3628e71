import Primitives
import TL

/// One update, with the box and the numbers that decide when it is applied.
public struct Update: Sendable, Equatable {
    public enum Place: Sendable, Equatable {
        /// Moves `box` from `end - count` to `end`.
        case box(Box, end: Int64, count: Int64)
        /// Carries no position: applied with its envelope.
        case loose
        /// The server gives up pushing this channel, which stands at `pts` if it says: ask for its difference.
        case channelTooLong(Int64, pts: Int64?)
    }

    public var object: TLObject
    public var place: Place
    /// When its bytes arrived.
    public var receivedAt: UnixTime

    public init(object: TLObject, place: Place, receivedAt: UnixTime) {
        self.object = object
        self.place = place
        self.receivedAt = receivedAt
    }

    /// Classifies an `Update`. What has pts and pts_count is numbered; the constructors that speak of a channel name it either
    /// directly or by their message's peer. Source: https://core.telegram.org/api/updates#message-related-event-sequences
    public init(_ object: TLObject, receivedAt: UnixTime) {
        self.init(object: object, place: Update.place(of: object), receivedAt: receivedAt)
    }

    /// Numbered updates of channels; every other one with pts and pts_count belongs to the common box.
    static let channelUpdates: Set<String> = [
        "updateNewChannelMessage", "updateEditChannelMessage", "updateDeleteChannelMessages", "updatePinnedChannelMessages",
        "updateChannelWebPage",
    ]

    private static func place(of object: TLObject) -> Place {
        if object.name == "updateChannelTooLong", let id = object["channel_id"]?.int { return .channelTooLong(id, pts: object["pts"]?.int) }
        if let pts = object["pts"]?.int, let count = object["pts_count"]?.int {
            guard channelUpdates.contains(object.name) else { return .box(.common, end: pts, count: count) }
            // A messageEmpty names no channel: nothing can be done with it.
            guard let id = object["channel_id"]?.int ?? object["message"]?.object?["peer_id"]?.object?["channel_id"]?.int else {
                return .loose
            }
            return .box(.channel(id), end: pts, count: count)
        }
        if let qts = object["qts"]?.int { return .box(.qts, end: qts, count: 1) }
        return .loose
    }

    /// The position before it, for sorting: an update that moves nothing comes before the one that starts where it stands.
    var order: (Int64, Int64) {
        if case .box(_, let end, let count) = place { (end - count, end) } else { (.max, .max) }
    }
}
