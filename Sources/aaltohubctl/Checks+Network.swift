import Foundation
import Glibc
import POSIX
import Primitives
import ServiceKit

extension Checks {
    /// Whether the supervisor answers on its port, or could.
    func port() async -> Finding {
        let listen = configuration.supervisor.listen
        let isOurs = await offPool { httpAnswer(host: listen.host, port: listen.port, path: "/healthz") }
        if isOurs == "ok\n" { return .ok("supervisor.listen", "the supervisor answers on \(listen)") }
        switch await offPool({ bindError(host: listen.host, port: listen.port) }) {
        case nil: return .ok("supervisor.listen", "\(listen) is free")
        case EADDRINUSE?:
            return .wrong(
                "supervisor.listen", "\(listen) is taken by another program",
                "find it with `ss -ltnp`; stop it or change supervisor.listen",
                .unavailable)
        case let code?:
            return .wrong("supervisor.listen", "\(listen): \(SystemCallError(code: code))", "change supervisor.listen")
        }
    }
}

/// Runs a blocking call on a thread of its own.
func offPool<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: body()) }
        thread.start()
    }
}

/// Calls `body` with each address of a name until it returns true. The text says why there is none.
private func resolve(_ host: String, _ port: Int, passive: Bool, _ body: (UnsafePointer<addrinfo>) -> Bool) -> String? {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = passive ? AI_PASSIVE : 0
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else { return String(cString: gai_strerror(code)) }
    defer { freeaddrinfo(list) }
    var next = list
    while let one = next {
        if body(one) { break }
        next = one.pointee.ai_next
    }
    return nil
}

/// A connected socket, waiting for it no longer than asked.
private func connect(_ address: UnsafePointer<addrinfo>, milliseconds: Int32) -> Result<Int32, SystemCallError> {
    let descriptor = socket(
        address.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return .failure(SystemCallError()) }
    if Glibc.connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 { return .success(descriptor) }
    var code = errno
    if code == EINPROGRESS {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        var length = socklen_t(MemoryLayout<Int32>.size)
        if poll(&wait, 1, milliseconds) != 1 {
            code = ETIMEDOUT
        } else if getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0, code == 0 {
            return .success(descriptor)
        }
    }
    close(descriptor)
    return .failure(SystemCallError(code: code))
}

/// errno of an attempt to listen there, or nil when it works.
private func bindError(host: String, port: Int) -> Int32? {
    var code: Int32? = EADDRNOTAVAIL
    _ = resolve(host, port, passive: true) { address in
        let descriptor = socket(address.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let works = bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 && listen(descriptor, 1) == 0
        code = works ? nil : errno
        return true
    }
    return code
}

/// The body that a web server answers with, or nil.
private func httpAnswer(host: String, port: Int, path: String) -> String? {
    var answer: String?
    _ = resolve(host, port, passive: false) { address in
        guard case .success(let descriptor) = connect(address, milliseconds: 1000) else { return false }
        defer { close(descriptor) }
        let request = Array("GET \(path) HTTP/1.0\r\nHost: \(host)\r\n\r\n".utf8)
        guard write(descriptor, request, request.count) == request.count else { return true }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while all.count < 65536, poll(&wait, 1, 1000) == 1 {
            let count = read(descriptor, &buffer, buffer.count)
            if count <= 0 { break }
            all += buffer[..<count]
        }
        let text = String(decoding: all, as: UTF8.self)
        if let range = text.firstRange(of: "\r\n\r\n") { answer = String(text[range.upperBound...]) }
        return true
    }
    return answer
}
