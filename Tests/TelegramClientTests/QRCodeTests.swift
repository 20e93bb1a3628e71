import Cryptography
import Primitives
import Testing

@testable import TelegramClient

/// Matrices made by the Python package qrcode 8.2, with the mask named.
@Suite struct QRCodeTests {
    private func matrix(_ code: QRCode) -> [String] {
        (0..<code.size).map { y in String((0..<code.size).map { x -> Character in code[x, y] ? "1" : "0" }) }
    }

    @Test func a_small_code_equals_another_encoders_module_by_module() throws {
        let code = try #require(QRCode(Array("HELLO".utf8), mask: 3))
        let expected = """
            #######.#.###.#######
            #.....#...##..#.....#
            #.###.#.##.#..#.###.#
            #.###.#.##..#.#.###.#
            #.###.#.#..#..#.###.#
            #.....#..####.#.....#
            #######.#.#.#.#######
            ...........##........
            ####..#.######..###.#
            ##.#.#.##..####..##..
            ..#.###....#.......##
            ##.#.#..##.#..####.#.
            #..####.#...#..#..#.#
            ........#..#..#...#.#
            #######....##..#.....
            #.....#..##....#####.
            #.###.#...#.######.##
            #.###.#.##.#..#.####.
            #.###.#.#...#.##..#..
            #.....#.#....#.##...#
            #######.##...#.#.....
            """
        #expect(matrix(code).joined(separator: "\n") == expected.map { $0 == "#" ? "1" : $0 == "." ? "0" : "\($0)" }.joined())
    }

    @Test(arguments: [
        (
            "tg://login?token=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA", 5, 33,
            "671dca7ead28b9725b4a27082c0d31a3230b1aea190567227aad610686ee48fc"
        ),
        (String(repeating: "x", count: 120), 0, 41, "3424685d56ad0bc063d600f99c42739e5b447377a10615c58507d6c19cc3800c"),
        (
            "tg://login?token=" + String(repeating: "a", count: 180), 7, 53,
            "4c9f5c88669f5ae3bff9b0b26d06dfbef11cb619f46ffa5cdecc9d4faeb29db6"
        ),
        (String(repeating: "q", count: 300), 2, 61, "f3ffd2a85de3e931e36621fc469b27d231dbb66e4fcaf852292bdaac2e96700b"),
        (String(repeating: "y", count: 330), 6, 65, "9de11e9feba5ded8f5587bbc3350e4d195392605d400593ad85a26b643def509"),
    ])
    func codes_of_all_sizes_equal_another_encoders(text: String, mask: Int, size: Int, hash: String) throws {
        let code = try #require(QRCode(Array(text.utf8), mask: mask))
        #expect(code.size == size)
        #expect(hex(sha256(Array(matrix(code).joined(separator: "\n").utf8))) == hash)
    }

    @Test func without_a_mask_the_best_one_is_taken_and_too_long_a_text_has_no_code() throws {
        // Encoders differ in which they like best; every one of the eight is read.
        let free = QRCode(Array("abc".utf8))
        #expect((0..<8).count { QRCode(Array("abc".utf8), mask: $0) == free } == 1)
        #expect(QRCode([UInt8](repeating: 65, count: 367)) != nil)
        #expect(QRCode([UInt8](repeating: 65, count: 368)) == nil)
    }

    @Test func its_picture_shows_light_modules_lit_with_a_quiet_zone_around() throws {
        let code = try #require(QRCode(Array("HELLO".utf8), mask: 3))
        let lines = code.lines
        #expect(lines.count == (21 + 8 + 1) / 2)
        #expect(Set(lines.map(\.count)) == [29])
        #expect(lines[0].allSatisfy { $0 == "█" } && lines[1].allSatisfy { $0 == "█" })
        // Two rows of modules in one of text: the finder's top edge above, its sides below.
        #expect(lines[2].prefix(11) == "████ ▄▄▄▄▄ ")
        // The last row of an odd size has nothing below it.
        #expect(lines[14].allSatisfy { $0 == "▀" })
    }
}
