import TL

/// Objects with members that nobody knows.
///
/// What decodes whole decodes partly to the same. The rest lies in the input in its order and apart, and what was read around it can be
/// read whatever it was.
@Sendable func fuzzPartial(_ bytes: [UInt8]) {
    var input = Input(bytes)
    let way = input.byte()
    var body = input.rest()
    if way & 1 == 1 { body = spoiled(envelopes[Int(way >> 1) % envelopes.count], body) }
    guard let partial = try? TL.decodePartly(body) else {
        require((try? TL.decode(body)) == nil, "what decodes whole does not decode partly")
        return
    }
    if let whole = try? TL.decode(body) {
        require(whole == partial.object && partial.undecoded.isEmpty && !partial.isTruncated, "whole, and yet in parts")
        return
    }
    require(!partial.undecoded.isEmpty, "neither whole nor in parts")
    var end = 0
    for part in partial.undecoded {
        require(part.range.lowerBound >= end && part.range.upperBound <= body.count, "parts out of order, or beyond the end")
        require(!part.range.isEmpty, "a part of nothing")
        end = part.range.upperBound
    }
    if partial.isTruncated { require(end == body.count, "cut off before the end") }
}

/// Envelopes and answers of several members, to be spoiled where the input says.
private let envelopes: [[UInt8]] = [updates, difference, channelDifference].compactMap { try? TL.encode($0) }

private func message(_ id: Int64) -> TLObject {
    TLObject(
        "message",
        [
            "id": .integer(id), "peer_id": .object(TLObject("peerChannel", ["channel_id": 3])), "message": .string("text \(id)"),
            "date": 9,
        ])
}
private let updates = TLObject(
    "updates",
    [
        "updates": .vector(
            (1...4).map { id in
                .object(
                    TLObject(
                        "updateNewChannelMessage", ["message": .object(message(id)), "pts": .integer(id), "pts_count": 1]))
            }), "users": [], "chats": .vector([.object(chat)]), "date": 9, "seq": 0,
    ])
private let chat = TLObject(
    "channel", ["id": 3, "access_hash": 33, "title": "t", "photo": .object(TLObject("chatPhotoEmpty")), "date": 9])
private let state = TLObject("updates.state", ["pts": 9, "qts": 9, "date": 9, "seq": 9, "unread_count": 0])
private let difference = TLObject(
    "updates.difference",
    [
        "new_messages": .vector((1...3).map { .object(message($0)) }), "new_encrypted_messages": [], "other_updates": [],
        "chats": .vector([.object(chat)]), "users": [], "state": .object(state),
    ])
private let channelDifference = TLObject(
    "updates.channelDifference",
    [
        "final": true, "pts": 9, "timeout": 9, "new_messages": .vector((1...3).map { .object(message($0)) }), "other_updates": [],
        "chats": .vector([.object(chat)]), "users": [],
    ])

/// Words of the object replaced: each step says where, and the four bytes that stand there then.
private func spoiled(_ object: [UInt8], _ steps: [UInt8]) -> [UInt8] {
    var out = object
    var input = Input(steps)
    for _ in 0..<8 where !input.isEmpty {
        let place = (Int(input.byte()) | Int(input.byte()) << 8) % (out.count / 4) * 4
        let word = input.take(4)
        out.replaceSubrange(place..<place + word.count, with: word)
    }
    return out
}
