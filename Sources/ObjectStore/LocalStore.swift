import Dispatch
import Glibc

/// A folder of this machine as the store: `<root>/<key>`.
///
/// A file appears under its key at once and whole, or not at all; no key leads out of the folder, not by a symbolic link either.
public struct LocalStore: ObjectStore {
    private let root: String
    private let prefix: String
    /// Disks block; they do so here and not in the pool of tasks.
    private let queue = DispatchQueue(label: "aaltohub.local-store")
    /// Read and written at once while copying, in bytes.
    private static let copyBytes = 1 << 20

    /// - Parameters:
    ///   - root: an absolute path; made when it is missing.
    ///   - publicURL: what stands before the key in addresses, as where a web server shows the folder; empty means `file://<root>`.
    public init(root: String, publicURL: String = "") {
        self.root = root
        var prefix = publicURL.isEmpty ? "file://\(root)" : publicURL
        while prefix.hasSuffix("/") { prefix.removeLast() }
        self.prefix = prefix
    }

    /// Where the file is shown: the configured prefix and the key.
    public func url(of key: ObjectKey) -> String { "\(prefix)/\(key.escaped)" }

    /// Syncs the file and links it to its place, or copies it there from another file system; one that is there with the same size is
    /// left. Throws `unreadable` when the file has another size than it says, `refused` when another one has its place, `unavailable`
    /// when the folder cannot be written.
    public func put(_ file: StorableFile) async throws(ObjectStoreError) -> String {
        let result = await withCheckedContinuation { (done: CheckedContinuation<Result<Void, ObjectStoreError>, Never>) in
            queue.async {
                do throws(ObjectStoreError) {
                    try store(file)
                    done.resume(returning: .success(()))
                } catch {
                    done.resume(returning: .failure(error))
                }
            }
        }
        try result.get()
        return url(of: file.key)
    }

    private func store(_ file: StorableFile) throws(ObjectStoreError) {
        let source = open(file.path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw .unreadable(failure(file.path)) }
        defer { Glibc.close(source) }
        var status = stat()
        guard fstat(source, &status) == 0 else { throw .unreadable(failure(file.path)) }
        guard status.st_size == file.size else { throw .unreadable("\(file.path) has \(status.st_size) bytes and not \(file.size)") }
        // Its bytes first, its name afterwards: a name after a loss of power means a whole file.
        guard fsync(source) == 0 else { throw unavailable(file.path) }

        let segments = file.key.segments.map(String.init)
        let folder = try openFolder(segments.dropLast())
        defer { Glibc.close(folder) }
        // Keys have at least one segment.
        let name = segments[segments.count - 1]
        if let size = try existing(name, in: folder) {
            if size == file.size { return }
            throw .refused("\(file.key) is there already with \(size) bytes and not \(file.size)")
        }
        if linkat(AT_FDCWD, file.path, folder, name, 0) == 0 {
            fchmodat(folder, name, 0o640, 0)
        } else if errno != EEXIST {
            guard [EXDEV, EPERM, EMLINK, EOPNOTSUPP].contains(errno) else { throw unavailable("\(root)/\(file.key)") }
            try copy(source, to: name, in: folder, as: file)
        }
        guard fsync(folder) == 0 else { throw unavailable("\(root)/\(file.key)") }
    }

    /// Bytes of the file that has this name already; nil when there is none.
    private func existing(_ name: String, in folder: Int32) throws(ObjectStoreError) -> Int64? {
        var status = stat()
        if fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 {
            if errno == ENOENT { return nil }
            throw unavailable("\(root)/…/\(name)")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .refused("\(name) is there already and is no file") }
        return Int64(status.st_size)
    }

    /// From another file system, where it cannot be linked: copied under another name, then renamed.
    private func copy(_ source: Int32, to name: String, in folder: Int32, as file: StorableFile) throws(ObjectStoreError) {
        let temporary = ".\(name).\(getpid())"
        let target = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard target >= 0 else { throw unavailable("\(root)/\(file.key)") }
        defer { Glibc.close(target) }
        do throws(ObjectStoreError) {
            var buffer = [UInt8](repeating: 0, count: Self.copyBytes)
            var offset: off_t = 0
            while offset < file.size {
                let count = pread(source, &buffer, buffer.count, offset)
                if count < 0 { throw .unreadable(failure(file.path)) }
                if count == 0 { throw .unreadable("\(file.path) became shorter") }
                var written = 0
                while written < count {
                    let n = buffer.withUnsafeBytes { pwrite(target, $0.baseAddress! + written, count - written, offset + off_t(written)) }
                    if n < 0 { throw unavailable("\(root)/\(file.key)") }
                    written += n
                }
                offset += off_t(count)
            }
            guard fsync(target) == 0, renameat(folder, temporary, folder, name) == 0 else { throw unavailable("\(root)/\(file.key)") }
        } catch {
            unlinkat(folder, temporary, 0)
            throw error
        }
    }

    /// Opens the folder of these names below the root, step by step and never through a link; makes what is missing.
    private func openFolder(_ names: some Sequence<String>) throws(ObjectStoreError) -> Int32 {
        mkdir(root, 0o750)
        var folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .misconfigured(failure(root)) }
        for name in names {
            if mkdirat(folder, name, 0o750) == 0 { fsync(folder) }
            let next = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            let code = errno
            Glibc.close(folder)
            guard next >= 0 else {
                errno = code
                throw code == ENOTDIR || code == ELOOP ? .misconfigured("\(root)/…/\(name) is no folder") : unavailable("\(root)/…/\(name)")
            }
            folder = next
        }
        return folder
    }

    private func failure(_ path: String) -> String { "\(path): \(String(cString: strerror(errno)))" }

    /// A full disk and the like: it may be better later.
    private func unavailable(_ path: String) -> ObjectStoreError {
        errno == EACCES || errno == EROFS ? .misconfigured(failure(path)) : .unavailable(failure(path))
    }
}
