/// `name` or `name{label="value",…}` as Prometheus writes it.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/
public struct MetricName: Hashable, Sendable {
    public let name: String
    /// `label="value",…` without the braces, escaped; empty if there is none.
    public let labels: String

    /// Nil when the text is not of this form: it would spoil the whole page for the scraper.
    public init?(_ text: String) {
        let utf8 = Array(text.utf8)
        guard utf8.count <= 512 else { return nil }
        var at = 0
        func identifier() -> Bool {
            let start = at
            while at < utf8.count, isLetter(utf8[at]) || (at > start && isDigit(utf8[at])) { at += 1 }
            return at > start
        }
        guard identifier() else { return nil }
        name = String(decoding: utf8[..<at], as: UTF8.self)
        if at == utf8.count {
            labels = ""
            return
        }
        guard utf8[at] == UInt8(ascii: "{"), utf8.last == UInt8(ascii: "}") else { return nil }
        let start = at + 1
        repeat {
            at += 1
            guard identifier(), at + 1 < utf8.count, utf8[at] == UInt8(ascii: "="), utf8[at + 1] == UInt8(ascii: "\"") else { return nil }
            at += 2
            while at < utf8.count, utf8[at] != UInt8(ascii: "\"") {
                if utf8[at] < 32 { return nil }
                at += utf8[at] == UInt8(ascii: "\\") ? 2 : 1
            }
            at += 1
        } while at < utf8.count && utf8[at] == UInt8(ascii: ",")
        guard at == utf8.count - 1 else { return nil }
        labels = String(decoding: utf8[start..<at], as: UTF8.self)
    }

    init(name: String, labels: String) {
        self.name = name
        self.labels = labels
    }
}

private func isLetter(_ c: UInt8) -> Bool { (97...122).contains(c) || (65...90).contains(c) || c == 95 }
private func isDigit(_ c: UInt8) -> Bool { (48...57).contains(c) }
