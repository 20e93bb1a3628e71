import Primitives
import TL
import TelegramClient

/// The update engine under a server that says anything, in time that passes as the input says: pushes and answers as bytes, with numbers
/// of every size. Nothing traps; what is handed on joins what was handed on before; calls stay few; the deadline moves on.
@Sendable func fuzzEngine(_ bytes: [UInt8]) {
    var input = Input(bytes)
    var world = EngineWorld(channels: input.byte())
    for _ in 0..<128 where !input.isEmpty { world.step(&input) }
    world.finish()
}

private struct EngineWorld {
    /// One for each, and one of each kind that has no channel: getState or getDifference, dialogs, getPeerDialogs.
    static let callsMost = UpdateLimits.channelCallsInFlight + 3

    var now = Instant(nanoseconds: 1_000_000_000_000)
    var engine: UpdateEngine
    var open: [(id: UpdateRequestID, request: UpdateRequest)] = []
    var reached: [Box: (generation: UInt64, value: Int64)] = [:]

    init(channels: UInt8) {
        // More than 20 are compared by the hundred.
        let ids = (1...Int64(channels & 1 == 0 ? 3 : 25)).map { $0 }
        var peers = PeerBook(limit: 50)
        for id in ids where id != 2 { peers.restore(.init(.channel, id), .init(accessHash: id * 11)) }
        var positions: [Box: BoxState] = [:]
        if channels & 2 == 0 {
            positions = [.common: BoxState(value: 100, date: 9, seq: 1), .qts: BoxState(value: 5)]
            for id in ids where id != 3 { positions[.channel(id)] = BoxState(value: 100) }
        }
        engine = UpdateEngine(positions: positions, channels: ids, peers: peers, seed: 1, now: now)
        for (box, position) in positions { reached[box] = (position.generation, position.value) }
        note(engine.connected(now: now))
    }

    var clock: UnixTime { UnixTime(nanoseconds: 1_800_000_000_000_000_000 &+ now.nanoseconds) }

    mutating func step(_ input: inout Input) {
        switch input.byte() & 15 {
        case 0: push(input.block())
        case 1...4: push(encoded(envelope(&input), spoiledBy: &input))
        case 5...8:
            guard let (id, request) = pick(&input) else { return }
            answer(id, encoded(result(of: request, &input), spoiledBy: &input))
        case 9: if let (id, _) = pick(&input) { answer(id, input.block()) }
        case 10:
            guard let (id, _) = pick(&input) else { return }
            let failures: [UpdateFailure] = [
                .temporary, .tooSlow, .flood(seconds: Int(number(&input))), .lostAccess(reason: "CHANNEL_PRIVATE"),
                .lostAccess(reason: "CHANNEL_INVALID"), .positionInvalid, .undecodable,
            ]
            forget(id)
            note(engine.fail(id, failures[Int(input.byte()) % failures.count], receivedAt: clock, now: now))
        case 11: pass(.milliseconds(Int64(input.byte()) * 40))
        case 12: pass(.seconds(Int64(input.byte()) * 8))
        case 13:
            open = []
            note(engine.disconnected(now: now))
            pass(.seconds(Int64(input.byte())))
            note(engine.connected(now: now))
        case 14: note(engine.sessionRenewed(now: now))
        default:
            engine.pause()
            push(encoded(envelope(&input), spoiledBy: &input))
            note(engine.resume(now: now))
        }
    }

    /// After the last word time goes on for a while: nothing spins.
    mutating func finish() {
        pass(.seconds(3_600))
    }

    private mutating func pass(_ duration: Duration) {
        let end = now + duration
        var rounds = 0
        while let next = engine.nextDeadline, next <= end {
            rounds += 1
            require(rounds < 20_000, "the deadline does not move on")
            now = max(now, next)
            note(engine.advance(now: now))
        }
        now = end
    }

    private mutating func push(_ bytes: [UInt8]) { note(engine.handle(bytes: bytes, receivedAt: clock, now: now)) }

    private mutating func answer(_ id: UpdateRequestID, _ bytes: [UInt8]) {
        forget(id)
        note(engine.answer(id, bytes: bytes, receivedAt: clock, now: now))
    }

    private func pick(_ input: inout Input) -> (id: UpdateRequestID, request: UpdateRequest)? {
        let index = Int(input.byte())
        return open.isEmpty ? nil : open[index % open.count]
    }

    private mutating func forget(_ id: UpdateRequestID) { open.removeAll { $0.id == id } }

    private mutating func note(_ outputs: [UpdateOutput]) {
        for output in outputs {
            switch output {
            case .request(let id, let request):
                open.append((id, request))
                require(open.count <= Self.callsMost, "\(open.count) calls at once")
                require((try? TL.encode(request.call)) != nil, "a call that cannot be written")
            case .deliver(let delivery):
                guard let box = delivery.box else { continue }
                require(delivery.from <= delivery.to, "\(box) goes back from \(delivery.from) to \(delivery.to)")
                if let known = reached[box], delivery.generation == known.generation {
                    require(delivery.from == known.value, "\(box) goes on from \(delivery.from) where \(known.value) was reached")
                } else if let known = reached[box] {
                    require(delivery.tooLong && delivery.generation > known.generation, "\(box) is counted anew without a word")
                }
                reached[box] = (delivery.generation, delivery.to)
            default: break
            }
        }
        for (box, position) in engine.positions {
            if let known = reached[box] { require(position.value == known.value, "\(box) stands elsewhere than what was handed on") }
        }
    }

    // MARK: what the server says

    /// Near what is expected, or of any size that an int has.
    private func number(_ input: inout Input, near: Int64 = 100) -> Int64 {
        switch input.byte() & 7 {
        case 0: Int64(Int32.max)
        case 1: Int64(Int32.min)
        case 2: (0..<4).reduce(Int64(Int8(bitPattern: input.byte()))) { sum, _ in sum << 8 | Int64(input.byte()) } >> 8
        default: Int64(Int32(clamping: near + Int64(Int8(bitPattern: input.byte())) / 16))
        }
    }

    private func position(_ box: Box) -> Int64 { reached[box]?.value ?? 100 }

    private func channel(_ input: inout Input) -> Int64 { Int64(input.byte() & 3) + 1 }

    private func message(_ id: Int64, in peer: TLObject) -> TLObject {
        TLObject("message", ["id": .integer(Int64(Int32(truncatingIfNeeded: id))), "peer_id": .object(peer), "message": "t", "date": 9])
    }

    private func update(_ input: inout Input) -> TLObject {
        switch input.byte() & 7 {
        case 0...2:
            let end = number(&input, near: position(.common) + 1)
            let text = message(end, in: TLObject("peerChat", ["chat_id": 7]))
            return TLObject(
                "updateNewMessage", ["message": .object(text), "pts": .integer(end), "pts_count": .integer(number(&input, near: 1))])
        case 3...5:
            let id = channel(&input)
            let end = number(&input, near: position(.channel(id)) + 1)
            let text = message(end, in: TLObject("peerChannel", ["channel_id": .integer(id)]))
            return TLObject(
                "updateNewChannelMessage", ["message": .object(text), "pts": .integer(end), "pts_count": .integer(number(&input, near: 1))])
        case 6:
            let id = channel(&input)
            return TLObject(
                "updateChannelTooLong", ["channel_id": .integer(id), "pts": .integer(number(&input, near: position(.channel(id)) + 1))])
        default:
            return TLObject(
                "updateBotStopped",
                ["user_id": 1, "date": 9, "stopped": true, "qts": .integer(number(&input, near: position(.qts) + 1))])
        }
    }

    private func chats(_ input: inout Input) -> TLValue {
        var out: [TLValue] = []
        for _ in 0..<input.byte() & 1 {
            let id = channel(&input)
            var object = TLObject(
                "channel",
                [
                    "id": .integer(id), "access_hash": .integer(id * 11), "title": "t", "photo": .object(TLObject("chatPhotoEmpty")),
                    "date": 9,
                ])
            if input.byte() & 1 == 1 { object["min"] = true }
            out.append(.object(object))
        }
        return .vector(out)
    }

    private func envelope(_ input: inout Input) -> TLObject {
        if input.byte() & 15 == 15 { return TLObject("updatesTooLong") }
        let updates = (0...input.byte() & 3).map { _ in TLValue.object(update(&input)) }
        let seq = number(&input, near: 1)
        return TLObject(
            "updatesCombined",
            [
                "updates": .vector(updates), "users": [], "chats": chats(&input), "date": .integer(number(&input, near: 9)),
                "seq_start": .integer(seq), "seq": .integer(number(&input, near: seq)),
            ])
    }

    private func state(_ input: inout Input) -> TLObject {
        TLObject(
            "updates.state",
            [
                "pts": .integer(number(&input, near: position(.common) + 1)), "qts": .integer(number(&input, near: position(.qts) + 1)),
                "date": .integer(number(&input, near: 9)), "seq": .integer(number(&input, near: 1)), "unread_count": 0,
            ])
    }

    private func dialog(_ id: Int64, _ input: inout Input) -> TLValue {
        .object(
            TLObject(
                "dialog",
                [
                    "peer": .object(TLObject("peerChannel", ["channel_id": .integer(id)])),
                    "top_message": .integer(number(&input)), "read_inbox_max_id": 0, "read_outbox_max_id": 0, "unread_count": 0,
                    "unread_mentions_count": 0, "unread_reactions_count": 0, "unread_poll_votes_count": 0,
                    "notify_settings": .object(TLObject("peerNotifySettings")),
                    "pts": input.byte() & 3 == 0 ? nil : .integer(number(&input, near: position(.channel(id)) + 1)),
                ]))
    }

    private func result(of request: UpdateRequest, _ input: inout Input) -> TLObject {
        let updates = (0..<input.byte() & 3).map { _ in TLValue.object(update(&input)) }
        switch request {
        case .getState: return state(&input)
        case .getDifference:
            switch input.byte() & 3 {
            case 0: return TLObject("updates.differenceEmpty", ["date": 9, "seq": .integer(number(&input, near: 1))])
            case 1: return TLObject("updates.differenceTooLong", ["pts": .integer(number(&input, near: position(.common) + 9))])
            default:
                let isFinal = input.byte() & 1 == 0
                return TLObject(
                    isFinal ? "updates.difference" : "updates.differenceSlice",
                    [
                        "new_messages": [], "new_encrypted_messages": [], "other_updates": .vector(updates), "chats": chats(&input),
                        "users": [], isFinal ? "state" : "intermediate_state": .object(state(&input)),
                    ])
            }
        case .getChannelDifference(let channel, _, _, _):
            let pts = TLValue.integer(number(&input, near: position(.channel(channel)) + 1))
            let (final, timeout) = (TLValue.bool(input.byte() & 3 != 0), TLValue.integer(number(&input, near: 30)))
            switch input.byte() & 3 {
            case 0: return TLObject("updates.channelDifferenceEmpty", ["final": final, "pts": pts, "timeout": timeout])
            case 1:
                return TLObject(
                    "updates.channelDifferenceTooLong",
                    [
                        "final": final, "timeout": timeout, "dialog": dialog(channel, &input), "messages": [], "chats": chats(&input),
                        "users": [],
                    ])
            default:
                return TLObject(
                    "updates.channelDifference",
                    [
                        "final": final, "pts": pts, "timeout": timeout, "new_messages": [], "other_updates": .vector(updates),
                        "chats": chats(&input), "users": [],
                    ])
            }
        case .getPeerDialogs(let peers):
            return TLObject(
                "messages.peerDialogs",
                [
                    "dialogs": .vector(peers.map { dialog($0.channel, &input) }), "messages": [], "chats": chats(&input), "users": [],
                    "state": .object(state(&input)),
                ])
        case .getDialogs:
            let isWhole = input.byte() & 1 == 0
            return TLObject(
                isWhole ? "messages.dialogs" : "messages.dialogsSlice",
                [
                    "dialogs": .vector([dialog(channel(&input), &input)]), "messages": [], "chats": chats(&input), "users": [],
                    "count": isWhole ? nil : 1,
                ])
        case .getChannel: return TLObject("messages.chats", ["chats": chats(&input)])
        case .getChannelPosition(let channel, _):
            // The whole form is long, and only its pts is read: the nearest that says where a channel stands.
            return TLObject(
                "updates.channelDifferenceEmpty",
                ["final": true, "pts": .integer(number(&input, near: position(.channel(channel)) + 1))])
        }
    }

    /// Its bytes; now and then one word of them is another.
    private func encoded(_ object: TLObject, spoiledBy input: inout Input) -> [UInt8] {
        var bytes: [UInt8]
        do { bytes = try TL.encode(object) } catch { fatalError("the fuzzer's own \(object.name) cannot be written: \(error)") }
        if input.byte() & 7 == 7 {
            let place = (Int(input.byte()) | Int(input.byte()) << 8) % (bytes.count / 4) * 4
            let word = input.take(4)
            bytes.replaceSubrange(place..<place + word.count, with: word)
        }
        return bytes
    }
}
