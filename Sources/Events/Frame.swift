import SwiftProtobuf

extension WireFrame {
    /// Reads one ZeroMQ message of the link.
    public init(decoding bytes: [UInt8]) throws(ContractError) {
        guard bytes.count <= Contract.maximumFrameBytes else { throw .tooLarge(bytes: bytes.count, limit: Contract.maximumFrameBytes) }
        self = try read(bytes)
        guard body != nil else { throw .unknownBody }
    }

    /// The bytes of one ZeroMQ message of the link.
    public func encoded() throws(ContractError) -> [UInt8] {
        let bytes = try write(self)
        guard bytes.count <= Contract.maximumFrameBytes else { throw .tooLarge(bytes: bytes.count, limit: Contract.maximumFrameBytes) }
        return bytes
    }

    public init(_ body: OneOf_Body) {
        self.init()
        self.body = body
    }

    /// The body's name as the documents have it, for logs.
    public var name: String {
        switch body {
        case .hello: "HELLO"
        case .welcome: "WELCOME"
        case .events: "EVENTS"
        case .ack: "ACK"
        case .stale: "STALE"
        case .nack: "NACK"
        case .hold: "HOLD"
        case .go: "GO"
        case .ping: "PING"
        case .pong: "PONG"
        case .incompatible: "INCOMPATIBLE"
        case nil: "EMPTY"
        }
    }
}

extension WireRecord {
    /// A record around these changes; none for one that carries only a position.
    public init(_ header: WireHeader, changes: [WireChange]) throws(ContractError) {
        self.init()
        self.header = header
        if changes.isEmpty { return }
        var whole = WirePayload()
        whole.changes = changes
        let bytes = try write(whole)
        guard bytes.count <= Contract.maximumPayloadBytes else { throw .tooLarge(bytes: bytes.count, limit: Contract.maximumPayloadBytes) }
        payload = .init(bytes)
    }

    /// The changes of the payload. The header is readable even where this throws.
    public func changes() throws(ContractError) -> [WireChange] {
        if payload.isEmpty { return [] }
        guard payload.count <= Contract.maximumPayloadBytes else {
            throw .tooLarge(bytes: payload.count, limit: Contract.maximumPayloadBytes)
        }
        let whole: WirePayload = try read([UInt8](payload))
        return whole.changes
    }

    /// The bytes of one record by itself, as a recording keeps it.
    public func encoded() throws(ContractError) -> [UInt8] { try write(self) }

    /// Reads a record that stands by itself.
    public init(decoding bytes: [UInt8]) throws(ContractError) {
        guard bytes.count <= Contract.maximumFrameBytes else { throw .tooLarge(bytes: bytes.count, limit: Contract.maximumFrameBytes) }
        self = try read(bytes)
    }

    /// How many changes the payload holds, counted without reading them: what a transaction's size is measured by. A payload that cannot
    /// be read has as many as could be counted.
    public var changeCount: Int {
        payload.withUnsafeBytes { bytes in
            var count = 0
            var at = 0
            /// The base-128 number at `at`; nil at the end of the bytes.
            func number() -> UInt64? {
                var value: UInt64 = 0
                for shift in stride(from: UInt64(0), to: 64, by: 7) {
                    guard at < bytes.count else { return nil }
                    let byte = bytes[at]
                    at += 1
                    value |= UInt64(byte & 0x7F) << shift
                    if byte < 0x80 { return value }
                }
                return nil
            }
            // Field 1, length-delimited; a later build's other fields of the payload end the count.
            while at < bytes.count, bytes[at] == 0x0A {
                at += 1
                guard let length = number(), length <= UInt64(bytes.count - at) else { break }
                at += Int(length)
                count += 1
            }
            return count
        }
    }

    /// The payload's own bytes.
    public var payloadBytes: [UInt8] {
        get { [UInt8](payload) }
        set { payload = .init(newValue) }
    }

    /// About as many bytes as this record takes in a frame: what a producer counts when it closes a batch.
    public var approximateBytes: Int { payload.count + 64 }
}

extension WireBatch {
    /// The stream, or nil when its bytes are none.
    public var streamID: StreamID? { try? StreamID(bytes: stream) }
}

extension WireStream {
    public init(_ id: StreamID, first: UInt64, last: UInt64, open: Bool) {
        self.init()
        self.id = .init(id.bytes)
        self.first = first
        self.last = last
        self.open = open
    }

    /// The id, or nil when its bytes are none.
    public var streamID: StreamID? { try? StreamID(bytes: id) }
}

extension WireStreamCursor {
    public init(_ stream: StreamID, committed: UInt64) {
        self.init()
        self.stream = .init(stream.bytes)
        self.committed = committed
    }

    /// The stream, or nil when its bytes are none.
    public var streamID: StreamID? { try? StreamID(bytes: stream) }
}

extension WireAck {
    public init(epoch: UInt64, incarnation: UInt64, stream: StreamID, committed: UInt64, credit: UInt32) {
        self.init()
        self.epoch = epoch
        self.incarnation = incarnation
        self.stream = .init(stream.bytes)
        self.committed = committed
        self.credit = credit
    }

    /// The stream, or nil when its bytes are none.
    public var streamID: StreamID? { try? StreamID(bytes: stream) }
}

extension WireRefusal {
    public init(epoch: UInt64, incarnation: UInt64, stream: StreamID?, expected: UInt64, reason: String) {
        self.init()
        self.epoch = epoch
        self.incarnation = incarnation
        if let stream { self.stream = .init(stream.bytes) }
        self.expected = expected
        self.reason = reason
    }

    /// The stream, or nil when none is named.
    public var streamID: StreamID? { try? StreamID(bytes: stream) }
}

extension WireBatch {
    public init(epoch: UInt64, incarnation: UInt64, stream: StreamID, first: UInt64, records: [WireRecord]) {
        self.init()
        self.epoch = epoch
        self.incarnation = incarnation
        self.stream = .init(stream.bytes)
        self.first = first
        self.records = records
    }
}

extension WireRole {
    /// The stage's name, as in routing ids and the database: `listener`, `backfill`; nil for any other.
    public var name: String? {
        switch self {
        case .listener: "listener"
        case .backfill: "backfill"
        default: nil
        }
    }
}

/// How deep one message may stand in another: ours nest five deep.
private let depthLimit = 16

private func read<M: SwiftProtobuf.Message>(_ bytes: [UInt8]) throws(ContractError) -> M {
    var options = BinaryDecodingOptions()
    options.messageDepthLimit = depthLimit
    do { return try M(serializedBytes: bytes, options: options) } catch { throw .undecodable }
}

private func write(_ message: some SwiftProtobuf.Message) throws(ContractError) -> [UInt8] {
    do { return try message.serializedBytes() } catch { throw .undecodable }
}
