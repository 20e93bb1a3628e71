import Events

/// Records of one stream that a disk holds: what a producer wrote in a life before this one.
public struct KeptStream: Sendable, Equatable {
    public var id: StreamID
    public var first: UInt64
    public var last: UInt64

    public init(id: StreamID, first: UInt64, last: UInt64) {
        self.id = id
        self.first = first
        self.last = last
    }
}

/// Streams between which nothing is missing. What is missing before them stands in the checkpoint, and in the gap that HELLO makes of it.
public struct KeptRun: Sendable, Equatable {
    /// In the order in which they were written.
    public var streams: [KeptStream] = []
    /// Positions after everything before them.
    public var checkpoint: [WireBoxPosition]

    public init(streams: [KeptStream] = [], checkpoint: [WireBoxPosition]) {
        self.streams = streams
        self.checkpoint = checkpoint
    }
}

/// Records that are to be sent and no longer in memory: read from this one on.
public struct SpoolRead: Sendable, Hashable {
    public var stream: StreamID
    public var from: UInt64

    public init(stream: StreamID, from: UInt64) {
        self.stream = stream
        self.from = from
    }
}
