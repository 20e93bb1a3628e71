import Primitives

/// How many differences that nothing demands may be asked, and how fast: the pace is raised by answers and halved by flood waits.
///
/// Joined channels and those that the account has not joined have one each: of the latter nothing is pushed, so every word of theirs
/// costs polls, however many they are, and these must not take the turns of channels that fell silent.
struct PollBudget: Sendable {
    /// Polls a second.
    private(set) var rate: Double
    /// The most that `rate` grows to.
    let most: Double
    /// Calls in flight at most.
    let atOnce: Int
    private(set) var inFlight = 0
    private var lastCall: Instant?

    init(rate: Double, most: Double, atOnce: Int) {
        self.rate = rate
        self.most = most
        self.atOnce = atOnce
    }

    static let joined = PollBudget(
        rate: UpdateLimits.pollRate, most: UpdateLimits.pollRateMost, atOnce: UpdateLimits.channelCallsInFlight)
    static let notJoined = PollBudget(
        rate: UpdateLimits.notJoinedPollRate, most: UpdateLimits.notJoinedPollRateMost, atOnce: UpdateLimits.notJoinedCallsInFlight)

    /// When a call of this need may follow the last one that nothing demanded. A gap waits for nothing.
    func allowed(_ need: ChannelBox.Need) -> Instant {
        guard let lastCall else { return .zero }
        return switch need {
        case .gap: .zero
        case .catchUp: lastCall + UpdateLimits.catchUpSpacing
        case .poll: lastCall + .nanoseconds(Int64(1e9 / rate))
        }
    }

    var hasRoom: Bool { inFlight < atOnce }

    mutating func asked(_ need: ChannelBox.Need, now: Instant) {
        inFlight += 1
        if need != .gap { lastCall = now }
    }

    mutating func ended() { inFlight -= 1 }
    mutating func answered() { rate = min(most, rate + UpdateLimits.pollRateStep) }
    mutating func flooded() { rate = max(UpdateLimits.pollRateLeast, rate / 2) }
}
