import Events
import Primitives
import Testing

/// The bytes that older and newer stages rely on. A line here changes only with `Contract.version`.
@Suite struct GoldenTests {
    static let golden: [String: String] = [
        "HELLO":
            "0a8901080110011a046d61696e2080bcd9f29e342a160a10000102030405060708090a0b0c0d0e0f100518092a160a100001020304050607"
            + "08090a0b0c0d0e0f1001200132130a020801120d080110b00918c08df6d7062007320a0a02080212040801100332100a0808031081dea0cb"
            + "051204080210633a0c088180a4c5f3f0edb16710024205302e312e30",
        "WELCOME":
            "125e080312140a10000102030405060708090a0b0c0d0e0f10081a130a020801120d080110b00918c08df6d70620071a0a0a020802120408"
            + "0110031a100a0808031081dea0cb0512040802106320904e2a0c088180a4c5f3f0edb16710023001",
        "EVENTS":
            "1aa90308031080bcd9f29e341a10000102030405060708090a0b0c0d0e0f20092a89030a2e0a020801100118b00920b30928c18df6d70630"
            + "08380240014895aea8f6d9dfc7f41850888e98a8c0e0808101580212d6020a8d020a8a020a0808021081dea0cb0510e72418c08df6d70620"
            + "fc8df6d706280130ff81cb8fede2ffffff013a0756c3a4696ec3b64210486569206d6161696c6d6120f09f8c8d4a275b7b2274797065223a"
            + "22626f6c64222c226f6666736574223a302c226c656e677468223a337d5d520570686f746f5a0570686f746f620d7b227769647468223a36"
            + "34307d688180808080808080800170dc24780c8001fbffffffffffffffff018a010d7b2266726f6d5f6964223a317d90012a9a011c5b7b22"
            + "656d6f6a69223a22f09f918d222c22636f756e74223a327d5da00164a80103b201107b22616374696f6e223a2270696e227db80101c00101"
            + "c801ffffffffffffffffff01d00101d801fd8df6d7060a1412120a0808021081dea0cb0512040102ac0218010a0d1a0b084d1082dea0cb05"
            + "1884070a1f221d0a0808021081dea0cb0510021a0f4348414e4e454c5f50524956415445",
        "ACK":
            "222008031080bcd9f29e341a10000102030405060708090a0b0c0d0e0f2009288f4e",
        "STALE":
            "2a2808041081bcd9f29e341a10000102030405060708090a0b0c0d0e0f2a0b696e6361726e6174696f6e",
        "NACK":
            "322308031080bcd9f29e341a10000102030405060708090a0b0c0d0e0f20092a04686f6c65",
        "HOLD":
            "3a180a0c63697263756974206f70656e1080d8dcbfc5e0c7f418",
        "GO":
            "420308904e",
        "PING":
            "4a020806",
        "PONG":
            "52020806",
        "INCOMPATIBLE":
            "5a0408011002",
    ]

    @Test func every_frame_keeps_its_golden_bytes() throws {
        var seen: Set<String> = []
        for frame in try Samples.frames() {
            let bytes = try frame.encoded()
            #expect(hex(bytes) == GoldenTests.golden[frame.name], "\(frame.name) \(hex(bytes))")
            #expect(try WireFrame(decoding: bytes) == frame)
            seen.insert(frame.name)
        }
        #expect(seen == Set(GoldenTests.golden.keys))
    }

    /// The changes that came after the first ones, each as the payload of a record of its own.
    static let goldenChanges: [String] = [
        "0a412a3f0a0808021081dea0cb05100c186420ab0228c0a3acd7063001380140fe8df6d70648ac0250c80158e80760036a0f4348414e4e45"
            + "4c5f505249564154457002",
        "0a6e326c088180808080808080800110011a0f70686f746f2f312f6162632e6a7067221b68747470733a2f2f6578616d706c652e6f72672f"
            + "6162632e6a70672880203220000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f3a0a696d6167652f6a706567",
        "0a1d3a1b0a0808021081dea0cb0510e7241a025b5d2065280430ff8df6d706",
        "0a1942170a0808021081dea0cb05120756c3a4696ec3b61a002001",
        "0a234a210a0808021081dea0cb05100c1a07596c65696e656e20012800300138808ef6d706",
        "0a270a250a0808021081dea0cb0510e82470dc24e201127b2271756f74655f74657874223a2278227d",
    ]

    @Test func every_change_of_backfill_keeps_its_golden_bytes() throws {
        #expect(GoldenTests.goldenChanges.count == Samples.backfillChanges.count)
        for (change, golden) in zip(Samples.backfillChanges, GoldenTests.goldenChanges) {
            var record = try WireRecord(Samples.header, changes: [change])
            #expect(hex(record.payloadBytes) == golden)
            let read: [UInt8]? = bytes(hex: golden)
            record.payloadBytes = try #require(read)
            #expect(try record.changes() == [change])
        }
    }

    @Test func a_kind_of_change_of_a_later_build_is_read_as_none() throws {
        // Field 1000 of a Change, an empty message: this build can tell that it does not know it, and passes it on.
        var record = WireRecord()
        record.payloadBytes = [0x0A, 0x03, 0xC2, 0x3E, 0x00]
        #expect(try record.changes().map(\.kind) == [nil])
    }

    @Test func golden_bytes_read_back_into_their_values() throws {
        for frame in try Samples.frames() {
            let golden: [UInt8]? = bytes(hex: GoldenTests.golden[frame.name] ?? "")
            #expect(try WireFrame(decoding: try #require(golden)) == frame)
        }
    }

    @Test func a_field_of_a_later_build_survives_reading() throws {
        // Field 1000, varint 7, appended to a PING's frame: a newer peer may add fields.
        let ping = try WireFrame(.ping(.with { $0.id = 6 })).encoded()
        let frame = try WireFrame(decoding: ping + [0xC0, 0x3E, 0x07])
        #expect(frame.ping.id == 6)
        #expect(try frame.encoded() == ping + [0xC0, 0x3E, 0x07])
    }
}
