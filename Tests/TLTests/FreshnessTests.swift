import Foundation
import Testing

@testable import TL

@Suite struct FreshnessTests {
    @Test func the_projections_are_made_from_the_committed_list() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let list = try Data(contentsOf: root.appendingPathComponent("Sources/tl-import/Projections.list"))
        var crc: UInt32 = 0xffff_ffff
        for b in list {
            crc ^= UInt32(b)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        #expect(~crc == ProjectionTable.listChecksum, "run `tl-import projections`")
    }
}
