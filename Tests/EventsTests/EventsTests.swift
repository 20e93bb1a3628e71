import Events
import Primitives
import Testing

@Suite struct EventsTests {
    @Test func damaged_frames_are_typed_errors() throws {
        #expect(throws: ContractError.unknownBody) { try WireFrame(decoding: []) }
        #expect(throws: ContractError.undecodable) { try WireFrame(decoding: [0x0A, 0x05, 0x00]) }
        let huge = [UInt8](repeating: 0, count: Contract.maximumFrameBytes + 1)
        #expect(throws: ContractError.tooLarge(bytes: huge.count, limit: Contract.maximumFrameBytes)) { try WireFrame(decoding: huge) }
    }

    @Test func every_cut_of_a_frame_is_refused_or_read_never_trapped() throws {
        for frame in try Samples.frames() {
            let bytes = try frame.encoded()
            for n in 0..<bytes.count {
                if let read = try? WireFrame(decoding: Array(bytes[..<n])) { #expect(read.body != nil) }
            }
        }
    }

    @Test func damaged_bytes_never_trap() throws {
        var generator = SeededGenerator(seed: 1)
        let frames = try Samples.frames().map { try $0.encoded() }
        for _ in 0..<20_000 {
            var bytes = frames[Int.random(in: 0..<frames.count, using: &generator)]
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if let frame = try? WireFrame(decoding: bytes), case .events(let batch) = frame.body {
                for record in batch.records { _ = try? record.changes() }
            }
        }
    }

    @Test func a_payload_above_its_limit_is_refused_on_both_sides() throws {
        var message = Samples.message
        message.text = String(repeating: "x", count: Contract.maximumPayloadBytes)
        #expect(throws: ContractError.self) { try WireRecord(Samples.header, changes: [.with { $0.message = message }]) }
        var record = WireRecord()
        record.payloadBytes = [UInt8](repeating: 0, count: Contract.maximumPayloadBytes + 1)
        #expect(throws: ContractError.self) { try record.changes() }
    }

    @Test func a_header_reads_where_the_payload_does_not() throws {
        var record = try WireRecord(Samples.header, changes: Samples.changes)
        record.payloadBytes = [0xFF, 0xFF]
        let frame = WireFrame(.events(WireBatch(epoch: 1, incarnation: 1, stream: Samples.id, first: 1, records: [record])))
        let read = try WireFrame(decoding: try frame.encoded())
        #expect(read.events.records[0].header == Samples.header)
        #expect(throws: ContractError.undecodable) { try read.events.records[0].changes() }
    }

    @Test func box_keys_round_trip_and_unknown_kinds_are_refused() throws {
        for key in [BoxKey.common, .qts, .channel(5)] { #expect(try BoxKey(key.wire) == key) }
        #expect(throws: ContractError.badBox) { try BoxKey(WireBox()) }
        #expect(throws: ContractError.badBox) { try BoxKey(.with { $0.kind = .channel }) }
        #expect([BoxKey.channel(5), .common, .qts, .channel(4)].sorted() == [.common, .qts, .channel(4), .channel(5)])
    }

    @Test func a_later_generation_is_beyond_any_value_of_an_earlier_one() {
        #expect(Position(generation: 2, value: 1).isBeyond(Position(generation: 1, value: 100)))
        #expect(!Position(generation: 1, value: 100).isBeyond(Position(generation: 1, value: 100, date: 5)))
        #expect(Position(Position(generation: 3, value: 4, date: 5, seq: 6).wire) == Position(generation: 3, value: 4, date: 5, seq: 6))
    }

    @Test func stream_ids_are_sixteen_bytes() throws {
        #expect(Samples.id.bytes == [UInt8](0..<16))
        #expect(Samples.id.description == "000102030405060708090a0b0c0d0e0f")
        #expect(throws: ContractError.badStreamID) { try StreamID(bytes: [1, 2, 3]) }
        var generator = SeededGenerator(seed: 4)
        #expect(StreamID(using: &generator) != StreamID(using: &generator))
        #expect(WireBatch().streamID == nil)
    }

    @Test func only_versions_that_this_build_knows_are_read() {
        #expect(Contract.reads(Contract.version))
        #expect(!Contract.reads(Contract.version + 1))
        #expect(!Contract.reads(0))
    }
}
