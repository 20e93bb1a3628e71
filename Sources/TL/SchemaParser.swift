/// Reads the generated text of the schema table.
///
/// Lines: `layers`, `words` and `types` with their entries, then one constructor a line: its name and a run of numbers. A number is written
/// in digits of six bits, "0" (0) to "o" (63): the id as six of them, the rest five bits a digit, low ones first, 32 added while more
/// follow.
/// The numbers: id, kind (1 method, 2 generic), layer mask, result type, then per field its word, its type · 2 + 1 if conditional, and the
/// flag word · 32 + bit then. tl-import writes it; a malformed table is our own mistake and traps.
struct SchemaParser {
    private let start: UnsafePointer<UInt8>
    private let count: Int
    private var position = 0

    var layers: [Int32] = []
    var words: [String] = []
    var types: [Schema.TypeEntry] = []
    var constructors: [Schema.Constructor] = []
    var steps: [Schema.Step] = []

    init(_ text: StaticString) {
        start = text.utf8Start
        count = text.utf8CodeUnitCount
    }

    mutating func parse() {
        layers = list().map { entry in
            guard let layer = Int32(entry) else { preconditionFailure("the table's layers are numbers") }
            return layer
        }
        words = list()
        let texts = list()
        types.reserveCapacity(texts.count)
        var indices: [String: Int] = [:]
        for (i, text) in texts.enumerated() { indices[text] = i }
        for text in texts { types.append(SchemaParser.entry(text, indices: indices)) }
        constructors.reserveCapacity(4096)
        steps.reserveCapacity(16384)
        while position < count { constructor() }
        resolveBareObjects()
    }

    /// The rest of a line, in words, without the first one.
    private mutating func list() -> [String] {
        _ = word()
        var out: [String] = []
        while start[position - 1] != UInt8(ascii: "\n") { out.append(word()) }
        return out
    }

    /// Up to the next blank or line feed, which it consumes.
    private mutating func word() -> String {
        let first = position
        while start[position] > 32 { position += 1 }
        position += 1
        return String(decoding: UnsafeBufferPointer(start: start + first, count: position - 1 - first), as: UTF8.self)
    }

    private mutating func number() -> Int {
        var value = 0
        var shift = 0
        while true {
            let digit = Int(start[position]) - 48
            position += 1
            value |= (digit & 31) << shift
            if digit < 32 { return value }
            shift += 5
        }
    }

    private mutating func constructor() {
        let name = word()
        var id: UInt64 = 0
        for i in 0..<6 { id |= UInt64(start[position + i] - 48) << (UInt64(i) * 6) }
        position += 6
        let kind = number()
        let mask = UInt64(number())
        let result = UInt16(number())
        let first = Int32(steps.count)
        while start[position] != UInt8(ascii: "\n") {
            let name = UInt16(number())
            let type = number()
            let condition = type & 1 == 1 ? UInt8(number()) : Schema.Step.always
            steps.append(Schema.Step(condition: condition, kind: types[type >> 1].kind, type: UInt16(type >> 1), name: name))
        }
        position += 1
        constructors.append(
            Schema.Constructor(
                id: UInt32(id), name: name, isMethod: kind & 1 != 0, isGeneric: kind & 2 != 0, layerMask: mask, result: result,
                firstStep: first, stepCount: Int32(steps.count) - first))
    }

    private static func entry(_ text: String, indices: [String: Int]) -> Schema.TypeEntry {
        func make(_ kind: Schema.Kind, _ size: Int, _ argument: Int = 0) -> Schema.TypeEntry {
            Schema.TypeEntry(text: text, kind: kind, argument: argument, minimumSize: size)
        }
        switch text {
        case "int": return make(.int, 4)
        case "long": return make(.long, 8)
        case "double": return make(.double, 8)
        case "string": return make(.string, 4)
        case "bytes": return make(.bytes, 4)
        case "int128": return make(.int128, 16)
        case "int256": return make(.int256, 32)
        case "Bool": return make(.bool, 4)
        case "#": return make(.flags, 4)
        case "true": return make(.true, 1)
        default: break
        }
        if text.hasSuffix(">") {
            let boxed = text.hasPrefix("Vector<")
            guard let element = indices[String(text.dropFirst(7).dropLast())] else { preconditionFailure("no element type: \(text)") }
            return make(boxed ? .vector : .bareVector, boxed ? 8 : 4, element)
        }
        // Bare objects are resolved when the constructors are known.
        let last = text.split(separator: ".").last ?? ""
        if text.hasPrefix("%") || last.utf8.first.map({ $0 >= 97 }) == true { return make(.bareObject, 1, -1) }
        return make(.object, 4)
    }

    private mutating func resolveBareObjects() {
        for i in types.indices where types[i].kind == .bareObject {
            let text = types[i].text
            // The container's element is the one bare type of the service schema; the API has a `message` of its own.
            let name = text == "%Message" ? "mtproto.message" : text
            guard let constructor = constructors.firstIndex(where: { $0.name == name }) else {
                preconditionFailure("no constructor \(text)")
            }
            types[i].argument = constructor
            let c = constructors[constructor]
            var size = 0
            for step in steps[Int(c.firstStep)..<Int(c.firstStep + c.stepCount)] where step.condition == Schema.Step.always {
                size += types[Int(step.type)].minimumSize
            }
            types[i].minimumSize = max(1, size)
        }
    }
}
