import Glibc
import Synchronization

/// The moments at which a kill could lose something or do it twice. A debug build ends itself there when it is told to; in a release
/// build they are nothing.
///
/// `AALTOHUB_CRASH_AT=writer.commit.before:3` is SIGKILL, by the process to itself, when it passes that point for the third time. One that
/// the stage never passes ends nothing. The supervisor has none: it keeps nothing that a kill could tear, and nobody waits for it.
public enum CrashPoint: String, CaseIterable, Sendable {
    /// Everything of a batch is written; COMMIT is not yet said.
    case writerCommitBefore = "writer.commit.before"
    /// Postgres has said that it is committed; the producer has not been told.
    case writerCommitAfter = "writer.commit.after"
    /// The acknowledgement was handed to the socket's thread.
    case writerAckAfter = "writer.ack.after"
    /// HELLO is committed; WELCOME is not yet sent.
    case writerWelcomeBefore = "writer.welcome.before"
    /// Records lie in the spool's file, and perhaps not on the disk.
    case listenerFsyncBefore = "listener.fsync.before"
    /// They are on the disk; nobody knows it yet.
    case listenerFsyncAfter = "listener.fsync.after"
    /// EVENTS are about to be handed to the socket's thread.
    case listenerEventsBefore = "listener.events.before"
    /// They were.
    case listenerEventsAfter = "listener.events.after"
    /// An acknowledgement came; nothing was made of it yet.
    case listenerAckAfter = "listener.ack.after"
    /// A page of history is here; nothing of it was sent.
    case backfillPageFetched = "backfill.page.fetched"
    /// A record was handed to the socket's thread.
    case backfillRecordSent = "backfill.record.sent"
    /// A record is known to be committed; whoever waits for it has not gone on.
    case backfillRecordAcknowledged = "backfill.record.acknowledged"
    /// A part of a file is written; the map beside it does not have it.
    case backfillPartWritten = "backfill.part.written"
    /// A file lies in the store; the writer has not been told.
    case backfillFileStored = "backfill.file.stored"

    /// Ends the process here, if it was told to.
    @inline(__always)
    public func pass() {
        #if DEBUG
            guard let wanted = CrashPoint.wanted, wanted.point == self else { return }
            if wanted.left.wrappingSubtract(1, ordering: .relaxed).newValue == 0 { kill(getpid(), SIGKILL) }
        #endif
    }

    #if DEBUG
        /// The point at which the process ends, and how often it is still to be passed, this time included.
        private final class Wanted: Sendable {
            let point: CrashPoint
            let left: Atomic<Int>

            init(_ point: CrashPoint, _ passes: Int) {
                self.point = point
                left = Atomic(passes)
            }
        }

        private static let variable = "AALTOHUB_CRASH_AT"

        private static let wanted: Wanted? = {
            guard let value = getenv(variable) else { return nil }
            let text = String(cString: value)
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let passes = parts.count == 2 ? Int(parts[1]) : 1
            guard let point = CrashPoint(rawValue: String(parts[0])), let passes, passes > 0, parts.count <= 2 else {
                preconditionFailure("\(variable)=\(text): wanted POINT or POINT:TIMES, as in \(CrashPoint.writerCommitBefore.rawValue):3")
            }
            return Wanted(point, passes)
        }()
    #endif
}
