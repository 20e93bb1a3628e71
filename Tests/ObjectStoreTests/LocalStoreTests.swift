import Foundation
import Testing

@testable import ObjectStore

@Suite struct LocalStoreTests {
    @Test func a_file_is_stored_under_its_key_and_stays_whole_where_it_was() async throws {
        let folder = try TemporaryFolder()
        let store = LocalStore(root: "\(folder.path)/media", publicURL: "https://example.org/media/")
        let (file, bytes) = try folder.file(300_000, seed: 1, key: "document/12/ab.mp4")
        #expect(try await store.put(file) == "https://example.org/media/document/12/ab.mp4")
        #expect(FileManager.default.contents(atPath: "\(folder.path)/media/document/12/ab.mp4").map(Array.init) == bytes)
        #expect(FileManager.default.contents(atPath: file.path).map(Array.init) == bytes)
        #expect(try await store.put(file).hasSuffix("ab.mp4"), "a second time is as good as once")
        try FileManager.default.removeItem(atPath: file.path)
        #expect(FileManager.default.contents(atPath: "\(folder.path)/media/document/12/ab.mp4").map(Array.init) == bytes)
    }

    @Test func another_file_system_is_copied_to() async throws {
        let folder = try TemporaryFolder()
        // Where /dev/shm is another file system than the temporary folder it cannot be linked.
        let root = "/dev/shm/aaltohub-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        let (file, bytes) = try folder.file(2_500_000, seed: 2, key: "photo/1/a.jpg")
        _ = try await LocalStore(root: root).put(file)
        #expect(FileManager.default.contents(atPath: "\(root)/photo/1/a.jpg").map(Array.init) == bytes)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(root)/photo/1") == ["a.jpg"], "nothing half-done is left")
    }

    @Test func no_key_leads_out_of_the_folder() async throws {
        for text in ["", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "план", "a#b", "a%2e", "a~b", String(repeating: "a", count: 901)] {
            #expect(ObjectKey(text) == nil, "\(text)")
        }
        #expect(ObjectKey("a b/c&d.jpg")?.escaped == "a%20b/c%26d.jpg")
        let folder = try TemporaryFolder()
        let (root, outside) = ("\(folder.path)/media", "\(folder.path)/outside")
        for made in [root, outside] { try FileManager.default.createDirectory(atPath: made, withIntermediateDirectories: true) }
        try FileManager.default.createSymbolicLink(atPath: "\(root)/photo", withDestinationPath: outside)
        let (file, _) = try folder.file(10, seed: 3, key: "photo/a.jpg")
        await #expect(throws: ObjectStoreError.self) { try await LocalStore(root: root).put(file) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside).isEmpty)
    }

    @Test func a_file_that_is_not_what_it_is_said_to_be_is_not_stored() async throws {
        let folder = try TemporaryFolder()
        var (file, _) = try folder.file(100, seed: 4, key: "photo/a.jpg")
        file.size = 101
        let store = LocalStore(root: "\(folder.path)/media")
        await #expect(throws: ObjectStoreError.self) { try await store.put(file) }
        file.path += "-missing"
        await #expect(throws: ObjectStoreError.self) { try await store.put(file) }
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/media/photo/a.jpg"))
    }

    @Test func a_key_with_other_bytes_is_never_overwritten() async throws {
        let folder = try TemporaryFolder()
        let store = LocalStore(root: "\(folder.path)/media")
        let (first, bytes) = try folder.file(100, seed: 5, key: "photo/a.jpg")
        _ = try await store.put(first)
        let (second, _) = try folder.file(200, seed: 6, key: "photo/a.jpg", name: "second")
        await #expect(throws: ObjectStoreError.self) { try await store.put(second) }
        #expect(FileManager.default.contents(atPath: "\(folder.path)/media/photo/a.jpg").map(Array.init) == bytes)
    }
}
