import Primitives

/// Draws media: files are synthetic, and now and then one that was posted before is posted again.
struct Attachments: Sendable {
    /// The data centres in which files are.
    let dataCentres: [Int32]
    /// Files that may be posted again, the newest instead of a random older one.
    private var pool: [Media] = []
    private static let poolSize = 64
    private static let emojis = ["👍", "🔥", "🎲", "😀", "🌲", "🚆"]

    init(dataCentres: [Int32]) { self.dataCentres = dataCentres }

    private func range(_ bounds: ClosedRange<Int64>, _ generator: inout SeededGenerator) -> Int64 {
        Int64.random(in: bounds, using: &generator)
    }

    /// Any media; the kinds are about as frequent as in talkative groups.
    mutating func draw(in world: inout World, people: [Int64], now: UnixTime, _ generator: inout SeededGenerator) -> Media {
        if Int.random(in: 0..<10, using: &generator) == 0, let again = pool.randomElement(using: &generator) { return again }
        let number = Int64(world.files.count)
        func document(_ kind: DocumentInfo.Kind, _ mime: String, _ name: String?, _ size: ClosedRange<Int64>, thumb: Bool = false) -> Media
        {
            let info = DocumentInfo(mimeType: mime, fileName: name, kind: kind)
            let thumbs = thumb ? [PhotoSize(letter: "m", width: 320, height: 180, size: range(4_000...20_000, &generator))] : []
            return .document(store(size, info, thumbs, in: &world, now, &generator))
        }
        let seconds = Int32.random(in: 1...600, using: &generator)
        let media: Media
        switch Int.random(in: 0..<300, using: &generator) {
        case 0..<110: media = photo(in: &world, now: now, &generator)
        case 110..<140:
            media = document(
                .video(seconds: Double(seconds) + 0.5, width: 1_280, height: 720), "video/mp4", "clip\(number).mp4",
                500_000...20_000_000, thumb: true)
        case 140..<170: media = document(.plain, "application/pdf", "paper \(number).pdf", 1_000...5_000_000)
        case 170..<180:
            media = document(
                .audio(seconds: seconds, title: "Song \(number)", performer: Texts.firstName(Int(number))), "audio/mpeg",
                "song\(number).mp3", 1_000_000...8_000_000)
        case 180..<200: media = document(.voice(seconds: seconds), "audio/ogg", nil, 5_000...200_000)
        case 200..<230: media = document(.sticker(emoji: "🔥"), "image/webp", "sticker.webp", 8_000...40_000)
        case 230..<240:
            media = document(.roundVideo(seconds: Double(seconds), side: 384), "video/mp4", nil, 200_000...3_000_000, thumb: true)
        case 240..<250:
            media = document(
                .animation(seconds: 3, width: 480, height: 270), "video/mp4", "gif\(number).mp4", 50_000...2_000_000, thumb: true)
        case 250..<255:
            return .poll(
                Poll(
                    id: Int64(generator.next() >> 2), question: "Which one, \(number)?", answers: ["This", "That", "Neither"],
                    votes: (0..<3).map { _ in Int32.random(in: 0...90, using: &generator) }))
        case 255..<262: return .place(latitude: 60.17, longitude: 24.94, title: nil, address: nil)
        case 262..<266: return .place(latitude: 60.19, longitude: 24.83, title: "Aalto", address: "Otakaari 1")
        case 266..<290:
            return .webPage(
                WebPage(
                    id: Int64(generator.next() >> 2), url: "https://example.org/\(number)", siteName: "Example",
                    title: "Page \(number)", description: "All about \(number)"))
        case 290..<294:
            let user = people.randomElement(using: &generator) ?? 0
            return .contact(
                phone: "99966\(number % 100_000)", firstName: Texts.firstName(Int(number)), lastName: Texts.lastName(Int(number)),
                user: user)
        case 294..<297: return .dice(emoji: "🎲", value: Int32.random(in: 1...6, using: &generator))
        default:
            let file = photo(in: &world, now: now, &generator).file ?? 0
            return .selfDestructing(file: file, seconds: 30)
        }
        remember(media, &generator)
        return media
    }

    /// A photo of three sizes.
    mutating func photo(in world: inout World, now: UnixTime, _ generator: inout SeededGenerator) -> Media {
        let largest = range(120_000...400_000, &generator)
        var sizes = [
            PhotoSize(letter: "m", width: 320, height: 240, size: range(8_000...30_000, &generator)),
            PhotoSize(letter: "x", width: 800, height: 600, size: range(40_000...110_000, &generator)),
            PhotoSize(letter: "y", width: 1_280, height: 960, size: largest),
        ]
        if generator.next() % 2 == 0 { sizes[2].progressive = [9_000, 30_000, 70_000, 110_000, Int32(largest)] }
        let content = FileContent.synthetic(seed: generator.next(), size: largest)
        return .photo(world.store(content, document: nil, sizes: sizes, at: place(&generator), now: now))
    }

    /// The photos or videos of an album.
    mutating func album(in world: inout World, now: UnixTime, _ generator: inout SeededGenerator) -> Media {
        if Int.random(in: 0..<4, using: &generator) > 0 { return photo(in: &world, now: now, &generator) }
        let info = DocumentInfo(
            mimeType: "video/mp4", fileName: "album.mp4", kind: .video(seconds: 7.5, width: 640, height: 360))
        let thumbs = [PhotoSize(letter: "m", width: 320, height: 180, size: range(4_000...20_000, &generator))]
        return .document(store(300_000...4_000_000, info, thumbs, in: &world, now, &generator))
    }

    private func store(
        _ size: ClosedRange<Int64>, _ info: DocumentInfo, _ thumbs: [PhotoSize], in world: inout World, _ now: UnixTime,
        _ generator: inout SeededGenerator
    ) -> Int64 {
        let content = FileContent.synthetic(seed: generator.next(), size: range(size, &generator))
        return world.store(content, document: info, sizes: thumbs, at: place(&generator), now: now)
    }

    /// Most files are in the first data centre of the list.
    private func place(_ generator: inout SeededGenerator) -> Int32 {
        let first = dataCentres.first ?? TelegramServer.dataCentre
        return Int.random(in: 0..<10, using: &generator) < 7 ? first : dataCentres.randomElement(using: &generator) ?? first
    }

    private mutating func remember(_ media: Media, _ generator: inout SeededGenerator) {
        if pool.count < Attachments.poolSize {
            pool.append(media)
        } else {
            pool[Int.random(in: 0..<pool.count, using: &generator)] = media
        }
    }
}
