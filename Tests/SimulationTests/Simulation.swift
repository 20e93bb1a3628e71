import Primitives
import TL

@testable import TelegramClient

/// One world from one seed, in virtual time: a true history, a network that loses, doubles, delays, reorders and shortens, a server
/// whose calls fail, sessions that are renewed, connections that are cut, a process that is killed and starts again from what was
/// committed. Then everything heals, and within twenty minutes the rows must equal the truth or lie in a recorded hole.
struct Simulation {
    static let patience: Duration = .seconds(20 * 60)

    fileprivate enum Event {
        case happen
        case push(Envelope, connection: Int)
        case unreadable(connection: Int)
        case serve(UpdateRequestID, UpdateRequest, connection: Int)
        case answer(UpdateRequestID, UpdateAnswer, connection: Int)
        case fail(UpdateRequestID, UpdateFailure, connection: Int)
        case fault
        case connect
        case resume
        case heal
    }

    /// How bad the world is; drawn from the seed.
    private struct Weather {
        var loss = 0.0
        var doubling = 0.0
        var delay = 0.05
        var failing = 0.0
        var shortening = 0.0
        var unreadable = 0.0
        var faults = 0.0
    }

    private var generator: SeededGenerator
    private var truth: Truth
    private var rows: Rows
    private var checker: Checker
    private var engine: UpdateEngine
    private let channels: [Int64]
    /// Nothing is pushed of these: the account has not joined them.
    private let silent: Set<Int64>
    private var weather: Weather
    private var now: Instant
    private let start: Instant
    private var agenda: [(at: Instant, order: Int, event: Event)] = []
    private var order = 0
    private var connection = 1
    private var isConnected = true
    private var isPaused = false
    private var isHealed = false
    /// Handed on by the engine, not committed yet.
    private var uncommitted: [Delivery] = []
    /// Where each box may have gone over a hole: the server said that it was too far behind, or an answer could not be read and the next
    /// one told where to go on.
    private var skips: [Box: Set<Int64>] = [:]
    private var unread: Set<Box> = []
    /// Rows whose last change had no position of its own and was lost on its way.
    private var excused: Set<String> = []
    private var lastFault: Instant
    private var lastHappening: Instant
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    private(set) var trace: [String] = []
    private let keepsTrace: Bool
    private var spins = 0
    private let onlyKills: Bool
    /// One world in ten pays for a walk through all channels after each step.
    private let checksDeadlines: Bool
    private var kills = 0

    struct Outcome {
        var complaints: [String]
        var needless: Int
        var calls: Int
        var watchdogCalls: Int
        var holes: Int
        var happened: Int
        var kills: Int
        /// Of everything that was asked and delivered, and when.
        var hash: UInt64
        var trace: [String]
    }

    init(seed: UInt64, onlyKills: Bool = false, keepsTrace: Bool = false) {
        self.onlyKills = onlyKills
        checksDeadlines = seed % 10 == 0
        var generator = SeededGenerator(seed: seed)
        self.keepsTrace = keepsTrace
        func chance(_ values: [Double]) -> Double { values[Int.random(in: 0..<values.count, using: &generator)] }
        // One world in eight has so many channels that they are compared by the hundred.
        let count = Int.random(in: 0..<8, using: &generator) == 0 ? 24 : Int.random(in: 1...4, using: &generator)
        channels = (0..<count).map { 100 + Int64($0) }
        silent = Set(channels.filter { _ in Int.random(in: 0..<6, using: &generator) == 0 })
        weather = Weather(
            loss: chance([0, 0.05, 0.2, 0.5]), doubling: chance([0, 0.2]), delay: chance([0.02, 0.3, 1.5]),
            failing: chance([0, 0.05, 0.3]),
            shortening: chance([0, 0.1]), unreadable: chance([0, 0, 0.05]), faults: chance([0, 1, 1]))
        if onlyKills {
            weather = Weather()
            weather.faults = 1
        }
        truth = Truth(channels: channels, start: 100)
        truth.window = onlyKills ? 1_000 : Int(chance([4, 12, 1_000]))
        truth.notJoined = silent
        truth.isCurrent = Bool.random(using: &generator)
        truth.givesDialogPositions = Int.random(in: 0..<8, using: &generator) > 0
        now = Instant(nanoseconds: 1_000_000_000_000)
        start = now
        lastFault = now
        lastHappening = now
        var positions: [Box: BoxState] = [:]
        for box in truth.boxes { positions[box] = BoxState(value: 100, date: 1_800_000_000, seq: box == .common ? 1 : 0) }
        rows = Rows(positions)
        checker = Checker(truth.boxes, positions: positions, now: now)
        checker.isConnected = true
        engine = Simulation.makeEngine(positions, channels, now)
        self.generator = generator
    }

    private static func makeEngine(_ positions: [Box: BoxState], _ channels: [Int64], _ now: Instant) -> UpdateEngine {
        var peers = PeerBook()
        for id in channels { peers.restore(.init(.channel, id), .init(accessHash: Truth.hash(of: id), name: "channel \(id)")) }
        return UpdateEngine(positions: positions, channels: channels, peers: peers, now: now)
    }

    // MARK: dice

    private mutating func chance(_ p: Double) -> Bool { p > 0 && Double.random(in: 0..<1, using: &generator) < p }
    private mutating func seconds(_ range: ClosedRange<Double>) -> Duration {
        .milliseconds(Int64(Double.random(in: range, using: &generator) * 1_000))
    }
    private var clock: UnixTime { UnixTime(seconds: 1_800_000_000) + (now - start) }

    // MARK: running

    mutating func run() -> Outcome {
        note(engine.connected(now: now))
        plan(.happen, in: seconds(0.01...1))
        if weather.faults > 0 { plan(.fault, in: seconds(1...20)) }
        plan(.heal, in: seconds(40...160))
        var happened = 0
        var isOver = false
        while !isOver {
            let deadline = engine.nextDeadline
            if let first = agenda.first, deadline.map({ first.at <= $0 }) ?? true {
                agenda.removeFirst()
                now = max(now, first.at)
                if case .happen = first.event { happened += 1 }
                handle(first.event)
                spins = 0
            } else if let deadline {
                if isHealed, deadline > lastFault + Simulation.patience { isOver = true }
                if isOver { break }
                spins = deadline <= now ? spins + 1 : 0
                now = max(now, deadline)
                note(engine.advance(now: now))
                if spins > 50 {
                    return outcome(happened, extra: ["the deadline does not move on at \(now.nanoseconds / 1_000_000) ms"])
                }
            } else {
                isOver = true
            }
            checker.settled(isPaused: isPaused, now: now)
            if checksDeadlines, let complaint = engine.deadlineComplaint { return outcome(happened, extra: [complaint]) }
            commit(all: false)
            if !checker.complaints.isEmpty || !rows.complaints.isEmpty { break }
            if now > start + .seconds(4_000) { return outcome(happened, extra: ["it does not end"]) }
        }
        commit(all: true)
        return outcome(happened, extra: (isOver ? rows.differences(from: truth, excused: excused) : []) + needlessHoles)
    }

    /// What this answer lets the engine give up.
    private mutating func allowHoles(of request: UpdateRequest?, _ answer: UpdateAnswer) {
        guard let request, let box = Checker.box(of: request) else { return }
        switch answer {
        case .differenceTooLong(let pts), .channelDifferenceTooLong(_, let pts, _, _): skips[box, default: []].insert(pts)
        case .channelPosition(let pts, _, _): if unread.contains(box) { skips[box, default: []].insert(pts) }
        case .state(let state):
            guard unread.contains(box) else { return }
            skips[box, default: []].insert(state.pts)
            skips[.qts, default: []].insert(state.qts)
        default: break
        }
    }

    /// Holes that no answer explains.
    private var needlessHoles: [String] {
        rows.holes.filter { $0.from < $0.to && skips[$0.box]?.contains($0.to) != true }.prefix(5).map {
            "\($0.box): a hole from \($0.from) to \($0.to) for nothing"
        }
    }

    private func outcome(_ happened: Int, extra: [String]) -> Outcome {
        Outcome(
            complaints: checker.complaints + rows.complaints + extra, needless: checker.needless, calls: checker.calls,
            watchdogCalls: checker.watchdogCalls, holes: rows.holes.count, happened: happened, kills: kills, hash: hash, trace: trace)
    }

    private mutating func plan(_ event: Event, in wait: Duration) {
        order += 1
        let at = now + wait
        var i = agenda.count
        while i > 0, agenda[i - 1].at > at { i -= 1 }
        agenda.insert((at, order, event), at: i)
    }

    private mutating func handle(_ event: Event) {
        if keepsTrace { trace.append("\(now.nanoseconds)   \(text(event))") }
        switch event {
        case .happen: happen()
        case .push(let envelope, let number):
            guard isConnected, number == connection else { return lost(envelope) }
            if isPaused {
                lost(envelope)
                checker.upheaval()
            } else {
                arrived(envelope)
                checker.received(envelope, now: now)
            }
            note(engine.handle(envelope, now: now))
        case .unreadable(let number):
            guard isConnected, number == connection else { return }
            checker.upheaval()
            note(engine.undecodable(now: now))
        case .serve(let id, let request, let number): serve(id, request, number)
        case .answer(let id, let answer, let number):
            guard isConnected, number == connection else { return }
            allowHoles(of: checker.request(id), answer)
            checker.answered(id, answer, now: now)
            note(engine.answer(id, answer, receivedAt: clock, now: now))
        case .fail(let id, let failure, let number):
            guard isConnected, number == connection else { return }
            if failure == .undecodable, let box = checker.request(id).flatMap(Checker.box) { unread.insert(box) }
            checker.failed(id, failure)
            note(engine.fail(id, failure, receivedAt: clock, now: now))
        case .fault: fault()
        case .connect:
            guard !isConnected else { return }
            isConnected = true
            checker.isConnected = true
            connection += 1
            checker.upheaval()
            note(engine.connected(now: now))
        case .resume:
            isPaused = false
            note(engine.resume(now: now))
        case .heal:
            weather = Weather()
            isHealed = true
            lastFault = now
        }
    }

    // MARK: what happens

    private mutating func happen() {
        lastHappening = now
        var updates: [Update] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let dice = Int.random(in: 0..<6, using: &generator)
            let box: Box =
                dice == 0 ? .qts : dice < 3 ? .common : .channel(channels[Int.random(in: 0..<channels.count, using: &generator)])
            // A silent channel falls silent for good: what happens in it after the last fault is found in the same time.
            let event = truth.happen(in: box, using: &generator)
            if case .channel(let id) = box, silent.contains(id) {
                if event.count == 0 { excuse(event) }
                continue
            }
            updates.append(Truth.update(event, at: clock))
        }
        push(updates)
        // After the healing some more, so that the quiet of a healthy world is checked, too.
        if !isHealed || now < lastFault + .seconds(60) { plan(.happen, in: seconds(0.01...(isHealed ? 12 : 3))) }
    }

    private mutating func push(_ updates: [Update]) {
        if updates.isEmpty { return }
        var envelope = Envelope(updates: updates, date: 1_800_000_000, receivedAt: clock)
        envelope.updates.shuffle(using: &generator)
        for id in channels.prefix(4) where chance(0.1) { envelope.chats.append(truth.chat(id, min: chance(0.5))) }
        if chance(0.1) {
            truth.seq += 1
            envelope.seq = truth.seq
            envelope.seqStart = truth.seq
            envelope.updates.append(Update(TLObject("updateChat", ["chat_id": 7]), receivedAt: clock))
        }
        if chance(weather.unreadable) {
            lost(envelope)
            return plan(.unreadable(connection: connection), in: .milliseconds(30))
        }
        if chance(weather.shortening) { envelope = shortened(envelope) }
        if chance(weather.loss) { return lost(envelope) }
        for _ in 0..<(chance(weather.doubling) ? 2 : 1) {
            plan(.push(envelope, connection: connection), in: seconds(0.01...(0.02 + weather.delay)))
        }
    }

    /// The server gives up telling and says only that there is something.
    private mutating func shortened(_ envelope: Envelope) -> Envelope {
        lost(envelope)
        var short = Envelope(receivedAt: clock)
        for update in envelope.updates {
            guard case .box(.channel(let id), let end, _) = update.place else { continue }
            var object = TLObject("updateChannelTooLong", ["channel_id": .integer(id)])
            if chance(0.5) { object["pts"] = .integer(end) }
            short.updates.append(Update(object, receivedAt: clock))
        }
        short.tooLong = short.updates.count < envelope.updates.count
        return short
    }

    /// Its updates will never arrive. What moves no position cannot be missed, so nobody can be blamed for missing it.
    private mutating func lost(_ envelope: Envelope) { for update in envelope.updates { excuseZero(update) } }

    /// An update that moves nothing is dropped by the rule when the box has gone on.
    private mutating func arrived(_ envelope: Envelope) {
        for update in envelope.updates {
            guard case .box(let box, let end, 0) = update.place else { continue }
            if let position = engine.positions.first(where: { $0.box == box })?.position.value, position > end { excuseZero(update) }
        }
    }

    private mutating func excuseZero(_ update: Update) {
        guard case .box(let box, _, 0) = update.place, let id = update.object["message"]?["id"]?.int else { return }
        excused.insert("\(box) \(id)")
    }

    private mutating func excuse(_ event: Truth.Event) { excused.insert("\(event.box) \(event.id)") }

    // MARK: the server

    private mutating func serve(_ id: UpdateRequestID, _ request: UpdateRequest, _ number: Int) {
        guard number == connection else { return }
        let wait = seconds(0.01...(0.05 + weather.delay / 2))
        if chance(weather.failing) {
            let failures: [UpdateFailure] = [
                .temporary, .tooSlow, .flood(seconds: Int.random(in: 1...20, using: &generator)), .undecodable,
            ]
            return plan(.fail(id, failures[Int.random(in: 0..<(chance(0.2) ? 4 : 3), using: &generator)], connection: number), in: wait)
        }
        if let answer = truth.answer(request, at: clock, using: &generator) {
            plan(.answer(id, answer, connection: number), in: wait)
        } else {
            plan(.fail(id, .lostAccess(reason: "CHANNEL_INVALID"), connection: number), in: wait)
        }
    }

    // MARK: faults

    private mutating func fault() {
        if isHealed { return }
        plan(.fault, in: seconds(1...30))
        lastFault = now
        switch onlyKills ? 2 : Int.random(in: 0..<5, using: &generator) {
        case 0: cut()
        case 1:
            // A new session: what was on its way is gone.
            for entry in agenda { if case .push(let envelope, _) = entry.event { lost(envelope) } }
            agenda.removeAll { if case .push = $0.event { true } else { false } }
            guard isConnected else { return }
            checker.upheaval()
            note(engine.sessionRenewed(now: now))
        case 2: kill()
        case 3:
            guard !isPaused else { return }
            isPaused = true
            engine.pause()
            plan(.resume, in: seconds(0.1...20))
        default: cut()
        }
    }

    private mutating func cut() {
        guard isConnected else { return }
        isConnected = false
        note(engine.disconnected(now: now))
        checker.disconnected()
        plan(.connect, in: seconds(0.1...40))
    }

    /// The process dies: what was not committed is gone, and it starts again from what was.
    private mutating func kill() {
        kills += 1
        commit(all: false)
        for delivery in uncommitted {
            for case .update(let update) in delivery.items { excuseZero(update) }
        }
        uncommitted = []
        // What moved nothing from exactly here no difference tells again.
        for box in truth.boxes {
            for event in truth[box].events where event.count == 0 && event.end == rows.positions[box]?.value { excuse(event) }
        }
        engine = Simulation.makeEngine(rows.positions, channels, now)
        isPaused = false
        isConnected = false
        checker.disconnected()
        checker.restarted(rows.positions, now: now)
        connection += 1
        plan(.connect, in: seconds(0.1...10))
    }

    /// Rows become durable one delivery after the other; a crash may come between any two.
    private mutating func commit(all: Bool) {
        if uncommitted.isEmpty { return }
        let count = all || isHealed ? uncommitted.count : Int.random(in: 0...uncommitted.count, using: &generator)
        for delivery in uncommitted.prefix(count) { rows.commit(delivery) }
        uncommitted.removeFirst(count)
    }

    // MARK: what comes out

    private mutating func note(_ outputs: [UpdateOutput]) {
        for output in outputs {
            digest(output)
            switch output {
            case .deliver(let delivery):
                checker.delivered(delivery, now: now)
                uncommitted.append(delivery)
            case .request(let id, let request):
                checker.requested(id, request, now: now)
                plan(.serve(id, request, connection: connection), in: seconds(0.01...0.1))
            default: break
            }
        }
    }

    private mutating func digest(_ output: UpdateOutput) {
        let text = "\(now.nanoseconds) \(words(output))"
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        if keepsTrace { trace.append(text) }
    }
}

/// An event in one line, for a trace that a person reads.
private func text(_ event: Simulation.Event) -> String {
    switch event {
    case .push(let envelope, _):
        "push seq \(envelope.seqStart) "
            + envelope.updates.map {
                "\($0.object.name) \($0.place) \($0.object["message"]?["id"]?.int ?? 0) \($0.object["message"]?["message"]?.string ?? "")"
            }
            .joined(separator: ", ")
    case .answer(let id, .difference(let content, let state, let final), _):
        "answer #\(id.number) up to \(state.pts), \(content.messages.count) messages, \(content.updates.count) updates, final \(final)"
    default: "\(event)"
    }
}

/// An output in one line, from which nothing that matters is left out. Written out by hand: a description by reflection is what the
/// simulation would spend most of its time on.
func words(_ output: UpdateOutput) -> String {
    switch output {
    case .deliver(let d):
        var text = "\(d.box.map(word) ?? "loose") \(d.from)→\(d.to) g\(d.generation)\(d.tooLong ? " too long" : "")"
        for item in d.items {
            switch item {
            case .message(let m): text += " m\(m["id"]?.int ?? 0)\(m["message"]?.string ?? "")"
            case .update(let u):
                text += " " + u.object.name
                if case .box(_, let end, let count) = u.place { text += "@\(end),\(count)" }
            }
        }
        return text
    case .request(let id, let request): return "#\(id.number) \(word(request))"
    default: return "\(output)"
    }
}

private func word(_ box: Box) -> String {
    switch box {
    case .common: "common"
    case .qts: "qts"
    case .channel(let id): "channel \(id)"
    }
}

private func word(_ request: UpdateRequest) -> String {
    switch request {
    case .getState: "getState"
    case .getDifference(let pts, _, let qts, let limit): "getDifference \(pts) \(qts) \(limit ?? 0)"
    case .getChannelDifference(let channel, let hash, let pts, let limit): "getChannelDifference \(channel) \(hash) \(pts) \(limit)"
    case .getChannelPosition(let channel, _): "getChannelPosition \(channel)"
    case .getPeerDialogs(let peers): "getPeerDialogs " + peers.map { "\($0.channel)" }.joined(separator: " ")
    case .getDialogs(let page): "getDialogs \(page.id)"
    case .getChannel(let channel, _, let message): "getChannel \(channel) \(message)"
    }
}
