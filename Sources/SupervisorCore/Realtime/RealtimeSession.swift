import Primitives

/// One subscriber's connection: what came in, and what is to be done about it.
///
/// A value without clock or socket. The shell hands it messages, the judge's verdicts and the time; it returns what to do, in order.
///
/// https://supabase.com/docs/guides/realtime/protocol
public struct RealtimeSession: Sendable {
    /// What the shell shall do.
    public enum Action: Hashable, Sendable {
        /// Send this text frame.
        case send([UInt8])
        /// Ask the judge, and answer with `judged`. The key is secret.
        case judge(question: Int, key: String)
        /// From now on deliver this channel's broadcasts.
        case subscribe(RealtimeTopic)
        case unsubscribe(RealtimeTopic)
        /// Broadcast for this subscriber: to the others, and when it wants to hear itself, to it.
        case broadcast(RealtimeBroadcast, echo: Bool)
        /// Send a close frame (RFC 6455, 7.4) and end the connection.
        case close(code: Int, reason: String)
    }

    /// A subscription, or one that waits for the judge.
    struct Channel: Hashable, Sendable {
        var joinReference: String?
        var isPrivate: Bool
        /// Whether what this subscriber broadcasts comes back to it.
        var echoes: Bool
        /// Whether its broadcasts are answered.
        var acknowledges: Bool
        var hasPresence: Bool
        /// The key that it stands on. Secret.
        var key: String
        /// Nil while it waits for the judge.
        var caller: RealtimeCaller?
    }

    /// What the judge was asked for.
    enum Question: Hashable, Sendable {
        /// `reference` is the join's own.
        case join(name: String, reference: String?)
        case token(name: String, joinReference: String?, key: String)
        case review(key: String)
    }

    /// Questions to the judge that are open at once: as many as channels, and some for tokens.
    static let mostQuestions = RealtimeLimits.channelsPerConnection + 28

    public let version: RealtimeVersion
    /// What the connection was opened with, and what a join without a token of its own stands on. Secret.
    let key: String
    /// Nil once the judge thought otherwise of the key.
    var caller: RealtimeCaller?
    var refusal = RealtimeRefusal.expired
    var channels: [String: Channel] = [:]
    var questions: [Int: Question] = [:]
    private var lastQuestion = 0
    private var messages: RealtimeRate
    var joins: RealtimeRate
    private var heard: Instant
    private var reviewed: Instant
    /// Nothing more is done once this is true.
    public private(set) var isClosed = false

    /// A connection whose key was accepted.
    public init(version: RealtimeVersion, key: String, caller: RealtimeCaller, now: Instant) {
        self.version = version
        self.key = key
        self.caller = caller
        messages = RealtimeRate(perSecond: RealtimeLimits.messagesPerSecond, now: now)
        joins = RealtimeRate(perSecond: RealtimeLimits.joinsPerSecond, now: now)
        heard = now
        reviewed = now
    }

    // MARK: what the subscriber does

    /// Takes a whole text message.
    public mutating func received(text: [UInt8], now: Instant, at time: UnixTime) -> [Action] {
        if let refusal = admit(now: now) { return refusal }
        do throws(RealtimeProtocolError) {
            return handle(try RealtimeMessage(text: text, version), now: now, at: time)
        } catch {
            return close(WebSocketClose.invalidData, error.reason)
        }
    }

    /// Takes a whole binary message.
    public mutating func received(binary: [UInt8], now: Instant, at time: UnixTime) -> [Action] {
        if let refusal = admit(now: now) { return refusal }
        guard version == .arrays else { return close(WebSocketClose.unsupported, "version 1.0.0 has text frames only") }
        do throws(RealtimeProtocolError) {
            return broadcast(try RealtimeBinary.push(binary))
        } catch {
            return close(WebSocketClose.invalidData, error.reason)
        }
    }

    /// Takes a ping or a pong: the client is there.
    public mutating func receivedControl(now: Instant) -> [Action] { admit(now: now) ?? [] }

    /// Nil when a message may be looked at.
    private mutating func admit(now: Instant) -> [Action]? {
        guard !isClosed else { return [] }
        heard = now
        if messages.take(now: now) { return nil }
        let told = channels.keys.sorted().flatMap { shut($0, because: "Too many messages per second") }
        return told + close(WebSocketClose.policy, "too many messages")
    }

    private mutating func handle(_ message: RealtimeMessage, now: Instant, at time: UnixTime) -> [Action] {
        if message.topic == RealtimeTopic.heartbeats, message.event == "heartbeat" { return [ok(message, [:])] }
        guard let name = RealtimeTopic.name(in: message.topic) else { return [error(message, "unmatched topic")] }
        switch message.event {
        case "phx_join": return join(name, message, now: now, at: time)
        case "phx_leave": return leave(name, message)
        default: break
        }
        guard let channel = channels[name] else { return [error(message, "unmatched topic")] }
        // Sent before the channel was joined anew: Phoenix does not look at it, either.
        guard message.joinReference == nil || message.joinReference == channel.joinReference else { return [] }
        switch message.event {
        case "access_token": return present(message.payload["access_token"]?.string, name, channel)
        case "broadcast": return broadcast(name, channel, message)
        case "presence": return [error(message, "PresenceNotSupported: this server tells rows, not who reads them")]
        default: return [error(message, "unmatched event")]
        }
    }

    // MARK: what else happens

    /// Takes the judge's verdict on a question of `judge`.
    public mutating func judged(_ question: Int, _ verdict: RealtimeVerdict, at time: UnixTime) -> [Action] {
        guard !isClosed, let asked = questions.removeValue(forKey: question) else { return [] }
        var verdict = verdict
        if case .accepted(let caller) = verdict, caller.isExpired(at: time) { verdict = .refused(.expired) }
        switch asked {
        case .join(let name, let reference): return joinJudged(name, reference, verdict)
        case .token(let name, let joinReference, let key):
            guard channels[name]?.caller != nil, channels[name]?.joinReference == joinReference else { return [] }
            switch verdict {
            case .accepted(let caller):
                channels[name]?.key = key
                channels[name]?.caller = caller
                return []
            // Nobody looked at the token: others behind the same address presented wrong ones. What it stands on is still good.
            case .refused(.tooManyFailures), .unknown: return []
            case .refused(let refusal): return shut(name, because: refusal.text)
            }
        case .review(let key):
            switch verdict {
            case .accepted(let caller):
                if key == self.key { self.caller = caller }
                for name in joined(on: key) { channels[name]?.caller = caller }
                return []
            // Likewise: who subscribes already is not thrown out for what others do.
            case .refused(.tooManyFailures), .unknown: return []
            case .refused(let refusal):
                if key == self.key {
                    caller = nil
                    self.refusal = refusal
                }
                return joined(on: key).flatMap { shut($0, because: refusal.text) }
            }
        }
    }

    /// Does what is due: call it at `nextDeadline` or later.
    public mutating func elapsed(now: Instant, at time: UnixTime) -> [Action] {
        guard !isClosed else { return [] }
        if now - heard >= RealtimeLimits.silence { return close(WebSocketClose.goingAway, "no heartbeat") }
        let ended = channels.keys.sorted().filter { channels[$0]?.caller?.isExpired(at: time) == true }
        var actions = ended.flatMap { shut($0, because: RealtimeRefusal.expired.text) }
        if now - reviewed >= RealtimeLimits.review {
            reviewed = now
            let open = Set(questions.values)
            for key in Set(channels.values.compactMap { $0.caller == nil ? nil : $0.key }).union([key]).sorted()
            where !open.contains(.review(key: key)) {
                actions += ask(.review(key: key), key)
            }
        }
        return actions
    }

    /// When `elapsed` has something to do, unless something comes before; nil once closed.
    public func nextDeadline(now: Instant, at time: UnixTime) -> Instant? {
        if isClosed { return nil }
        let ends = channels.values.compactMap { $0.caller?.expires }.min().map { now + ($0 - time) }
        return [heard + RealtimeLimits.silence, reviewed + RealtimeLimits.review, ends].compactMap(\.self).min()
    }

    /// The server stops, gracefully: whoever is told so comes back.
    public mutating func stopping() -> [Action] {
        isClosed ? [] : close(WebSocketClose.serviceRestart, "the server restarts: come back")
    }

    /// The connection is lost or given up: nothing more is done.
    public mutating func ended() {
        isClosed = true
        channels = [:]
        questions = [:]
    }

    // MARK: tools

    mutating func close(_ code: Int, _ reason: String) -> [Action] {
        ended()
        return [.close(code: code, reason: reason)]
    }

    /// Asks the judge; with too many questions open it is as if it did not know.
    mutating func ask(_ question: Question, _ key: String) -> [Action] {
        guard questions.count < RealtimeSession.mostQuestions else { return [] }
        lastQuestion += 1
        questions[lastQuestion] = question
        return [.judge(question: lastQuestion, key: key)]
    }

    private func joined(on key: String) -> [String] {
        channels.keys.sorted().filter { channels[$0]?.key == key && channels[$0]?.caller != nil }
    }

    func send(_ message: RealtimeMessage) -> Action { .send(message.text(version)) }

    func ok(_ message: RealtimeMessage, _ response: JSON) -> Action { reply(message, "ok", response) }

    func error(_ message: RealtimeMessage, _ reason: String) -> Action { reply(message, "error", ["reason": .string(reason)]) }

    private func reply(_ message: RealtimeMessage, _ status: String, _ response: JSON) -> Action {
        send(
            RealtimeMessage(
                joinReference: message.joinReference, reference: message.reference, topic: message.topic, event: "phx_reply",
                payload: ["status": .string(status), "response": response]))
    }
}

/// Codes of close frames: RFC 6455, 7.4.1, and https://www.iana.org/assignments/websocket.
public enum WebSocketClose {
    public static let normal = 1000
    public static let goingAway = 1001
    public static let protocolError = 1002
    public static let unsupported = 1003
    public static let invalidData = 1007
    public static let policy = 1008
    public static let tooBig = 1009
    /// Clients reconnect after it, as after every code but 1000.
    public static let serviceRestart = 1012
}
