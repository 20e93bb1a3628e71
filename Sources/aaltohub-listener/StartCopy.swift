import Foundation
import ListenerCore
import Primitives
import ProducerCore
import Store
import TelegramConnection

/// What a start needs, sealed in the state folder, so that the listener starts while Postgres is away.
struct StartCopy: Sendable {
    var session: AccountSession
    var groups: [CapturedGroup]
    /// A restart without the database must not forget them.
    var waits: [FloodWaitStore.Wait] = []
    var isPaused = false

    private struct Text: Codable {
        struct Group: Codable { var kind: String, id: Int64, uuid: String }
        struct Wait: Codable { var method: String, peer: String, seconds: Int32, until: Int64 }
        var session: String
        var groups: [Group]
        /// Absent in a copy of an older build.
        var waits: [Wait]?
        /// Likewise.
        var paused: Bool?
    }

    /// The file, and how it is sealed: for this account alone.
    struct File: Sendable {
        let path: String
        let account: String
        let seal: Seal

        func read() -> StartCopy? {
            guard let data = FileManager.default.contents(atPath: path) else { return nil }
            guard let opened = try? seal.open(Array(data), purpose: "listener start", owner: account, version: 0),
                let text = try? JSONDecoder().decode(Text.self, from: Data(opened)),
                let session = bytes(hex: text.session).flatMap(AccountSession.init(bytes:))
            else { return nil }
            return StartCopy(
                session: session,
                groups: text.groups.map { .init(kind: $0.kind == "channel" ? .channel : .basicGroup, id: $0.id, uuid: $0.uuid) },
                waits: (text.waits ?? []).map {
                    .init(method: $0.method, peer: $0.peer, seconds: $0.seconds, until: UnixTime(seconds: $0.until))
                }, isPaused: text.paused ?? false)
        }

        /// Replaces the file in one step; a crash leaves the old or the new one.
        func write(_ copy: StartCopy) throws {
            let text = Text(
                session: hex(copy.session.bytes),
                groups: copy.groups.map { .init(kind: $0.kind == .channel ? "channel" : "group", id: $0.id, uuid: $0.uuid) },
                waits: copy.waits.map { .init(method: $0.method, peer: $0.peer, seconds: $0.seconds, until: $0.until.seconds) },
                paused: copy.isPaused)
            var random = SystemRandomNumberGenerator()
            let sealed = seal.seal(
                Array(try JSONEncoder().encode(text)), purpose: "listener start", owner: account, version: 0,
                nonce: random.bytes(Seal.nonceLength))
            try Data(sealed).write(to: URL(fileURLWithPath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
    }
}

/// Bytes that nobody could read, sealed, for later study: they may hold what somebody wrote.
struct Quarantine: Sendable {
    /// Files kept at most; the unreadable is rare, and a flood of it says the same again and again.
    private static let filesMost = 200

    let folder: String
    let account: String
    let seal: Seal

    func keep(_ bytes: [UInt8], at time: UnixTime) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard try FileManager.default.contentsOfDirectory(atPath: folder).count < Quarantine.filesMost else { return }
        var random = SystemRandomNumberGenerator()
        let sealed = seal.seal(bytes, purpose: "quarantine", owner: account, version: 0, nonce: random.bytes(Seal.nonceLength))
        try Data(sealed).write(to: URL(fileURLWithPath: "\(folder)/\(time.nanoseconds)"), options: .atomic)
    }
}
