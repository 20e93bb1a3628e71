import Logging
import Primitives

/// One log entry, in the three forms in which it leaves the process.
struct LogEntry {
    let time: UnixTime
    let level: Logger.Level
    let service: String
    let message: String
    /// Metadata, sorted by name.
    let fields: [(name: String, value: String)]
    var file = ""
    var line: UInt = 0

    /// A JSON object on one line. Names that the entry itself uses are not taken by metadata.
    var json: String {
        var members = [
            JSON.Member("time", .string(rfc3339(time))), JSON.Member("level", .string(level.rawValue)),
            JSON.Member("service", .string(service)), JSON.Member("message", .string(message)),
        ]
        for field in fields {
            let taken = members.contains { $0.name == field.name }
            members.append(JSON.Member(taken ? field.name + "_" : field.name, .string(field.value)))
        }
        return JSON.object(members).text
    }

    /// For a person at a terminal.
    var text: String {
        let clock = rfc3339(time).dropFirst(11).prefix(12)
        let details = fields.map { " \($0.name)=\($0.value)" }.joined()
        return "\(clock) \(level.rawValue) \(service): \((message + details).map { $0.isNewline ? " " : "\($0)" }.joined())"
    }

    /// A datagram of the journal's native protocol: https://systemd.io/JOURNAL_NATIVE_PROTOCOL
    func datagram(identifier: String) -> [UInt8] {
        var out: [UInt8] = []
        func append(_ name: String, _ value: String) {
            out += name.utf8
            if value.utf8.contains(10) {
                out.append(10)
                let count = UInt64(value.utf8.count)
                for shift in stride(from: UInt64(0), to: 64, by: 8) { out.append(UInt8(truncatingIfNeeded: count >> shift)) }
            } else {
                out.append(UInt8(ascii: "="))
            }
            out += value.utf8
            out.append(10)
        }
        append("MESSAGE", message)
        append("PRIORITY", String(priority))
        append("SYSLOG_IDENTIFIER", identifier)
        append("SERVICE", service)
        if !file.isEmpty {
            append("CODE_FILE", file)
            append("CODE_LINE", String(line))
        }
        for field in fields { append(Self.journalName(field.name), field.value) }
        return out
    }

    /// Capital letters, digits and underscores, not beginning with an underscore (those are the journal's own) or a digit.
    static func journalName(_ name: String) -> String {
        let plain = name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
        let kept = String(plain.drop { $0 == "_" }.prefix(64))
        let reserved = ["MESSAGE", "PRIORITY", "SERVICE"].contains(kept)
        return kept.first?.isLetter == true && !reserved ? kept : "FIELD_" + kept
    }

    /// syslog(3).
    private var priority: Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

/// `2026-11-21T23:37:50.123456Z`.
public func rfc3339(_ time: UnixTime) -> String {
    let seconds = time.seconds
    let micros = (time.nanoseconds - seconds * 1_000_000_000) / 1000
    let days = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
    let rest = seconds - days * 86_400
    let (year, month, day) = civil(daysSinceEpoch: days)
    func two(_ n: Int64) -> String { n < 10 ? "0\(n)" : "\(n)" }
    let fraction = String(repeating: "0", count: 6 - String(micros).count) + String(micros)
    return "\(year)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)).\(fraction)Z"
}

/// The Gregorian date: https://howardhinnant.github.io/date_algorithms.html#civil_from_days
private func civil(daysSinceEpoch: Int64) -> (Int64, Int64, Int64) {
    let z = daysSinceEpoch + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
}
