import Cryptography
import Primitives

extension Control {
    /// The largest file, in bytes: Telegram's own limit for premium users.
    private static let fileBytesMost: Int64 = 4 << 30
    /// Bytes that are hashed at a time.
    private static let hashedAtOnce = 1 << 20

    /// Synthetic files, where they are posted, what was downloaded of them and what goes wrong with that.
    static func files(_ command: JSON, on server: inout TelegramServer, now: UnixTime) throws -> [JSON]? {
        switch command["cmd"]?.string {
        case "add_file": return [try addFile(command, &server, now)]
        case "post_file": return try postFile(command, &server, now)
        case "files": return list(command, server.world)
        case "file_stats":
            if command["reset"]?.bool == true { server.faults.files.forgetUses() }
            if command["file"] == nil { return [allUses(server)] }
            return [use(of: try file(command, server.world), server)]
        case "file_hash": return [try hash(of: try file(command, server.world), command, server.world)]
        case "file_fault":
            server.faults.files.namesPosition = command["named"]?.bool ?? server.faults.files.namesPosition
            server.faults.files.rules.append(try rule(command, server.world))
            return [["ok": true]]
        case "expire_files":
            if command["file"] == nil {
                server.world.expireFileReferences()
            } else {
                server.world.expireReferences(of: try file(command, server.world).id)
            }
            return [["ok": true]]
        default: return nil
        }
    }

    private static func file(_ command: JSON, _ world: World) throws -> StoredFile {
        guard let file = world.files[try number(command, "file")] else { throw Refusal("no file has that id") }
        return file
    }

    private static func addFile(_ command: JSON, _ server: inout TelegramServer, _ now: UnixTime) throws -> JSON {
        let size = try number(command, "size")
        guard (0...fileBytesMost).contains(size) else { throw Refusal("size is 0 to \(fileBytesMost) bytes") }
        let dataCentre = Int32(clamping: command["dc"]?.integer ?? Int64(TelegramServer.dataCentre))
        guard server.hasDataCentre(dataCentre) else { throw Refusal("there is no data centre \(dataCentre)") }
        let seed = UInt64(bitPattern: command["seed"]?.integer ?? Int64(server.world.files.count))
        let content = FileContent.synthetic(seed: seed, size: size)
        let name = command["name"]?.string
        let kind = command["kind"]?.string ?? "document"
        if kind == "photo" {
            let sizes = [
                PhotoSize(letter: "m", width: 320, height: 240, size: min(size, 12_000)),
                PhotoSize(letter: "x", width: 800, height: 600, size: min(size, 60_000)),
                PhotoSize(letter: "y", width: 1_280, height: 960, size: size),
            ]
            return ["ok": true, "file": .integer(server.world.store(content, document: nil, sizes: sizes, at: dataCentre, now: now))]
        }
        let info: DocumentInfo
        switch kind {
        case "document": info = DocumentInfo(mimeType: "application/octet-stream", fileName: name ?? "file.bin")
        case "video":
            info = DocumentInfo(mimeType: "video/mp4", fileName: name ?? "video.mp4", kind: .video(seconds: 60, width: 1_280, height: 720))
        case "round_video": info = DocumentInfo(mimeType: "video/mp4", fileName: name, kind: .roundVideo(seconds: 10, side: 384))
        case "gif": info = DocumentInfo(mimeType: "video/mp4", fileName: name, kind: .animation(seconds: 3, width: 480, height: 270))
        case "audio":
            info = DocumentInfo(
                mimeType: "audio/mpeg", fileName: name ?? "song.mp3", kind: .audio(seconds: 180, title: "Song", performer: "Singer"))
        case "voice": info = DocumentInfo(mimeType: "audio/ogg", fileName: name, kind: .voice(seconds: 9))
        case "sticker": info = DocumentInfo(mimeType: "image/webp", fileName: name ?? "sticker.webp", kind: .sticker(emoji: "🔥"))
        default: throw Refusal("kind is photo, document, video, round_video, gif, audio, voice or sticker")
        }
        var document = info
        if let mime = command["mime"]?.string { document.mimeType = mime }
        let id = server.world.store(content, document: document, sizes: [], at: dataCentre, now: now)
        return ["ok": true, "file": .integer(id)]
    }

    /// Posts a file in each of the groups `to`, or all: a line for each message.
    private static func postFile(_ command: JSON, _ server: inout TelegramServer, _ now: UnixTime) throws -> [JSON] {
        let file = try file(command, server.world)
        let places = try command["to"]?.array.map { try $0.map { try peer($0, server.world) } } ?? server.world.groups
        let text = command["text"]?.string ?? ""
        var lines: [JSON] = []
        for place in places {
            let sender = try optionalSender(command, server.world) ?? server.world.writers(in: place).first
            guard let sender else { continue }
            let draft = Draft(text, media: file.document == nil ? .photo(file.id) : .document(file.id))
            let key = try server.world.send(by: sender, to: place, draft, now: now)
            server.publish(now: now)
            let content = server.world.contents[key]
            lines.append([
                "key": .integer(Int64(key)), "kind": .string(server.world.kind(of: place)?.rawValue ?? "private"),
                "chat": .integer(place.id),
                "message": .integer(Int64(content.id(for: sender) ?? 0)),
                "ids": .object(content.copies.map { .init(String($0.user), .integer(Int64($0.id))) }),
            ])
        }
        return lines + [["ok": true, "count": .integer(Int64(lines.count))]]
    }

    private static func optionalSender(_ command: JSON, _ world: World) throws -> Int64? {
        command["from"] == nil ? nil : try account(command, "from", world)
    }

    /// Every file that is in a message of the groups, or of one.
    private static func list(_ command: JSON, _ world: World) -> [JSON] {
        let place = try? peer(command, world)
        var posts: [Int64: Int64] = [:]
        var order: [Int64] = []
        for content in world.contents where content.deletedAt == nil && (place == nil || content.place == place) {
            guard let id = content.media?.file else { continue }
            if posts[id] == nil { order.append(id) }
            posts[id, default: 0] += 1
        }
        let lines = order.map { id -> JSON in
            let described = world.described(world.files[id]?.document == nil ? .photo(id) : .document(id))
            return [
                "file": .integer(id), "type": described.type.map { .string($0) } ?? .null,
                "media_kind": described.kind.map { .string($0) } ?? .null,
                "size": .integer(world.files[id]?.size ?? 0), "dc": .integer(Int64(world.files[id]?.dataCentre ?? 0)),
                "posts": .integer(posts[id] ?? 0),
            ]
        }
        return lines + [["ok": true, "count": .integer(Int64(lines.count))]]
    }

    // MARK: What was downloaded

    private static func use(of file: StoredFile, _ server: TelegramServer) -> JSON {
        let use = server.faults.files.uses[file.id] ?? FileFaults.Use()
        let parts = use.parts.sorted { ($0.key.letter, $0.key.offset, $0.key.limit) < ($1.key.letter, $1.key.offset, $1.key.limit) }
        return [
            "ok": true, "size": .integer(file.size), "bytes": .integer(use.bytes),
            "most": .integer(Int64(parts.map(\.value).max() ?? 0)),
            "parts": .array(
                parts.map { part, count in
                    [
                        "size": .string(part.letter), "offset": .integer(part.offset), "limit": .integer(part.limit),
                        "count": .integer(Int64(count)),
                    ]
                }),
        ]
    }

    private static func allUses(_ server: TelegramServer) -> JSON {
        let uses = server.faults.files.uses
        let parts = uses.values.map { $0.parts.values.reduce(0, +) }.reduce(0, +)
        let twice = uses.values.map { $0.parts.values.filter { $0 > 1 }.count }.reduce(0, +)
        return [
            "ok": true, "files": .integer(Int64(uses.count)), "parts": .integer(Int64(parts)),
            "bytes": .integer(uses.values.map(\.bytes).reduce(0, +)), "parts_fetched_again": .integer(Int64(twice)),
        ]
    }

    /// SHA-256 of the whole file, as whoever downloads it must find it.
    private static func hash(of file: StoredFile, _ command: JSON, _ world: World) throws -> JSON {
        // OpenSSL's digest takes the whole at once; above this it would need as much memory.
        guard file.size <= 1 << 30 else { throw Refusal("only files up to 1 GiB are hashed") }
        let bytes = file.content.read(at: 0, count: Int(file.size))
        return ["ok": true, "size": .integer(file.size), "sha256": .string(hex(sha256(bytes)))]
    }

    private static func rule(_ command: JSON, _ world: World) throws -> FileFaults.Rule {
        let effect: FileFaults.Effect
        switch command["effect"]?.string {
        case "expire": effect = .expire
        case "premium_wait": effect = .premiumWait(seconds: try number(command, "seconds"))
        case "fail":
            guard let name = command["name"]?.string else { throw Refusal("missing: name, of the error") }
            effect = .fail(Failure(Int32(clamping: command["code"]?.integer ?? 400), name))
        case "wrong": effect = .wrong
        case "short": effect = .short(max(0, Int(clamping: try number(command, "bytes"))))
        default: throw Refusal("effect is expire, premium_wait, fail, wrong or short")
        }
        var rule = FileFaults.Rule(effect: effect)
        if command["file"] != nil { rule.file = try file(command, world).id }
        rule.skip = max(0, Int(clamping: command["skip"]?.integer ?? 0))
        rule.remaining = try times(command) ?? 1
        rule.probability = command["probability"]?.double ?? 1
        return rule
    }
}
