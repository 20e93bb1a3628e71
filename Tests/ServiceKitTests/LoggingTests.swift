import Foundation
import Logging
import Primitives
import Synchronization
import Testing

@testable import ServiceKit

@Suite struct LoggingTests {
    private func entry(_ message: String, _ fields: [(String, String)] = []) -> LogEntry {
        LogEntry(
            time: UnixTime(nanoseconds: 1_795_304_270_012_345_678), level: .warning, service: "writer", message: message,
            fields: fields.map { (name: $0.0, value: $0.1) })
    }

    @Test func a_json_entry_is_one_line_and_reads_back() throws {
        let line = entry("two\nlines \"quoted\"", [("group", "5"), ("level", "x")]).json
        #expect(!line.contains("\n"))
        let object = try JSONDecoder().decode(JSON.self, from: Data(line.utf8))
        #expect(object["time"] == "2026-11-21T23:37:50.012345Z")
        #expect(object["level"] == "warning" && object["level_"] == "x")
        #expect(object["message"] == "two\nlines \"quoted\"" && object["group"] == "5" && object["service"] == "writer")
    }

    @Test func the_journal_gets_fields_and_lengths_where_a_value_has_lines() {
        let bytes = entry("a\nb", [("rpc_method", "x"), ("_weird-näme", "y"), ("9", "z")]).datagram(identifier: "aaltohub-writer")
        var expected = Array("MESSAGE\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0] + Array("a\nb\n".utf8)
        expected += "PRIORITY=4\nSYSLOG_IDENTIFIER=aaltohub-writer\nSERVICE=writer\nRPC_METHOD=x\nWEIRD_N_ME=y\nFIELD_9=z\n".utf8
        #expect(String(decoding: bytes, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
    }

    @Test func dates_agree_with_foundation() {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "yyyy-MM-dd'T'HH:mm:ss"
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            let seconds = Int64.random(in: -2_000_000_000...8_000_000_000, using: &generator)
            let text = rfc3339(UnixTime(seconds: seconds))
            #expect(text == formatter.string(from: Date(timeIntervalSince1970: Double(seconds))) + ".000000Z")
        }
    }

    @Test func the_level_of_all_loggers_changes_at_once() {
        let lines = Mutex<[String]>([])
        let log = ServiceLog(service: "writer", identifier: "w", form: .text, level: .info) { bytes in
            lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
        }
        var logger = Logger(label: "x") { _ in ServiceLogHandler(log: log) }
        logger[metadataKey: "account"] = "main"
        logger.debug("unseen")
        log.setLevel(.debug)
        logger.debug("seen", metadata: ["group": "7"])
        let seen = lines.withLock { $0 }
        #expect(seen.count == 1)
        #expect(seen.first?.hasSuffix(" debug writer: seen account=main group=7\n") == true)
    }

    @Test func the_form_follows_the_surroundings() {
        #expect(ServiceLog.form(.json, environment: ["JOURNAL_STREAM": "1:1"]) == .json)
        #expect(ServiceLog.form(.auto, environment: ["JOURNAL_STREAM": "1:1"]) != .journal)
        var status = stat()
        fstat(STDERR_FILENO, &status)
        #expect(ServiceLog.form(.auto, environment: ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino)"]) == .journal)
    }
}
