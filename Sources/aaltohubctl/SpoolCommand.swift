import ArgumentParser
import Events
import ListenerCore
import Primitives
import ServiceKit
import Spool
import WriterCore

struct SpoolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spool", abstract: "What a listener keeps on its disk until the writer has committed it.",
        discussion: """
            It lies in the listener's state folder, which only its own user and root may read. A listener that runs is not disturbed. To \
            delete a spool is safe while its listener is stopped: what Telegram does not give again is recorded as a gap, and crawled.
            """,
        subcommands: [SpoolCheck.self, SpoolShow.self], defaultSubcommand: SpoolCheck.self)
}

struct SpoolOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The account.", valueName: "name"))
    var account = "main"
}

struct SpoolCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Reads every record's checksum: segments, streams, and what is damaged or missing.",
        discussion: "Exit status 65 when something is.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var spool: SpoolOptions

    func run() async throws {
        let (folder, scan) = try await common.spool(of: spool.account)
        if common.json {
            output(scan.json(path: folder.path).text)
        } else {
            common.list(
                scan.segments, as: "segments", json: \.json, ["SEGMENT", "STREAM", "RECORDS", "BYTES", "SINCE", "STATE"]
            ) { segment in
                [
                    "\(segment.name)", "\(segment.stream)",
                    segment.last < segment.first ? "-" : "\(segment.first)…\(segment.last)", "\(segment.bytes)",
                    segment.since.map { ago($0, SystemClock.unix) } ?? "-", segment.state,
                ]
            }
            for file in scan.unusable { output("segment \(file.name) is not used: \(file.reason)") }
            output("\(scan.records) records, \(scan.bytes) bytes, \(scan.positions.count) boxes; \(scan.isDamaged ? "DAMAGED" : "whole")")
        }
        if scan.isDamaged {
            throw ServiceError.data(
                "\(folder.path): part of it cannot be read; the listener sends the rest, and the writer records the gap")
        }
    }
}

struct SpoolShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Lists the records: number, box, positions, age and size; never content.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var spool: SpoolOptions
    @Option(help: ArgumentHelp("Only the last so many.", valueName: "number"))
    var last = 100

    func run() async throws {
        let (folder, scan) = try await common.spool(of: spool.account)
        var rows: [SpooledRecord] = []
        for segment in scan.segments.reversed() where rows.count < last {
            let wanted = last - rows.count
            rows = Array(try read(folder, segment).suffix(wanted)) + rows
        }
        let now = SystemClock.unix
        common.list(rows, as: "records", json: \.json, ["N", "BOX", "FROM", "TO", "WAY", "CHANGES", "BYTES", "RECEIVED", "TRACE"]) { row in
            let header = row.record.header
            return [
                "\(row.number)", row.box, "\(header.from)", "\(header.to)", header.way.name, "\(row.record.changeCount)",
                "\(row.record.payload.count)", ago(UnixTime(nanoseconds: header.receivedAt), now), row.trace,
            ]
        }
    }

    private func read(_ folder: SpoolFolder, _ segment: SpoolScan.Segment) throws -> [SpooledRecord] {
        var out: [SpooledRecord] = []
        do {
            var reader = try SpoolReader(try folder.read(segment.name))
            while let item = try reader.next() { out.append(SpooledRecord(number: item.number, record: try reader.record(item))) }
        } catch is SpoolReader.Damage {
            // Shown up to there; `spool check` tells of the damage.
            return out
        }
        return out
    }
}

private struct SpooledRecord: Sendable {
    let number: UInt64
    let record: WireRecord

    var box: String { record.header.hasBox ? (try? BoxKey(record.header.box))?.description ?? "?" : "-" }
    var trace: String { hex((0..<8).map { UInt8(truncatingIfNeeded: record.header.trace >> (56 - 8 * UInt64($0))) }) }

    var json: JSON {
        [
            "n": .integer(Int64(clamping: number)), "box": .string(box), "from": .integer(record.header.from),
            "to": .integer(record.header.to), "way": .string(record.header.way.name), "too_long": .bool(record.header.tooLong),
            "received_at": .integer(record.header.receivedAt), "changes": .integer(Int64(record.changeCount)),
            "bytes": .integer(Int64(record.payload.count)), "trace": .string(trace),
        ]
    }
}

extension CommonOptions {
    fileprivate func spool(of account: String) async throws -> (SpoolFolder, SpoolScan) {
        let path = "\(Folders(try configuration()).state("listener@\(account)"))/spool"
        let folder = SpoolFolder(path)
        do throws(SpoolError) {
            return (folder, try await folder.scan(account: account))
        } catch {
            throw ServiceError.io("\(error)")
        }
    }
}

extension SpoolScan.Segment {
    fileprivate var state: String {
        let join = continues ? "" : "after a hole; "
        return join + (damage.map { "\($0)" } ?? "whole")
    }

    fileprivate var json: JSON {
        [
            "segment": .integer(Int64(clamping: name)), "stream": .string("\(stream)"), "first": .integer(Int64(clamping: first)),
            "last": .integer(Int64(clamping: last)), "bytes": .integer(Int64(bytes)), "continues": .bool(continues),
            "since": since.map { .integer($0.nanoseconds) } ?? .null, "damage": damage.map { .string("\($0)") } ?? .null,
        ]
    }
}

extension SpoolScan {
    fileprivate func json(path: String) -> JSON {
        [
            "path": .string(path), "records": .integer(Int64(clamping: records)), "bytes": .integer(Int64(bytes)),
            "damaged": .bool(isDamaged), "segments": .array(segments.map(\.json)),
            "unusable": .array(unusable.map { ["segment": .integer(Int64(clamping: $0.name)), "reason": .string($0.reason)] }),
            "positions": .array(
                positions.sorted { $0.key < $1.key }.map {
                    [
                        "box": .string($0.key.description), "generation": .integer(Int64(clamping: $0.value.generation)),
                        "value": .integer($0.value.value),
                    ]
                }),
        ]
    }
}
