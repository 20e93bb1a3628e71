import PostgreSQL
import WriterCore

/// How a person names a group: `-1001234` or `channel:1234`, `-1234` or `group:1234`, `1234`, `@name`, the beginning of the row's uuid,
/// or its title.
public enum GroupReference: Sendable, Equatable {
    case chat(ChatKey)
    /// A positive number without a kind.
    case number(Int64)
    case username(String)
    /// Hexadecimal digits and hyphens, or a title.
    case text(String)

    /// Marked ids of channels are -100 and the id: https://core.telegram.org/api/bots/ids
    private static let channelMark: Int64 = 1_000_000_000_000

    public init(_ text: String) throws(StoreError) {
        if text.hasPrefix("@") || text.hasPrefix("https://t.me/") {
            let name = text.split(separator: "/").last.map { $0.drop { $0 == "@" } } ?? ""
            guard !name.isEmpty, name.utf8.allSatisfy({ $0 == 95 || (48...57).contains($0) || (65...90).contains($0 & 0xDF) }) else {
                throw .invalid("\(text) is not a user name")
            }
            self = .username(String(name).lowercased())
        } else if let number = Int64(text) {
            switch number {
            case ..<(-Self.channelMark): self = .chat(.channel(-number - Self.channelMark))
            case ..<0: self = .chat(.basicGroup(-number))
            case 0: throw .invalid("0 is no group's id")
            default: self = .number(number)
            }
        } else if let colon = text.firstIndex(of: ":"), let id = Int64(text[text.index(after: colon)...]), id > 0,
            ["channel", "group"].contains(text[..<colon])
        {
            self = .chat(text.hasPrefix("channel") ? .channel(id) : .basicGroup(id))
        } else if text.isEmpty {
            throw .invalid("a group's name is empty")
        } else {
            self = .text(text)
        }
    }
}
