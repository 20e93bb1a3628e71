import Glibc

/// Why a system call failed.
public struct SystemCallError: Error, Hashable, Sendable, CustomStringConvertible {
    /// errno.
    public let code: Int32
    public init(code: Int32 = errno) { self.code = code }
    /// The kernel's own words.
    public var text: String { String(cString: strerror(code)) }
    public var description: String { text }
}
