import Primitives

extension RealtimeSession {
    /// A subscriber broadcasts with a text frame: `{"type": "broadcast", "event": …, "payload": {…}}`.
    func broadcast(_ name: String, _ channel: Channel, _ message: RealtimeMessage) -> [Action] {
        guard let event = message.payload["event"]?.string, !event.isEmpty else {
            return answer(message, channel, "UnprocessableEntity: a broadcast has an event")
        }
        let payload = message.payload["payload"] ?? [:]
        guard case .object = payload else { return answer(message, channel, "UnprocessableEntity: the payload is an object") }
        var text: [UInt8] = []
        payload.write(to: &text)
        return broadcast(name, channel, message, event, .json(text))
    }

    /// A subscriber of version 2.0.0 broadcasts with a binary frame.
    func broadcast(_ push: RealtimeBinary.Push) -> [Action] {
        let message = RealtimeMessage(
            joinReference: push.joinReference, reference: push.reference, topic: push.topic, event: "broadcast", payload: [:])
        guard let name = RealtimeTopic.name(in: push.topic), let channel = channels[name] else {
            return [error(message, "unmatched topic")]
        }
        guard push.joinReference == nil || push.joinReference == channel.joinReference else { return [] }
        var payload = push.payload
        if case .json(let text) = payload {
            // It goes to subscribers of version 1.0.0 within a text: it must be what it says, and is written anew.
            guard let json = try? JSON(reading: text), case .object = json else {
                return answer(message, channel, "UnprocessableEntity: the payload is an object")
            }
            payload = .json(Array(json.text.utf8))
        }
        return broadcast(name, channel, message, push.event, payload)
    }

    private func broadcast(
        _ name: String, _ channel: Channel, _ message: RealtimeMessage, _ event: String, _ payload: RealtimeBroadcast.Payload
    ) -> [Action] {
        // Whoever may not is not told, as with Supabase's private channels, unless they ask.
        guard channel.caller?.mayBroadcast == true else { return answer(message, channel, "Unauthorized: this key may not broadcast") }
        guard payload.count <= RealtimeLimits.payloadBytes, event.utf8.count <= RealtimeLimits.nameBytes else {
            return answer(message, channel, "PayloadTooLarge: Payload size exceeds tenant limit")
        }
        let broadcast = RealtimeBroadcast(topic: name, audience: channel.isPrivate ? .private : .public, event: event, payload: payload)
        return [.broadcast(broadcast, echo: channel.echoes)] + (channel.acknowledges ? [ok(message, [:])] : [])
    }

    /// Tells why a broadcast was not taken, to those who wanted an answer.
    private func answer(_ message: RealtimeMessage, _ channel: Channel, _ reason: String) -> [Action] {
        channel.acknowledges ? [error(message, reason)] : []
    }
}

extension RealtimeBroadcast.Payload {
    /// In bytes.
    var count: Int {
        switch self {
        case .json(let text): text.count
        case .binary(let bytes): bytes.count
        }
    }
}
