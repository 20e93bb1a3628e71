/// A boxed TL object in its dynamic form: the constructor's or method's name and its fields by name.
public struct TLObject: Sendable, Hashable {
    /// As in the schema: `message`, `updates.channelDifference`, `messages.getHistory`.
    public var name: String
    /// In snake_case as in the schema. An absent optional field has no entry; a set `true` flag is `.bool(true)`; flag words are never
    /// entries.
    public var fields: TLFields

    /// A nil value means absent.
    public init(_ name: String, _ fields: KeyValuePairs<String, TLValue?> = [:]) {
        self.name = name
        self.fields = [:]
        for (field, value) in fields { self.fields[field] = value }
    }

    public init(name: String, fields: TLFields) {
        self.name = name
        self.fields = fields
    }

    public subscript(field: String) -> TLValue? {
        get { fields[field] }
        set { fields[field] = newValue }
    }
}
