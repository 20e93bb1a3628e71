/// The fields of a dynamic object by their names.
///
/// An object has a handful of them, so looking through a list is quicker than hashing names; the order says nothing.
public struct TLFields: Sendable, ExpressibleByDictionaryLiteral {
    private var entries: [(name: String, value: TLValue)] = []

    public init() {}

    /// Of several values for one name the last one counts.
    public init(dictionaryLiteral elements: (String, TLValue)...) {
        for (name, value) in elements { self[name] = value }
    }

    public init(_ values: [String: TLValue]) {
        entries = values.map { ($0.key, $0.value) }
    }

    public var count: Int { entries.count }
    public var isEmpty: Bool { entries.isEmpty }
    public var keys: [String] { entries.map(\.name) }

    /// Nil: the field is not there.
    public subscript(name: String) -> TLValue? {
        get { place(of: name).map { entries[$0].value } }
        set {
            switch (place(of: name), newValue) {
            case (let at?, let value?): entries[at].value = value
            case (let at?, nil): entries.remove(at: at)
            case (nil, let value?): entries.append((name, value))
            case (nil, nil): break
            }
        }
    }

    /// The value at a place that `place(of:)` told and no change has moved since.
    subscript(at place: Int) -> TLValue { entries[place].value }

    func place(of name: String) -> Int? {
        // Lengths tell most names apart without looking at their bytes.
        let length = name.utf8.count
        return entries.firstIndex { $0.name.utf8.count == length && $0.name == name }
    }

    /// Adds a field that is not there yet.
    mutating func append(_ name: String, _ value: TLValue) { entries.append((name, value)) }

    mutating func reserveCapacity(_ count: Int) { entries.reserveCapacity(count) }
}

extension TLFields: Hashable {
    public static func == (a: TLFields, b: TLFields) -> Bool {
        a.count == b.count && a.entries.allSatisfy { b[$0.name] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        // In whatever order they stand.
        var sum = 0
        for (name, value) in entries {
            var one = Hasher()
            one.combine(name)
            one.combine(value)
            sum &+= one.finalize()
        }
        hasher.combine(sum)
    }
}
