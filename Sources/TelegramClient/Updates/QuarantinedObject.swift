/// Bytes that nobody could read, kept for a later and wiser decoder. They may hold what somebody wrote: store them sealed.
public struct QuarantinedObject: Sendable, Equatable {
    /// The most bytes of one object that are kept: the longest update seen is far below, and a flood of large ones must not fill a disk.
    public static let bytesMost = 256 << 10

    /// From the first byte that could not be read to the end of that member; cut at `bytesMost`.
    public var bytes: [UInt8]
    /// What it came as: `push`, or the method that it answers.
    public var context: String
    /// The layer that was declared to the server that sent it.
    public var layer: Int32
    /// Why it could not be read, without its content.
    public var reason: String

    public init(_ bytes: some Sequence<UInt8>, context: String, layer: Int32, reason: String) {
        self.bytes = Array(bytes.prefix(QuarantinedObject.bytesMost))
        self.context = context
        self.layer = layer
        self.reason = reason
    }
}
