import Primitives

extension RealtimeSession {
    /// A client wants a channel's broadcasts.
    mutating func join(_ name: String, _ message: RealtimeMessage, now: Instant, at time: UnixTime) -> [Action] {
        guard joins.take(now: now) else { return [error(message, "ClientJoinRateLimitReached: Too many joins per second")] }
        // A client of version 1.0.0 may say which join it is with `ref` alone.
        let joinReference = message.joinReference ?? message.reference
        var actions: [Action] = []
        if let old = channels[name] {
            actions += forget(name)
            if let reference = old.joinReference, reference != joinReference { actions.append(push("phx_close", name, reference)) }
        }
        guard channels.count < RealtimeLimits.channelsPerConnection else {
            return actions + [error(message, "ChannelRateLimitReached: Too many channels")]
        }
        let config = message.payload["config"]
        guard config?["postgres_changes"]?.array?.isEmpty ?? true else {
            return actions + [error(message, "PostgresChangesNotSupported: subscribe to broadcasts; rows come on channel messages")]
        }
        var channel = Channel(
            joinReference: joinReference, isPrivate: config?["private"]?.bool ?? false,
            echoes: config?["broadcast"]?["self"]?.bool ?? false, acknowledges: config?["broadcast"]?["ack"]?.bool ?? false,
            hasPresence: config?["presence"]?["enabled"]?.bool ?? false, key: key, caller: nil)
        var answered = message
        answered.joinReference = joinReference
        guard let token = token(message.payload["access_token"]?.string), token != key else {
            guard let caller else { return actions + [error(answered, refusal.joinReason)] }
            guard !caller.isExpired(at: time) else { return actions + [error(answered, RealtimeRefusal.expired.joinReason)] }
            channel.caller = caller
            channels[name] = channel
            return actions + joined(name, channel, reference: message.reference)
        }
        guard token.utf8.count <= RealtimeLimits.keyBytes else { return actions + [error(answered, RealtimeRefusal.malformed.joinReason)] }
        channel.key = token
        let asked = ask(.join(name: name, reference: message.reference), token)
        guard !asked.isEmpty else { return actions + [error(answered, RealtimeRefusal.unavailable.joinReason)] }
        channels[name] = channel
        return actions + asked
    }

    mutating func joinJudged(_ name: String, _ reference: String?, _ verdict: RealtimeVerdict) -> [Action] {
        guard var channel = channels[name], channel.caller == nil else { return [] }
        let refusal: RealtimeRefusal
        switch verdict {
        case .accepted(let caller):
            channel.caller = caller
            channels[name] = channel
            return joined(name, channel, reference: reference)
        case .refused(let why): refusal = why
        case .unknown: refusal = .unavailable
        }
        let actions = forget(name)
        let message = RealtimeMessage(
            joinReference: channel.joinReference, reference: reference, topic: RealtimeTopic.prefix + name, event: "", payload: [:])
        return actions + [error(message, refusal.joinReason)]
    }

    private func joined(_ name: String, _ channel: Channel, reference: String?) -> [Action] {
        let join = RealtimeMessage(
            joinReference: channel.joinReference, reference: reference, topic: RealtimeTopic.prefix + name, event: "", payload: [:])
        var actions = [ok(join, ["postgres_changes": []])]
        if channel.hasPresence {
            actions.append(
                send(
                    RealtimeMessage(
                        joinReference: channel.joinReference, topic: RealtimeTopic.prefix + name, event: "presence_state", payload: [:])))
        }
        return actions + [.subscribe(RealtimeTopic(name: name, isPrivate: channel.isPrivate))]
    }

    mutating func leave(_ name: String, _ message: RealtimeMessage) -> [Action] {
        guard let channel = channels[name], message.joinReference == nil || message.joinReference == channel.joinReference else {
            return [ok(message, [:])]
        }
        let actions = forget(name)
        return actions + [ok(message, [:]), push("phx_close", name, channel.joinReference)]
    }

    /// A new token for a channel. Nothing is answered unless it is refused.
    mutating func present(_ given: String?, _ name: String, _ channel: Channel) -> [Action] {
        guard channel.caller != nil, let token = token(given), token != channel.key else { return [] }
        guard token.utf8.count <= RealtimeLimits.keyBytes else { return shut(name, because: RealtimeRefusal.malformed.text) }
        return ask(.token(name: name, joinReference: channel.joinReference, key: token), token)
    }

    /// Ends a channel that the client did not leave: says why, then closes it.
    mutating func shut(_ name: String, because reason: String) -> [Action] {
        guard let channel = channels[name] else { return [] }
        let actions = forget(name)
        let system = RealtimeMessage(
            joinReference: channel.joinReference, topic: RealtimeTopic.prefix + name, event: "system",
            payload: [
                "extension": "system", "status": "error", "message": .string(reason), "channel": .string(name),
            ])
        return actions + [send(system), push("phx_close", name, channel.joinReference)]
    }

    /// Drops the channel and the questions on it.
    private mutating func forget(_ name: String) -> [Action] {
        guard let channel = channels.removeValue(forKey: name) else { return [] }
        questions = questions.filter {
            switch $0.value {
            case .join(name, _), .token(name, _, _): false
            default: true
            }
        }
        return channel.caller == nil ? [] : [.unsubscribe(RealtimeTopic(name: name, isPrivate: channel.isPrivate))]
    }

    /// `phx_close` names the join that it ends, so that a client that has joined anew does not heed it.
    private func push(_ event: String, _ name: String, _ joinReference: String?) -> Action {
        send(
            RealtimeMessage(
                joinReference: joinReference, reference: joinReference, topic: RealtimeTopic.prefix + name, event: event, payload: [:]))
    }

    /// Keys of Supabase's new kind are no tokens: the gateway swaps them, and a client that sends one here means the connection's own.
    private func token(_ given: String?) -> String? {
        guard let given, !given.isEmpty, !given.hasPrefix("sb_") else { return nil }
        return given
    }
}
