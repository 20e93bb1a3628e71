import Foundation
import Primitives
import ServiceKit

/// The number of a producer's life: the clock in milliseconds, or one more than at the last start where the clock was set back since.
///
/// - Parameter path: the file that remembers the last one. Throws an I/O error of exit status 74.
public func nextIncarnation(_ path: String) throws -> UInt64 {
    let last = FileManager.default.contents(atPath: path).flatMap { UInt64(String(decoding: $0, as: UTF8.self)) } ?? 0
    let next = max(last + 1, UInt64(max(0, SystemClock.unix.nanoseconds / 1_000_000)))
    do {
        try Data("\(next)".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
        throw ServiceError.io("\(path): cannot be written: \(error)")
    }
    return next
}
