import EventLink
import Events
import Foundation
import Testing

/// A folder of its own for one test's sockets, short enough for a socket's address, removed afterwards.
final class SocketFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/al-" + String(UInt32.random(in: 0...UInt32.max), radix: 36)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func socket(_ name: String) -> String { "\(path)/\(name).sock" }
}

/// How long a test waits for what must come; only a failure takes that long. Other suites' tests may hold all threads for a while.
let patience = Duration.seconds(120)

struct TooLate: Error {}

/// The task's value, or an error when it does not come in time.
func within<T: Sendable>(_ limit: Duration = patience, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await withThrowingTaskGroup(of: T.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw TooLate()
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw TooLate() }
        return first
    }
}

/// Takes an inbox's elements one at a time.
actor Taker<Element: Sendable> {
    private let inbox: Inbox<Element>
    private var waiting: [Element] = []

    init(_ inbox: Inbox<Element>) { self.inbox = inbox }

    func next() async throws -> Element {
        while waiting.isEmpty {
            guard let more = await inbox.next() else { throw TooLate() }
            waiting = more
        }
        return waiting.removeFirst()
    }

    /// What there is until the inbox closes, which the caller has seen to.
    func rest() async throws -> [Element] {
        try await within {
            var out = await self.taken()
            while let more = await self.inbox.next() { out += more }
            return out
        }
    }

    private func taken() -> [Element] {
        defer { waiting = [] }
        return waiting
    }

    func take(_ count: Int) async throws -> [Element] {
        var out: [Element] = []
        while out.count < count { out.append(try await next()) }
        return out
    }
}

extension ProducerLink.Event {
    /// `connected`, `disconnected`, or the frame's name.
    var name: String {
        switch self {
        case .connected: "connected"
        case .disconnected: "disconnected"
        case .frame(.success(let frame)): frame.name
        case .frame(.failure(let error)): "\(error)"
        }
    }
}

func ping(_ id: UInt64) -> WireFrame { WireFrame(.ping(.with { $0.id = id })) }
func pong(_ id: UInt64) -> WireFrame { WireFrame(.pong(.with { $0.id = id })) }
