import Events
import Foundation
import Primitives

/// A file of records as they passed: JSON lines, first one that names what wrote it, then one a record.
///
///     {"aaltohub_records":1,"contract":1,"build":"0.1.0 (…)","recorded_at":1795304270}
///     {"service":"listener@main","stream":"…32 digits…","n":1,"record":"…base64 of the serialized record…"}
///
/// Texts are in it: who writes such a file keeps it from others.
public enum TapRecording {
    /// Of this form of file.
    public static let version: Int64 = 1

    /// One record with the place it had.
    public struct Entry: Sendable, Equatable {
        public var service: String
        public var stream: StreamID
        public var number: UInt64
        public var record: WireRecord

        public init(service: String, stream: StreamID, number: UInt64, record: WireRecord) {
            self.service = service
            self.stream = stream
            self.number = number
            self.record = record
        }
    }

    /// Why a line is none of such a file.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case notARecording
        case otherVersion(Int64)
        case otherContract(Int64)
        case badLine

        public var description: String {
            switch self {
            case .notARecording: "this is no file that `aaltohubctl tap --record` wrote"
            case .otherVersion(let version): "the file is of version \(version), and this build reads \(TapRecording.version)"
            case .otherContract(let version):
                "its records are of contract \(version), and this build reads \(Contract.oldestReadable) to \(Contract.version)"
            case .badLine: "this line is no record: the file is damaged, or its last line was cut off"
            }
        }
    }

    /// The first line.
    public static func header(build: String, at time: UnixTime) -> JSON {
        [
            "aaltohub_records": .integer(version), "contract": .integer(Int64(Contract.version)), "build": .string(build),
            "recorded_at": .integer(time.seconds),
        ]
    }

    /// What a tap publishes of a record, and the recording keeps with the service's name before it.
    public static func sample(_ record: WireRecord, stream: StreamID, number: UInt64) throws(ContractError) -> JSON {
        let bytes = try record.encoded()
        return [
            "stream": .string(stream.description), "n": .integer(Int64(clamping: number)),
            "record": .string(Data(bytes).base64EncodedString()),
        ]
    }

    /// A record's line, of what the tap of `service` published.
    public static func line(_ sample: JSON, service: String) -> JSON {
        [
            "service": .string(service), "stream": sample["stream"] ?? .null, "n": sample["n"] ?? .null,
            "record": sample["record"] ?? .null,
        ]
    }

    /// Whether this build can read what follows the first line.
    public static func check(header line: some StringProtocol) throws(Failure) {
        guard let json = json(line), let version = json["aaltohub_records"]?.integer, let contract = json["contract"]?.integer else {
            throw .notARecording
        }
        guard version == Self.version else { throw .otherVersion(version) }
        guard let number = UInt32(exactly: contract), Contract.reads(number) else { throw .otherContract(contract) }
    }

    /// What stands in a line after the first.
    public static func entry(_ line: some StringProtocol) throws(Failure) -> Entry {
        guard let json = json(line), let service = json["service"]?.string, let number = json["n"]?.integer, number > 0,
            let digits = json["stream"]?.string, let id = bytes(hex: digits), let text = json["record"]?.string,
            let data = Data(base64Encoded: text)
        else { throw .badLine }
        do {
            return Entry(
                service: service, stream: try StreamID(bytes: id), number: UInt64(number),
                record: try WireRecord(decoding: [UInt8](data)))
        } catch {
            throw .badLine
        }
    }

    private static func json(_ line: some StringProtocol) -> JSON? {
        // A line that is no JSON is what the callers' errors tell.
        try? JSONDecoder().decode(JSON.self, from: Data(line.utf8))
    }
}
