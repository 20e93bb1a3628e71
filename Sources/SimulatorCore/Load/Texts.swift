/// Texts, names and titles drawn from a generator: the same seed writes the same chatter.
enum Texts {
    private static let words = [
        "harbour", "winter", "ticket", "morning", "signal", "coffee", "river", "window", "paper", "engine", "garden", "letter", "bridge",
        "market", "planet", "silver", "thunder", "violin", "walnut", "yellow", "huomenta", "lumi", "järvi", "sähkö", "Größe", "naïve",
        "привет", "сигнал", "更新", "消息", "🙂", "🚆", "#aalto", "@simuser1", "https://example.org/a?b=c",
    ]
    private static let firstNames = ["Aino", "Eero", "Helmi", "Ilmari", "Kaisa", "Lauri", "Mirja", "Onni", "Saara", "Väinö"]
    private static let lastNames = ["Aalto", "Koski", "Laine", "Mäki", "Niemi", "Ranta", "Salo", "Virta"]

    static func message(using generator: inout some RandomNumberGenerator) -> String {
        let count = Int.random(in: 3...18, using: &generator)
        var text = ""
        for i in 0..<count {
            if i > 0 { text += Int.random(in: 0..<12, using: &generator) == 0 ? "\n" : " " }
            text += words[Int.random(in: 0..<words.count, using: &generator)]
        }
        return text
    }

    static func firstName(_ index: Int) -> String { firstNames[index % firstNames.count] }
    static func lastName(_ index: Int) -> String { lastNames[index / firstNames.count % lastNames.count] }
}
