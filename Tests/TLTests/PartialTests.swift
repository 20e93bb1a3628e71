import Glibc
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

    @Test func two_unknown_ones_cost_only_themselves() throws {
        let partial = try TL.decodePartly(try bytes(unknown: [1, 3]))
        #expect(ids(partial) == [1, 3, 5])
        #expect(!partial.isTruncated && partial.undecoded.count == 2)
        #expect(partial.object["date"]?.int == 9)
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

    /// In a process of its own, since memory is a process's: one that takes a megabyte more from the system dies, and so does one that
    /// had to touch as much of what it already had.
    @Test func defect_23_and_neither_costs_a_megabyte_of_memory() async {
        await #expect(processExitsWith: .success) {
            func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
            guard let acks = TL.constructorID("msgs_ack"), let bold = TL.constructorID("textBold") else { exit(2) }
            let huge = word(acks) + word(Schema.vector) + word(0x7fff_ffff)
            // As many as the packet's length makes believable, and then nothing of it.
            let half = word(acks) + word(Schema.vector) + word(1 << 20) + [UInt8](repeating: 0, count: 64)
            let deep = (0..<10_000).flatMap { _ in word(bold) }
            func refuse(_ bytes: [UInt8]) -> Bool {
                do {
                    _ = try TL.decode(bytes)
                    return false
                } catch {}
                do {
                    _ = try TL.decodePartly(bytes)
                    return false
                } catch { return true }
            }
            // What is made once for all, and errors' own machinery, come before the measurement.
            // So does the code itself, a page of it at a time.
            let small = [
                word(0), word(bold) + word(0), word(acks) + word(Schema.vector) + word(1 << 10) + [UInt8](repeating: 0, count: 64),
                (0..<500).flatMap { _ in word(bold) },
            ]
            guard small.allSatisfy(refuse), refuse(huge) else { exit(3) }
            let megabyte = 1 << 20
            // The peak so far is forgotten, where the system lets us.
            if let file = fopen("/proc/self/clear_refs", "w") {
                fputs("5", file)
                fclose(file)
            }
            guard let before = Memory.now() else { exit(4) }
            var limit = rlimit(rlim_cur: rlim_t(before.size + megabyte), rlim_max: rlim_t(before.size + megabyte))
            guard setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { exit(5) }
            guard [huge, half, deep].allSatisfy(refuse) else { exit(6) }
            guard let after = Memory.now(), after.peak - before.peak < megabyte else { exit(7) }
            exit(0)
        }
    }
}

/// What /proc tells of this process, in bytes.
private struct Memory {
    /// Of address space.
    var size = 0
    /// The most that was resident.
    var peak = 0

    static func now() -> Memory? {
        guard let file = fopen("/proc/self/status", "r") else { return nil }
        defer { fclose(file) }
        var out = Memory()
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let parts = text.split { " \t\n".contains($0) }
            guard parts.count >= 2, let kilobytes = Int(parts[1]) else { continue }
            switch parts[0] {
            case "VmSize:": out.size = kilobytes << 10
            case "VmHWM:": out.peak = kilobytes << 10
            default: break
            }
        }
        return out
    }
}
