import Events

/// What a record's header does to its box's position.
public struct PositionStep: Hashable, Sendable {
    /// Whether the record's changes are applied; seen ones are skipped.
    public var apply: Bool
    /// The new position; nil: it stays.
    public var position: Position?
    public var gap: Gap?

    static let seen = PositionStep(apply: false)
    static let cursorDecides = PositionStep(apply: true)
}

/// Positions move in three ways and never abort: seen, adjacent or overlapping, and beyond a hole.
///
/// - Parameter known: the box's stored position; nil when this is its first record.
public func step(box: BoxKey, header: WireHeader, from known: Position?) -> PositionStep {
    let to = Position(generation: header.generation, value: header.to, date: header.date, seq: header.seq)
    guard let known else {
        let gap =
            header.tooLong && header.from < header.to
            ? Gap(box: box, generation: to.generation, from: header.from, to: header.to, reason: .tooLong) : nil
        return PositionStep(apply: true, position: to, gap: gap)
    }
    if to.generation < known.generation { return .seen }
    if to.generation > known.generation {
        return PositionStep(
            apply: true, position: to, gap: Gap(box: box, generation: to.generation, from: nil, to: to.value, reason: .newGeneration))
    }
    if header.from == header.to, to.value <= known.value {
        // Something without a position of its own; the common box's date and seq may have moved beside an unmoved pts. Beyond the
        // position it is another matter: a box that its listener began anew there, knowing less than the database, leaves a hole.
        let stateMoved = to.value == known.value && (to.date, to.seq) > (known.date, known.seq)
        return PositionStep(apply: true, position: stateMoved ? to : nil)
    }
    if to.value <= known.value { return .seen }
    if header.tooLong {
        return PositionStep(
            apply: true, position: to, gap: Gap(box: box, generation: to.generation, from: known.value, to: to.value, reason: .tooLong))
    }
    if header.from <= known.value { return PositionStep(apply: true, position: to) }
    return PositionStep(
        apply: true, position: to, gap: Gap(box: box, generation: to.generation, from: known.value, to: header.from, reason: .hole))
}
