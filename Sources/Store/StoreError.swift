/// What the stores refuse beside what Postgres itself does. Each names what to do.
public enum StoreError: Error, Sendable, Equatable {
    /// Another process holds the writer's lock in this database.
    case anotherWriter
    /// Something between this process and Postgres gives every transaction another session.
    case transactionPooler
    /// The value cannot be used; the text says why.
    case invalid(String)
    /// Nothing, or more than one thing, answers to that name.
    case notFound(String)
    case ambiguous(String, matches: [String])
    /// A sealed value does not open: another master key, another row, or damage.
    case sealBroken(String)
    /// Without this one nobody could admit anybody any more.
    case lastAdmin(String)
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .anotherWriter: "another writer is connected to this database: stop it first"
        case .transactionPooler:
            "a transaction pooler stands before this database (it breaks prepared statements and session locks): "
                + "use the direct address or a session pooler"
        case .invalid(let text): text
        case .notFound(let what): "\(what) is not registered"
        case .ambiguous(let what, let matches): "\(what) may mean \(matches.joined(separator: ", ")): say more of it"
        case .sealBroken(let what): "\(what) does not open with this master key: wrong MASTER_KEY credential, or a damaged row"
        case .lastAdmin(let subject): "\(subject) is the last admin: make somebody else one first"
        }
    }
}
