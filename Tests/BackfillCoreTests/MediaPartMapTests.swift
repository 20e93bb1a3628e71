import Primitives
import Testing

@testable import BackfillCore

@Suite struct MediaPartMapTests {
    let part = 64 << 10

    @Test func parts_cover_the_file_and_cross_no_border_of_a_mebibyte() {
        for size: Int64 in [0, 1, 4096, 65_535, 65_536, 65_537, 1 << 20, (1 << 20) + 1, 5_000_000] {
            let map = PartMap(size: size, partBytes: part)
            let parts = map.parts ?? -1
            #expect((0..<parts).reduce(0) { $0 + Int64(map.length(of: $1)) } == size)
            for i in 0..<parts {
                #expect(map.offset(of: i) % Int64(MediaLimits.unitBytes) == 0)
                #expect(map.offset(of: i) >> 20 == (map.offset(of: i) + Int64(part) - 1) >> 20)
            }
        }
    }

    @Test func every_part_is_missing_until_it_is_marked_and_again_when_cleared() {
        var random = SeededGenerator(seed: 11)
        var map = PartMap(size: 300 * Int64(part) - 5, partBytes: part)
        var model = Set<Int>()
        for _ in 0..<3_000 {
            let i = Int.random(in: 0..<300, using: &random)
            if Bool.random(using: &random) {
                map.mark(i)
                model.insert(i)
            } else {
                map.clear(i)
                model.remove(i)
            }
            #expect(map.count == model.count)
            #expect(map.firstMissing() == (0..<300).first { !model.contains($0) })
            #expect(map.bytes == model.reduce(0) { $0 + Int64(map.length(of: $1)) })
        }
        for i in 0..<300 { map.mark(i) }
        #expect(map.isComplete && map.firstMissing() == nil && map.bytes == map.size)
    }

    @Test func its_bytes_give_it_back() throws {
        var random = SeededGenerator(seed: 5)
        for size: Int64? in [nil, 0, 1, 200 * 65_536, 4_000 << 20] {
            var map = PartMap(size: size, partBytes: part)
            for _ in 0..<100 where size != 0 { map.mark(Int.random(in: 0..<min(map.parts ?? 500, 500), using: &random)) }
            #expect(PartMap(serialized: map.serialized) == map)
        }
    }

    @Test func damaged_bytes_are_refused() {
        var map = PartMap(size: 10 * Int64(part), partBytes: part)
        map.mark(3)
        let good = map.serialized
        #expect(PartMap(serialized: []) == nil)
        #expect(PartMap(serialized: Array(good.dropLast())) == nil)
        #expect(PartMap(serialized: good + Array(repeating: 0, count: 8)) == nil)
        for (at, value) in [(0, 0), (4, 2), (8, 1), (16, 255), (good.count - 1, 128)] {
            var bad = good
            bad[at] = UInt8(value)
            #expect(PartMap(serialized: bad) == nil, "byte \(at)")
        }
    }

    @Test func the_end_is_learnt_from_a_part_that_ends_early() {
        var map = PartMap(size: nil, partBytes: part)
        map.mark(0)
        map.mark(1)
        #expect(!map.isComplete && map.firstMissing() == 2)
        let isTooEarly = map.end(at: 100)
        #expect(!isTooEarly, "two whole parts are there")
        let isEnd = map.end(at: 2 * Int64(part) + 7)
        #expect(isEnd && map.parts == 3 && map.length(of: 2) == 7 && map.firstMissing() == 2)
        map.mark(2)
        #expect(map.isComplete && map.bytes == map.size)
    }
}
