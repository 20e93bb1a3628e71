import Primitives

/// The binary frames of version 2.0.0: a kind, lengths of one byte each, an encoding, then the strings and the payload.
///
/// - client to server, kind 3: `03 |join ref| |ref| |topic| |event| |meta| encoding`;
/// - server to client, kind 4: `04 |topic| |event| |meta| encoding`.
public enum RealtimeBinary {
    static let fromClientKind: UInt8 = 3
    static let toClientKind: UInt8 = 4
    /// The payload is any bytes.
    static let bytesEncoding: UInt8 = 0
    /// The payload is JSON text.
    static let jsonEncoding: UInt8 = 1

    /// What a client sent to be broadcast.
    public struct Push: Hashable, Sendable {
        public var joinReference: String?
        public var reference: String?
        public var topic: String
        public var event: String
        public var payload: RealtimeBroadcast.Payload
    }

    /// Reads a binary frame from a client.
    public static func push(_ frame: [UInt8]) throws(RealtimeProtocolError) -> Push {
        guard frame.count >= 7, frame[0] == fromClientKind, frame[6] <= jsonEncoding else { throw .notABroadcast }
        var at = 7
        var strings: [String] = []
        for length in frame[1...5] {
            guard frame.count >= at + Int(length), let text = String(validating: frame[at..<at + Int(length)], as: UTF8.self) else {
                throw .notABroadcast
            }
            strings.append(text)
            at += Int(length)
        }
        guard !strings[2].isEmpty, !strings[3].isEmpty else { throw .notABroadcast }
        let payload = Array(frame[at...])
        return Push(
            joinReference: strings[0].isEmpty ? nil : strings[0], reference: strings[1].isEmpty ? nil : strings[1], topic: strings[2],
            event: strings[3], payload: frame[6] == jsonEncoding ? .json(payload) : .binary(payload))
    }

    /// A frame for a client. Each string has at most 255 bytes: who takes them in has seen to it.
    static func toClient(topic: String, event: String, meta: String, _ payload: [UInt8]) -> [UInt8] {
        let strings = [topic, event, meta].map { Array($0.utf8) }
        precondition(strings.allSatisfy { $0.count <= RealtimeLimits.nameBytes }, "names are measured where they come in")
        return [toClientKind] + strings.map { UInt8($0.count) } + [bytesEncoding] + strings.flatMap { $0 } + payload
    }
}
