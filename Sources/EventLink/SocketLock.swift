import POSIX

/// The right to bind one `ipc` path, held until the process ends: libzmq itself would steal the path from its owner.
final class SocketLock: Sendable {
    private let file: LockedFile

    /// Bytes of `sockaddr_un.sun_path` without its closing zero.
    static let longestPath = 107

    init(socketPath: String) throws(LinkError) {
        guard socketPath.utf8.count <= SocketLock.longestPath else { throw .pathTooLong(path: socketPath, limit: SocketLock.longestPath) }
        let path = socketPath + ".lock"
        do throws(LockedFile.Failure) {
            file = try LockedFile(path)
        } catch {
            switch error {
            case .cannotOpen(let error), .cannotLock(let error): throw .cannotOpen(path: path, reason: error.text)
            case .held(let pid): throw .inUse(path: socketPath, holder: pid)
            }
        }
    }
}
