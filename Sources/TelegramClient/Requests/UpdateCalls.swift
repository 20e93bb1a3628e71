import TL

extension UpdateRequest {
    /// The call as an object.
    public var call: TLObject {
        switch self {
        case .getState:
            return TLObject("updates.getState")
        case .getDifference(let pts, let date, let qts, let limit):
            return TLObject(
                "updates.getDifference",
                [
                    "pts": .integer(pts), "date": .integer(Int64(date)), "qts": .integer(qts),
                    "pts_limit": limit.map { .integer(Int64($0)) },
                ])
        case .getChannelDifference(let channel, let accessHash, let pts, let limit):
            // Without `force`: it lets the server leave out updates that it thinks we can do without.
            return TLObject(
                "updates.getChannelDifference",
                [
                    "channel": .object(UpdateRequest.inputChannel(channel, accessHash)),
                    "filter": .object(TLObject("channelMessagesFilterEmpty")), "pts": .integer(pts), "limit": .integer(Int64(limit)),
                ])
        case .getChannelPosition(let channel, let accessHash):
            return TLObject(
                "channels.getFullChannel", ["channel": .object(UpdateRequest.inputChannel(channel, accessHash))])
        case .getPeerDialogs(let compared):
            return TLObject(
                "messages.getPeerDialogs",
                [
                    "peers": .objects(
                        compared.map { peer in
                            TLObject(
                                "inputDialogPeer",
                                [
                                    "peer": .object(
                                        TLObject(
                                            "inputPeerChannel",
                                            ["channel_id": .integer(peer.channel), "access_hash": .integer(peer.accessHash)]))
                                ])
                        })
                ])
        case .getChannel(let channel, let chat, let message):
            let input = TLObject(
                "inputChannelFromMessage",
                ["peer": .object(chat), "msg_id": .integer(message), "channel_id": .integer(channel)])
            return TLObject("channels.getChannels", ["id": .objects([input])])
        case .getDialogs(let page):
            return TLObject(
                "messages.getDialogs",
                [
                    "offset_date": .integer(Int64(page.date)), "offset_id": .integer(page.id), "offset_peer": .object(page.peer),
                    "limit": .integer(Int64(page.limit)), "hash": 0,
                ])
        }
    }

    private static func inputChannel(_ id: Int64, _ accessHash: Int64) -> TLObject {
        TLObject("inputChannel", ["channel_id": .integer(id), "access_hash": .integer(accessHash)])
    }
}
