import Foundation
import Primitives
import Testing

@Suite struct PrimitivesTests {
    @Test func seconds_round_down_before_the_epoch() {
        #expect(UnixTime(nanoseconds: -1).seconds == -1)
        #expect(UnixTime(nanoseconds: 1_999_999_999).seconds == 1)
        #expect(UnixTime(seconds: -3).seconds == -3)
    }

    @Test func durations_saturate() {
        #expect(Duration.seconds(Int64.max / 2).inNanoseconds == .max)
        #expect(Duration.milliseconds(1500).inNanoseconds == 1_500_000_000)
        #expect(Duration.milliseconds(1500).inSeconds == 1.5)
        #expect(Instant.zero + .seconds(2) - Instant.zero == .seconds(2))
    }

    /// The first outputs of xoshiro256** over a SplitMix64 state, from the reference C code.
    @Test func the_seeded_generator_repeats_itself() {
        var a = SeededGenerator(seed: 0)
        var b = SeededGenerator(seed: 0)
        var c = SeededGenerator(seed: 1)
        let first = (0..<100).map { _ in a.next() }
        #expect(first == (0..<100).map { _ in b.next() })
        #expect(first != (0..<100).map { _ in c.next() })
        #expect(first[0] == 0x99EC_5F36_CB75_F2B4)
        #expect(a.bytes(13).count == 13)
    }

    @Test func backoff_doubles_to_its_limit_and_starts_over() {
        var generator = SeededGenerator(seed: 1)
        var backoff = Backoff(first: .seconds(1), limit: .seconds(8))
        var bases: [Duration] = []
        for _ in 0..<6 {
            let base = backoff.base
            bases.append(base)
            let wait = backoff.next(using: &generator)
            #expect(wait >= base / 2 && wait <= base)
        }
        #expect(bases == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(8), .seconds(8)])
        backoff.reset()
        #expect(backoff.base == .seconds(1))
    }

    @Test func hexadecimal_goes_both_ways() {
        #expect(hex([0, 255, 16]) == "00ff10")
        #expect(bytes(hex: "00FF10") == [0, 255, 16])
        #expect(bytes(hex: "0") == nil && bytes(hex: "zz") == nil)
    }

    @Test func json_prints_what_foundation_reads_back() throws {
        let value: JSON = ["a": [1, -2.5, true, .null], "quote\"\\\n\u{1}": "ä\u{1F600}", "o": .object([])]
        let read = try JSONDecoder().decode(JSON.self, from: Data(value.text.utf8))
        #expect(read["a"] == value["a"] && read["quote\"\\\n\u{1}"]?.string == "ä\u{1F600}")
        #expect(JSON.double(.infinity).text == "null")
    }

    /// Source: RFC 3720, appendix B.4.
    @Test func crc32c_gives_the_known_answers() {
        #expect(crc32c(Array("123456789".utf8)) == 0xE306_9283)
        #expect(crc32c([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(crc32c([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(crc32c((0..<32).map { UInt8($0) }) == 0x46DD_794E)
        #expect(crc32c([]) == 0)
        // From any place on, and not only of whole arrays.
        let bytes = (0..<100).map { UInt8($0) }
        for begin in 0..<9 { #expect(crc32c(bytes[begin...]) == crc32c(Array(bytes[begin...]))) }
    }
}
