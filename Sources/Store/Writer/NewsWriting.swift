import Events
import PostgreSQL
import WriterCore

/// A transaction of nothing but new messages, judged by what is remembered of its producer: one way to the server and back.
///
/// It verifies under the producer's lock every value that it was judged by, and inserts where the ordinary way merges. Where the memory is
/// wrong, a message is there already, or Postgres does not take one, nothing of it is left, and the ordinary way finds out which.
struct NewsWriting {
    /// Boxes that move in one such transaction, each by a statement of its own; of many, the ordinary way moves all at once.
    static let mostBoxes = 16

    private let producer: ProducerKey
    private let judgement: Judgement
    private let pieces: [Piece]
    private let folded: Folded
    private let moves: [Call]

    /// nil when these frames are to go the ordinary way.
    init?(_ batches: [ReceivedBatch], of producer: ProducerKey, boxes: [BoxKey], by state: ProducerState, epoch: UInt64, credit: UInt32) {
        guard boxes.count <= NewsWriting.mostBoxes else { return nil }
        judgement = judge(batches: batches, stored: state, epoch: epoch, credit: credit)
        guard judgement.isVerifiedByMoving(boxes: boxes), let moves = ProducerTable.moves(judgement, from: state, of: producer) else {
            return nil
        }
        let (pieces, unreadable) = WriterCore.pieces(of: judgement.accepted)
        guard unreadable.isEmpty else { return nil }
        folded = fold(pieces[...])
        guard folded.isNews else { return nil }
        self.producer = producer
        self.pieces = pieces
        self.moves = moves
    }

    /// What is committed; nil when the database refused it for what stands in it.
    func commit(_ session: Session) throws(PostgresError) -> CommittedBatch? {
        do throws(PostgresError) {
            let changes = try BatchWriting.commit(folded, after: moves, session, producer: producer)
            return CommittedBatch(judgement: judgement, changes: changes, pieces: pieces)
        } catch {
            guard session.isOpen, FailureClass(error) == .data else { throw error }
            return nil
        }
    }
}
