import Foundation
import Glibc
import Synchronization

/// A path that leads to another one, with a thread that carries the bytes: connections to it can be broken, at any byte and on either side,
/// while nobody at their ends does anything.
final class Door: Sendable {
    struct Refused: Error {
        let operation: String
        let code: Int32
    }

    private enum Command {
        /// The newest connection ends for who came, after so many more bytes of what is there; for the target only when it notices.
        case breakOff(bytes: Int, isNoticed: Bool)
        /// Nobody can come any more.
        case shut
        case close
    }

    private struct Connection {
        var here: Int32
        var there: Int32
    }

    private let commands = Mutex<[Command]>([])
    private let wakeup: (read: Int32, write: Int32)

    init(at path: String, to target: String) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Refused(operation: "pipe", code: errno) }
        wakeup = (ends[0], ends[1])
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard Door.withAddress(path, { bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else {
            throw Refused(operation: "bind", code: errno)
        }
        Thread.detachNewThread { [self] in carry(from: listener, to: target) }
    }

    func shut() { ask(.shut) }
    func close() { ask(.close) }
    func breakOff(after bytes: Int, isNoticed: Bool) { ask(.breakOff(bytes: bytes, isNoticed: isNoticed)) }

    private func ask(_ command: Command) {
        commands.withLock { $0.append(command) }
        var byte: UInt8 = 0
        // A pipe that is full wakes the thread, too.
        _ = write(wakeup.write, &byte, 1)
    }

    // MARK: the thread

    private func carry(from first: Int32, to target: String) {
        var listener = first
        var connections: [Connection] = []
        while true {
            // A negative descriptor is passed over.
            let descriptors = [wakeup.read, listener] + connections.flatMap { [$0.here, $0.there] }
            var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&polled, nfds_t(polled.count), -1) >= 0 || errno == EINTR else { return }
            for i in connections.indices {
                if polled[2 + 2 * i].revents != 0, !move(connections[i].here, connections[i].there) { Door.close(&connections[i]) }
                // The one who came may be gone: then what the target says goes nowhere.
                if connections[i].there >= 0, polled[3 + 2 * i].revents != 0, !move(connections[i].there, connections[i].here) {
                    Door.close(&connections[i])
                }
            }
            if polled[0].revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 64)
                _ = read(wakeup.read, &bytes, bytes.count)
                for command in take() {
                    switch command {
                    case .breakOff(let most, let isNoticed):
                        guard !connections.isEmpty else { continue }
                        breakOff(&connections[connections.count - 1], after: most, isNoticed: isNoticed)
                    case .shut:
                        _ = Glibc.close(listener)
                        listener = -1
                    case .close:
                        for i in connections.indices { Door.close(&connections[i]) }
                        for descriptor in [listener, wakeup.read, wakeup.write] where descriptor >= 0 { _ = Glibc.close(descriptor) }
                        return
                    }
                }
            }
            connections.removeAll { $0.there < 0 }
            if listener >= 0, polled[1].revents != 0 {
                let here = accept(listener, nil, nil)
                let there = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                if Door.withAddress(target, { connect(there, $0, $1) }) == 0 {
                    connections.append(Connection(here: here, there: there))
                } else {
                    _ = Glibc.close(here)
                    _ = Glibc.close(there)
                }
            }
        }
    }

    private func take() -> [Command] {
        commands.withLock { commands in
            defer { commands = [] }
            return commands
        }
    }

    /// Moves what is there; false at the end.
    private func move(_ from: Int32, _ to: Int32, most: Int = 65_536) -> Bool {
        var bytes = [UInt8](repeating: 0, count: most)
        let count = recv(from, &bytes, most, Int32(MSG_DONTWAIT))
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        if count == 0 { return false }
        guard to >= 0 else { return true }
        var sent = 0
        while sent < count {
            let more = bytes[sent..<count].withUnsafeBytes { send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard more > 0 else { return false }
            sent += more
        }
        return true
    }

    private func breakOff(_ connection: inout Connection, after most: Int, isNoticed: Bool) {
        if most > 0, connection.here >= 0 { _ = move(connection.here, connection.there, most: most) }
        if isNoticed { return Door.close(&connection) }
        if connection.here >= 0 { _ = Glibc.close(connection.here) }
        connection.here = -1
    }

    private static func close(_ connection: inout Connection) {
        for descriptor in [connection.here, connection.there] where descriptor >= 0 { _ = Glibc.close(descriptor) }
        connection = Connection(here: -1, there: -1)
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
