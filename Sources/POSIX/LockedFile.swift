import Glibc

/// flock(2) on a file that this process alone holds: the kernel drops it when the process ends, however it does.
///
/// The file holds the holder's pid for people; only the lock counts.
public final class LockedFile: Sendable {
    /// Why the lock was not taken.
    public enum Failure: Error, Hashable, Sendable {
        case cannotOpen(SystemCallError)
        case cannotLock(SystemCallError)
        /// The pid that the file names.
        case held(by: Int32?)
    }

    private let descriptor: Int32

    /// Takes the lock. The file is made if need be; its folder must exist.
    public init(_ path: String) throws(Failure) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o660)
        guard file >= 0 else { throw .cannotOpen(SystemCallError()) }
        // The operator's tool may make it, as root and under another umask: the group's stages lock it, too. Only its owner may say so.
        fchmod(file, 0o660)
        guard LockedFile.take(file) else {
            let error = SystemCallError()
            let holder = LockedFile.pid(in: file)
            close(file)
            throw error.code == EWOULDBLOCK ? .held(by: holder) : .cannotLock(error)
        }
        descriptor = file
        let line = Array("\(getpid())\n".utf8)
        ftruncate(file, 0)
        pwrite(file, line, line.count, 0)
    }

    deinit { close(descriptor) }

    /// Whether a process holds the lock now. Those who look at the same time do not take each other for its holder, and whoever takes the
    /// lock meanwhile gets it.
    public static func isHeld(_ path: String) -> Bool {
        let file = open(path, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// The pid that the file names, whether or not that process lives.
    public static func holder(of path: String) -> Int32? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return pid(in: file)
    }

    private static func pid(in file: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(file, &bytes, bytes.count, 0)
        return Int32(String(decoding: bytes.prefix(max(0, count)).prefix { (0x30...0x39).contains($0) }, as: UTF8.self))
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
}
