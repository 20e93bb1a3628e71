import Events
import ListenerCore
import Primitives
import ProducerCore
import WriterCore

/// The link: frames of one connection keep their order, connections do not; what was under way when one breaks may still be read after
/// the HELLO on the next, and then nobody knows whose it is.
extension Pipeline {
    /// ZMTP's heartbeats give a silent peer up after this.
    static let heartbeat = Duration.seconds(6)
    private static let anonymous: [UInt8] = [0, 1, 2, 3, 4]

    /// The routing id: the same on each connection of a producer, whichever process it is.
    private func route(_ producer: ProducerID) -> [UInt8] {
        switch producer {
        case .listener(let n): [1, UInt8(n)]
        case .backfill: [2]
        }
    }

    private func producer(_ route: [UInt8]) -> ProducerID? {
        switch route.first {
        case 1: .listener(Int(route[1]))
        case 2: .backfill
        default: nil
        }
    }

    // MARK: connections

    func connect(_ producer: ProducerID, _ life: Int) {
        guard isAlive(producer, life), current[producer] == nil else { return }
        guard let writer = writers.last(where: \.isAlive), !writer.isPaused, !isPaused(producer) else {
            return plan(.connect(producer, life: life), in: seconds(0.2...0.6))
        }
        lastWire += 1
        wires[lastWire] = Wire(id: lastWire, producer: producer, writer: writer.id)
        current[producer] = lastWire
        note("\(producer) connects to writer \(writer.id)")
        switch producer {
        case .listener(let n): perform(n, listeners[n].machine?.linkConnected(now: now, clock: clock) ?? [])
        case .backfill: takeBackfill { $0.connected(now: self.now) }
        }
    }

    func disconnect(_ producer: ProducerID) {
        guard let id = current.removeValue(forKey: producer) else { return }
        note("\(producer) loses its connection")
        wires[id]?.isOpen = false
        // Of what was under way the first frames may still be read, some time.
        var under: [WireFrame] = []
        for entry in agenda.reversed() { if case .toWriter(let frame, wire: id) = entry.event { under.append(frame) } }
        agenda.removeAll { if case .toWriter(_, wire: id) = $0.event { true } else { false } }
        var wait = Duration.zero
        if !under.isEmpty, chance(0.6) {
            for frame in under.prefix(Int.random(in: 0...under.count, using: &generator)) {
                wait += seconds(0...2)
                plan(.toWriter(frame, wire: id), in: wait)
            }
        }
        let life =
            switch producer {
            case .listener(let n): listeners[n].life
            case .backfill: backfill.life
            }
        if isAlive(producer, life) { plan(.connect(producer, life: life), in: seconds(0.05...1)) }
    }

    func heartbeatLost(_ id: Int) {
        guard let wire = wires[id], wire.isOpen else { return }
        let isWriterAway = writers.first { $0.id == wire.writer }.map { !$0.isAlive || $0.isPaused } ?? true
        if isWriterAway || isPaused(wire.producer) { disconnect(wire.producer) }
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
        // Without a connection nothing is queued.
        guard let id = current[producer], let wire = wires[id] else { return }
        let at = max(wire.lastToWriter, now + seconds(0.001...0.02 + weather.delay / 10))
        wires[id]?.lastToWriter = at
        if keepsTrace { note("\(producer) sends \(words(frame))") }
        plan(.toWriter(frame, wire: id), at: at)
    }

    func deliver(_ frame: WireFrame, toWriterOf id: Int) {
        guard let wire = wires[id], let w = writers.firstIndex(where: { $0.id == wire.writer }), writers[w].isAlive else { return }
        if isGarbled(frame, on: id) { return note("writer \(wire.writer) loses \(words(frame))") }
        writers[w].inbox.append((frame, wire.isOpen ? route(wire.producer) : Pipeline.anonymous))
        work(wire.writer)
    }

    /// What is lost in the middle is noticed by the numbers of what follows. A last frame is not lost: TCP delivers it, or breaks.
    private func isGarbled(_ frame: WireFrame, on id: Int) -> Bool {
        guard case .events = frame.body, chance(weather.garbling) else { return false }
        return agenda.contains { if case .toWriter(let next, wire: id) = $0.event, case .events = next.body { true } else { false } }
    }

    func send(_ answers: [Answer], fromWriter writer: Int) {
        for answer in answers {
            referee.answered(answer.frame, postgres)
            guard let producer = producer(answer.route), let id = current[producer], let wire = wires[id], wire.writer == writer else {
                continue
            }
            let at = max(wire.lastToProducer, now + seconds(0.001...0.02 + weather.delay / 10))
            wires[id]?.lastToProducer = at
            if keepsTrace { note("writer \(writer) answers \(producer) \(words(answer.frame))") }
            plan(.toProducer(answer.frame, wire: id), at: at)
        }
    }

    func deliver(_ frame: WireFrame, toProducerOf id: Int, _ event: Event) {
        guard let wire = wires[id], wire.isOpen else { return }
        switch wire.producer {
        case .listener(let n):
            guard listeners[n].machine != nil else { return }
            if listeners[n].isPaused { return listeners[n].held.append(event) }
            referee.heard(frame, by: wire.producer)
            perform(n, listeners[n].machine?.received(frame, now: now, clock: clock) ?? [])
        case .backfill:
            if backfill.isPaused { return backfill.held.append(event) }
            referee.heard(frame, by: wire.producer)
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
