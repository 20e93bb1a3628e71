import TL

/// Objects, answers, skipping and projections over the same bytes.
///
/// What decodes is as long as skipping says, and a single object that a projection takes can be stepped over.
@Sendable func fuzzTL(_ bytes: [UInt8]) {
    var input = Input(bytes)
    let way = input.byte()
    let body = input.rest()
    let length = try? TL.skip(body)
    switch way & 3 {
    case 0:
        if let object = try? TL.decode(body) {
            require(length == body.count, "\(object.name) decodes from \(body.count) bytes and skips \(String(describing: length))")
            // What was read can be written, unless only another layer has it.
            _ = try? TL.encode(object)
        }
    case 1:
        _ = try? TL.decodeResult(body, of: methods[Int(way >> 2) % methods.count])
    case 2:
        let type = types[Int(way >> 2) % types.count]
        let isTaken = (try? ProjectionProbe.read(type, body)) == true
        // Containers of updates go on behind what nobody knows; single objects do not.
        if isTaken, ["Message", "User", "Chat"].contains(type) {
            require(length == body.count, "a projection of \(type) takes what cannot be skipped")
        }
    default:
        var offset = 0
        while offset < body.count, let length = try? TL.skip(body, at: offset) {
            require(length > 0 && offset + length <= body.count, "skipping goes beyond the end")
            offset += length
        }
    }
}

private let methods = [
    "updates.getDifference", "updates.getChannelDifference", "messages.getHistory", "messages.getDialogs", "contacts.resolveUsername",
    "users.getUsers", "messages.getPeerDialogs", "updates.getState", "help.getConfig", "channels.getFullChannel", "account.getPassword",
    "messages.getMessagesViews", "messages.readHistory", "account.getAuthorizations", "upload.getFile", "messages.getPeerSettings",
]
private let types = [
    "Updates", "Update", "Message", "User", "Chat", "updates.Difference", "updates.ChannelDifference", "messages.Messages",
]

enum ProjectionProbe {
    /// Whether the type's projection takes the bytes.
    static func read(_ type: String, _ bytes: [UInt8]) throws -> Bool {
        switch type {
        case "Updates": _ = try API.Updates(decoding: bytes)
        case "Update": _ = try API.Update(decoding: bytes)
        case "Message": _ = try API.Message(decoding: bytes)
        case "User": _ = try API.User(decoding: bytes)
        case "Chat": _ = try API.Chat(decoding: bytes)
        default: return false
        }
        return true
    }
}
