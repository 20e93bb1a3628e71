/// Why a file could not be stored.
public enum ObjectStoreError: Error, Hashable, Sendable {
    /// The store is away or overloaded: try again later, not before `after` if it says so.
    case unavailable(String, after: Duration? = nil)
    /// The store takes nothing as it is set up: a key that it does not know, a bucket that is not there. A person must act; files wait.
    case misconfigured(String)
    /// The store will never take this file.
    case refused(String)
    /// The file itself cannot be read.
    case unreadable(String)
}

extension ObjectStoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unavailable(let why, _): "the store is away: \(why)"
        case .misconfigured(let why): "the store is not set up: \(why)"
        case .refused(let why): "the store refuses the file: \(why)"
        case .unreadable(let why): "the file cannot be read: \(why)"
        }
    }
}
