import Primitives

/// A value for `$n`, sent in Postgres's binary format with its type, so that no statement needs a cast.
///
/// The array cases are what `unnest` takes: one array a column, nil for NULL.
/// https://www.postgresql.org/docs/15/protocol-overview.html#PROTOCOL-FORMAT-CODES
public enum Parameter: Sendable {
    case bigint(Int64?)
    case int(Int32?)
    case text(String?)
    case bytea([UInt8]?)
    case bool(Bool?)
    /// Microseconds are kept, finer parts are cut.
    case timestamptz(UnixTime?)
    case uuid(PostgresUUID?)
    /// JSON text; its well-formedness is judged by the server (SQLSTATE 22P02).
    case jsonb(String?)

    case bigints([Int64?])
    case ints([Int32?])
    case texts([String?])
    case byteas([[UInt8]?])
    case bools([Bool?])
    case timestamptzs([UnixTime?])
    case uuids([PostgresUUID?])
    case jsonbs([String?])

    /// The type's object id. https://www.postgresql.org/docs/15/datatype-oid.html, values from pg_type.dat.
    var oid: UInt32 {
        switch self {
        case .bigint: OID.int8
        case .int: OID.int4
        case .text: OID.text
        case .bytea: OID.bytea
        case .bool: OID.bool
        case .timestamptz: OID.timestamptz
        case .uuid: OID.uuid
        case .jsonb: OID.jsonb
        case .bigints: 1016
        case .ints: 1007
        case .texts: 1009
        case .byteas: 1001
        case .bools: 1000
        case .timestamptzs: 1185
        case .uuids: 2951
        case .jsonbs: 3807
        }
    }

    /// Appends the value's bytes; false means NULL.
    func encode(to out: inout [UInt8]) throws(PostgresError) -> Bool {
        switch self {
        case .bigint(let v): return try put(v, &out)
        case .int(let v): return try put(v, &out)
        case .text(let v): return try put(v, &out)
        case .bytea(let v): return try put(v, &out)
        case .bool(let v): return try put(v, &out)
        case .timestamptz(let v): return try put(v, &out)
        case .uuid(let v): return try put(v, &out)
        case .jsonb(let v): return try put(v.map(JSONText.init), &out)
        case .bigints(let v): try putArray(v, OID.int8, &out)
        case .ints(let v): try putArray(v, OID.int4, &out)
        case .texts(let v): try putArray(v, OID.text, &out)
        case .byteas(let v): try putArray(v, OID.bytea, &out)
        case .bools(let v): try putArray(v, OID.bool, &out)
        case .timestamptzs(let v): try putArray(v, OID.timestamptz, &out)
        case .uuids(let v): try putArray(v, OID.uuid, &out)
        case .jsonbs(let v): try putArray(v.map { $0.map(JSONText.init) }, OID.jsonb, &out)
        }
        return true
    }
}

/// Object ids of the types that this wrapper speaks.
enum OID {
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let json: UInt32 = 114
    static let name: UInt32 = 19
    static let float8: UInt32 = 701
    static let varchar: UInt32 = 1043
    static let timestamptz: UInt32 = 1184
    static let uuid: UInt32 = 2950
    static let jsonb: UInt32 = 3802
}

/// Microseconds from 1970-01-01 to 2000-01-01, Postgres's epoch.
let postgresEpochMicroseconds: Int64 = 946_684_800_000_000

struct JSONText {
    var text: String
    init(_ text: String) { self.text = text }
}

protocol BinaryEncodable {
    func encode(to out: inout [UInt8]) throws(PostgresError)
}

extension Int64: BinaryEncodable {
    func encode(to out: inout [UInt8]) { out.appendBigEndian(self) }
}

extension Int32: BinaryEncodable {
    func encode(to out: inout [UInt8]) { out.appendBigEndian(self) }
}

extension Bool: BinaryEncodable {
    func encode(to out: inout [UInt8]) { out.append(self ? 1 : 0) }
}

extension UnixTime: BinaryEncodable {
    func encode(to out: inout [UInt8]) {
        // Rounded down also before 1970, so that equal times encode equally whatever their sign.
        let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1000)
        out.appendBigEndian((remainder < 0 ? quotient - 1 : quotient) - postgresEpochMicroseconds)
    }
}

extension PostgresUUID: BinaryEncodable {
    func encode(to out: inout [UInt8]) {
        out.appendBigEndian(high)
        out.appendBigEndian(low)
    }
}

extension String: BinaryEncodable {
    func encode(to out: inout [UInt8]) throws(PostgresError) {
        let start = out.count
        out += utf8
        if out[start...].contains(0) { throw .badParameter("a text contains a NUL byte, which Postgres cannot store") }
    }
}

extension JSONText: BinaryEncodable {
    func encode(to out: inout [UInt8]) throws(PostgresError) {
        out.append(1)  // the version of jsonb's binary format
        try text.encode(to: &out)
    }
}

extension Array: BinaryEncodable where Element == UInt8 {
    func encode(to out: inout [UInt8]) { out += self }
}

private func put(_ value: (some BinaryEncodable)?, _ out: inout [UInt8]) throws(PostgresError) -> Bool {
    guard let value else { return false }
    try value.encode(to: &out)
    return true
}

/// One dimension: count of dimensions, has-null flag, element type, size, lower bound, then length and bytes of each element.
/// Source: array_recv in src/backend/utils/adt/arrayfuncs.c
private func putArray<Value: BinaryEncodable>(_ values: [Value?], _ oid: UInt32, _ out: inout [UInt8]) throws(PostgresError) {
    out.appendBigEndian(Int32(values.isEmpty ? 0 : 1))
    out.appendBigEndian(Int32(values.contains { $0 == nil } ? 1 : 0))
    out.appendBigEndian(oid)
    if values.isEmpty { return }
    guard let count = Int32(exactly: values.count) else { throw .badParameter("an array of \(values.count) elements") }
    out.appendBigEndian(count)
    out.appendBigEndian(Int32(1))
    for value in values {
        guard let value else {
            out.appendBigEndian(Int32(-1))
            continue
        }
        let mark = out.count
        out.appendBigEndian(Int32(0))
        try value.encode(to: &out)
        guard let length = Int32(exactly: out.count - mark - 4) else { throw .badParameter("an element of 2 GiB or more") }
        withUnsafeBytes(of: length.bigEndian) { bytes in
            for i in 0..<4 { out[mark + i] = bytes[i] }
        }
    }
}

extension [UInt8] {
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
