import PostgreSQL
import Primitives
import ServiceKit
import Store

extension CommonOptions {
    /// Prints a list: as an object with one member, or as a table.
    func list<Row>(_ rows: [Row], as name: String, json: (Row) -> JSON, _ headings: [String], _ cells: (Row) -> [String]) {
        if self.json {
            output(JSON.object([.init(name, .array(rows.map(json)))]).text)
        } else {
            output(table(headings, rows.map(cells)))
        }
    }
}

extension GroupStore {
    /// What groups are called, by their rows.
    func titles() async throws -> [PostgresUUID: String] {
        Dictionary(try await list().map { ($0.id, $0.title ?? $0.chat.description) }, uniquingKeysWith: { $1 })
    }
}

/// `12 s ago`; `-` for what never was.
func ago(_ time: UnixTime?, _ now: UnixTime) -> String { time.map { "\(age(max(0, now.seconds - $0.seconds))) ago" } ?? "-" }

/// `2026-11-21 23:37`, UTC.
func minute(_ time: UnixTime) -> String { String(rfc3339(time).prefix(16).map { $0 == "T" ? " " : $0 }) }

/// `1,234,567`.
func grouped(_ number: Int64) -> String {
    var out = ""
    for (place, digit) in String(number.magnitude).reversed().enumerated() {
        if place > 0 && place % 3 == 0 { out.append(",") }
        out.append(digit)
    }
    return (number < 0 ? "-" : "") + String(out.reversed())
}

/// `512 B`, `3.4 MB`: powers of 1000.
func size(_ bytes: Int64) -> String {
    guard bytes >= 1000 else { return "\(bytes) B" }
    var value = Double(bytes)
    var unit = ""
    for next in ["kB", "MB", "GB", "TB"] where value >= 1000 {
        value /= 1000
        unit = next
    }
    let tenths = Int64((value * 10).rounded())
    return "\(grouped(tenths / 10))\(value < 100 ? ".\(tenths % 10)" : "") \(unit)"
}
