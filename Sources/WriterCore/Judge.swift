import Events

/// A batch frame with the connection that it came on, to which its refusal goes.
public struct ReceivedBatch: Hashable, Sendable {
    /// The routing id; only an address, never the sender's name.
    public var route: [UInt8]
    public var batch: WireBatch

    public init(route: [UInt8], batch: WireBatch) {
        self.route = route
        self.batch = batch
    }
}

/// A record that is neither skipped nor refused, with its place.
public struct AcceptedRecord: Hashable, Sendable {
    public var stream: StreamID
    public var number: UInt64
    public var record: WireRecord
    /// Why its header means nothing; then it goes to `failed_messages` whole, and only the cursor moves.
    public var fault: ContractError?

    public init(stream: StreamID, number: UInt64, record: WireRecord, fault: ContractError? = nil) {
        self.stream = stream
        self.number = number
        self.record = record
        self.fault = fault
    }
}

/// Where an answer goes.
public struct Answer: Hashable, Sendable {
    public var route: [UInt8]
    public var frame: WireFrame

    public init(route: [UInt8], frame: WireFrame) {
        self.route = route
        self.frame = frame
    }
}

/// A box's new position.
public struct PositionChange: Hashable, Sendable {
    public var box: BoxKey
    public var position: Position

    public init(box: BoxKey, position: Position) {
        self.box = box
        self.position = position
    }
}

/// What the frames of one producer, judged under its lock, lead to. Commit all of it in the same transaction, then answer.
public struct Judgement: Hashable, Sendable {
    /// To be folded and stored, in order.
    public var accepted: [AcceptedRecord] = []
    /// The streams whose cursor moved.
    public var cursors: [StreamState] = []
    /// The boxes whose position moved, in order of the box.
    public var positions: [PositionChange] = []
    public var gaps: [Gap] = []
    /// ACK after the commit; STALE and NACK whether or not it succeeds.
    public var acknowledgements: [Answer] = []
    public var refusals: [Answer] = []
    /// Records at or below the cursor: sent again after an answer was lost.
    public var repeated = 0
    /// Records whose position was already passed.
    public var seen = 0
    /// A newer writer has welcomed this producer: this process is the old one and must end.
    public var supersededBy: UInt64?
}

/// Judges frames of one producer in their order of arrival.
///
/// Refuses frames, never the ones beside them, and answers every refusal. Called under the lock of the producer's row with what that
/// row and its streams and positions say: a fence in memory would not stop a paused old writer.
///
/// - Parameters:
///   - stored: nil when the producer is unknown to the database.
///   - epoch: of this writer process.
public func judge(batches: [ReceivedBatch], stored: ProducerState?, epoch: UInt64, credit: UInt32) -> Judgement {
    var judge = BatchJudge(state: stored ?? ProducerState(), epoch: epoch, credit: credit)
    for received in batches { judge.take(received) }
    return judge.finished()
}

private struct BatchJudge {
    var state: ProducerState
    let epoch: UInt64
    let credit: UInt32
    var out = Judgement()
    var movedStreams: Set<StreamID> = []
    var movedBoxes: Set<BoxKey> = []
    /// The streams to acknowledge, with the newest connection on which each was sent, in order of arrival.
    var touched: [(stream: StreamID, route: [UInt8])] = []

    init(state: ProducerState, epoch: UInt64, credit: UInt32) {
        self.state = state
        self.epoch = epoch
        self.credit = credit
        if state.epoch > epoch { out.supersededBy = state.epoch }
    }

    mutating func take(_ received: ReceivedBatch) {
        let batch = received.batch
        let stream = batch.streamID
        func stale(_ reason: String) {
            refuse(received, .stale(refusal(stream, expected: 0, reason)))
        }
        func nack(_ at: StreamState, _ reason: String) {
            refuse(received, .nack(refusal(at.id, expected: at.cursor + 1, reason)))
        }
        guard batch.incarnation == state.incarnation else { return stale("incarnation \(batch.incarnation), stored \(state.incarnation)") }
        guard batch.epoch == state.epoch, state.epoch == epoch else { return stale("epoch \(batch.epoch), stored \(state.epoch)") }
        guard let stream, let index = state.streams.firstIndex(where: { $0.id == stream }), let place = state.streams[index].ordinal else {
            return stale("a stream that HELLO did not list")
        }
        if let earlier = incomplete(before: place) { return nack(earlier, "an earlier stream is not complete") }
        let known = state.streams[index]
        let (next, overflow) = batch.first.addingReportingOverflow(UInt64(batch.records.count))
        guard batch.first >= 1, !overflow, next - 1 <= known.last ?? largestNumber else { return stale("records beyond the stream's end") }
        guard batch.first <= known.cursor + 1 else { return nack(known, "a hole before \(batch.first)") }

        let repeated = Int(min(UInt64(batch.records.count), known.cursor + 1 - batch.first))
        out.repeated += repeated
        touch(stream, received.route)
        if repeated == batch.records.count { return }
        for (offset, record) in batch.records.enumerated().dropFirst(repeated) {
            apply(record, AcceptedRecord(stream: stream, number: batch.first + UInt64(offset), record: record, fault: nil))
        }
        state.streams[index].cursor = next - 1
        movedStreams.insert(stream)
    }

    /// The first listed stream before this place of which records are still to come.
    private func incomplete(before place: Int) -> StreamState? {
        state.streams.filter { ($0.ordinal ?? .max) < place && !$0.isComplete }.min { ($0.ordinal ?? .max) < ($1.ordinal ?? .max) }
    }

    private mutating func apply(_ record: WireRecord, _ accepted: AcceptedRecord) {
        var accepted = accepted
        guard record.hasHeader, record.header.hasBox else {
            out.accepted.append(accepted)
            return
        }
        let header = record.header
        do throws(ContractError) {
            let box = try BoxKey(header.box)
            guard header.generation <= largestNumber, header.from >= 0, header.from <= header.to else { throw .badField("header.to") }
            let step = step(box: box, header: header, from: state.positions[box])
            if let position = step.position {
                state.positions[box] = position
                movedBoxes.insert(box)
            }
            if let gap = step.gap { out.gaps.append(gap) }
            guard step.apply else {
                out.seen += 1
                return
            }
        } catch {
            accepted.fault = error
        }
        out.accepted.append(accepted)
    }

    private mutating func touch(_ stream: StreamID, _ route: [UInt8]) {
        touched.removeAll { $0.stream == stream }
        touched.append((stream, route))
    }

    private mutating func refuse(_ received: ReceivedBatch, _ body: WireFrame.OneOf_Body) {
        out.refusals.append(Answer(route: received.route, frame: WireFrame(body)))
    }

    private func refusal(_ stream: StreamID?, expected: UInt64, _ reason: String) -> WireRefusal {
        WireRefusal(epoch: state.epoch, incarnation: state.incarnation, stream: stream, expected: expected, reason: reason)
    }

    func finished() -> Judgement {
        var out = out
        out.cursors = state.streams.filter { movedStreams.contains($0.id) }
        out.positions = movedBoxes.sorted().map { box in
            guard let position = state.positions[box] else { preconditionFailure("a moved box has a position") }
            return PositionChange(box: box, position: position)
        }
        out.acknowledgements = touched.map { stream, route in
            guard let known = state.streams.first(where: { $0.id == stream }) else { preconditionFailure("a touched stream is known") }
            let ack = WireAck(epoch: epoch, incarnation: state.incarnation, stream: stream, committed: known.cursor, credit: credit)
            return Answer(route: route, frame: WireFrame(.ack(ack)))
        }
        return out
    }
}
