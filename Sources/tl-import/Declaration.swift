/// One declaration of a schema file.
///
/// Source of the syntax: https://core.telegram.org/mtproto/TL-formal
struct Declaration {
    struct Field {
        var name: String
        var type: String
        /// The flag word's name and the bit.
        var condition: (word: String, bit: Int)?
        var isFlag: Bool { type == "true" && condition != nil }
    }
    var name: String
    var id: UInt32
    var fields: [Field]
    var result: String
    var isMethod: Bool
    var isGeneric: Bool

    /// What the constructor's id is the CRC32 of: without the id, the flags of type `true`, braces and angle brackets, and with `bytes`
    /// written as `string` unless it is a vector's element. Telegram's own generators do it so; every id but `knownMismatches` agrees.
    var checkedText: String {
        var text = name
        if isGeneric { text += " X:Type" }
        for f in fields where !f.isFlag {
            text += " \(f.name):"
            if let c = f.condition { text += "\(c.word).\(c.bit)?" }
            text += f.type == "bytes" ? "string" : f.type.replacing("<", with: " ").replacing(">", with: "")
        }
        return text + " = " + result.replacing("<", with: " ").replacing(">", with: "")
    }

    /// Ids that are not the CRC32 of their declaration's text, each for a known reason.
    static let knownMismatches: [String: UInt32] = [
        // Declared before the type was renamed (%Message).
        "msg_container": 0x73f1_f8dc,
        // From the simple configuration, whose ids were never computed from these texts.
        "ipPortSecret": 0x3798_2646,
        "accessPointRule": 0x4679_b65f,
        "help.configSimple": 0x5a59_2a6c,
        // Old forms that a source keeps under names of its own.
        "inputPeerPhotoFileLocationLegacy": 0x27d6_9997,
        "inputStickerSetThumbLegacy": 0x0dba_eae9,
    ]

    /// Refuses an id that does not follow from the text.
    func check() throws {
        let computed = crc32(Array(checkedText.utf8))
        if computed != id && Declaration.knownMismatches[name] != id {
            throw ImportError("\(name)#\(String(id, radix: 16)): the text gives \(String(computed, radix: 16)): \(checkedText)")
        }
    }
}

/// CRC-32 (IEEE 802.3) of the bytes.
func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xffff_ffff
    for b in bytes {
        crc ^= UInt32(b)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    return ~crc
}
