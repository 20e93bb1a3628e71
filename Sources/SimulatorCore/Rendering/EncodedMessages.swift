import Primitives
import TL

/// Objects as bytes, kept from one answer to the next: pages of history cost little more than copying.
struct EncodedCache: Sendable {
    struct Message: Sendable {
        var bytes: [UInt8]
        /// Whom the answer must bring, besides the peer.
        var mentioned: [Peer]
        var revision: UInt32
        /// The state of its file's references; 0 without a file.
        var epoch: UInt64
        /// The id under which the viewer has it: in basic groups each has another.
        var id: Int32
        var viewer: Int64
    }

    struct ObjectKey: Hashable, Sendable {
        var peer: Peer
        var viewer: Int64
    }

    /// One layer's messages by key; of a basic group's only the copy that was asked for last.
    struct Layer: Sendable {
        var messages: [Message?] = []
        var users: [ObjectKey: [UInt8]] = [:]
    }

    var layers: [Int32: Layer] = [:]
}

extension TelegramServer {
    /// The bit of `out` in the first flag word of messages and service messages, in all layers.
    private static let outFlag: UInt8 = 2

    /// The answer of a call that brings messages, from bytes that are there already; nil for other calls and while objects are aged.
    mutating func encodedAnswer(_ request: TLObject, _ caller: Caller) throws -> [UInt8]? {
        guard faults.objects.layer == nil, caller.user != 0 else { return nil }
        switch request.name {
        case "messages.getHistory":
            let place = try readable(request["peer"], caller)
            return try encode(world.history(of: place, for: caller.user, page(request)), in: place, caller)
        case "messages.search":
            let (place, found) = try find(request, caller)
            return try encode(found, in: place, caller)
        default: return nil
        }
    }

    private mutating func encode(_ page: Page, in place: Peer, _ caller: Caller) throws -> [UInt8] {
        let layer = layer(of: caller.session)
        var mentioned = Mentioned()
        mentioned.insert(place)
        var list: [UInt8] = []
        list.reserveCapacity(page.ids.count * 256)
        for id in page.ids { try append(id, in: place, caller, layer, &mentioned, to: &list) }
        let empty = Page(ids: [], total: page.total, offset: page.offset)
        var envelope = world.messages(empty, in: place, for: caller.user, isWhole: page.ids.count >= page.total)
        envelope["chats"] = []
        envelope["users"] = []
        let head = try TL.encode(envelope, layer: layer)
        // An answer ends with its chats and its users. All vectors are still empty: one is its id and a zero.
        let vector = Array(head.suffix(8))
        guard let start = ObjectFaults.position(of: vector, in: head, from: 4) else { preconditionFailure("every form has messages") }
        var out: [UInt8] = []
        out.reserveCapacity(head.count + list.count + 4_096)
        out += head[..<(start + 4)]
        append(Int32(page.ids.count), to: &out)
        out += list
        out += head[(start + 8)..<(head.count - 16)]
        // Chats are few, and change with every member: they are written anew.
        let chats = try
            (mentioned.chats.map { world.chat($0, for: caller.user) } + mentioned.channels.map { world.channel($0, for: caller.user) })
            .map { try TL.encode($0, layer: layer) }
        out += vector.prefix(4)
        append(Int32(chats.count), to: &out)
        for chat in chats { out += chat }
        out += vector.prefix(4)
        append(Int32(mentioned.users.count), to: &out)
        for user in mentioned.users { out += try encodedUser(user, for: caller.user, layer) }
        return out
    }

    private mutating func append(
        _ id: Int32, in place: Peer, _ caller: Caller, _ layer: Int32, _ mentioned: inout Mentioned, to out: inout [UInt8]
    ) throws {
        guard let key = world.key(of: id, in: place, for: caller.user) else { return }
        let isOut = world.contents[key].sender == caller.user && !world.contents[key].isAnonymous
        let start = out.count
        try withEncoded(key, id, in: place, for: caller.user, layer) { message in
            for peer in message.mentioned { mentioned.insert(peer) }
            out += message.bytes
        }
        if isOut { out[start + 4] |= TelegramServer.outFlag }
    }

    /// The message's bytes without `out`, made when they are not there or stale.
    private mutating func withEncoded(
        _ key: Int, _ id: Int32, in place: Peer, for user: Int64, _ layer: Int32, _ use: (EncodedCache.Message) -> Void
    ) throws {
        let viewer = world.contents[key].channelMessageID != 0 ? 0 : user
        let epoch = world.contents[key].media?.anyFile.map { world.referenceEpoch(of: $0) &+ 1 } ?? 0
        let missing = world.contents.count - (encoded.layers[layer]?.messages.count ?? 0)
        if missing > 0 {
            encoded.layers[layer, default: EncodedCache.Layer()].messages += Array(repeating: nil, count: missing)
        }
        if let known = encoded.layers[layer]?.messages[key], known.revision == world.contents[key].revision, known.epoch == epoch,
            known.viewer == viewer
        {
            return use(known)
        }
        var own = Mentioned()
        var object = world.message(key, id: id, in: place, for: user, &own)
        object["out"] = nil
        let list = own.chats.map { Peer.chat($0) } + own.channels.map { Peer.channel($0) } + own.users.map { Peer.user($0) }
        let message = EncodedCache.Message(
            bytes: try TL.encode(object, layer: layer), mentioned: list.filter { $0 != place }, revision: world.contents[key].revision,
            epoch: epoch, id: id, viewer: viewer)
        encoded.layers[layer]?.messages[key] = message
        use(message)
    }

    /// Encodes every message of supergroups and channels ahead, so that the first crawl costs as little as the next. Returns how many.
    mutating func warm(layer: Int32) throws -> Int {
        var count = 0
        for channel in world.channelOrder {
            let place = Peer.channel(channel)
            for id in world.channels[channel]?.ids ?? [] {
                guard let key = world.channels[channel]?.key(id) else { continue }
                try withEncoded(key, id, in: place, for: 0, layer) { _ in }
                count += 1
            }
        }
        return count
    }

    private mutating func encodedUser(_ user: Int64, for viewer: Int64, _ layer: Int32) throws -> [UInt8] {
        let key = EncodedCache.ObjectKey(peer: .user(user), viewer: viewer)
        // Whoever has contacts looks different to them.
        let isSame = world.accounts[user]?.isContactOf.isEmpty == true && user != viewer
        if isSame, let known = encoded.layers[layer]?.users[key] { return known }
        let bytes = try TL.encode(world.user(user, for: viewer), layer: layer)
        if isSame {
            encoded.layers[layer, default: EncodedCache.Layer()].users[key] = bytes
        }
        return bytes
    }

    private func append(_ value: Int32, to out: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
    }
}

extension Media {
    /// The file whose reference it brings, also that of what is to disappear.
    var anyFile: Int64? { if case .selfDestructing(let file, _) = self { file } else { file } }
}
