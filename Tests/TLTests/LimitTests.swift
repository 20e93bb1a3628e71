import Primitives
import Testing

@testable import TL

@Suite struct LimitTests {
    /// Every way in refuses the bytes with the same error, within 10 ms.
    private func refuses(_ wire: [UInt8], limits: TLLimits = .standard, _ matches: (TLError) -> Bool) {
        let ways: [(String, () throws -> Void)] = [
            ("decode", { _ = try TL.decode(wire, limits: limits) }),
            ("skip", { _ = try TL.skip(wire, limits: limits) }),
        ]
        for (name, way) in ways {
            let clock = ContinuousClock()
            var best = Duration.seconds(1)
            var error: (any Error)?
            // The best of five, since the machine may be busy.
            for _ in 0..<5 {
                let start = clock.now
                do { try way() } catch let caught { error = caught }
                best = min(best, clock.now - start)
            }
            #expect((error as? TLError).map(matches) == true, "\(name): \(String(describing: error))")
            #expect(best < .milliseconds(10), "\(name) took \(best)")
        }
    }

    private func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }

    @Test func a_vector_cannot_claim_more_than_its_bytes() throws {
        let id = try #require(TL.constructorID("msgs_ack"))
        let head = word(id) + word(Schema.vector)
        refuses(head + word(0x7fff_ffff)) { $0 == .limitExceeded(.vector, offset: 8) }
        refuses(head + word(0xffff_ffff)) { $0 == .limitExceeded(.vector, offset: 8) }
        refuses(head + word(1000) + [UInt8](repeating: 0, count: 8 * 999)) { $0 == .endOfData(offset: 12) }
        #expect(try TL.decode(head + word(2) + [UInt8](repeating: 0, count: 16))["msg_ids"]?.vector?.count == 2)
        var limits = TLLimits()
        limits.vector = 1
        refuses(head + word(2) + [UInt8](repeating: 0, count: 16), limits: limits) { $0 == .limitExceeded(.vector, offset: 8) }
        // A projection too.
        let deleted = try #require(TL.constructorID("updateDeleteMessages"))
        #expect(throws: TLError.limitExceeded(.vector, offset: 8)) {
            try API.Update(decoding: word(deleted) + word(Schema.vector) + word(0x7fff_ffff))
        }
    }

    @Test func nesting_ends_somewhere() throws {
        let bold = try #require(TL.constructorID("textBold"))
        let deep = (0..<10_000).flatMap { _ in word(bold) }
        refuses(deep) { $0 == .limitExceeded(.depth, offset: 128 * 4 + 4) }
        // Within the limit only the end is missing.
        refuses(Array(deep.prefix(100 * 4))) { $0 == .endOfData(offset: 400) }
        let wrapper = try #require(TL.constructorID("invokeWithoutUpdates"))
        refuses((0..<10_000).flatMap { _ in word(wrapper) }) { $0 == .limitExceeded(.depth, offset: 128 * 4 + 4) }
    }

    @Test func strings_and_inputs_have_a_longest() throws {
        let id = try #require(TL.constructorID("error"))
        var limits = TLLimits()
        limits.string = 300
        refuses(word(id) + word(1) + [254, 45, 1, 0] + [UInt8](repeating: 65, count: 304), limits: limits) {
            $0 == .limitExceeded(.string, offset: 8)
        }
        refuses(word(id) + word(1) + [254, 0xff, 0xff, 0xff]) { $0 == .endOfData(offset: 8) }
        refuses(word(id) + word(1) + [255, 1, 0, 0, 0, 0, 0, 0]) { $0 == .limitExceeded(.string, offset: 8) }
        limits.bytes = 100
        refuses([UInt8](repeating: 0, count: 101), limits: limits) { $0 == .limitExceeded(.bytes, offset: 100) }
    }

    @Test func flags_cannot_be_blown_up_without_end() throws {
        // A user with every flag of both words and nothing else would be some 40 values from 12 bytes.
        let user = TLObject("user", ["id": 1, "self": true, "min": true, "contact": true, "deleted": true])
        let wire = try TL.encode(Sample.updates([]))
        var many = try TL.decode(wire)
        many["users"] = .vector([TLValue](repeating: .object(user), count: 100))
        var limits = TLLimits()
        limits.values = 500
        let bytes = try TL.encode(many)
        #expect(throws: TLError.self) { try TL.decode(bytes, limits: limits) }
        #expect(try TL.decode(bytes)["users"]?.vector?.count == 100)
    }

    @Test func broken_text_is_kept_and_repaired() throws {
        var object = Sample.message(id: 1)
        object["message"] = .bytes([0x61, 0xff, 0xfe, 0x62])
        let wire = try TL.encode(object)
        #expect(try TL.decode(wire)["message"]?.bytes == [0x61, 0xff, 0xfe, 0x62])
        #expect(try API.Message(decoding: wire).message == "a\u{fffd}\u{fffd}b")
    }

    @Test func every_prefix_of_an_object_is_an_error() throws {
        let wire = try TL.encode(Sample.updates([Sample.update(id: 1, pts: 10)]))
        for length in 0..<wire.count {
            let prefix = Array(wire.prefix(length))
            #expect(throws: TLError.self) { try TL.decode(prefix) }
            #expect(throws: TLError.self) { try TL.skip(prefix) }
            #expect(throws: TLError.self) { try API.Updates(decoding: prefix) }
        }
        #expect(throws: TLError.trailingBytes(offset: wire.count)) { try TL.decode(wire + [0]) }
        #expect(throws: TLError.trailingBytes(offset: wire.count)) { try API.Updates(decoding: wire + [0]) }
        #expect(try TL.skip(wire + [0]) == wire.count)
    }

    @Test(arguments: 0..<4) func mutated_bytes_never_crash(part: UInt64) throws {
        let seed: UInt64 = 0x7e1e_6a11 + part
        var generator = SeededGenerator(seed: seed)
        let originals: [[UInt8]] = [
            try TL.encode(Sample.updates([Sample.update(id: 1, pts: 10), .object(TLObject("updateConfig"))])),
            try TL.encode(Sample.message(id: 9), layer: 201),
            try TL.encode(TLObject("user", ["id": 9, "self": true, "first_name": "x", "usernames": []])),
        ]
        let ids = TL.declarations.map(\.id)
        var refused = 0
        for round in 0..<25_000 {
            var wire = originals[round % originals.count]
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                let at = Int.random(in: 0..<wire.count, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: wire[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 1: wire[at] = UInt8.random(in: 0...255, using: &generator)
                case 2: wire.removeSubrange(at..<min(wire.count, at + 4))
                case 3: wire.insert(contentsOf: generator.bytes(4), at: at & ~3)
                default:
                    // Another known constructor where some word was.
                    guard let id = ids.randomElement(using: &generator) else { break }
                    wire.replaceSubrange(at & ~3..<min(wire.count, (at & ~3) + 4), with: word(id))
                }
                if wire.isEmpty { wire = [0] }
            }
            do {
                let length = try TL.skip(wire)
                #expect(length <= wire.count, "seed \(seed) round \(round)")
                // What can be stepped over can be built, and both agree where it ends.
                #expect(try TL.decodePrefix(wire).end == length, "seed \(seed) round \(round)")
            } catch {
                refused += 1
            }
            _ = try? API.Updates(decoding: wire)
            _ = try? API.Message(decoding: wire)
        }
        #expect(refused > 1000)
    }
}
