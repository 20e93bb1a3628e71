import Cryptography
import Primitives
import TL
import Testing

@testable import BackfillCore

@Suite struct MediaFileTests {
    func document(_ id: Int64, size: Int64 = 900) -> TLObject {
        TLObject(
            "document",
            [
                "id": .integer(id), "access_hash": 7, "file_reference": .bytes([1, 2]), "date": 0, "mime_type": "video/mp4",
                "size": .integer(size), "dc_id": 4, "attributes": .vector([]),
            ])
    }

    func message(_ media: TLObject) -> TLObject { TLObject("message", ["id": 1, "media": .object(media)]) }

    @Test func a_document_is_found_in_its_message_by_its_id() throws {
        let media = TLObject("messageMediaDocument", ["document": .object(document(5))])
        let file = try #require(RemoteFile(.document, id: 5, in: message(media)))
        #expect(file.dc == 4 && file.size == 900 && file.reference == [1, 2] && file.mimeType == "video/mp4")
        #expect(file.location.name == "inputDocumentFileLocation" && file.location["file_reference"] == .bytes([1, 2]))
        #expect(RemoteFile(.document, id: 6, in: message(media)) == nil)
        #expect(RemoteFile(.document, id: 5, in: TLObject("messageEmpty", ["id": 1])) == nil)
    }

    @Test func what_is_meant_to_disappear_is_no_file() {
        let media = TLObject("messageMediaDocument", ["document": .object(document(5)), "ttl_seconds": 10])
        #expect(RemoteFile(.document, id: 5, in: message(media)) == nil)
    }

    @Test func the_largest_size_of_a_photo_is_taken() throws {
        func size(_ letter: String, _ w: Int64, _ more: KeyValuePairs<String, TLValue?>, name: String = "photoSize") -> TLValue {
            var object = TLObject(name, ["type": .string(letter), "w": .integer(w), "h": .integer(w)])
            for (field, value) in more { object.fields[field] = value }
            return .object(object)
        }
        let photo = TLObject(
            "photo",
            [
                "id": 9, "access_hash": 3, "file_reference": .bytes([4]), "dc_id": 2,
                "sizes": .vector([
                    size("i", 5000, ["bytes": .bytes([1])], name: "photoStrippedSize"), size("m", 320, ["size": 1000]),
                    size("y", 1280, ["sizes": .vector([10, 99_000, 50_000])], name: "photoSizeProgressive"),
                    size("x", 800, ["size": 50_000]),
                ]),
            ])
        let file = try #require(RemoteFile(.photo, id: 9, in: message(TLObject("messageMediaPhoto", ["photo": .object(photo)]))))
        #expect(file.thumbnail == "y" && file.size == 99_000 && file.mimeType == "image/jpeg")
        #expect(file.location["thumb_size"] == "y")
    }

    @Test func a_part_is_read_out_of_its_answer() throws {
        for count in [0, 1, 3, 253, 254, 255, 70_000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let object = TLObject("upload.file", ["type": .object(TLObject("storage.fileMp4")), "mtime": 5, "bytes": .bytes(bytes)])
            guard case .bytes(let read) = FileAnswer(try TL.encode(object)) else {
                Issue.record("\(count) bytes are not read")
                continue
            }
            #expect(Array(read) == bytes)
            let whole = try TL.encode(object)
            for cut in [0, 3, 11, 13, 15] where cut < whole.count && count > 3 { #expect(FileAnswer(Array(whole[..<cut])) == nil) }
        }
        #expect(TL.constructorID("upload.file", layer: TL.newestLayer) == FileAnswer.file)
        #expect(TL.constructorID("upload.fileCdnRedirect", layer: TL.newestLayer) == FileAnswer.redirect)
    }

    @Test func hashes_find_the_range_that_is_wrong_however_the_file_is_read() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<60 {
            var bytes = random.bytes(Int.random(in: 1...5_000, using: &random))
            let step = Int.random(in: 1...700, using: &random)
            var ranges = stride(from: 0, to: bytes.count, by: step).map { start in
                let end = min(start + step, bytes.count)
                return FileHash(offset: Int64(start), length: Int64(step), sha256: sha256(Array(bytes[start..<end])))
            }
            // Some are not told, and they come in no order.
            ranges = ranges.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }.shuffled(using: &random)
            let wrong = Int.random(in: 0..<bytes.count, using: &random)
            bytes[wrong] ^= 1
            var verifier = FileVerifier(ranges, size: Int64(bytes.count))
            var at = 0
            while at < bytes.count {
                let end = min(bytes.count, at + Int.random(in: 1...900, using: &random))
                bytes[at..<end].withUnsafeBytes { verifier.update($0) }
                at = end
            }
            let result = verifier.finish()
            #expect(result.size == Int64(bytes.count) && result.sha256 == sha256(bytes))
            let told = ranges.filter { $0.offset <= Int64(wrong) && Int64(wrong) < $0.end }
            #expect(result.bad == told.map { $0.offset..<min($0.end, Int64(bytes.count)) })
        }
    }

    @Test func a_file_that_ends_too_early_has_wrong_ranges() {
        var verifier = FileVerifier([FileHash(offset: 0, length: 10, sha256: sha256([]))], size: 10)
        let result = verifier.finish()
        #expect(result.bad == [0..<10])
    }

    @Test func keys_are_made_of_ids_and_hash_in_letters_that_every_store_takes() {
        let hash = sha256([1])
        #expect(ContentKey.key(.photo, id: 77, sha256: hash, mimeType: "image/jpeg") == "photo/77/\(hex(hash)).jpg")
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/!.*'() &$=@;:+,?-")
        let types = [
            "video/mp4", "image/webp", "Audio/OGG; codecs=opus", "", "текст/план", "a/b/../../c", "application/x-tgsticker", "x/%~#[]",
            "application/pdf", "x/aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ]
        for type in types {
            let key = ContentKey.key(.document, id: .max, sha256: hash, mimeType: type)
            #expect(key.allSatisfy(allowed.contains) && !key.contains("..") && key.split(separator: "/").count == 3, "\(type)")
        }
        // A word that the type itself gives, unless it is too long for an ending.
        #expect(ContentKey.ending(of: "x/abcdefgh") == "abcdefgh" && ContentKey.ending(of: "x/abcdefghi") == "bin")
        #expect(["mp4", "webp", "ogg", "bin", "bin"] == types.prefix(5).map { ContentKey.ending(of: $0) }.map { $0 == "" ? "bin" : $0 })
    }

    @Test func the_filter_goes_by_type_and_size() {
        let filter = MediaFilter(types: ["photo", "voice"], maximumBytes: 1000)
        #expect(filter.decide(type: "photo", size: 1000) == .fetch)
        #expect(filter.decide(type: "photo", size: nil) == .fetch)
        for (type, size) in [("photo", 1001), ("video", 10)] as [(String, Int64)] {
            guard case .skip = filter.decide(type: type, size: size) else {
                Issue.record("\(type) of \(size)")
                continue
            }
        }
    }
}

@Suite struct MediaRetryTests {
    @Test func pauses_grow_and_are_bounded() {
        let waits = (1...8).map { MediaRetry.wait(after: $0) }
        #expect(waits.prefix(4) == [.seconds(30), .seconds(120), .seconds(480), .seconds(1920)])
        #expect(waits.allSatisfy { $0 <= .seconds(3600) } && waits == waits.sorted())
        #expect(MediaRetry.wait(after: 0) == .seconds(30))
    }
}
