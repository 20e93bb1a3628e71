import Foundation
import Logging
import Primitives
import Testing

@testable import ObjectStore

@Suite struct SupabaseStorageTests {
    private func storage(_ server: StorageServer, bucket: String = "message-media", key: String = StorageServer.key) -> SupabaseStorage {
        SupabaseStorage(
            .init(url: server.url + "/", key: key, bucket: bucket), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Stores it and says what came of it.
    private func put(_ storage: SupabaseStorage, _ file: StorableFile) async -> Result<String, ObjectStoreError> {
        do throws(ObjectStoreError) { return .success(try await storage.put(file)) } catch { return .failure(error) }
    }

    @Test(arguments: [0, 1, 300_000, 6_000_000, 6_000_001, 6 << 20, (12 << 20) + 7])
    func what_is_stored_is_read_back(size: Int) async throws {
        let (server, folder) = (try StorageServer(), try TemporaryFolder())
        let (file, bytes) = try folder.file(size, seed: 1, key: "document/5/ab.mp4")
        let storage = storage(server)
        let url = try await put(storage, file).get()
        #expect(try await HTTPAsker.ask(url) == bytes)
        let stored = try #require(try await server.stats().objects.first)
        #expect(stored.mime == "video/mp4" && stored.cache == "max-age=31536000" && stored.metadata == ["sha256": hex(file.sha256)])
        let before = try await server.stats().bytes_in
        #expect(try await put(storage, file).get() == url, "a duplicate is a success")
        #expect(try await server.stats().objects.first?.puts == 1)
        if size > 6_000_000 { #expect(try await server.stats().bytes_in == before, "and not a byte of it is sent again") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["source"], "no bookmark is left")
        await storage.close()
    }

    @Test func refusals_are_for_good_and_overload_is_not() async throws {
        let (server, folder) = (try StorageServer(), try TemporaryFolder())
        try await server.tell(["bucket": ["name": "small", "file_size_limit": 1000]])
        let small = storage(server, bucket: "small")
        for size in [2_000, 7_000_000] {
            let (file, _) = try folder.file(size, seed: 1, key: "photo/1/\(size).jpg")
            guard case .failure(.refused(let why)) = await put(small, file) else {
                Issue.record("\(size) bytes are not refused")
                continue
            }
            #expect(why.contains("413"))
        }
        let (file, _) = try folder.file(500, seed: 2, key: "photo/2/a.jpg")
        try await server.fault("put", 429, ["headers": ["Retry-After": "3"]])
        #expect(await put(small, file) == .failure(.unavailable("on demand (429 Fault)", after: .seconds(3))))
        guard case .success = await put(small, file) else { return complain("it is not stored afterwards") }
        for other in [storage(server, bucket: "none"), storage(server, key: "wrong")] {
            guard case .failure(.misconfigured(let why)) = await put(other, file) else { return complain("not noticed") }
            #expect(!why.contains("wrong"), "the key is in no error")
            await other.close()
        }
        await small.close()
    }

    @Test func a_lost_answer_a_cut_and_an_overload_cost_no_piece_twice() async throws {
        let (server, folder) = (try StorageServer(), try TemporaryFolder())
        let (file, bytes) = try folder.file((18 << 20) + 5, seed: 3, key: "document/7/a.mp4")
        // The first piece arrives and its answer is lost; the second meets an overload; the third is cut off.
        try await server.tell(["fault": ["step": "tus-patched", "drop": true]])
        try await server.fault("tus-patch", 503, ["skip": 1])
        try await server.tell(["fault": ["step": "tus-patch", "drop": true, "skip": 3]])
        let storage = storage(server)
        let url = try await put(storage, file).get()
        #expect(try await HTTPAsker.ask(url) == bytes)
        let stats = try await server.stats()
        #expect(stats.counts["tus-create"] == 1 && (stats.counts["tus-head"] ?? 0) >= 3)
        #expect(stats.counts["tus-patched"] == 4, "each piece arrived once")
        await storage.close()
    }

    @Test func an_upload_that_has_expired_begins_again() async throws {
        let (server, folder) = (try StorageServer(), try TemporaryFolder())
        let (file, bytes) = try folder.file((12 << 20) + 5, seed: 4, key: "document/8/a.mp4")
        try await server.fault("tus-patch", 404, ["message": "The file for this url was not found", "skip": 1])
        let storage = storage(server)
        let url = try await put(storage, file).get()
        #expect(try await HTTPAsker.ask(url) == bytes)
        #expect(try await server.stats().counts["tus-create"] == 2)
        await storage.close()
    }

    @Test func a_restart_goes_on_where_the_upload_stood() async throws {
        let (server, folder) = (try StorageServer(), try TemporaryFolder())
        let (file, bytes) = try folder.file((12 << 20) + 5, seed: 5, key: "document/9/a.mp4")
        for _ in 0..<9 { try await server.fault("tus-patch", 503, ["skip": 1]) }
        let first = storage(server)
        guard case .failure(.unavailable) = await put(first, file) else { return complain("it should not have come through") }
        await first.close()
        try await server.tell(["end": true])
        let second = storage(server)
        let url = try await put(second, file).get()
        #expect(try await HTTPAsker.ask(url) == bytes)
        let stats = try await server.stats()
        #expect(stats.counts["tus-create"] == 1 && stats.counts["tus-patched"] == 3)
        await second.close()
    }

    @Test func a_store_that_is_down_is_away_and_no_file_is_blamed() async throws {
        let (server, folder) = (try StorageServer(), try TemporaryFolder())
        let (file, _) = try folder.file(100, seed: 6, key: "photo/1/a.jpg")
        let storage = storage(server)
        try await server.tell(["down": 60])
        guard case .failure(.unavailable) = await put(storage, file) else { return complain("503 is not taken for being away") }
        try await server.tell(["down": 0])
        guard case .success = await put(storage, file) else { return complain("it is not stored when the store is back") }
        await storage.close()
        let nobody = SupabaseStorage(.init(url: "http://127.0.0.1:1", key: "k", bucket: "b"), logger: Logger(label: "test"))
        guard case .failure(.unavailable) = await put(nobody, file) else { return complain("no server is not taken for being away") }
        await nobody.close()
    }
}

/// A failure, for where nothing is to be returned.
private func complain(_ what: String, at location: SourceLocation = #_sourceLocation) { Issue.record("\(what)", sourceLocation: location) }
