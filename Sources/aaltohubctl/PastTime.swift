import Primitives
import ServiceKit

/// A moment of the past as people write it: `14d`, `36h`, `90min`, `2026-11-08`, `2026-11-08T12:30:00Z` (UTC).
struct PastTime: Hashable, Sendable {
    let time: UnixTime

    /// Seconds of each unit that a span may have.
    private static let units: [(name: String, seconds: Int64)] = [("min", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)]

    /// - Throws: status 64 with what would be right.
    init(_ text: String, now: UnixTime) throws(ServiceError) {
        guard let seconds = PastTime.span(text, now) ?? PastTime.date(text) else {
            throw .usage(
                "\"\(text)\" is no time: wanted a span as 14d, 36h or 90min, or a date as 2026-11-08 or 2026-11-08T12:30:00Z (UTC)")
        }
        guard seconds <= now.seconds else { throw .usage("\(text) is in the future") }
        guard seconds >= 0 else { throw .usage("\(text) is before 1970") }
        time = UnixTime(seconds: seconds)
    }

    /// Unix seconds; negative for what is before 1970.
    private static func span(_ text: String, _ now: UnixTime) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), let unit = units.first(where: { $0.name == text.dropFirst(digits.count) }) else { return nil }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit.seconds)
        return overflow ? -1 : now.seconds - seconds
    }

    private static func date(_ text: String) -> Int64? {
        var clock: Substring = "00:00:00"
        let parts = text.split(separator: "T", omittingEmptySubsequences: false)
        if parts.count == 2 { clock = parts[1].last == "Z" ? parts[1].dropLast() : parts[1] }
        guard parts.count <= 2, let day = numbers(parts[0], "-", [4, 2, 2]),
            let hour = numbers(clock, ":", [2, 2, 2]) ?? numbers(clock, ":", [2, 2]).map({ $0 + [0] }),
            (1970...9999).contains(day[0]), (1...12).contains(day[1]), (1...days(in: day[1], of: day[0])).contains(day[2]),
            hour[0] < 24, hour[1] < 60, hour[2] < 60
        else { return nil }
        return daysSinceEpoch(day[0], day[1], day[2]) * 86_400 + hour[0] * 3600 + hour[1] * 60 + hour[2]
    }

    /// Numbers of so many digits each.
    private static func numbers(_ text: Substring, _ separator: Character, _ digits: [Int]) -> [Int64]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.map(\.count) == digits, text.allSatisfy({ $0 == separator || ($0.isASCII && $0.isNumber) }) else { return nil }
        return parts.compactMap { Int64($0) }
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// https://howardhinnant.github.io/date_algorithms.html#days_from_civil, for years from 1970 on.
    private static func daysSinceEpoch(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let yearOfEra = y % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return y / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
