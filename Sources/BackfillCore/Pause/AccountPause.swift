/// Leaving Telegram alone while an operator has the account paused, and coming back.
///
/// A pure machine. What is under way is left at its next step (a page, a part of a file), and only then is the connection closed: no call
/// is cut off in the middle.
public struct AccountPause: Sendable, Equatable {
    public enum Action: Sendable, Equatable {
        /// Whatever is under way ends as soon as it can; it goes on from there some day.
        case leave
        /// Nothing is under way any more: hang up.
        case disconnect
        case connect
    }

    public enum Phase: String, Sendable, Equatable {
        case working
        /// Paused; so much is still under way.
        case leaving
        /// Paused, and hung up.
        case paused
    }

    public private(set) var phase: Phase
    /// Pieces of work that were begun and have not ended.
    public private(set) var underWay = 0

    /// A start: with `isPaused` nothing is connected before the account goes on.
    public init(isPaused: Bool = false) { phase = isPaused ? .paused : .working }

    /// The first word.
    public var begin: [Action] { phase == .working ? [.connect] : [] }

    public var isPaused: Bool { phase != .working }

    /// Whether the account is paused, whenever that may have changed.
    public mutating func set(_ isPaused: Bool) -> [Action] {
        guard isPaused != self.isPaused else { return [] }
        if !isPaused {
            phase = .working
            // The connection may still stand: then it is no news to it.
            return [.connect]
        }
        phase = .leaving
        return underWay == 0 ? [.leave] + hangUp() : [.leave]
    }

    /// A piece of work begins.
    public mutating func began() { underWay += 1 }

    /// One ended, or was left.
    public mutating func ended() -> [Action] {
        precondition(underWay > 0, "only what began can end")
        underWay -= 1
        return underWay == 0 && phase == .leaving ? hangUp() : []
    }

    private mutating func hangUp() -> [Action] {
        phase = .paused
        return [.disconnect]
    }
}
