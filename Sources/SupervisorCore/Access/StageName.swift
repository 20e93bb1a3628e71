/// How a restart names what it is for: a stage, or one account's.
public enum StageName {
    /// Stages that run once, and those that run once per account.
    static let single = ["writer", "supervisor"]
    static let perAccount = ["listener", "backfill"]

    /// `writer`, `supervisor`, `listener`, `listener@main`, ….
    public static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return single.contains(text) || perAccount.contains(text) }
        return perAccount.contains(parts[0]) && Heartbeat.isServiceName(text) && !parts[1].isEmpty && !parts[1].contains("@")
    }
}
