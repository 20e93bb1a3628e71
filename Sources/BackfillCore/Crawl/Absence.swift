/// Which stored messages are gone though nobody told: those that a page should have shown.
public enum Absence {
    /// Seconds: a message younger than this when the page was made may have been too new for it.
    public static let margin: Int64 = 60

    /// - Parameters:
    ///   - stored: ids that stand in the table undeleted, sent more than `margin` before the page was fetched.
    ///   - step: what the page proves. Only what lies between its bounds can be absent from it.
    ///   - unreadable: ids whose messages are there though they could not be read.
    public static func presumed(stored: [Int64], _ step: Scan.Step, unreadable: Set<Int64> = []) -> [Int64] {
        guard step.high > 0, !step.ids.isEmpty else { return [] }
        let seen = Set(step.ids)
        return stored.filter { $0 >= step.low && $0 <= step.high && !seen.contains($0) && !unreadable.contains($0) }.sorted()
    }
}
