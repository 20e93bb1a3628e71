/// What was seen of a link, in order: of each party as it saw it, and what a script did when it had seen what stands before.
enum WireFact: Equatable {
    case opened(writer: Int)
    /// Another process of the producer; the one before it may still have its connection.
    case began(process: Int)
    case connected(process: Int)
    case disconnected(process: Int)
    /// A process said this, believing in a connection or in none.
    case sent(UInt64, process: Int)
    case read(UInt64, route: [UInt8], writer: Int)
    case answered(UInt64, route: [UInt8], writer: Int)
    case heard(UInt64, process: Int)
}

/// What a link promises, whoever plays it: complaints about what was seen.
struct WireReferee {
    enum Rule: String, CaseIterable {
        case twice, invented, order, hole, queued
        case otherWriter = "read by another writer than the one connected to"
        case foreignRoute = "a route that is nobody's"
        case ownRouteTooLate = "under the producer's route after the next connection has begun"
        case namelessTooSoon = "anonymous although its connection stands"
        case answerTwice, answerInvented, answerOrder
        case answerToNobody, answerToTheOld, answerOfAnotherWriter
    }

    /// What a link may do and need not: the model has to know all that the real one was seen to do.
    enum Kind: String, CaseIterable, Comparable {
        /// The end of what was sent on a broken connection never came.
        case tailLost
        /// A frame of a broken connection was read, under the producer's route, after the producer had heard of the break.
        case lateUnderItsRoute
        /// One was read with no name, since another connection had taken the route over.
        case lateAndNameless
        /// An answer did not come.
        case answerLost

        static func < (a: Kind, b: Kind) -> Bool { a.rawValue < b.rawValue }
    }

    private struct Connection {
        let process: Int
        let writer: Int
        var isOpen = true
        var sent: [UInt64] = []
        var read = 0
    }

    private struct Answer {
        let route: [UInt8]
        let writer: Int
        /// The newest connection of which the writer had read something.
        let connection: Int
        let position: Int
        /// The next connection's number, when it was given.
        let next: Int
    }

    private(set) var complaints: [Rule] = []
    private(set) var kinds: Set<Kind> = []
    private let route: [UInt8]
    private var writer = 0
    private var connections: [Connection] = []
    private var current: [Int: Int] = [:]
    /// nil: said without a connection.
    private var origin: [UInt64: Int?] = [:]
    private var wasRead: Set<UInt64> = []
    /// By writer: the newest connection of which it has read something under the producer's route.
    private var newest: [Int: Int] = [:]
    private var answers: [UInt64: Answer] = [:]
    private var heard: Set<UInt64> = []
    /// By process, and by how many connections there had been: the answer heard last.
    private var lastHeard: [[Int]: Int] = [:]

    /// - Parameter route: the producer's.
    init(_ facts: [WireFact], route: [UInt8]) {
        self.route = route
        for fact in facts { take(fact) }
        for connection in connections where !connection.isOpen && connection.read < connection.sent.count { kinds.insert(.tailLost) }
        if answers.contains(where: { $0.value.route == route && !heard.contains($0.key) }) { kinds.insert(.answerLost) }
    }

    private mutating func take(_ fact: WireFact) {
        switch fact {
        case .opened(let writer): self.writer = writer
        case .began: break
        case .connected(let process):
            connections.append(Connection(process: process, writer: writer))
            current[process] = connections.count - 1
        case .disconnected(let process):
            if let id = current.removeValue(forKey: process) { connections[id].isOpen = false }
        case .sent(let id, let process):
            origin[id] = .some(current[process])
            if let connection = current[process] { connections[connection].sent.append(id) }
        case .read(let id, let route, let writer): read(id, route, writer)
        case .answered(let id, let route, let writer):
            answers[id] = Answer(
                route: route, writer: writer, connection: newest[writer] ?? -1, position: answers.count, next: connections.count)
        case .heard(let id, let process): heard(id, process)
        }
    }

    private mutating func read(_ id: UInt64, _ route: [UInt8], _ writer: Int) {
        guard let said = origin[id] else { return complaints.append(.invented) }
        guard wasRead.insert(id).inserted else { return complaints.append(.twice) }
        guard let c = said, let place = connections[c].sent.firstIndex(of: id) else { return complaints.append(.queued) }
        if place < connections[c].read { complaints.append(.order) }
        if place > connections[c].read { complaints.append(.hole) }
        connections[c].read = max(connections[c].read, place + 1)
        if connections[c].writer != writer { complaints.append(.otherWriter) }
        let stands = connections[c].isOpen && connections.lastIndex { $0.writer == writer } == c
        if route == self.route {
            if let newer = newest[writer], newer > c { complaints.append(.ownRouteTooLate) }
            newest[writer] = max(newest[writer] ?? c, c)
            if !stands { kinds.insert(.lateUnderItsRoute) }
        } else {
            if route.count != 5 || route.first != 0 { complaints.append(.foreignRoute) }
            if stands { complaints.append(.namelessTooSoon) }
            kinds.insert(.lateAndNameless)
        }
    }

    private mutating func heard(_ id: UInt64, _ process: Int) {
        guard let answer = answers[id] else { return complaints.append(.answerInvented) }
        guard heard.insert(id).inserted else { return complaints.append(.answerTwice) }
        guard answer.route == route, answer.connection >= 0 else { return complaints.append(.answerToNobody) }
        let lane = [process, answer.next]
        if answer.position < lastHeard[lane] ?? -1 { complaints.append(.answerOrder) }
        lastHeard[lane] = answer.position
        // Who had been taken over when it was given.
        if connections[answer.connection].process > process { complaints.append(.answerToTheOld) }
        if !connections.contains(where: { $0.process == process && $0.writer == answer.writer }) {
            complaints.append(.answerOfAnotherWriter)
        }
    }
}
