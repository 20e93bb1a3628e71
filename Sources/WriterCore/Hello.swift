import Events

/// What a HELLO leads to.
public enum HelloVerdict: Hashable, Sendable {
    /// Commit `state` and `gaps`, then answer.
    case welcome(Welcomed)
    /// Answer; nothing changes.
    case refused(WireFrame)
    /// What the producer keeps belongs to another database than this one: nothing changes, and the answer tells it so.
    case otherDatabase(WireFrame)
    /// A newer writer has welcomed this producer: this process is the old one and must end.
    case superseded(storedEpoch: UInt64)

    public struct Welcomed: Hashable, Sendable {
        /// All of it, to be stored in place of the old.
        public var state: ProducerState
        /// The streams whose row is new or changed.
        public var streams: [StreamState]
        /// The boxes whose position moved, in order.
        public var positions: [PositionChange]
        public var gaps: [Gap]
        public var answer: WireWelcome
    }
}

extension WireHello {
    /// The producer, or an error when the role is unknown or the account's name is not one.
    public func producer() throws(ContractError) -> ProducerKey {
        guard let role = role.name else { throw .badField("hello.role") }
        guard ProducerKey.isAccountName(account) else { throw .badField("hello.account") }
        return ProducerKey(role: role, account: account)
    }
}

/// HELLO as a transaction: the stored state, read under the producer's lock, and the message give the new state and the answer.
///
/// - Parameters:
///   - stored: what the database has; nil before this producer's first HELLO.
///   - epoch: of this writer process.
///   - database: of the database that the transaction runs in.
public func judge(
    hello: WireHello, stored: ProducerState?, epoch: UInt64, credit: UInt32, database: WireDatabaseIdentity
) -> HelloVerdict {
    guard Contract.reads(hello.contractVersion) else {
        return .refused(
            WireFrame(
                .incompatible(
                    .with {
                        $0.ours = Contract.version
                        $0.yours = hello.contractVersion
                    })))
    }
    let old = stored ?? ProducerState()
    func refuse(_ reason: String) -> HelloVerdict {
        .refused(WireFrame(.stale(WireRefusal(epoch: epoch, incarnation: old.incarnation, stream: nil, expected: 0, reason: reason))))
    }
    if old.epoch > epoch { return .superseded(storedEpoch: old.epoch) }
    if hello.incarnation < old.incarnation { return refuse("a newer process of this producer has said HELLO") }
    // After the restore of a backup: the checkpoint would pass over what the older database does not have.
    if hello.hasDatabase, hello.database != database {
        return .otherDatabase(
            WireFrame(
                .welcome(
                    .with {
                        $0.epoch = epoch
                        $0.database = database
                        $0.contractVersion = Contract.version
                    })))
    }
    let streams: [StreamState]
    let checkpoint: [(BoxKey, Position)]
    do {
        streams = try listedStreams(hello, old)
        checkpoint = try checkedPositions(hello.checkpoint)
    } catch {
        return refuse("malformed HELLO: \(error)")
    }

    var state = old
    state.incarnation = hello.incarnation
    state.epoch = epoch
    let unlisted = old.streams.filter { known in !streams.contains { $0.id == known.id } }
        .map { StreamState(id: $0.id, cursor: $0.cursor, ordinal: nil, last: $0.last) }
    state.streams = streams + unlisted

    var gaps: [Gap] = []
    var moved: [PositionChange] = []
    for (box, position) in checkpoint {
        // Without this a record that its producer no longer keeps would be a silent loss, or an endless NACK.
        if let known = state.positions[box] {
            guard position.isBeyond(known) else { continue }
            let reset = position.generation != known.generation
            gaps.append(
                Gap(
                    box: box, generation: position.generation, from: reset ? nil : known.value, to: position.value,
                    reason: reset ? .newGeneration : .checkpoint))
        }
        state.positions[box] = position
        moved.append(PositionChange(box: box, position: position))
    }

    var answer = WireWelcome()
    answer.epoch = epoch
    answer.cursors = streams.map { WireStreamCursor($0.id, committed: $0.cursor) }
    answer.positions = state.positions.sorted { $0.key < $1.key }.map { WireBoxPosition($0.key, $0.value) }
    answer.credit = credit
    answer.database = database
    answer.contractVersion = Contract.version
    let changed = state.streams.filter { !old.streams.contains($0) }
    return .welcome(.init(state: state, streams: changed, positions: moved, gaps: gaps, answer: answer))
}

/// The streams of HELLO in their order, each with the cursor at which its producer goes on.
private func listedStreams(_ hello: WireHello, _ old: ProducerState) throws(ContractError) -> [StreamState] {
    guard hello.incarnation > 0, hello.incarnation <= largestNumber else { throw .badField("incarnation") }
    guard hello.streams.count <= Contract.maximumStreams else { throw .badField("streams: more than \(Contract.maximumStreams)") }
    var out: [StreamState] = []
    for (place, stream) in hello.streams.enumerated() {
        let id = try StreamID(bytes: stream.id)
        guard stream.first >= 1, stream.first <= largestNumber, stream.last <= largestNumber else { throw .badField("stream.first") }
        // Only the living process writes, and its stream is the newest.
        guard !stream.open || place == hello.streams.count - 1 else { throw .badField("stream.open") }
        guard !out.contains(where: { $0.id == id }) else { throw .badField("stream.id: twice") }
        let cursor = old.streams.first { $0.id == id }?.cursor ?? 0
        out.append(
            StreamState(id: id, cursor: max(cursor, stream.first - 1), ordinal: place, last: stream.open ? nil : stream.last))
    }
    return out
}

private func checkedPositions(_ wire: [WireBoxPosition]) throws(ContractError) -> [(BoxKey, Position)] {
    guard wire.count <= Contract.maximumBoxes else { throw .badField("checkpoint: more than \(Contract.maximumBoxes)") }
    var seen: Set<BoxKey> = []
    var out: [(BoxKey, Position)] = []
    for entry in wire {
        let box = try BoxKey(entry.box)
        let position = Position(entry.position)
        guard position.generation <= largestNumber, position.value >= 0 else { throw .badField("checkpoint.position") }
        guard seen.insert(box).inserted else { throw .badField("checkpoint.box: twice") }
        out.append((box, position))
    }
    return out
}
