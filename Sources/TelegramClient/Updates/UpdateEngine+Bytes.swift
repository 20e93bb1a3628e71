import Primitives
import TL

/// Bytes as they came: one update or message that cannot be decoded costs only itself.
extension UpdateEngine {
    /// Applies the serialized `Updates` that was pushed, as far as it can be read. The rest is quarantined, and what it may have said is
    /// asked from the differences of its boxes.
    public mutating func handle(bytes: [UInt8], receivedAt: UnixTime, now: Instant) -> [UpdateOutput] {
        if isPaused {
            isDirty = true
            return []
        }
        do throws(TLError) {
            let partial = try TL.decodePartly(bytes)
            if let envelope = Envelope(partial.object, receivedAt: receivedAt) {
                take(envelope, now: now)
                quarantine(partial, of: bytes, context: "push")
                if !partial.undecoded.isEmpty { compare(afterUndecoded: partial, now: now) }
            } else {
                quarantine(bytes[...], context: "push", reason: "no Updates but \(partial.object.name)")
                wantAll(now: now)
            }
        } catch {
            quarantine(bytes[...], context: "push", reason: "\(error)")
            wantAll(now: now)
        }
        return finish(now: now)
    }

    /// The serialized answer to a request. What of it cannot be decoded is quarantined and leaves a gap; the rest is applied.
    public mutating func answer(_ id: UpdateRequestID, bytes: [UInt8], receivedAt: UnixTime, now: Instant) -> [UpdateOutput] {
        guard let request = requests[id] else { return [] }
        let method = request.call.name
        do throws(TLError) {
            let partial = try TL.decodePartly(bytes)
            // What was cut off may be found in smaller slices.
            let isWhole = !partial.isTruncated || !canShrink(request)
            if isWhole, var answer = UpdateAnswer(partial.object, receivedAt: receivedAt) {
                if partial.losesUpdates { answer.markIncomplete() }
                quarantine(partial, of: bytes, context: method)
                return self.answer(id, answer, receivedAt: receivedAt, now: now)
            }
            if !canShrink(request) { quarantine(bytes[...], context: method, reason: "no answer but \(partial.object.name)") }
        } catch {
            if !canShrink(request) { quarantine(bytes[...], context: method, reason: "\(error)") }
        }
        return fail(id, .undecodable, receivedAt: receivedAt, now: now)
    }

    /// What a call made elsewhere with this authorisation brought: its `Updates` and `affected…` move boxes like a push.
    public mutating func handle(
        result: TLObject, ofCallAbout channel: Int64? = nil, receivedAt: UnixTime, now: Instant
    ) -> [UpdateOutput] {
        guard let envelope = Envelope(result: result, ofCallAbout: channel, receivedAt: receivedAt) else { return [] }
        return handle(envelope, now: now)
    }

    /// Something was pushed that could not be decoded at all: what it was, the differences will tell.
    public mutating func undecodable(now: Instant) -> [UpdateOutput] {
        if isPaused {
            isDirty = true
            return []
        }
        wantAll(now: now)
        return finish(now: now)
    }

    // MARK: steps

    private mutating func quarantine(_ bytes: ArraySlice<UInt8>, context: String, reason: String) {
        outputs.append(.quarantine(QuarantinedObject(bytes, context: context, layer: layer, reason: reason)))
    }

    private mutating func quarantine(_ partial: TL.Partial, of bytes: [UInt8], context: String) {
        for part in partial.undecoded {
            quarantine(bytes[part.range], context: context, reason: "\(part.field): \(part.name.map { "\($0), " } ?? "")\(part.error)")
        }
    }

    /// Compares everything, but not at each of a flood of such bytes.
    private mutating func wantAll(now: Instant) {
        undecodedAt = now
        if compareAllAt == nil { compareAllAt = max(now, comparedAllAt.map { $0 + UpdateLimits.undecodableSpacing } ?? now) }
    }

    /// Compares what was not asked for since the last such bytes came.
    mutating func compareAll(now: Instant) {
        comparedAllAt = now
        if common.askedAt.map({ $0 <= undecodedAt }) ?? true { common.wanted = true }
        for i in channels.indices where channels[i].askedAt.map({ $0 <= undecodedAt }) ?? true { compare(i, now: now) }
    }

    /// Only the boxes that the unread updates may belong to: the common one, and the channels that their envelope names.
    private mutating func compare(afterUndecoded partial: TL.Partial, now: Instant) {
        if partial.isTruncated { return wantAll(now: now) }
        var channel = false
        for part in partial.undecoded where part.field == "updates" {
            switch part.name.map(Update.box(ofConstructor:)) {
            case .channel: channel = true
            case .common: common.wanted = true
            case nil:
                channel = true
                common.wanted = true
            }
        }
        if !channel { return }
        let chats = partial.object.objects("chats")
        // Nobody names the channel. Where who does cannot be read either, the end of the unread update was not found: see above.
        if chats.isEmpty { return wantAll(now: now) }
        for chat in chats where chat.name == "channel" {
            guard let id = chat["id"]?.int, let i = index(of: id), channels[i].phase != .lost else { continue }
            channels[i].want(.gap, at: now)
        }
    }

    /// Whether a smaller slice may be asked for, which loses less of what surrounds the unreadable.
    private func canShrink(_ request: UpdateRequest) -> Bool {
        switch request {
        case .getDifference(_, _, _, let limit): limit != 1
        case .getChannelDifference(_, _, _, let limit): limit > 1
        default: false
        }
    }
}

extension TL.Partial {
    /// Messages or updates are missing, not only names.
    fileprivate var losesUpdates: Bool {
        isTruncated || undecoded.contains { ["new_messages", "other_updates", "messages"].contains($0.field) }
    }
}

extension UpdateAnswer {
    fileprivate mutating func markIncomplete() {
        switch self {
        case .difference(var content, let state, let final):
            content.isIncomplete = true
            self = .difference(content, state: state, final: final)
        case .channelDifference(var content, let pts, let final, let timeout):
            content.isIncomplete = true
            self = .channelDifference(content, pts: pts, final: final, timeout: timeout)
        default: break
        }
    }
}

extension Update {
    fileprivate enum Kind { case common, channel }

    /// The kind of box of an update's constructor. What has no number of its own counts as common.
    fileprivate static func box(ofConstructor name: String) -> Kind {
        channelUpdates.contains(name) || name == "updateChannelTooLong" ? .channel : .common
    }
}
