import Primitives
import Testing

@testable import TL

@Suite struct TableTests {
    /// CRC-32 (IEEE 802.3).
    private func crc32(_ text: String) -> UInt32 {
        var crc: UInt32 = 0xffff_ffff
        for b in text.utf8 {
            crc ^= UInt32(b)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return ~crc
    }

    @Test func every_id_is_the_crc_of_its_declaration() {
        // Named with their reasons in tl-import.
        let exceptions: Set<String> = [
            "msg_container", "ipPortSecret", "accessPointRule", "help.configSimple", "inputPeerPhotoFileLocationLegacy",
            "inputStickerSetThumbLegacy", "mtproto.message",
        ]
        let declarations = TL.declarations
        #expect(declarations.count > 2900)
        for d in declarations where !exceptions.contains(d.name) {
            let words = d.fields.filter { $0.type == "#" }.map(\.name)
            var text = d.name + (d.isGeneric ? " X:Type" : "")
            for f in d.fields where f.type != "true" {
                text += " \(f.name):"
                if let c = f.condition { text += "\(words[c / 32]).\(c % 32)?" }
                text += f.type == "bytes" ? "string" : f.type.filter { $0 != ">" }.map { $0 == "<" ? " " : String($0) }.joined()
            }
            text += " = " + d.result.filter { $0 != ">" }.map { $0 == "<" ? " " : String($0) }.joined()
            #expect(crc32(text) == d.id, "\(d.text)")
        }
    }

    @Test func the_layers_from_158_to_229_are_there() {
        #expect(TL.layers.first == 158)
        #expect(TL.layers.last == 229)
        #expect(TL.layers.contains(201))
        #expect(TL.newestLayer == 229)
    }

    @Test func a_layer_has_one_constructor_of_a_name() {
        var seen: Set<String> = []
        for d in TL.declarations {
            for layer in d.layers { #expect(seen.insert("\(d.name) \(layer)").inserted, "\(d.name) of layer \(layer)") }
        }
    }

    @Test func ids_follow_the_layer() {
        #expect(TL.constructorID("message", layer: 229) != TL.constructorID("message", layer: 201))
        // A layer between two known ones is the older.
        var changed = 0
        for name in Set(TL.declarations.map(\.name)) {
            for (older, newer) in zip(TL.layers, TL.layers.dropFirst()) where newer - older > 1 {
                if TL.constructorID(name, layer: older) == TL.constructorID(name, layer: newer) { continue }
                changed += 1
                #expect(TL.constructorID(name, layer: newer - 1) == TL.constructorID(name, layer: older), "\(name) in \(newer - 1)")
            }
        }
        #expect(changed > 100)
        #expect(TL.constructorID("message", layer: 1) == TL.constructorID("message", layer: 158))
        #expect(TL.constructorID("invokeWithLayer", layer: 158) == 0xda9b_0d0d)
        #expect(TL.constructorID("initConnection") == 0xc1cd_5ea9)
        #expect(TL.constructorID("boolTrue") == 0x9972_75b5)
        #expect(TL.constructorID("resPQ", layer: 201) == 0x0516_2463)
        #expect(TL.name(of: 0x9972_75b5) == "boolTrue")
        #expect(TL.name(of: 1) == nil)
    }
}
