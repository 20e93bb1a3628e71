import Glibc
import ListenerCore
import POSIX

/// The spool's folder: its files, and how they are read at a start.
public struct SpoolFolder: Sendable {
    /// A file that is not used any more is given this ending, for a person to look at.
    static let unusableEnding = ".unusable"
    private static let ending = ".segment"

    public let path: String

    public init(_ path: String) { self.path = path }

    func file(_ segment: UInt64) -> String { "\(path)/\(String(format(segment)))\(SpoolFolder.ending)" }

    /// Sixteen digits: names sort as numbers do.
    private func format(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    }

    /// Makes the folder, for this user alone, if it is not there.
    public func make() throws(SpoolError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SpoolError("make", path) }
    }

    /// The segments' numbers, rising. An absent folder has none.
    public func segments() throws(SpoolError) -> [UInt64] {
        guard let folder = opendir(path) else {
            if errno == ENOENT { return [] }
            throw SpoolError("read", path)
        }
        defer { closedir(folder) }
        var out: [UInt64] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasSuffix(SpoolFolder.ending), let number = UInt64(name.dropLast(SpoolFolder.ending.count)) else { continue }
            out.append(number)
        }
        return out.sorted()
    }

    /// The whole of one segment.
    public func read(_ segment: UInt64) throws(SpoolError) -> [UInt8] {
        let path = file(segment)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SpoolError("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SpoolError("read", path) }
        var count = 0
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, initialized in
            while count < buffer.count {
                let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
                if got > 0 {
                    count += got
                } else if got == 0 {
                    break
                } else if errno != EINTR {
                    failure = errno
                    break
                }
            }
            initialized = count
        }
        if failure != 0 { throw SpoolError("read", path, failure) }
        return bytes
    }

    /// Reads all of it, oldest first, on a thread of its own.
    ///
    /// - Parameter each: called with the number of each segment that was read.
    public func scan(account: String, each: @escaping @Sendable (UInt64) -> Void = { _ in }) async throws(SpoolError) -> SpoolScan {
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<SpoolScan, SpoolError>, Never>) in
            detachThread(named: "spool scan") {
                do throws(SpoolError) {
                    var scan = SpoolScan(account: account)
                    for segment in try segments() {
                        scan.add(name: segment, bytes: try read(segment))
                        each(segment)
                    }
                    scan.finish()
                    continuation.resume(returning: .success(scan))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// Takes what cannot be used out of the way; it is kept beside the others, under another name.
    public func setAside(_ segment: UInt64) throws(SpoolError) {
        let path = file(segment)
        guard rename(path, path + SpoolFolder.unusableEnding) == 0 else { throw SpoolError("rename", path) }
    }

    /// Takes the whole folder out of the way.
    ///
    /// - Parameter mark: what is added to its name.
    /// - Returns: its new path.
    public func setAside(mark: String) throws(SpoolError) -> String {
        let new = "\(path).\(mark)"
        guard rename(path, new) == 0 else { throw SpoolError("rename", path) }
        return new
    }
}

/// What the kernel refused, with the file and the step.
public struct SpoolError: Error, Hashable, Sendable, CustomStringConvertible {
    public let step: String
    public let path: String
    /// errno.
    public let code: Int32

    init(_ step: String, _ path: String, _ code: Int32 = errno) {
        self.step = step
        self.path = path
        self.code = code
    }

    /// There is no room; everything else is a fault of the disk.
    public var isFull: Bool { code == ENOSPC || code == EDQUOT }
    public var description: String { "\(path): cannot \(step): \(String(cString: strerror(code)))" }
}
