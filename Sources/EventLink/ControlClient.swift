import Foundation
import Primitives
import ZeroMQ

/// Asks running services. One short-lived socket and thread per question, since questions are rare.
public struct ControlClient: Sendable {
    private let context: Context
    /// How long to wait for an answer.
    public var patience: Duration

    public init(context: Context, patience: Duration = .seconds(5)) {
        self.context = context
        self.patience = patience
    }

    /// Sends a command and waits for its result.
    ///
    /// - Parameters:
    ///   - path: of the service's control socket.
    ///   - actor: who asks, for the service's log.
    /// - Throws: `LinkError.noAnswer` when nobody answers in time, `ControlFailure` when the service says no.
    public func ask(_ path: String, _ command: String, arguments: JSON = .object([]), actor: String) async throws -> JSON {
        guard path.utf8.count <= SocketLock.longestPath else { throw LinkError.pathTooLong(path: path, limit: SocketLock.longestPath) }
        // Without the socket's file there is nobody to wait for.
        guard FileManager.default.fileExists(atPath: path) else { throw LinkError.noAnswer(path: path) }
        let id = JSON.string(UUID().uuidString)
        var request: [UInt8] = []
        JSON.object([
            .init("id", id), .init("command", .string(command)), .init("arguments", arguments), .init("actor", .string(actor)),
        ]).write(to: &request)
        guard let bytes = try await exchange(path, request) else { throw LinkError.noAnswer(path: path) }
        guard let answer = try? JSONDecoder().decode(JSON.self, from: Data(bytes)), let ok = answer["ok"]?.bool, answer["id"] == id else {
            throw LinkError.badAnswer(path: path)
        }
        if ok { return answer["result"] ?? .null }
        throw ControlFailure(answer["error"]?.string ?? "refused without a reason")
    }

    private func exchange(_ path: String, _ request: [UInt8]) async throws -> [UInt8]? {
        let context = context
        let milliseconds = Int32(clamping: patience.inNanoseconds / 1_000_000)
        let inbox = Inbox<Result<[UInt8]?, LinkError>>(elementLimit: 1, costLimit: .max) {}
        let thread = SocketThread(named: "control")
        try thread.start { () throws(LinkError) in
            let socket = try linked { () throws(ZeroMQError) in
                let socket = try Socket(context, .dealer)
                try socket.set(.linger, Int32(0))
                try socket.connect("ipc://\(path)")
                guard try socket.send([request]) else { preconditionFailure("a connecting DEALER queues one message") }
                return socket
            }
            return AskerRole(socket: socket, inbox: inbox, deadline: .now + .milliseconds(milliseconds))
        }
        let result = await inbox.next()?.first
        await thread.stop()
        return try result?.get()
    }
}

private struct AskerRole: SocketRole {
    let socket: Socket
    let inbox: Inbox<Result<[UInt8]?, LinkError>>
    let deadline: ContinuousClock.Instant
    private var isDone = false

    init(socket: Socket, inbox: Inbox<Result<[UInt8]?, LinkError>>, deadline: ContinuousClock.Instant) {
        self.socket = socket
        self.inbox = inbox
        self.deadline = deadline
    }

    var readable: [Socket] { [socket] }
    var timeout: Int { isDone ? -1 : Int(max(0, (deadline - .now).inNanoseconds / 1_000_000 + 1)) }

    mutating func read(_ socket: Socket) throws(ZeroMQError) {
        guard let answer = try socket.receive()?.last else { return }
        finish(answer)
    }

    mutating func wake() { if ContinuousClock.now >= deadline { finish(nil) } }

    private mutating func finish(_ answer: [UInt8]?) {
        guard !isDone else { return }
        isDone = true
        inbox.put(.success(answer), cost: 0)
        inbox.close()
    }

    mutating func close() { inbox.close() }
}
