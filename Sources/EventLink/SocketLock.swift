import Glibc

/// The right to bind one `ipc` path, held until the process ends: libzmq itself would steal the path from its owner.
final class SocketLock: Sendable {
    private let descriptor: Int32

    /// Bytes of `sockaddr_un.sun_path` without its closing zero.
    static let longestPath = 107

    init(socketPath: String) throws(LinkError) {
        guard socketPath.utf8.count <= SocketLock.longestPath else { throw .pathTooLong(path: socketPath, limit: SocketLock.longestPath) }
        let path = socketPath + ".lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o660)
        guard file >= 0 else { throw .cannotOpen(path: path, reason: String(cString: strerror(errno))) }
        guard SocketLock.take(file) else {
            let code = errno
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = read(file, &bytes, bytes.count)
            close(file)
            guard code == EWOULDBLOCK else { throw .cannotOpen(path: path, reason: String(cString: strerror(code))) }
            let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            throw .inUse(path: socketPath, holder: Int32(text.prefix { $0.isNumber }))
        }
        descriptor = file
        // The pid is for people; only the lock counts.
        ftruncate(file, 0)
        let line = Array("\(getpid())\n".utf8)
        pwrite(file, line, line.count, 0)
    }

    /// Between two tries while somebody looks whether the lock is held, which takes some microseconds, and how many there are: a second.
    private static let lookNanoseconds = 1_000_000
    private static let mostLooks = 1_000

    /// Takes the lock of an open file. Who only looks (with a shared lock) is waited for; errno tells why it was not taken.
    private static func take(_ file: Int32) -> Bool {
        for _ in 0..<mostLooks {
            if flock(file, LOCK_EX | LOCK_NB) == 0 { return true }
            // A holder lets nobody share it; those who look do.
            guard errno == EWOULDBLOCK, flock(file, LOCK_SH | LOCK_NB) == 0 else { return false }
            flock(file, LOCK_UN)
            var pause = timespec(tv_sec: 0, tv_nsec: lookNanoseconds)
            nanosleep(&pause, nil)
        }
        errno = EWOULDBLOCK
        return false
    }

    deinit { close(descriptor) }
}
