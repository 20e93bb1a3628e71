import POSIX

/// A lock that one process of this machine holds, in an operator's words.
public final class FileLock: Sendable {
    public let path: String
    private let file: LockedFile

    /// Takes the lock, or tells who holds it.
    ///
    /// - Parameters:
    ///   - path: the file, which is made if need be; its folder must exist.
    ///   - purpose: what one process alone may do, as in "write to this database".
    /// - Throws: status 69 when another process holds it, 74 when the file cannot be made.
    public init(path: String, purpose: String) throws(ServiceError) {
        self.path = path
        do throws(LockedFile.Failure) {
            file = try LockedFile(path)
        } catch {
            switch error {
            case .cannotOpen(let error): throw .io("lock file \(path): cannot be opened: \(error)")
            case .cannotLock(let error): throw .io("lock file \(path): cannot be locked: \(error)")
            case .held(let pid):
                let holder = pid.map { "process \($0)" } ?? "another process"
                throw .unavailable("\(holder) already has the right to \(purpose) (lock \(path)): stop it first, or leave it to it")
            }
        }
    }
}
