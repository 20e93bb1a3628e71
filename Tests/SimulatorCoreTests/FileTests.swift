import Cryptography
import Primitives
import TL
import Testing

@testable import SimulatorCore

@Suite struct FileTests {
    private var fixture = ServerFixture()
    private let client: ServerFixture.Client
    private let file: Int64
    private static let size: Int64 = 3_000_001

    init() throws {
        client = try fixture.logIn(0)
        file = fixture.server.world.store(
            .synthetic(seed: 77, size: FileTests.size), document: DocumentInfo(mimeType: "a/b", fileName: nil),
            sizes: [PhotoSize(letter: "m", width: 1, height: 1, size: 5_000)], now: fixture.now)
    }

    private func location(_ letter: String = "", reference: [UInt8]? = nil, in later: ServerFixture? = nil) -> TLValue {
        let access = (later ?? fixture).server.world.fileAccess(file)
        return .object(
            TLObject(
                "inputDocumentFileLocation",
                [
                    "id": .integer(file), "access_hash": .integer(access.hash), "file_reference": .bytes(reference ?? access.reference),
                    "thumb_size": .string(letter),
                ]))
    }

    private func part(_ offset: Int64, _ limit: Int64, _ location: TLValue, precise: Bool = false) -> TLObject {
        TLObject(
            "upload.getFile",
            ["location": location, "offset": .integer(offset), "limit": .integer(limit), "precise": flag(precise)])
    }

    private func command(_ json: JSON, _ fixture: inout ServerFixture) throws -> JSON {
        try #require(try Control.run(json, on: &fixture.server, now: fixture.now)?.last)
    }

    @Test func the_bytes_are_the_same_wherever_reading_begins() {
        let content = FileContent.synthetic(seed: 5, size: 10_007)
        let whole = content.read(at: 0, count: 20_000)
        #expect(whole.count == 10_007)
        #expect(Set(whole).count > 200)
        for offset in [0, 1, 7, 8, 9, 4_096, 10_000, 10_006, 10_007, 20_000] {
            #expect(content.read(at: Int64(offset), count: 1_001) == Array(whole.dropFirst(offset).prefix(1_001)))
        }
    }

    @Test func parts_make_the_whole_and_each_is_counted() throws {
        var fixture = fixture
        var whole: [UInt8] = []
        let limit: Int64 = 512 << 10
        while Int64(whole.count) < FileTests.size {
            whole += try fixture.call(client, part(Int64(whole.count), limit, location()))["bytes"]?.bytes ?? []
        }
        try fixture.call(client, part(limit, limit, location()))
        let told = try command(["cmd": "file_hash", "file": .integer(file)], &fixture)
        #expect(told["sha256"]?.string == hex(sha256(whole)))
        let stats = try command(["cmd": "file_stats", "file": .integer(file)], &fixture)
        #expect(stats["parts"]?.array?.compactMap { $0["count"]?.integer } == [1, 2, 1, 1, 1, 1])
        #expect(stats["most"]?.integer == 2)
        #expect(try command(["cmd": "file_stats"], &fixture)["parts_fetched_again"]?.integer == 1)
        #expect(try fixture.call(client, part(0, 4_096 * 2, location("m")))["bytes"]?.bytes?.count == 5_000)
    }

    @Test(arguments: [(1_000, 4_096, false), (0, 5_000, false), (0, 3 * 4_096, false), (4_096, 1 << 20, false), (512, 1_024, true)])
    func places_that_telegram_refuses(offset: Int64, limit: Int64, precise: Bool) throws {
        var fixture = fixture
        #expect(throws: Failure.self) { try fixture.call(client, part(offset, limit, location(), precise: precise)) }
    }

    @Test func hashes_are_of_a_megabyte_from_the_piece_of_the_offset_on() throws {
        var fixture = fixture
        let whole = fixture.server.world.files[file]?.content.read(at: 0, count: Int(FileTests.size)) ?? []
        var offset: Int64 = 0
        var pieces = 0
        while true {
            let answer = try fixture.call(client, TLObject("upload.getFileHashes", ["location": location(), "offset": .integer(offset)]))
            let list = answer.vector ?? []
            if list.isEmpty { break }
            for hash in list {
                #expect(hash["offset"]?.int == offset)
                let limit = hash["limit"]?.int ?? 0
                #expect(hash["hash"]?.bytes == sha256(Array(whole[Int(offset)..<Int(offset + limit)])))
                offset += limit
                pieces += 1
            }
        }
        #expect(offset == FileTests.size && pieces == 23)
    }

    @Test func a_reference_that_expires_midway_is_replaced_by_a_fresh_one() throws {
        var fixture = fixture
        let old = fixture.server.world.fileAccess(file).reference
        _ = try command(["cmd": "file_fault", "effect": "expire", "file": .integer(file), "skip": 2, "named": true], &fixture)
        for offset in [Int64(0), 4_096] { try fixture.call(client, part(offset, 4_096, location(reference: old))) }
        for _ in 0..<2 {
            #expect(throws: Failure.bad("FILE_REFERENCE_0_EXPIRED")) {
                try fixture.call(client, part(8_192, 4_096, location(reference: old)))
            }
        }
        try fixture.call(client, part(8_192, 4_096, location(in: fixture)))
    }

    @Test func wrong_bytes_short_answers_and_waits_come_as_often_as_asked() throws {
        var fixture = fixture
        let right = try fixture.call(client, part(0, 4_096, location()))["bytes"]?.bytes
        for effect: JSON in [
            ["cmd": "file_fault", "effect": "wrong"], ["cmd": "file_fault", "effect": "short", "bytes": 100],
            ["cmd": "file_fault", "effect": "premium_wait", "seconds": 3],
        ] { _ = try command(effect, &fixture) }
        let wrong = try fixture.call(client, part(0, 4_096, location()))["bytes"]?.bytes
        #expect(wrong != right && wrong?.count == right?.count)
        #expect(try fixture.call(client, part(0, 4_096, location()))["bytes"]?.bytes?.count == 100)
        #expect(throws: Failure(420, "FLOOD_PREMIUM_WAIT_3")) { try fixture.call(client, part(0, 4_096, location())) }
        #expect(try fixture.call(client, part(0, 4_096, location()))["bytes"]?.bytes == right)
    }
}
