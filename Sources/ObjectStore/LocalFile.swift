import Dispatch
import Glibc

/// A stored file, open for reading: it can be read to its end whatever becomes of its name meanwhile.
public struct LocalFile: Sendable {
    /// Bytes.
    public let size: Int64
    private let handle: FileChunks.Handle

    fileprivate init(size: Int64, handle: FileChunks.Handle) {
        self.size = size
        self.handle = handle
    }

    /// The bytes of a range within the file.
    public func chunks(_ range: Range<Int64>) -> FileChunks { FileChunks(handle, range) }
}

/// Reads what `LocalStore` keeps. No key leads out of the folder, not by a symbolic link either.
public struct LocalFiles: Sendable {
    private let root: String
    /// Disks block; they do so here and not in the pool of tasks.
    private static let queue = DispatchQueue(label: "aaltohub.local-files", attributes: .concurrent)

    /// - Parameter root: the store's folder.
    public init(root: String) { self.root = root }

    /// The file of this key; nil when there is none. Throws `misconfigured` when the folder may not be read, `unavailable` when the disk
    /// fails.
    public func open(_ key: ObjectKey) async throws(ObjectStoreError) -> LocalFile? {
        // What is being written has a name that begins with a point.
        guard !key.segments.contains(where: { $0.hasPrefix(".") }) else { return nil }
        let result = await withCheckedContinuation { (done: CheckedContinuation<Result<LocalFile?, ObjectStoreError>, Never>) in
            Self.queue.async {
                do throws(ObjectStoreError) {
                    done.resume(returning: .success(try openNow(key)))
                } catch {
                    done.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// Step by step from the root, never through a link.
    private func openNow(_ key: ObjectKey) throws(ObjectStoreError) -> LocalFile? {
        var folder = Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            if errno == ENOENT { return nil }
            throw failure(root)
        }
        let segments = key.segments.map(String.init)
        for (i, name) in segments.enumerated() {
            let isLast = i == segments.count - 1
            // Something that is no file, such as a pipe, must not hold the thread up.
            let flags = isLast ? O_RDONLY | O_NONBLOCK : O_RDONLY | O_DIRECTORY
            let next = openat(folder, name, flags | O_CLOEXEC | O_NOFOLLOW)
            let code = errno
            close(folder)
            guard next >= 0 else {
                if [ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, ENXIO].contains(code) { return nil }
                errno = code
                throw failure("\(root)/\(key)")
            }
            folder = next
        }
        let handle = FileChunks.Handle("\(root)/\(key)", owning: folder)
        var status = stat()
        guard fstat(folder, &status) == 0 else { throw failure("\(root)/\(key)") }
        return status.st_mode & S_IFMT == S_IFREG ? LocalFile(size: Int64(status.st_size), handle: handle) : nil
    }

    private func failure(_ path: String) -> ObjectStoreError {
        let text = "\(path): \(String(cString: strerror(errno)))"
        return errno == EACCES || errno == EPERM ? .misconfigured(text) : .unavailable(text)
    }
}
