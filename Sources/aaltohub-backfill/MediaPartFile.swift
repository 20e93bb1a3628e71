import BackfillCore
import Dispatch
import Foundation
import Glibc
import ServiceKit

/// Runs what blocks on a disk outside the pool of tasks, one thing after the other.
final class DiskQueue: SerialExecutor {
    private let queue = DispatchQueue(label: "aaltohub.disk")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}

/// A file that is being fetched: its bytes so far, and beside them which parts those are.
///
/// A map says no more than what is written, so that after kill -9 no part that is there is fetched again. After a restart of the machine
/// itself a map is not believed, since the bytes may not have reached the disk. All of it happens on a thread of its own: disks block.
actor MediaPartFile {
    private let queue = DiskQueue()
    nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    nonisolated let path: String
    private let mapPath: String
    private var file: Int32 = -1
    private var map: Int32 = -1
    private static let boot = bootID()
    /// Bytes that are read at once while the whole is verified.
    private static let readBytes = 1 << 20

    struct Failure: Error, CustomStringConvertible {
        var description: String
        /// The disk has no room.
        var isFull: Bool

        init(_ path: String) {
            isFull = errno == ENOSPC || errno == EDQUOT || errno == EFBIG
            description = "\(path): \(String(cString: strerror(errno)))"
        }
    }

    /// `name` tells files apart: `photo-17`.
    init(folder: String, name: String) {
        path = "\(folder)/\(name).part"
        mapPath = "\(folder)/\(name).map"
    }

    deinit {
        if file >= 0 { close(file) }
        if map >= 0 { close(map) }
    }

    /// Opens what an earlier process left, or begins anew. `size`: bytes that the file will have, if that is known: their room is taken now.
    func open(size: Int64?) throws(Failure) -> PartMap {
        file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Failure(path) }
        map = Glibc.open(mapPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard map >= 0 else { throw Failure(mapPath) }
        if let found = readMap(), size == nil || found.size == nil || found.size == size { return found }
        guard ftruncate(file, 0) == 0, ftruncate(map, 0) == 0 else { throw Failure(path) }
        if let size, size > 0 {
            let code = posix_fallocate(file, 0, off_t(size))
            if code == ENOSPC || code == EFBIG || code == EDQUOT {
                errno = code
                throw Failure(path)
            }
        }
        return PartMap(size: size)
    }

    private func readMap() -> PartMap? {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = pread(map, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        let lines = bytes[..<count].split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
        guard lines.count == 2, Array(lines[0]) == Array(Self.boot.utf8) else { return nil }
        return PartMap(serialized: Array(lines[1]))
    }

    func write(_ bytes: ArraySlice<UInt8>, at offset: Int64) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                // A slice that is not empty has an address.
                pwrite(file, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure(path) }
            done += count
        }
    }

    /// Keeps what is there: all of it is written already.
    func save(_ parts: PartMap) throws(Failure) {
        let bytes = Array("\(Self.boot)\n".utf8) + parts.serialized
        guard pwrite(map, bytes, bytes.count, 0) == bytes.count, ftruncate(map, off_t(bytes.count)) == 0 else { throw Failure(mapPath) }
    }

    /// Reads the whole file once.
    func verify(_ ranges: [FileHash], size: Int64) throws(Failure) -> (size: Int64, sha256: [UInt8], bad: [Range<Int64>]) {
        guard ftruncate(file, off_t(size)) == 0 else { throw Failure(path) }
        var verifier = FileVerifier(ranges, size: size)
        var buffer = [UInt8](repeating: 0, count: Self.readBytes)
        var offset: Int64 = 0
        while offset < size {
            let count = pread(file, &buffer, buffer.count, off_t(offset))
            guard count >= 0 else { throw Failure(path) }
            if count == 0 { break }
            buffer.withUnsafeBytes { verifier.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            offset += Int64(count)
        }
        return verifier.finish()
    }

    /// Nothing of it is left.
    func remove() {
        for gone in [path, mapPath] where unlink(gone) != 0 && errno != ENOENT { perror(gone) }
    }

    /// Changes with every start of the machine.
    private static func bootID() -> String {
        let bytes = (try? readFile("/proc/sys/kernel/random/boot_id").get()) ?? []
        return String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
    }

    /// Removes what has not been touched for so long: its file is fetched by nobody any more.
    static func clean(_ folder: String, olderThan seconds: Int) {
        guard let directory = opendir(folder) else { return }
        defer { closedir(directory) }
        let limit = time(nil) - seconds
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard [".part", ".map", ".upload"].contains(where: name.hasSuffix) else { continue }
            var status = stat()
            if stat("\(folder)/\(name)", &status) == 0, status.st_mtim.tv_sec < limit { unlink("\(folder)/\(name)") }
        }
    }
}
