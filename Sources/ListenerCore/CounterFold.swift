import Events

/// The changes of one record, with the counters of a message told once: a popular post sends views by the dozen.
struct CounterFold {
    private struct Key: Hashable {
        var chat: WireChat
        var id: Int64
    }

    private(set) var changes: [WireChange] = []
    /// Where the counters of a message stand, while no copy of it stands behind them.
    private var places: [Key: Int] = [:]

    mutating func append(_ change: WireChange) {
        switch change.kind {
        case .counters(let new):
            let key = Key(chat: new.chat, id: new.id)
            guard let place = places[key], case .counters(var counters) = changes[place].kind else {
                places[key] = changes.count
                changes.append(change)
                return
            }
            if new.hasReactions { counters.reactions = new.reactions }
            if new.hasViews { counters.views = new.views }
            if new.hasForwards { counters.forwards = new.forwards }
            counters.observedAt = max(counters.observedAt, new.observedAt)
            changes[place].kind = .counters(counters)
        case .message(let message):
            places[Key(chat: message.chat, id: message.id)] = nil
            changes.append(change)
        default: changes.append(change)
        }
    }
}
