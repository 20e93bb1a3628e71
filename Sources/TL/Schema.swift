/// The schema table in the form that walkers want: flat arrays of steps, found by constructor id.
///
/// Made once from the generated text of `SchemaTable`; never freed, never changed.
final class Schema: @unchecked Sendable {
    // `@unchecked`: every stored property is a `let`, and the memory behind the pointers is written only by `init`.

    static let boolTrue: UInt32 = 0x9972_75b5
    static let boolFalse: UInt32 = 0xbc79_9737
    static let vector: UInt32 = 0x1cb5_c415

    static let shared = Schema(table: SchemaTable.text, projections: ProjectionTable.text)

    enum Kind: UInt8 {
        case int, long, double, string, bytes, int128, int256, bool
        /// `#`: a word of flags that later fields test.
        case flags
        /// `true`: present or not, without bytes.
        case `true`
        /// A boxed object of a type, of any type (`Object`), or a query (`!X`).
        case object
        /// `Vector<t>` with its constructor, `vector<t>` without.
        case vector, bareVector
        /// `%Type` or a constructor's name in lower case: fields without an id.
        case bareObject
    }

    /// One field of a constructor.
    struct Step {
        /// 0...63: the bit of flag words one and two that says whether the field is there; `always` otherwise.
        var condition: UInt8
        var kind: Kind
        var type: UInt16
        var name: UInt16
        /// Where a projection puts the field; -1 steps over it.
        var slot: Int16 = -1

        static let always: UInt8 = 255
    }

    struct TypeEntry {
        var text: String
        var kind: Kind
        /// The element type of a vector, the constructor's index of a bare object.
        var argument: Int
        /// The fewest bytes that a value takes, never below 1.
        var minimumSize: Int
    }

    struct Constructor {
        var id: UInt32
        var name: String
        var isMethod: Bool
        var isGeneric: Bool
        /// Bit i: it stands in `layers[i]`.
        var layerMask: UInt64
        var result: UInt16
        var firstStep: Int32
        var stepCount: Int32
        /// The projection that reads it and its number in there, or -1.
        var projection: Int16 = -1
        var variant: Int16 = -1
    }

    /// Ascending.
    let layers: [Int32]
    let words: [String]
    let types: UnsafeBufferPointer<TypeEntry>
    let constructors: UnsafeBufferPointer<Constructor>
    let steps: UnsafeBufferPointer<Step>
    /// Open addressing over `id * odd`; an entry is a constructor's index + 1, 0 is free.
    private let slots: UnsafeBufferPointer<UInt16>
    private let slotShift: UInt32
    /// Constructors of a name, in the table's order (ascending id).
    let byName: [String: [Int]]

    init(table: StaticString, projections: StaticString) {
        var parser = SchemaParser(table)
        parser.parse()
        parser.place(projections)
        layers = parser.layers
        words = parser.words
        types = Schema.keep(parser.types)
        constructors = Schema.keep(parser.constructors)
        steps = Schema.keep(parser.steps)
        var bits: UInt32 = 4
        while 1 << bits < parser.constructors.count * 4 { bits += 1 }
        slotShift = 32 - bits
        var slots = [UInt16](repeating: 0, count: 1 << bits)
        var byName: [String: [Int]] = [:]
        byName.reserveCapacity(parser.constructors.count)
        for (index, constructor) in parser.constructors.enumerated() {
            var slot = Int((constructor.id &* Schema.spread) >> slotShift)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt16(index + 1)
            byName[constructor.name, default: []].append(index)
        }
        self.slots = Schema.keep(slots)
        self.byName = byName
    }

    private static let spread: UInt32 = 0x9e37_79b1

    private static func keep<T>(_ array: [T]) -> UnsafeBufferPointer<T> {
        let memory = UnsafeMutableBufferPointer<T>.allocate(capacity: array.count)
        _ = memory.initialize(from: array)
        return UnsafeBufferPointer(memory)
    }

    /// The index of the constructor of that id in `constructors`, or -1.
    @inline(__always)
    func index(of id: UInt32) -> Int {
        // The buffers are never empty: `slots` has at least 16 entries and an eighth of them at most is taken.
        let slots = self.slots.baseAddress.unsafelyUnwrapped
        let constructors = self.constructors.baseAddress.unsafelyUnwrapped
        var slot = Int((id &* Schema.spread) >> slotShift)
        while true {
            let entry = slots[slot]
            if entry == 0 { return -1 }
            if constructors[Int(entry) - 1].id == id { return Int(entry) - 1 }
            slot = (slot + 1) & (self.slots.count - 1)
        }
    }

    func steps(of constructor: Int) -> UnsafeBufferPointer<Step> {
        let c = constructors[constructor]
        return UnsafeBufferPointer(rebasing: steps[Int(c.firstStep)..<Int(c.firstStep + c.stepCount)])
    }

    /// The constructor or method of that name in the newest known layer that is not newer than `layer`.
    func index(of name: String, layer: Int32) -> Int? {
        guard let candidates = byName[name] else { return nil }
        let position = (layers.lastIndex { $0 <= layer }) ?? 0
        return candidates.first { constructors[$0].layerMask >> UInt64(position) & 1 != 0 }
    }
}
