import Primitives

/// When a file that could not be fetched is tried again.
public enum MediaRetry {
    /// Tries in all, each of many calls: what fails so often needs a person.
    public static let attempts = 6
    private static let first = Duration.seconds(30)
    /// The longest pause: an hour, so that all tries take an afternoon.
    private static let longest = Duration.seconds(3600)

    /// The pause after so many failures: 30 s, 2 min, 8 min, 32 min, an hour.
    public static func wait(after failures: Int) -> Duration {
        var wait = first
        for _ in 1..<max(1, min(failures, attempts)) { wait = min(wait * 4, longest) }
        return wait
    }
}
