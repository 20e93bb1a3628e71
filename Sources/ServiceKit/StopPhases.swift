import Logging
import Primitives
import Synchronization

/// The steps of an orderly stop, in their order. A stage that has nothing to do in one leaves it out.
public enum StopPhase: String, Sendable, CaseIterable {
    /// Nothing new is taken from Telegram, from listeners or over HTTP.
    case stopTakingIn = "stop taking in"
    /// What was taken is finished: records are acknowledged, the page that is fetched is stored, what is queued is committed.
    case finishInFlight = "finish in flight"
    /// Who was served is let go: the connection to Telegram, viewers of the tap, HTTP clients.
    case closeClients = "close clients"
    /// What is left is put where the next start finds it: last acknowledgements leave, the spool is on the disk, names are stored.
    case drain
    /// Sockets and the database are closed.
    case disconnect
}

/// Tells of a stop phase by phase, with how long each took.
final class StopPhases: Sendable {
    private struct Content {
        var begun: Instant?
        var current: (phase: StopPhase, since: Instant)?
    }

    private let content = Mutex(Content())
    private let log: @Sendable (String, Logger.Metadata) -> Void

    init(_ log: @escaping @Sendable (String, Logger.Metadata) -> Void) { self.log = log }

    /// The phase before it is over. Going back, or saying one twice, says nothing; neither does a phase of a process that was not asked to
    /// stop: the stop begins with the first one.
    func enter(_ phase: StopPhase, now: Instant = SystemClock.now) {
        let over = content.withLock { content -> (StopPhase, Duration)?? in
            guard phase == .stopTakingIn || content.begun != nil else { return nil }
            if let current = content.current, Self.rank(current.phase) >= Self.rank(phase) { return nil }
            defer { content.current = (phase, now) }
            if content.begun == nil { content.begun = now }
            return .some(content.current.map { ($0.phase, now - $0.since) })
        }
        guard let over else { return }
        if let (phase, took) = over { tell(phase, took) }
        if phase == .stopTakingIn { log("stopping", [:]) }
    }

    /// The last phase is over, too. Returns how long the whole stop took; nil when the end was nobody's wish.
    func finish(now: Instant = SystemClock.now) -> Duration? {
        let (begun, last) = content.withLock { content in
            defer { content.current = nil }
            return (content.begun, content.current)
        }
        if let last { tell(last.phase, now - last.since) }
        return begun.map { now - $0 }
    }

    private func tell(_ phase: StopPhase, _ took: Duration) {
        log("stop: \(phase.rawValue)", ["phase": "\(phase.rawValue)", "seconds": "\(took.inSeconds)"])
    }

    private static func rank(_ phase: StopPhase) -> Int { StopPhase.allCases.firstIndex(of: phase) ?? 0 }
}
