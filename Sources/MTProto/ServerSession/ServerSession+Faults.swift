import Primitives

/// What a right server seldom does: for simulators that must do it on demand.
extension ServerSession {
    /// Refuses a packet with a code of `bad_msg_notification`, or with the right salt for code 48, instead of taking it by `receive`.
    public mutating func refuse(_ envelope: MessageEnvelope, code: Int32, now: Instant) {
        let message = InnerMessage(id: envelope.messageID, sequenceNumber: envelope.sequenceNumber, body: [])
        let body =
            code == BadMessageCode.wrongSalt
            ? ServiceBody.badSalt(message, right: salts.current(at: clock.time(at: now).seconds))
            : ServiceBody.badMessage(message, code: code)
        outgoing.append(.service(body, isAnswer: true))
    }

    /// Says once more that the session is new: what was sent before may be lost.
    public mutating func announceAnew(now: Instant, using generator: inout some RandomNumberGenerator) {
        let time = clock.time(at: now)
        let first = messageIDs.next(.serverOther, at: time, using: &generator) & ~3
        let body = ServiceBody.newSession(
            firstMessage: first, uniqueID: Int64(bitPattern: generator.next()), salt: salts.current(at: time.seconds))
        outgoing.append(.content(body, request: nil))
    }

    /// Moves the server's clock.
    public mutating func setClock(_ clock: ServerClock) { self.clock = clock }

    /// The salt that is right now.
    public func currentSalt(now: Instant) -> Int64 { salts.current(at: clock.time(at: now).seconds) }

    /// Whether `receive` would take a packet with that salt now.
    public func takes(salt: Int64, now: Instant) -> Bool {
        let seconds = clock.time(at: now).seconds
        return firstSalt.map { $0.value == salt && seconds < $0.until } == true || salts.accepts(salt, at: seconds)
    }
}
