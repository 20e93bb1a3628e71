import Foundation
import Primitives
import Synchronization
import ZeroMQ

/// What somebody asks of a running service.
public struct ControlRequest: Hashable, Sendable {
    public var id: JSON
    public var command: String
    /// An object; null when there are none.
    public var arguments: JSON
    /// Who asks, for the log; the folder's permission is what authorises.
    public var actor: String

    public init(id: JSON, command: String, arguments: JSON, actor: String) {
        self.id = id
        self.command = command
        self.arguments = arguments
        self.actor = actor
    }

    /// Reads a request, or tells what is wrong with it.
    init(_ bytes: [UInt8]) throws(ControlFailure) {
        guard let json = try? JSONDecoder().decode(JSON.self, from: Data(bytes)), case .object = json else {
            throw ControlFailure("a request is one JSON object {id, command, arguments, actor}")
        }
        id = json["id"] ?? .null
        guard let command = json["command"]?.string else { throw ControlFailure("a request needs a command", id: id) }
        self.command = command
        arguments = json["arguments"] ?? .null
        actor = json["actor"]?.string ?? "unknown"
    }
}

/// Why a command was not done, in words for the one who asked.
public struct ControlFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public var reason: String
    var id = JSON.null

    public init(_ reason: String) { self.reason = reason }

    fileprivate init(_ reason: String, id: JSON) {
        self.reason = reason
        self.id = id
    }

    public var description: String { reason }
}

/// A service's control socket: a ROUTER on a thread of its own, one JSON answer to each JSON request.
///
/// Speaks with DEALER and REQ sockets of any binding.
public final class ControlServer: Sendable {
    public typealias Handler = @Sendable (ControlRequest) async throws(ControlFailure) -> JSON

    private let thread = SocketThread(named: "control")
    private let outbox = Outbox<[[UInt8]]>(limit: ControlOptions.waiting)

    /// Takes the path's lock, binds, and answers until closed.
    ///
    /// - Parameter commands: by name; any other command is answered with an error that lists these.
    public init(path: String, context: Context, commands: [String: Handler]) throws(LinkError) {
        let outbox = outbox
        let wakeup = thread.wakeup
        let answer: @Sendable ([[UInt8]], JSON) -> Void = { route, json in
            var bytes: [UInt8] = []
            json.write(to: &bytes)
            // A full outbox means that askers do not take their answers; they give up by themselves.
            if outbox.put(route + [bytes]) { wakeup.signal() }
        }
        let busy = Counter()
        try thread.start { () throws(LinkError) in
            let socket = try linked { () throws(ZeroMQError) in
                let socket = try Socket(context, .router)
                try socket.set(.linger, Int32(ControlOptions.lingerMilliseconds))
                try socket.set(.maximumMessageSize, ControlOptions.requestBytes)
                return socket
            }
            let lock = try bind(socket, path: path)
            return ControlRole(socket: socket, lock: lock, path: path, outbox: outbox) { route, bytes in
                do throws(ControlFailure) {
                    let request = try ControlRequest(bytes)
                    guard let handler = commands[request.command] else {
                        let known = commands.keys.sorted().joined(separator: ", ")
                        throw ControlFailure("unknown command \(request.command); known: \(known)", id: request.id)
                    }
                    guard busy.count.add(1, ordering: .relaxed).newValue <= ControlOptions.waiting else {
                        busy.count.subtract(1, ordering: .relaxed)
                        throw ControlFailure("too many requests at once", id: request.id)
                    }
                    Task {
                        defer { busy.count.subtract(1, ordering: .relaxed) }
                        do throws(ControlFailure) {
                            let result = try await handler(request)
                            answer(route, ["id": request.id, "ok": true, "result": result])
                        } catch {
                            answer(route, ["id": request.id, "ok": false, "error": .string(error.reason)])
                        }
                    }
                } catch {
                    answer(route, ["id": error.id, "ok": false, "error": .string(error.reason)])
                }
            }
        }
    }

    deinit { thread.abandon() }

    /// libzmq failed; nobody can control this service any more.
    public var failure: ZeroMQError? { thread.failure }

    /// Sends what is answered already, then closes.
    public func close() async { await thread.stop() }
}

/// The numbers of the control sockets.
enum ControlOptions {
    /// Bytes of a request.
    static let requestBytes: Int64 = 64 << 10
    /// Requests that may be worked on at once, and answers that may wait.
    static let waiting = 64
    /// Milliseconds that a last answer (to `drain`) may take after the close.
    static let lingerMilliseconds = 500
}

/// A counter that closures share.
private final class Counter: Sendable {
    let count = Atomic<Int>(0)
}

private struct ControlRole: SocketRole {
    let socket: Socket
    let lock: SocketLock
    let path: String
    let outbox: Outbox<[[UInt8]]>
    let handle: @Sendable ([[UInt8]], [UInt8]) -> Void

    var readable: [Socket] { [socket] }
    var timeout: Int { -1 }

    mutating func read(_ socket: Socket) throws(ZeroMQError) {
        while let parts = try socket.receive() {
            // A REQ puts an empty part before its request, and wants it back.
            guard parts.count >= 2, let request = parts.last else { continue }
            handle(Array(parts.dropLast()), request)
        }
    }

    mutating func wake() throws(ZeroMQError) {
        for message in outbox.take() { _ = try socket.send(message) }
    }

    mutating func close() {
        // A failure leaves a socket file that the next bind replaces.
        try? socket.unbind("ipc://\(path)")
    }
}
