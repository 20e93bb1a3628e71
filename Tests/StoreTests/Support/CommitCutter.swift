import Foundation
import Glibc
import Synchronization

/// Stands between a writer and its Postgres on a unix socket, and cuts the connection at the next COMMIT when told to: before the server
/// has it, or after the server has answered it. Every connection passes through; each has a thread of its own.
final class CommitCutter: Sendable {
    enum Cut: Sendable { case never, beforeTheServerHasIt, afterTheServerHasAnswered }

    /// The folder to give as `host`; the port stays.
    let folder: String
    private let listener: Int32
    private let order = Order()

    private final class Order: Sendable {
        private let next = Mutex(Cut.never)

        func set(_ cut: Cut) { next.withLock { $0 = cut } }
        func take() -> Cut {
            next.withLock { cut in
                defer { cut = .never }
                return cut
            }
        }
    }

    init(to cluster: PostgresCluster) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "cut-\(UUID().uuidString.prefix(8))").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard CommitCutter.with(path: "\(folder)/.s.PGSQL.\(cluster.port)", { Glibc.bind(listener, $0, $1) }) == 0, listen(listener, 8) == 0
        else { throw PostgresCluster.Failure(description: "no socket in \(folder)") }
        let (descriptor, target) = (listener, "\(cluster.folder)/.s.PGSQL.\(cluster.port)")
        Thread.detachNewThread { [order] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { return }
                let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                guard CommitCutter.with(path: target, { connect(server, $0, $1) }) == 0 else {
                    close(client)
                    continue
                }
                Thread.detachNewThread { CommitCutter.pass(client, server, order) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        // It lies in the folder for temporary files; what stays behind is only that.
        _ = try? FileManager.default.removeItem(atPath: folder)
    }

    /// How the next COMMIT ends; those after it pass.
    func cutNext(_ cut: Cut) { order.set(cut) }

    private static func pass(_ client: Int32, _ server: Int32, _ order: Order) {
        defer {
            close(client)
            close(server)
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            var descriptors = [
                pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: server, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&descriptors, 2, -1) > 0 else { return }
            if descriptors[0].revents != 0 {
                let count = read(client, &buffer, buffer.count)
                guard count > 0 else { return }
                let isCommit = Data(buffer[..<count]).range(of: Data("COMMIT\0".utf8)) != nil
                let cut = isCommit ? order.take() : .never
                if cut == .beforeTheServerHasIt { return }
                guard CommitCutter.send(buffer[..<count], to: server) else { return }
                if cut == .afterTheServerHasAnswered {
                    _ = read(server, &buffer, buffer.count)
                    return
                }
            }
            if descriptors[1].revents != 0 {
                let count = read(server, &buffer, buffer.count)
                guard count > 0, CommitCutter.send(buffer[..<count], to: client) else { return }
            }
        }
    }

    private static func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    private static func with(path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
