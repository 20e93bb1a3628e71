import NIOCore
import SupervisorCore

/// Events for the same subscribers, as the bytes that go to each: whole frames, one after the other, for each version of the protocol.
struct Parcel: Sendable {
    /// Bytes of frames that are written together. A subscriber who has them waiting is far from its limit.
    static let mostBytes = RealtimeLimits.waitingBytes / 8

    let topic: String
    let audience: RealtimeAudience
    private(set) var objects = ByteBuffer()
    private(set) var arrays = ByteBuffer()
    private(set) var count = 0

    private init(_ first: RealtimeBroadcast) {
        topic = first.topic
        audience = first.audience
    }

    func bytes(_ version: RealtimeVersion) -> ByteBuffer {
        switch version {
        case .objects: objects
        case .arrays: arrays
        }
    }

    private mutating func add(_ broadcast: RealtimeBroadcast) {
        count += 1
        for version in RealtimeVersion.allCases {
            guard let (content, isBinary) = broadcast.frame(version) else { continue }
            let frame = RealtimeFrame.encode(isBinary ? RealtimeFrame.binary : RealtimeFrame.text, content)
            switch version {
            case .objects: objects.writeBytes(frame)
            case .arrays: arrays.writeBytes(frame)
            }
        }
    }

    /// Neighbours that go to the same subscribers travel together.
    static func pack(_ broadcasts: [RealtimeBroadcast]) -> [Parcel] {
        var parcels: [Parcel] = []
        for broadcast in broadcasts {
            let last = parcels.last
            if last == nil || last!.topic != broadcast.topic || last!.audience != broadcast.audience  // not nil: asked before
                || last!.objects.readableBytes >= mostBytes
            {
                parcels.append(Parcel(broadcast))
            }
            parcels[parcels.count - 1].add(broadcast)
        }
        return parcels
    }
}
