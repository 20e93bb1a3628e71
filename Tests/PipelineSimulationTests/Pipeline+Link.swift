import Events
import ListenerCore
import Models
import Primitives
import ProducerCore
import WriterCore

/// What comes over the link, and goes.
extension Pipeline {
    /// ZMTP's heartbeats give a silent peer up after this.
    static let heartbeat = Duration.seconds(6)
    /// Seconds that a frame takes.
    private var delay: ClosedRange<Double> { 0.001...0.02 + weather.delay / 10 }

    func route(_ producer: ProducerID) -> [UInt8] {
        switch producer {
        case .listener(let n): [1, UInt8(n)]
        case .backfill: [2]
        }
    }

    /// Whose route it is, one of `route`'s.
    func producer(_ route: [UInt8]) -> ProducerID { route.first == 1 ? .listener(Int(route[1])) : .backfill }

    // MARK: connections

    func connect(_ producer: ProducerID, _ life: Int) {
        guard isAlive(producer, life), link.connection(of: route(producer)) == nil else { return }
        guard let writer = writers.last(where: \.isAlive), !writer.isPaused, !isPaused(producer) else {
            return plan(.connect(producer, life: life), in: seconds(0.2...0.6))
        }
        link.connect(route(producer), to: writer.id)
        note("\(producer) connects to writer \(writer.id)")
        switch producer {
        case .listener(let n): perform(n, listeners[n].machine?.linkConnected(now: now, clock: clock) ?? [])
        case .backfill: takeBackfill { $0.connected(now: self.now) }
        }
    }

    func disconnect(_ producer: ProducerID) {
        guard let broken = link.disconnect(route(producer), now: now, using: &generator) else { return }
        note("\(producer) loses its connection")
        agenda.removeAll {
            if case .parcel(let parcel) = $0.event { !parcel.isAnswer && parcel.connection == broken.connection } else { false }
        }
        for parcel in broken.late { plan(.parcel(parcel), at: parcel.at) }
        let life =
            switch producer {
            case .listener(let n): listeners[n].life
            case .backfill: backfill.life
            }
        if isAlive(producer, life) { plan(.connect(producer, life: life), in: seconds(0.05...1)) }
    }

    func heartbeatLost(_ id: Int) {
        guard let connection = link.open(id) else { return }
        let isWriterAway = writers.first { $0.id == connection.writer }.map { !$0.isAlive || $0.isPaused } ?? true
        if isWriterAway || isPaused(producer(connection.route)) { disconnect(producer(connection.route)) }
    }

    func isAlive(_ producer: ProducerID, _ life: Int) -> Bool {
        switch producer {
        case .listener(let n): listeners[n].machine != nil && listeners[n].life == life
        case .backfill: backfill.link != nil && backfill.life == life
        }
    }

    func isPaused(_ producer: ProducerID) -> Bool {
        switch producer {
        case .listener(let n): listeners[n].isPaused
        case .backfill: backfill.isPaused
        }
    }

    // MARK: frames

    func send(_ said: WireFrame, from producer: ProducerID) {
        var frame = said
        if bug == .checkpointMissingFromHello, case .hello(var hello) = frame.body {
            hello.checkpoint = []
            frame = WireFrame(.hello(hello))
        }
        referee.sent(frame, by: producer)
        guard let parcel = link.send(frame, from: route(producer), now: now, delay: delay, using: &generator) else { return }
        if keepsTrace { note("\(producer) sends \(words(frame))") }
        plan(.parcel(parcel), at: parcel.at)
    }

    func send(_ answers: [Answer], fromWriter writer: Int) {
        for answer in answers {
            referee.answered(answer.frame, postgres)
            let parcel = link.answer(answer.frame, to: answer.route, by: writer, now: now, delay: delay, using: &generator)
            guard let parcel else { continue }
            if keepsTrace { note("writer \(writer) answers \(producer(answer.route)) \(words(answer.frame))") }
            plan(.parcel(parcel), at: parcel.at)
        }
    }

    func deliver(_ parcel: ModelWire.Parcel, _ event: Event) {
        switch link.arrive(parcel, garbling: weather.garbling, using: &generator) {
        case .dropped: break
        case .garbled(let writer): note("writer \(writer) loses \(words(parcel.frame))")
        case .read(let writer, let route):
            guard let w = writers.firstIndex(where: { $0.id == writer }) else { return }
            writers[w].inbox.append((parcel.frame, route))
            work(writer)
        case .heard(let route): hear(parcel.frame, producer(route), event)
        }
    }

    /// One that is stopped hears it when it wakes up, if its connection is still there.
    private func hear(_ frame: WireFrame, _ producer: ProducerID, _ event: Event) {
        switch producer {
        case .listener(let n):
            guard listeners[n].machine != nil else { return }
            if listeners[n].isPaused { return listeners[n].held.append(event) }
            referee.heard(frame, by: producer)
            perform(n, listeners[n].machine?.received(frame, now: now, clock: clock) ?? [])
        case .backfill:
            if backfill.isPaused { return backfill.held.append(event) }
            referee.heard(frame, by: producer)
            takeBackfill { $0.received(frame, now: self.now) }
        }
    }
}

/// A frame in one line.
func words(_ frame: WireFrame) -> String {
    switch frame.body {
    case .hello(let h):
        "HELLO \(h.streams.map { "\($0.streamID.map { String($0.description.prefix(4)) } ?? "?") \($0.first)…\($0.last)" }.joined(separator: ", "))"
    case .welcome(let w): "WELCOME e\(w.epoch % 1_000_000) \(w.cursors.map { "\($0.committed)" }.joined(separator: ","))"
    case .events(let b):
        "EVENTS \(b.streamID.map { String($0.description.prefix(4)) } ?? "?") \(b.first)…\(b.first + UInt64(b.records.count) - 1) "
            + b.records.map { "\($0.header.from)→\($0.header.to)\($0.header.tooLong ? "!" : "")" }.joined(separator: " ")
    case .ack(let a): "ACK \(a.streamID.map { String($0.description.prefix(4)) } ?? "?") \(a.committed)"
    case .stale(let r), .nack(let r): "\(frame.name) \(r.expected) \(r.reason)"
    default: frame.name
    }
}
