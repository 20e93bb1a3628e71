import TL

/// The calls of a scan, for a chat that is named by its `InputPeer`.
///
/// Source: https://core.telegram.org/api/offsets
public enum HistoryCalls {
    /// The page of the messages with the smallest ids from `id` on.
    public static func page(_ peer: TLObject, from id: Int64) -> TLObject {
        history(peer, id: id, date: 0, add: -BackfillLimits.pageMessages, limit: BackfillLimits.pageMessages)
    }

    /// The page of the first messages since that moment, unix seconds.
    public static func page(_ peer: TLObject, since: Int64) -> TLObject {
        history(peer, id: 0, date: since, add: -BackfillLimits.pageMessages, limit: BackfillLimits.pageMessages)
    }

    /// The newest message.
    public static func newest(_ peer: TLObject) -> TLObject { history(peer, id: 0, date: 0, add: 0, limit: 1) }

    /// The newest message before that moment, unix seconds. Its place in the whole history tells how many came since.
    public static func newest(_ peer: TLObject, before date: Int64) -> TLObject { history(peer, id: 0, date: date, add: 0, limit: 1) }

    private static func history(_ peer: TLObject, id: Int64, date: Int64, add: Int, limit: Int) -> TLObject {
        TLObject(
            "messages.getHistory",
            [
                "peer": .object(peer), "offset_id": .integer(id), "offset_date": .integer(date), "add_offset": .integer(Int64(add)),
                "limit": .integer(Int64(limit)), "max_id": 0, "min_id": 0, "hash": 0,
            ])
    }

    /// Messages by their ids, at most `BackfillLimits.pageMessages`.
    public static func messages(_ ids: [Int64], of peer: TLObject) -> TLObject {
        let wanted = TLValue.vector(ids.map { .object(TLObject("inputMessageID", ["id": .integer($0)])) })
        guard let channel = channel(peer) else { return TLObject("messages.getMessages", ["id": wanted]) }
        return TLObject("channels.getMessages", ["channel": .object(channel), "id": wanted])
    }

    /// The `InputChannel` of a channel's `InputPeer`; nil for a basic group's.
    public static func channel(_ peer: TLObject) -> TLObject? {
        guard peer.name.hasPrefix("inputPeerChannel") else { return nil }
        return TLObject(
            peer.name == "inputPeerChannel" ? "inputChannel" : "inputChannelFromMessage",
            ["channel_id": peer["channel_id"], "access_hash": peer["access_hash"], "peer": peer["peer"], "msg_id": peer["msg_id"]])
    }
}
