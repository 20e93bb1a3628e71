import Primitives
import TL

/// Objects of any type, filled at random as the schema of a layer allows.
struct AnyObject {
    /// What stands in every field that gives access to something, so that a test finds it wherever it may turn up.
    static let secretNumber: Int64 = 7_771_777_177_717_777
    static let secretText = "SECRETREFERENCE"

    private let byType: [String: [TL.Declaration]]
    /// The fewest levels of objects that a constructor, or the shallowest one of a type, needs.
    private var heights: [UInt32: Int] = [:]
    private var typeHeights: [String: Int] = [:]
    private var generator: SeededGenerator

    init(layer: Int32, seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        byType = Dictionary(grouping: TL.declarations.filter { !$0.isMethod && $0.layers.contains(layer) }, by: \.result)
        var isChanged = true
        while isChanged {
            isChanged = false
            for declaration in byType.values.joined() where heights[declaration.id] == nil {
                let needed = declaration.fields.filter { $0.condition == nil && byType[$0.type] != nil }.map { typeHeights[$0.type] }
                guard needed.allSatisfy({ $0 != nil }) else { continue }
                let height = 1 + (needed.compactMap { $0 }.max() ?? 0)
                heights[declaration.id] = height
                typeHeights[declaration.result] = min(height, typeHeights[declaration.result] ?? height)
                isChanged = true
            }
        }
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
    mutating func number(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &generator) }

    /// A random object of the type, of at most about so many levels.
    mutating func object(of type: String, depth: Int = 5) -> TLObject? {
        guard let all = byType[type]?.sorted(by: { $0.id < $1.id }) else { return nil }
        let low = all.filter { (heights[$0.id] ?? .max) <= max(depth, typeHeights[type] ?? 0) }
        return low.randomElement(using: &generator).map { object($0, depth: depth) }
    }

    /// The named constructor in that layer.
    mutating func object(named name: String, of type: String, depth: Int = 5) -> TLObject? {
        byType[type]?.first { $0.name == name }.map { object($0, depth: depth) }
    }

    private mutating func object(_ declaration: TL.Declaration, depth: Int) -> TLObject {
        var out = TLObject(declaration.name)
        // Fields that share a flag come together or not at all.
        var flags: [Int: Bool] = [:]
        for field in declaration.fields where field.type != "#" {
            if let flag = field.condition {
                let isSet = flags[flag] ?? (depth > 0 && chance(60))
                flags[flag] = isSet
                if !isSet { continue }
            }
            out[field.name] = value(field.type, name: field.name, depth: depth - 1)
        }
        return out
    }

    private mutating func value(_ type: String, name: String, depth: Int) -> TLValue? {
        switch type {
        case "int": return .integer(chance(50) ? number(0...2_000) : number(Int64(Int32.min)...Int64(Int32.max)))
        case "long": return name == "access_hash" ? .integer(AnyObject.secretNumber) : .integer(number(.min ... .max))
        case "double": return .double(chance(50) ? Double(number(0...500)) : Double(number(-4_000...4_000)) / 7)
        case "string", "bytes":
            if ["file_reference", "phone_number", "vcard", "slug"].contains(name) { return .string(AnyObject.secretText) }
            return .bytes(text())
        case "true": return .bool(true)
        case "Bool": return .bool(chance(50))
        case "int128": return .bytes([UInt8](repeating: 1, count: 16))
        case "int256": return .bytes([UInt8](repeating: 2, count: 32))
        default: break
        }
        for prefix in ["Vector<", "vector<"] where type.hasPrefix(prefix) {
            let element = String(type.dropFirst(7).dropLast())
            let count = depth <= 0 ? 0 : Int(number(0...3))
            return .vector((0..<count).compactMap { _ in value(element, name: name, depth: depth - 1) })
        }
        return object(of: type, depth: depth).map(TLValue.object)
    }

    /// Short text with what is hard: quotes, control characters, other scripts, bytes that are none.
    private mutating func text() -> [UInt8] {
        let pieces: [[UInt8]] = [
            Array("word".utf8), Array(" \"quoted\\ ".utf8), Array("\n\t\u{1}".utf8), Array("Größe 👍🏽".utf8), [0xff, 0x61, 0xc3], [],
        ]
        return (0..<Int(number(0...3))).flatMap { _ in pieces.randomElement(using: &generator) ?? [] }
    }
}
