import CLibpq
import Primitives

/// The answer to one statement: rows in binary format, or only a count. Belongs to the session's thread.
///
/// Reading a column as another type than the server sent, or a NULL through an accessor that promises a value, is a mistake in our own
/// SQL and traps.
public final class Rows {
    private let result: OpaquePointer
    public let count: Int
    private let columns: Int

    init(owning result: OpaquePointer) {
        self.result = result
        count = Int(PQntuples(result))
        columns = Int(PQnfields(result))
    }

    deinit { PQclear(result) }

    /// Rows changed by INSERT, UPDATE, DELETE or MERGE; 0 for the rest.
    public var changed: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    /// The command tag, such as `INSERT 0 5` or `COMMIT`.
    public var tag: String { String(cString: PQcmdStatus(result)) }

    public var first: Row? { count == 0 ? nil : self[0] }

    public subscript(row: Int) -> Row {
        precondition(row >= 0 && row < count, "row \(row) of \(count)")
        return Row(rows: self, number: row)
    }

    /// The value of each row, in the server's order.
    public func map<T, E: Error>(_ transform: (Row) throws(E) -> T) throws(E) -> [T] {
        var out: [T] = []
        out.reserveCapacity(count)
        for i in 0..<count { out.append(try transform(self[i])) }
        return out
    }

    fileprivate func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
        precondition(column >= 0 && column < columns, "column \(column) of \(columns)")
        if PQgetisnull(result, Int32(row), Int32(column)) == 1 { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(result, Int32(row), Int32(column)), count: Int(PQgetlength(result, Int32(row), Int32(column))))
    }

    fileprivate func type(_ column: Int) -> UInt32 { PQftype(result, Int32(column)) }
}

/// One row; columns are numbered from 0 in the order of the statement.
public struct Row {
    private let rows: Rows
    private let number: Int

    fileprivate init(rows: Rows, number: Int) {
        self.rows = rows
        self.number = number
    }

    public func isNull(_ column: Int) -> Bool { rows.bytes(number, column) == nil }

    /// `bigint`, `int` or `smallint`.
    public func integerOrNull(_ column: Int) -> Int64? {
        guard let bytes = rows.bytes(number, column) else { return nil }
        switch rows.type(column) {
        case OID.int8: return bytes.bigEndian(Int64.self)
        case OID.int4: return Int64(bytes.bigEndian(Int32.self))
        case OID.int2: return Int64(bytes.bigEndian(Int16.self))
        default: preconditionFailure("column \(column) has type \(rows.type(column)), not an integer")
        }
    }

    /// `text`, `varchar`, `name`, `json` or `jsonb` (as text).
    public func textOrNull(_ column: Int) -> String? {
        guard let bytes = rows.bytes(number, column) else { return nil }
        switch rows.type(column) {
        case OID.text, OID.varchar, OID.name, OID.json: return String(decoding: bytes, as: UTF8.self)
        case OID.jsonb: return String(decoding: bytes.dropFirst(), as: UTF8.self)
        default: preconditionFailure("column \(column) has type \(rows.type(column)), not a text")
        }
    }

    public func byteaOrNull(_ column: Int) -> [UInt8]? {
        guard let bytes = rows.bytes(number, column) else { return nil }
        precondition(rows.type(column) == OID.bytea, "column \(column) has type \(rows.type(column)), not bytea")
        return [UInt8](bytes)
    }

    public func boolOrNull(_ column: Int) -> Bool? {
        guard let bytes = rows.bytes(number, column) else { return nil }
        precondition(rows.type(column) == OID.bool, "column \(column) has type \(rows.type(column)), not bool")
        return bytes[0] != 0
    }

    /// Saturates at `UnixTime`'s ends for `infinity` and times it cannot hold.
    public func timestamptzOrNull(_ column: Int) -> UnixTime? {
        guard let bytes = rows.bytes(number, column) else { return nil }
        precondition(rows.type(column) == OID.timestamptz, "column \(column) has type \(rows.type(column)), not timestamptz")
        let raw = bytes.bigEndian(Int64.self)
        let (micros, overflow) = raw.addingReportingOverflow(postgresEpochMicroseconds)
        let (nanos, tooFar) = micros.multipliedReportingOverflow(by: 1000)
        return UnixTime(nanoseconds: overflow || tooFar ? (raw < 0 ? .min : .max) : nanos)
    }

    public func uuidOrNull(_ column: Int) -> PostgresUUID? {
        guard let bytes = rows.bytes(number, column) else { return nil }
        precondition(rows.type(column) == OID.uuid, "column \(column) has type \(rows.type(column)), not uuid")
        return PostgresUUID(high: bytes.bigEndian(UInt64.self), low: UnsafeRawBufferPointer(rebasing: bytes[8...]).bigEndian(UInt64.self))
    }

    public func doubleOrNull(_ column: Int) -> Double? {
        guard let bytes = rows.bytes(number, column) else { return nil }
        precondition(rows.type(column) == OID.float8, "column \(column) has type \(rows.type(column)), not double precision")
        return Double(bitPattern: bytes.bigEndian(UInt64.self))
    }

    public func integer(_ column: Int) -> Int64 { known(integerOrNull(column), column) }
    public func text(_ column: Int) -> String { known(textOrNull(column), column) }
    public func bytea(_ column: Int) -> [UInt8] { known(byteaOrNull(column), column) }
    public func bool(_ column: Int) -> Bool { known(boolOrNull(column), column) }
    public func timestamptz(_ column: Int) -> UnixTime { known(timestamptzOrNull(column), column) }
    public func uuid(_ column: Int) -> PostgresUUID { known(uuidOrNull(column), column) }
    public func double(_ column: Int) -> Double { known(doubleOrNull(column), column) }

    private func known<T>(_ value: T?, _ column: Int) -> T {
        guard let value else { preconditionFailure("column \(column) is NULL") }
        return value
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func bigEndian<T: FixedWidthInteger>(_ type: T.Type) -> T {
        precondition(count >= MemoryLayout<T>.size, "a value of \(count) bytes for a type of \(MemoryLayout<T>.size)")
        return T(bigEndian: loadUnaligned(as: T.self))
    }
}
