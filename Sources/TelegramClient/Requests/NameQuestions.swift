import Primitives

/// When channels of unknown access hash are asked for by their names: seldom, since no call is scarcer, and none while one must wait.
///
/// The dialogs, through which the update engine walks, mostly know them first.
public struct NameQuestions: Sendable {
    /// A channel whose name was asked for, whatever the answer was, is asked for again.
    static let again = Duration.seconds(6 * 3600)
    /// One whose question failed; others have their turns meanwhile.
    static let againAfterFailure = Duration.seconds(600)
    /// Before any other is asked for after a failure that named no wait: an absent database or a broken connection fails for all.
    static let pause = Duration.seconds(60)

    private var notBefore: [Int64: Instant] = [:]
    private var pausedUntil = Instant.zero

    public init() {}

    /// Those that may be asked for now, one after the other until one fails.
    public mutating func due(among unresolved: [Int64], now: Instant) -> Set<Int64> {
        let present = Set(unresolved)
        notBefore = notBefore.filter { $0.value > now && present.contains($0.key) }
        return now < pausedUntil ? [] : present.filter { notBefore[$0] == nil }
    }

    /// The server or the table of names has answered, be it that nobody has the name.
    public mutating func answered(_ channel: Int64, now: Instant) { notBefore[channel] = now + NameQuestions.again }

    /// The round is over. A wait that the server asks for concerns all names, and is no question asked; `channel`: whose turn it was.
    public mutating func failed(_ channel: Int64?, _ failure: CallFailure?, now: Instant) {
        if case .rpc(let error)? = failure, case .wait(_, let seconds) = error.kind {
            pausedUntil = now + .seconds(max(1, seconds))
            return
        }
        pausedUntil = now + NameQuestions.pause
        if let channel { notBefore[channel] = now + NameQuestions.againAfterFailure }
    }
}
