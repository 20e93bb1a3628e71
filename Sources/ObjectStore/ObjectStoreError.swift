/// Why a file could not be stored.
public enum ObjectStoreError: Error, Hashable, Sendable {
    /// The store is away or overloaded: try again later.
    case unavailable(String)
    /// The store will never take this file.
    case refused(String)
}
