import Primitives

/// What a producer hears of its link.
enum WireHeard: Equatable {
    case connected, disconnected
    case frame(UInt64)
}

/// What a writer reads.
struct WireRead: Equatable {
    var id: UInt64
    var route: [UInt8]
}

/// A link between a producer, whose processes follow one another under one name, and its writers: the model's, or libzmq's.
///
/// Whoever waits for what does not come gets an error.
protocol WireUnderTest {
    /// The route of the producer.
    var route: [UInt8] { get }
    /// Another writer takes the path.
    mutating func openWriter() async throws
    /// The writer ends. Returns what it had got.
    mutating func closeWriter() async throws -> [WireRead]
    /// Another process of the producer. Who dials the one before it finds nobody any more; its connection stays.
    mutating func begin(process: Int) async throws
    /// The process ends. Returns what it had got.
    mutating func end(process: Int) async throws -> [WireHeard]
    /// The process's connection breaks, and so many bytes of what is under way arrive before.
    ///
    /// - Parameter isNoticed: by the writer, too.
    mutating func breakConnection(of process: Int, after bytes: Int, isNoticed: Bool) async throws
    mutating func send(_ id: UInt64, process: Int) async throws
    mutating func answer(_ id: UInt64, to route: [UInt8]) async throws
    /// The next frame that comes to the writer.
    mutating func read() async throws -> WireRead
    /// What the process hears next.
    mutating func hear(process: Int) async throws -> WireHeard
}

/// Steps from a seed, done with a link, and what was seen of it.
struct WireScript<Wire: WireUnderTest> {
    private var wire: Wire
    private var generator: SeededGenerator
    private(set) var facts: [WireFact] = []
    private var writer = 0
    private var isWriterThere = false
    private var process = 0
    private var isConnected = false
    private var lastID: UInt64 = 0
    /// Sent on the present connection, and not read yet.
    private var unread: [UInt64] = []
    /// Something of the present connection was read: answers find it.
    private var isKnown = false
    /// Where frames came from that nobody may be told of any more.
    private var nameless: [[UInt8]] = []

    init(_ wire: Wire, seed: UInt64) {
        self.wire = wire
        generator = SeededGenerator(seed: seed)
    }

    /// - Returns: what was seen.
    mutating func run(steps: Int) async throws -> [WireFact] {
        try await openWriter()
        try await begin()
        for _ in 0..<steps { try await step() }
        if !isWriterThere { try await openWriter() }
        try await send(1)
        try await readAll()
        try await answer(1)
        for heard in try await wire.end(process: process) { take(heard, process) }
        for read in try await wire.closeWriter() { take(read) }
        return facts
    }

    private mutating func step() async throws {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0...3: try await send(Int.random(in: 1...6, using: &generator))
        case 4, 5: try await readAll()
        case 6, 7: try await answer(Int.random(in: 1...4, using: &generator))
        case 8:
            guard isWriterThere else { return }
            try await send(Int.random(in: 1...6, using: &generator))
            try await breakConnection()
        case 9: if isWriterThere { try await breakConnection() }
        case 10: if isWriterThere { try await replace() }
        default: if isWriterThere { try await closeWriter() } else { try await openWriter() }
        }
    }

    // MARK: connections

    private mutating func openWriter() async throws {
        writer += 1
        facts.append(.opened(writer: writer))
        try await wire.openWriter()
        isWriterThere = true
        if process > 0 { try await hear(until: .connected, process) }
    }

    private mutating func closeWriter() async throws {
        for read in try await wire.closeWriter() { take(read) }
        isWriterThere = false
        try await hear(until: .disconnected, process)
        // Some of it is queued while nobody is there.
        if Bool.random(using: &generator) { try await send(2) }
    }

    private mutating func begin() async throws {
        process += 1
        facts.append(.began(process: process))
        try await wire.begin(process: process)
        try await hear(until: .connected, process)
    }

    /// A new process; the old one's connection is still there, or the old one has ended and the writer has not noticed, or all have.
    private mutating func replace() async throws {
        let old = process
        switch Int.random(in: 0..<3, using: &generator) {
        case 0:
            (unread, isKnown) = ([], false)
            try await begin()
            try await send(1)
            try await readAll()
            // libzmq does not close the connection that was taken over: the old one need not hear of it.
            try await answer(1)
        case 1:
            try await wire.breakConnection(of: old, after: Int.random(in: 0...200, using: &generator), isNoticed: false)
            try await hear(until: .disconnected, old)
            fallthrough
        default:
            for heard in try await wire.end(process: old) { take(heard, old) }
            if facts.last(where: { $0 == .connected(process: old) || $0 == .disconnected(process: old) }) == .connected(process: old) {
                facts.append(.disconnected(process: old))
            }
            (unread, isKnown, isConnected) = ([], false, false)
            try await begin()
            return
        }
        for heard in try await wire.end(process: old) { take(heard, old) }
    }

    private mutating func breakConnection() async throws {
        let isNoticed = Bool.random(using: &generator)
        try await wire.breakConnection(of: process, after: Int.random(in: 0...200, using: &generator), isNoticed: isNoticed)
        try await hear(until: .disconnected, process)
        try await hear(until: .connected, process)
    }

    // MARK: frames

    private mutating func send(_ count: Int) async throws {
        for _ in 0..<count {
            lastID += 1
            facts.append(.sent(lastID, process: process))
            if isConnected { unread.append(lastID) }
            try await wire.send(lastID, process: process)
        }
    }

    /// Until all is there that must come.
    private mutating func readAll() async throws {
        while !unread.isEmpty { take(try await wire.read()) }
    }

    /// Answers of the writer; they must come when it knows the present connection, and may be broken off, or never leave.
    private mutating func answer(_ count: Int) async throws {
        guard isWriterThere else { return }
        for route in nameless {
            lastID += 1
            facts.append(.answered(lastID, route: route, writer: writer))
            try await wire.answer(lastID, to: route)
        }
        nameless = []
        guard isKnown else { return }
        for _ in 0..<count {
            lastID += 1
            facts.append(.answered(lastID, route: wire.route, writer: writer))
            try await wire.answer(lastID, to: wire.route)
        }
        if Int.random(in: 0..<3, using: &generator) > 0 { try await hear(until: .frame(lastID), process) }
    }

    private mutating func take(_ read: WireRead) {
        facts.append(.read(read.id, route: read.route, writer: writer))
        if unread.contains(read.id) {
            isKnown = true
            unread.removeAll { $0 == read.id }
        }
        if read.route != wire.route { nameless.append(read.route) }
    }

    private mutating func take(_ heard: WireHeard, _ process: Int) {
        switch heard {
        case .frame(let id): facts.append(.heard(id, process: process))
        case .connected: facts.append(.connected(process: process))
        case .disconnected: facts.append(.disconnected(process: process))
        }
        guard process == self.process, heard == .connected || heard == .disconnected else { return }
        isConnected = heard == .connected
        (unread, isKnown) = ([], false)
    }

    private mutating func hear(until wanted: WireHeard, _ process: Int) async throws {
        while true {
            let heard = try await wire.hear(process: process)
            take(heard, process)
            if heard == wanted { return }
        }
    }
}
