import Events
import Models
import Primitives

/// The model of the link, in a time of its own; on demand one that does wrong.
struct ModelLink: WireUnderTest {
    /// What no link may do, each with the rule that must notice it.
    enum Wrong: String, CaseIterable {
        case reorders, doubles, losesOne, invents, sendsWhatWasQueued, keepsTheRoute, takesTheNameAway, mistakesTheRoute, theNextWriterReads
        case answersTwice, answersOutOfOrder, inventsAnswers, answersNobody, answersTheOld, answersAfterItsEnd

        var rule: WireReferee.Rule {
            switch self {
            case .reorders: .order
            case .doubles: .twice
            case .losesOne: .hole
            case .invents: .invented
            case .sendsWhatWasQueued: .queued
            case .keepsTheRoute: .ownRouteTooLate
            case .takesTheNameAway: .namelessTooSoon
            case .mistakesTheRoute: .foreignRoute
            case .theNextWriterReads: .otherWriter
            case .answersTwice: .answerTwice
            case .answersOutOfOrder: .answerOrder
            case .inventsAnswers: .answerInvented
            case .answersNobody: .answerToNobody
            case .answersTheOld: .answerToTheOld
            case .answersAfterItsEnd: .answerOfAnotherWriter
            }
        }
    }

    /// Seconds that a frame takes, and the most that pass before a producer has another connection.
    private static let delay = 0.001...0.2
    private static let reconnect = 1.0

    let route: [UInt8] = [1, 0]
    private let wrong: Wrong?
    private var generator: SeededGenerator
    private var wire = ModelWire()
    private var now = Instant.zero
    private var agenda: [ModelWire.Parcel] = []
    private var writer = 0
    private var isWriterThere = false
    private var process = 0
    private var inbox: [WireRead] = []
    private var heard: [Int: [WireHeard]] = [:]
    private var processes: [Int: Int] = [:]
    /// For links that do wrong.
    private var queued: [UInt64] = []
    private var astray: [UInt64] = []

    init(seed: UInt64, wrong: Wrong? = nil) {
        generator = SeededGenerator(seed: seed)
        self.wrong = wrong
    }

    // MARK: steps

    mutating func openWriter() {
        writer += 1
        isWriterThere = true
        connect()
    }

    mutating func closeWriter() -> [WireRead] {
        wire.end(writer: writer)
        isWriterThere = false
        let under = agenda
        disconnect()
        defer { inbox = [] }
        for parcel in under {
            if wrong == .theNextWriterReads, !parcel.isAnswer { queued.append(id(parcel.frame)) }
            if wrong == .answersAfterItsEnd, parcel.isAnswer { astray.append(id(parcel.frame)) }
        }
        return inbox
    }

    mutating func begin(process: Int) {
        disconnect()
        self.process = process
        if isWriterThere { connect() }
        heard[process, default: []] += astray.map { .frame($0) }
        astray = []
    }

    mutating func end(process: Int) -> [WireHeard] {
        if process == self.process { disconnect(hears: false) }
        return heard.removeValue(forKey: process) ?? []
    }

    mutating func breakConnection(of process: Int, after bytes: Int, isNoticed: Bool) {
        disconnect()
        if isWriterThere { connect() }
    }

    mutating func send(_ id: UInt64, process: Int) {
        let parcel = wire.send(ping(id), from: route, now: now, delay: ModelLink.delay, using: &generator)
        if let parcel { agenda.append(parcel) } else if wrong == .sendsWhatWasQueued { queued.append(id) }
    }

    mutating func answer(_ id: UInt64, to route: [UInt8]) {
        if wrong == .answersNobody, route != self.route { heard[process, default: []].append(.frame(id)) }
        if wrong == .answersTheOld, route == self.route, process > 1 { heard[process - 1, default: []].append(.frame(id)) }
        if let parcel = wire.answer(pong(id), to: route, by: writer, now: now, delay: ModelLink.delay, using: &generator) {
            agenda.append(parcel)
        }
    }

    mutating func read() throws -> WireRead {
        while inbox.isEmpty { try deliverNext() }
        if wrong == .reorders, inbox.count > 1 { inbox.swapAt(0, 1) }
        return inbox.removeFirst()
    }

    mutating func hear(process: Int) throws -> WireHeard {
        while heard[process, default: []].isEmpty { try deliverNext() }
        if wrong == .answersOutOfOrder, let all = heard[process], all.count > 1, case .frame = all[0], case .frame = all[1] {
            heard[process]?.swapAt(0, 1)
        }
        return heard[process, default: []].removeFirst()
    }

    // MARK: time

    private mutating func connect() {
        let later = now + .milliseconds(Int64(Double.random(in: 0...ModelLink.reconnect, using: &generator) * 1_000))
        while let next = agenda.min(by: { $0.at < $1.at }), next.at <= later { deliver(next) }
        now = later
        let connection = wire.connect(route, to: writer)
        processes[connection] = process
        heard[process, default: []].append(.connected)
        let said = queued
        queued = []
        for id in said {
            if wrong == .theNextWriterReads { inbox.append(WireRead(id: id, route: route)) } else { send(id, process: process) }
        }
    }

    private mutating func disconnect(hears: Bool = true) {
        guard let broken = wire.disconnect(route, now: now, using: &generator) else { return }
        agenda.removeAll { !$0.isAnswer && $0.connection == broken.connection }
        agenda += broken.late
        if hears { heard[process, default: []].append(.disconnected) }
    }

    private mutating func deliverNext() throws {
        guard let next = agenda.min(by: { $0.at < $1.at }) else { throw TooLate() }
        now = max(now, next.at)
        deliver(next)
    }

    private mutating func deliver(_ parcel: ModelWire.Parcel) {
        // The first of those that come at one time.
        guard let i = agenda.firstIndex(where: { $0.number == parcel.number }) else { return }
        agenda.remove(at: i)
        switch wire.arrive(parcel, garbling: 0, using: &generator) {
        case .garbled, .dropped: break
        case .read(let reader, let route): if reader == writer, isWriterThere { arrive(parcel, route) }
        case .heard:
            let answer = WireHeard.frame(id(parcel.frame) + (wrong == .inventsAnswers ? 1_000_000 : 0))
            let hearer = processes[parcel.connection] ?? process
            heard[hearer, default: []] += wrong == .answersTwice ? [answer, answer] : [answer]
        }
    }

    private mutating func arrive(_ parcel: ModelWire.Parcel, _ route: [UInt8]) {
        var read = WireRead(id: id(parcel.frame), route: route)
        let isChance = Int.random(in: 0..<4, using: &generator) == 0
        switch wrong {
        case .losesOne where agenda.contains { $0.connection == parcel.connection && !$0.isAnswer }: return
        case .keepsTheRoute: read.route = self.route
        case .takesTheNameAway where isChance: read.route = ModelWire.anonymous
        case .mistakesTheRoute where isChance: read.route = [9]
        case .invents where isChance: inbox.append(WireRead(id: read.id + 1_000_000, route: route))
        case .doubles where isChance: inbox.append(read)
        default: break
        }
        inbox.append(read)
    }

    private func id(_ frame: WireFrame) -> UInt64 { frame.number }
}
