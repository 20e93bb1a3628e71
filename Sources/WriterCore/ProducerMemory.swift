import Events

/// What the last commits left of each producer: enough to judge its next frames before the database is asked.
///
/// A guess, never a truth. The transaction that rests on it names every value that it was judged by, under the producer's lock, and is
/// refused as a whole where the database has another one; then the database is asked first, as if there were no memory.
public struct ProducerMemory: Sendable {
    /// After a refused guess, so many transactions of its producer ask the database first: one whose messages are mostly there already
    /// (the second account of a channel) would pay for a refusal each time.
    public static let cautiousTransactions = 256

    private var states: [ProducerKey: ProducerState] = [:]
    private var caution: [ProducerKey: Int] = [:]
    private let cautiousTransactions: Int

    public init(cautiousTransactions: Int = ProducerMemory.cautiousTransactions) { self.cautiousTransactions = cautiousTransactions }

    /// The state to judge frames by that name these boxes; nil when not all of it is known, or when the database is to be asked first.
    public mutating func guess(_ producer: ProducerKey, boxes: [BoxKey]) -> ProducerState? {
        if let left = caution[producer], left > 0 {
            caution[producer] = left - 1
            return nil
        }
        guard let known = states[producer] else { return nil }
        var state = ProducerState(incarnation: known.incarnation, epoch: known.epoch, streams: known.streams)
        for box in boxes {
            guard let position = known.positions[box] else { return nil }
            state.positions[box] = position
        }
        return state
    }

    /// A HELLO was committed, which leaves this state: with all positions of the account.
    public mutating func welcomed(_ state: ProducerState, of producer: ProducerKey) {
        guard producer.role == "listener" else { return }
        var state = state
        state.streams.removeAll { $0.ordinal == nil }
        states[producer] = state
    }

    /// A transaction was committed that was judged by this state. A crawl's is not remembered: its pages are mostly there already.
    public mutating func committed(_ judgement: Judgement, by state: ProducerState, of producer: ProducerKey) {
        guard judgement.supersededBy == nil, producer.role == "listener" else { return forget(producer) }
        var streams = state.streams
        for cursor in judgement.cursors {
            if let index = streams.firstIndex(where: { $0.id == cursor.id }) { streams[index] = cursor }
        }
        // In place: there are hundreds of boxes.
        func update(_ known: inout ProducerState) {
            (known.incarnation, known.epoch, known.streams) = (state.incarnation, state.epoch, streams)
            known.positions.merge(state.positions) { $1 }
            for change in judgement.positions { known.positions[change.box] = change.position }
        }
        update(&states[producer, default: state])
    }

    /// The database did not take what was judged by a guess.
    public mutating func refused(_ producer: ProducerKey) {
        forget(producer)
        caution[producer] = cautiousTransactions
    }

    /// The producer's state is about to be changed otherwise, or it is not known whether it was.
    public mutating func forget(_ producer: ProducerKey) { states[producer] = nil }

    /// Another connection: the database may be another one.
    public mutating func forgetAll() { self = ProducerMemory(cautiousTransactions: cautiousTransactions) }
}

extension Judgement {
    /// Whether moving the cursors and positions verifies all that was judged: nothing was refused, skipped or answered for a stream or a
    /// box that stays where it is, and nothing is recorded that depends on more than these.
    ///
    /// - Parameter boxes: those that the frames name.
    public func isVerifiedByMoving(boxes: [BoxKey]) -> Bool {
        supersededBy == nil && refusals.isEmpty && gaps.isEmpty && seen == 0 && !cursors.isEmpty
            && acknowledgements.count == cursors.count && positions.count == boxes.count
    }
}

extension Folded {
    /// Whether the messages here were never stored before, as far as can be told without the database, and what stands beside them calls for
    /// no question to it.
    public var isNews: Bool {
        versions.isEmpty && progress.isEmpty && messages.allSatisfy { $0.key.editDate == 0 && !$0.key.settled }
    }
}
