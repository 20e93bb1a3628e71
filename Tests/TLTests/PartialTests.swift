import Primitives
import Testing

@testable import TL

@Suite struct PartialTests {
    private func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }

    /// Five updates of which those at the given places have a constructor that nobody knows.
    private func bytes(unknown: [Int]) throws -> [UInt8] {
        let updates = (1...5).map { Sample.update(id: $0, pts: $0 + 10) }
        var bytes = try TL.encode(Sample.updates(updates))
        for i in unknown {
            let part = try TL.encode(try #require(updates[i].object))
            let offset = try #require((0...bytes.count - part.count).first { Array(bytes[$0..<$0 + part.count]) == part })
            bytes.replaceSubrange(offset..<offset + 4, with: word(0xdead_beef))
        }
        return bytes
    }

    private func ids(_ partial: TL.Partial) -> [Int64?] {
        (partial.object["updates"]?.vector ?? []).map { $0["message"]?["id"]?.int }
    }

    @Test func what_is_known_reads_as_ever() throws {
        let bytes = try bytes(unknown: [])
        let partial = try TL.decodePartly(bytes)
        #expect(try partial.object == TL.decode(bytes))
        #expect(partial.undecoded.isEmpty && !partial.isTruncated)
    }

    @Test(arguments: 0..<5) func one_unknown_element_costs_only_itself(unknown: Int) throws {
        let bytes = try bytes(unknown: [unknown])
        let partial = try TL.decodePartly(bytes)
        #expect(ids(partial) == (1...5).filter { $0 != unknown + 1 })
        #expect(partial.object["date"]?.int == 9 && partial.object["seq"]?.int == 3)
        let part = try #require(partial.undecoded.first)
        #expect(part.field == "updates" && part.name == nil && !partial.isTruncated)
        #expect(part.range.count == (try TL.encode(try #require(Sample.update(id: 1, pts: 11).object))).count)
        #expect(part.error == .unknownConstructor(id: 0xdead_beef, offset: part.range.lowerBound))
    }

    @Test func behind_the_first_of_two_unknown_ones_nothing_can_be_found() throws {
        let partial = try TL.decodePartly(try bytes(unknown: [1, 3]))
        #expect(ids(partial) == [1])
        #expect(partial.isTruncated && partial.undecoded.count == 1)
        #expect(partial.object["date"] == nil)
    }

    @Test func bytes_that_are_wrong_in_another_way_are_refused() throws {
        let bytes = try bytes(unknown: [])
        #expect(throws: TLError.self) { try TL.decodePartly(Array(bytes.dropLast(4))) }
        #expect(throws: TLError.unknownConstructor(id: 0xdead_beef, offset: 0)) { try TL.decodePartly(word(0xdead_beef) + bytes) }
        #expect(throws: TLError.self) { try TL.decodePartly([]) }
    }

    @Test func mutated_bytes_never_crash() throws {
        var generator = SeededGenerator(seed: 7)
        let bytes = try bytes(unknown: [2])
        for _ in 0..<2_000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                mutated[Int.random(in: 0..<mutated.count, using: &generator)] = UInt8.random(in: .min ... .max, using: &generator)
            }
            if let partial = try? TL.decodePartly(mutated) {
                for part in partial.undecoded { #expect(part.range.upperBound <= mutated.count && !part.range.isEmpty) }
            }
        }
    }

    @Test func defect_23_a_count_of_two_thousand_millions_and_a_nest_of_ten_thousand_are_refused_at_once() throws {
        let acks = try #require(TL.constructorID("msgs_ack"))
        let bold = try #require(TL.constructorID("textBold"))
        let huge = word(acks) + word(Schema.vector) + word(0x7fff_ffff)
        let deep = (0..<10_000).flatMap { _ in word(bold) }
        for bytes in [huge, deep] {
            // The best of some tries: other tests run at the same time.
            let times = (0..<20).map { _ in
                ContinuousClock().measure {
                    #expect(throws: TLError.self) { try TL.decode(bytes) }
                    #expect(throws: TLError.self) { try TL.decodePartly(bytes) }
                }
            }
            #expect((times.min() ?? .seconds(1)) < .milliseconds(10))
        }
    }
}
