import EventLink
import Events
import Synchronization
import ZeroMQ

/// The link over libzmq, each process of the producer behind a door of its own.
struct RealLink: WireUnderTest {
    private struct Process {
        let door: Door
        let link: ProducerLink
        let events: Taker<ProducerLink.Event>
    }

    let route = Array("listener@main".utf8)
    private let folder: SocketFolder
    private let context = Context()
    private var writer: WriterLink?
    private var received: Taker<WriterLink.Received>?
    private var processes: [Int: Process] = [:]

    init() throws { folder = try SocketFolder() }

    mutating func openWriter() throws {
        let writer = try WriterLink(path: folder.socket("writer"), context: context)
        self.writer = writer
        received = Taker(writer.inbox)
    }

    mutating func closeWriter() async throws -> [WireRead] {
        await writer?.close()
        defer { (writer, received) = (nil, nil) }
        return try await received?.rest().map(read) ?? []
    }

    mutating func begin(process: Int) throws {
        processes[process - 1]?.door.shut()
        let door = try Door(at: folder.socket("\(process)"), to: folder.socket("writer"))
        let link = try ProducerLink(path: folder.socket("\(process)"), role: "listener", account: "main", context: context)
        processes[process] = Process(door: door, link: link, events: Taker(link.inbox))
    }

    mutating func end(process: Int) async throws -> [WireHeard] {
        guard let ended = processes.removeValue(forKey: process) else { return [] }
        await ended.link.close()
        ended.door.shut()
        return try await ended.events.rest().map(heard)
    }

    mutating func breakConnection(of process: Int, after bytes: Int, isNoticed: Bool) {
        processes[process]?.door.breakOff(after: bytes, isNoticed: isNoticed)
    }

    mutating func send(_ id: UInt64, process: Int) throws {
        guard try processes[process]?.link.send(ping(id)) == true else { throw TooLate() }
    }

    mutating func answer(_ id: UInt64, to route: [UInt8]) { writer?.send(pong(id), to: route) }

    mutating func read() async throws -> WireRead {
        guard let received else { throw TooLate() }
        return try read(try await within { try await received.next() })
    }

    mutating func hear(process: Int) async throws -> WireHeard {
        guard let events = processes[process]?.events else { throw TooLate() }
        return try heard(try await within { try await events.next() })
    }

    private func read(_ received: WriterLink.Received) throws -> WireRead {
        WireRead(id: try received.frame.get().number, route: received.route)
    }

    private func heard(_ event: ProducerLink.Event) throws -> WireHeard {
        switch event {
        case .connected: .connected
        case .disconnected: .disconnected
        case .frame(let frame): .frame(try frame.get().number)
        }
    }
}

extension WireFrame {
    /// Of a PING or PONG.
    var number: UInt64 {
        switch body {
        case .ping(let ping), .pong(let ping): ping.id
        default: 0
        }
    }
}
