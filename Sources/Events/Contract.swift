import Primitives

/// The versions and sizes that both ends of the link keep to.
///
/// `Generated/events.pb.swift` is made from `events.proto`; after a change of the latter, make it again with Debian's
/// protobuf-compiler and the plugin of the pinned swift-protobuf (`swift build --product protoc-gen-swift` in its checkout):
///
///     cd Sources/Events && protoc --plugin=PATH/TO/protoc-gen-swift \
///         --swift_opt=Visibility=Public --swift_opt=FileNaming=DropPath --swift_out=Generated events.proto
public enum Contract {
    /// The version that this build writes. Raised by an incompatible change only: fields may be added without.
    public static let version: UInt32 = 1
    /// The oldest version that this build still reads, so that stages can be upgraded one at a time.
    public static let oldestReadable: UInt32 = 1

    /// Bytes of one frame. A batch holds whole records, and one record may be a whole difference slice.
    public static let maximumFrameBytes = 32 << 20
    /// Bytes of one record's payload: a difference slice of 100 messages at their 4,096 characters each, with entities, many times over.
    public static let maximumPayloadBytes = 8 << 20
    /// Records of one batch frame; the rest goes in the next frame.
    public static let maximumBatchRecords = 1_000
    /// Bytes of records after which a producer closes a batch frame; with one record more it still fits a frame.
    public static let batchBytes = 4 << 20
    /// Streams of one HELLO: a spool of 2 GiB in segments of 16 MiB has at most 128, each of which may be another stream.
    public static let maximumStreams = 1_024
    /// Boxes of one HELLO or WELCOME: an account may be in 500 channels (1,000 with Premium); the rest is room.
    public static let maximumBoxes = 10_000
    /// Records that a producer may have sent and not seen acknowledged: the predecessor's queue.
    public static let defaultCredit: UInt32 = 10_000

    /// Whether this build understands a peer that writes this version.
    public static func reads(_ version: UInt32) -> Bool { (oldestReadable...self.version).contains(version) }
}

/// Why bytes from the link, or for it, are refused.
public enum ContractError: Error, Hashable, Sendable {
    /// More bytes than the named limit allows.
    case tooLarge(bytes: Int, limit: Int)
    /// Not a serialized message of this contract.
    case undecodable
    /// A frame without a body that this build knows.
    case unknownBody
    /// A stream id that is not 16 bytes.
    case badStreamID
    /// A box without a known kind, or a channel's without its id.
    case badBox
    /// A field that must stand there is missing or out of its range.
    case badField(String)
}
