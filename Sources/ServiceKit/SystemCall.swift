import Glibc
import POSIX

/// The most bytes that a configuration file, a credential or a lock may have.
private let largestSmallFile = 1 << 20

/// The whole of a small file: at most 1 MiB, EFBIG beyond.
public func readFile(_ path: String) -> Result<[UInt8], SystemCallError> {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return .failure(SystemCallError()) }
    defer { close(file) }
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
        let count = read(file, &buffer, buffer.count)
        if count < 0 {
            if errno == EINTR { continue }
            return .failure(SystemCallError())
        }
        if count == 0 { return .success(all) }
        all += buffer[..<count]
        if all.count > largestSmallFile { return .failure(SystemCallError(code: EFBIG)) }
    }
}

/// Writes all bytes to a descriptor.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
    bytes.withUnsafeBytes { buffer in
        var rest = buffer[...]
        while !rest.isEmpty {
            let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EINTR {
                continue
            } else {
                return  // Where notices go is gone; there is no one left to tell.
            }
        }
    }
}
