import Primitives

/// JSON Schemas of what the API takes and gives: https://json-schema.org/draft/2020-12. Objects may have more members than are named.
public enum APISchema {
    public static let text: JSON = ["type": "string"]
    public static let integer: JSON = ["type": "integer"]
    public static let number: JSON = ["type": "number"]
    public static let flag: JSON = ["type": "boolean"]
    public static let uuid: JSON = ["type": "string", "format": "uuid"]
    /// Postgres's: `2026-11-22T17:00:00.5+00:00`.
    public static let time: JSON = ["type": "string", "format": "date-time"]
    public static let anything: JSON = [:]

    public static func orNull(_ schema: JSON) -> JSON { ["anyOf": .array([schema, ["type": "null"]])] }
    public static func list(_ schema: JSON) -> JSON { ["type": "array", "items": schema] }
    public static func words(_ words: String...) -> JSON { ["type": "string", "enum": .array(words.map(JSON.string))] }

    /// An object of an answer: it has at least these members.
    public static func object(_ members: KeyValuePairs<String, JSON>) -> JSON {
        [
            "type": "object", "properties": .object(members.map { JSON.Member($0.key, $0.value) }),
            "required": .array(members.map { .string($0.key) }),
        ]
    }

    /// An object of a request: any of these members, and no others.
    ///
    /// - Parameter most: so many of them at once.
    public static func body(_ members: KeyValuePairs<String, JSON>, required: [String] = [], most: Int? = nil) -> JSON {
        [
            "type": "object", "properties": .object(members.map { JSON.Member($0.key, $0.value) }),
            "required": .array(required.map(JSON.string)), "additionalProperties": false,
            "maxProperties": .integer(Int64(most ?? members.count)),
        ]
    }

    public static let error = object(["error": text])
    /// How many rows are wanted.
    public static let limit: JSON = ["type": "integer", "minimum": 1, "maximum": 1000, "default": 100]
}
