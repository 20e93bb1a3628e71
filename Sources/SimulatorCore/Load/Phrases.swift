import Primitives

/// Texts with entities, drawn once so that many messages can be written fast.
struct Phrases: Sendable {
    struct Phrase: Sendable {
        var text: String
        var entities: [Entity]
    }

    /// How many there are: enough that neighbours differ.
    private static let count = 1_024
    private let list: [Phrase]

    /// `users` are those whom mentions by name mean.
    init(users: [Int64], using generator: inout some RandomNumberGenerator) {
        list = (0..<Phrases.count).map { _ in Phrases.draw(users, &generator) }
    }

    /// A phrase with a number behind it, so that no two texts are the same.
    func message(_ number: Int, using generator: inout some RandomNumberGenerator) -> (text: String, entities: [Entity]) {
        let phrase = list[Int(generator.next() % UInt64(list.count))]
        return (phrase.text + " " + String(number), phrase.entities)
    }

    private static func draw(_ users: [Int64], _ generator: inout some RandomNumberGenerator) -> Phrase {
        let text = Texts.message(using: &generator)
        guard Int.random(in: 0..<5, using: &generator) < 2 else { return Phrase(text: text, entities: []) }
        var entities: [Entity] = []
        var offset = 0
        for word in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == " " || $0 == "\n" }) {
            let length = word.utf16.count
            if let entity = entity(for: word, users, &generator) {
                var placed = entity
                (placed.offset, placed.length) = (Int64(offset), Int64(length))
                entities.append(placed)
            }
            offset += length + 1
        }
        return Phrase(text: text, entities: entities)
    }

    private static func entity(for word: Substring, _ users: [Int64], _ generator: inout some RandomNumberGenerator) -> Entity? {
        func plain(_ name: String, _ argument: String? = nil, _ number: Int64? = nil) -> Entity {
            Entity(name: "messageEntity" + name, offset: 0, length: 0, argument: argument, number: number)
        }
        if word.isEmpty { return nil }
        if word.hasPrefix("#") { return plain("Hashtag") }
        if word.hasPrefix("@") { return plain("Mention") }
        if word.hasPrefix("https:") { return plain("Url") }
        switch Int.random(in: 0..<40, using: &generator) {
        case 0: return plain("Bold")
        case 1: return plain("Italic")
        case 2: return plain("Code")
        case 3: return plain("Pre", "swift")
        case 4: return plain("TextUrl", "https://example.org/\(generator.next() % 1_000)")
        case 5: return plain("Spoiler")
        case 6: return plain("Strike")
        case 7: return users.randomElement(using: &generator).map { plain("MentionName", nil, $0) }
        case 8: return plain("CustomEmoji", nil, Int64(generator.next() % 1_000_000) + 5_000_000_000)
        case 9: return plain("Blockquote")
        default: return nil
        }
    }
}
