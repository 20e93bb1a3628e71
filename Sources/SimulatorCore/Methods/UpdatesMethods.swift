import TL

extension TelegramServer {
    mutating func answerUpdates(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLValue? {
        switch request.name {
        case "updates.getState": .object(world.state(of: caller.user, now: caller.now))
        case "updates.getDifference": .object(try difference(request, caller))
        case "updates.getChannelDifference": .object(try channelDifference(request, caller))
        default: nil
        }
    }

    private func difference(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let limit = request["pts_limit"]?.int.map { max(1, min(Int($0), world.limits.differenceSlice)) }
        let date = Int32(truncatingIfNeeded: request.integer("date"))
        let seq = TLValue.int(world.accounts[caller.user]?.seq ?? 1)
        switch try world.commonDifference(of: caller.user, pts: request.int32("pts"), date: date, limit: limit) {
        case .empty: return TLObject("updates.differenceEmpty", ["date": .integer(caller.now.seconds), "seq": seq])
        case .tooLong(let pts): return TLObject("updates.differenceTooLong", ["pts": .int(pts)])
        case .part(let part):
            var mentioned = Mentioned()
            let new = part.new.map { world.message($0, for: caller.user, &mentioned) }
            var other = part.other.map { world.update($0.event, $0.stamp, for: caller.user, &mentioned) }
            other += part.plain.map { world.update($0, for: caller.user, &mentioned) }
            for id in part.channels where !faults.pushes.isForgotten(id, for: caller.user) {
                mentioned.insert(.channel(id))
                other.append(TLObject("updateChannelTooLong", ["channel_id": .integer(id), "pts": .int(world.channels[id]?.box.pts ?? 1)]))
            }
            let state = TLValue.object(world.state(of: caller.user, pts: part.pts, now: caller.now))
            return with(
                mentioned, caller,
                TLObject(
                    part.isSlice ? "updates.differenceSlice" : "updates.difference",
                    [
                        "new_messages": .objects(new), "new_encrypted_messages": [], "other_updates": .objects(other),
                        part.isSlice ? "intermediate_state" : "state": state,
                    ]))
        }
    }

    private func channelDifference(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLObject {
        let id = try channel(request["channel"], caller)
        let peer = Peer.channel(id)
        let timeout = TLValue.int(world.limits.channelDifferenceTimeoutSeconds)
        let limit = max(1, Int(request.integer("limit")))
        var mentioned = Mentioned()
        mentioned.insert(peer)
        switch try world.channelDifference(of: id, for: caller.user, pts: request.int32("pts"), limit: limit) {
        case .empty(let pts):
            return TLObject("updates.channelDifferenceEmpty", ["final": true, "pts": .int(pts), "timeout": timeout])
        case .tooLong(_, let newest):
            var top: [TLObject] = []
            let dialog = world.dialog(peer, of: caller.user, messages: &top, &mentioned)
            let list = newest.map { world.message($0, in: peer, for: caller.user, &mentioned) }
            return with(
                mentioned, caller,
                TLObject(
                    "updates.channelDifferenceTooLong",
                    ["final": true, "timeout": timeout, "dialog": .object(dialog), "messages": .objects(list)]))
        case .part(let new, let other, let pts, let isFinal):
            let list = new.map { world.message($0, in: peer, for: caller.user, &mentioned) }
            let updates = other.map { world.update($0.event, $0.stamp, in: id, for: caller.user, &mentioned) }
            return with(
                mentioned, caller,
                TLObject(
                    "updates.channelDifference",
                    [
                        "final": flag(isFinal), "pts": .int(pts), "timeout": timeout, "new_messages": .objects(list),
                        "other_updates": .objects(updates),
                    ]))
        }
    }
}
