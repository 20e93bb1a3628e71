import TL

/// Objects in another form than the client's layer has.
struct ObjectFaults: Sendable {
    /// Of this layer come the objects below inside what is of a newer layer; nil: none.
    var layer: Int32?
    /// The probability per answer or push.
    var probability = 1.0

    /// What real servers were seen to send in older forms.
    static let aged: Set<String> = ["message", "user", "channel", "channelFull", "dialog", "messageMediaPhoto", "messageReplyHeader"]

    /// No schema has this constructor.
    static let unknownConstructor: [UInt8] = [0xde, 0xc0, 0xad, 0x0b]
}

extension Faults {
    /// Encodes with some objects in the form of an older layer, when that is due.
    mutating func encode(_ object: TLObject, layer: Int32) throws(TLError) -> [UInt8] {
        let bytes = try TL.encode(object, layer: layer)
        guard let old = objects.layer, old < layer, happens(objects.probability) else { return bytes }
        let aged = try ObjectFaults.aged(bytes, of: .object(object), from: layer, to: old)
        if aged != bytes { count("old_objects") }
        return aged
    }

    mutating func encodeResult(_ value: TLValue, of method: String, layer: Int32) throws(TLError) -> [UInt8] {
        let bytes = try TL.encodeResult(value, of: method, layer: layer)
        guard let old = objects.layer, old < layer, happens(objects.probability) else { return bytes }
        let aged = try ObjectFaults.aged(bytes, of: value, from: layer, to: old)
        if aged != bytes { count("old_objects") }
        return aged
    }
}

extension ObjectFaults {
    /// Replaces the bytes of each object that real servers send in old forms. A TL object has no length, so that any
    /// object may be replaced by a longer one.
    static func aged(_ bytes: [UInt8], of value: TLValue, from layer: Int32, to old: Int32) throws(TLError) -> [UInt8] {
        var bytes = bytes
        var place = 0
        for object in found(in: value) {
            let new = try TL.encode(object, layer: layer)
            let replacement = try TL.encode(object, layer: old)
            guard new != replacement, let at = position(of: new, in: bytes, from: place) ?? position(of: new, in: bytes, from: 0)
            else { continue }
            bytes.replaceSubrange(at..<at + new.count, with: replacement)
            place = at + replacement.count
        }
        return bytes
    }

    /// The outermost objects of those names, in a stable order.
    private static func found(in value: TLValue) -> [TLObject] {
        switch value {
        case .object(let object):
            if aged.contains(object.name) { return [object] }
            return object.fields.keys.sorted().flatMap { found(in: object.fields[$0] ?? .bool(false)) }
        case .vector(let values): return values.flatMap(found)
        default: return []
        }
    }

    static func position(of part: [UInt8], in whole: [UInt8], from start: Int) -> Int? {
        guard part.count <= whole.count else { return nil }
        // Everything in TL stands on whole words, of the whole message too.
        var at = (start + 3) / 4 * 4
        while at + part.count <= whole.count {
            if whole[at] == part[0], whole[at..<at + part.count].elementsEqual(part) { return at }
            at += 4
        }
        return nil
    }

    /// Makes one update of an envelope unreadable: its constructor becomes one that nobody knows.
    static func spoil(_ bytes: [UInt8], _ update: [UInt8]) -> [UInt8] {
        guard let at = position(of: update, in: bytes, from: 0) else { return bytes }
        return Array(bytes[..<at]) + unknownConstructor + bytes[(at + 4)...]
    }

    /// An envelope that nobody can read.
    static func spoil(_ bytes: [UInt8]) -> [UInt8] { unknownConstructor + bytes.dropFirst(4) }
}
