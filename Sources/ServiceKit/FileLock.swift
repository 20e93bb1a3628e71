import Glibc

/// A lock that one process of this machine holds: flock(2) on a file, which the kernel drops when the process ends.
///
/// The file holds the holder's pid for people; only the lock counts.
public final class FileLock: Sendable {
    public let path: String
    private let descriptor: Int32

    /// Takes the lock, or tells who holds it.
    ///
    /// - Parameters:
    ///   - path: the file, which is made if need be; its folder must exist.
    ///   - purpose: what one process alone may do, as in "write to this database".
    /// - Throws: status 69 when another process holds it, 74 when the file cannot be made.
    public init(path: String, purpose: String) throws(ServiceError) {
        self.path = path
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o660)
        guard file >= 0 else { throw .io("lock file \(path): cannot be opened: \(SystemCallError())") }
        // The operator's tool may make it, as root and under another umask: the group's stages lock it, too. Only its owner may say so.
        fchmod(file, 0o660)
        guard FileLock.take(file) else {
            let error = SystemCallError()
            close(file)
            guard error.code == EWOULDBLOCK else { throw .io("lock file \(path): cannot be locked: \(error)") }
            let holder = FileLock.holder(of: path).map { "process \($0)" } ?? "another process"
            throw .unavailable("\(holder) already has the right to \(purpose) (lock \(path)): stop it first, or leave it to it")
        }
        descriptor = file
        ftruncate(file, 0)
        writeAll(Array("\(getpid())\n".utf8), to: file)
    }

    deinit { close(descriptor) }

    /// The pid that the file names, whether or not that process lives.
    public static func holder(of path: String) -> Int32? {
        guard case .success(let bytes) = readFile(path) else { return nil }
        return Int32(String(decoding: bytes, as: UTF8.self).trimmed)
    }

    /// Between two tries while somebody looks (`isHeld`), which takes some microseconds, and how many there are: a second.
    private static let lookNanoseconds = 1_000_000
    private static let mostLooks = 1_000

    /// Takes the lock of an open file. Who only looks whether it is held is waited for; errno tells why it was not taken.
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

    /// Whether a process holds the lock now. Those who look at the same time do not take each other for its holder, and whoever takes the
    /// lock meanwhile gets it.
    public static func isHeld(_ path: String) -> Bool {
        let file = open(path, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}
