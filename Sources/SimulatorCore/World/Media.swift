/// What a message holds besides text. Files are named by their ids in `World.files`.
public enum Media: Hashable, Sendable {
    case photo(Int64)
    case document(Int64)
    /// A photo or document that may be looked at once, for so many seconds.
    case selfDestructing(file: Int64, seconds: Int32)
    case webPage(WebPage)
    /// Degrees, with a title and an address when it is a venue.
    case place(latitude: Double, longitude: Double, title: String?, address: String?)
    case contact(phone: String, firstName: String, lastName: String, user: Int64)
    case poll(Poll)
    case dice(emoji: String, value: Int32)

    /// The photo or document, unless it is to disappear.
    public var file: Int64? {
        switch self {
        case .photo(let id), .document(let id): id
        default: nil
        }
    }
}

/// The preview of a link.
public struct WebPage: Hashable, Sendable {
    public var id: Int64
    public var url: String
    public var siteName: String
    public var title: String
    public var description: String
}

/// A poll and its votes.
public struct Poll: Hashable, Sendable {
    public var id: Int64
    public var question: String
    public var answers: [String]
    /// Votes of each answer.
    public var votes: [Int32]
}
