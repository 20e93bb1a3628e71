import Foundation
import Primitives

@testable import ObjectStore

/// The stand-in of `Tests/Pipeline/storage_server.py`, which the real clients take for Supabase Storage, as a process of its own.
final class StorageServer {
    static let key = "service-key-of-the-test"
    private let process = Process()
    let port: Int
    var url: String { "http://127.0.0.1:\(port)" }

    struct NotStarted: Error {}

    init() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Pipeline/storage_server.py")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-B", script.path, "--key", Self.key]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let line = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        guard let number = line.split(separator: "=").last.flatMap({ Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) else {
            process.terminate()
            throw NotStarted()
        }
        port = number
    }

    deinit {
        // It may have inherited that SIGTERM is blocked, and there is nothing that it should do first.
        kill(process.processIdentifier, SIGKILL)
    }

    struct Stored: Decodable {
        var key: String
        var size: Int
        var mime: String
        var cache: String
        var metadata: [String: String]?
        var puts: Int
    }
    struct Stats: Decodable {
        var objects: [Stored]
        var counts: [String: Int]
        var bytes_in: Int
    }

    /// A command of the stand-in's, as JSON.
    func tell(_ command: JSON) async throws { _ = try await HTTPAsker.ask("\(url)/faults", body: Array(command.text.utf8)) }

    func stats() async throws -> Stats { try JSONDecoder().decode(Stats.self, from: Data(try await HTTPAsker.ask("\(url)/stats"))) }

    func fault(_ step: String, _ code: Int64, _ more: KeyValuePairs<String, JSON> = [:]) async throws {
        var members: [JSON.Member] = [.init("step", .string(step)), .init("code", .integer(code))]
        for (name, value) in more { members.append(.init(name, value)) }
        try await tell(.object([.init("fault", .object(members))]))
    }
}

/// A folder that is gone with the test.
final class TemporaryFolder {
    let path: String
    init() throws {
        path = NSTemporaryDirectory() + "aaltohub-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A file of so many bytes drawn from the seed.
    func file(_ size: Int, seed: UInt64, key: String, name: String = "source") throws -> (StorableFile, [UInt8]) {
        var random = SeededGenerator(seed: seed)
        let bytes = random.bytes(size)
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        guard let key = ObjectKey(key) else { throw StorageServer.NotStarted() }
        return (
            StorableFile(key: key, path: "\(path)/\(name)", size: Int64(size), contentType: "video/mp4", sha256: random.bytes(32)), bytes
        )
    }
}
