import Primitives

/// Every bound of downloads, with its unit and the reason for it.
public enum MediaLimits {
    /// Bytes of one part: the most that upload.getFile gives, and so the fewest calls.
    /// Source: https://core.telegram.org/api/files#downloading-files
    public static let partBytes = 1 << 20
    /// A part's offset and length are multiples of this, and no part crosses a border of `blockBytes` (same source).
    public static let unitBytes = 4 << 10
    public static let blockBytes = 1 << 20
    /// Bytes of the largest file that Telegram takes (4,000 parts of 1 MiB for Premium), with room: what claims more is a mistake.
    public static let fileBytes: Int64 = 8 << 30
    /// Parts of one file under way at once unless the configuration says otherwise: with 1 MiB each as much as keeps a fast line busy.
    public static let partsInFlight = 4
    /// Bytes of one file under way at once: they are held in memory.
    public static let bytesInFlight = 16 << 20
    /// Failures in a row, without a part between them, before a file is put back for later.
    public static let failuresInRow = 6
    /// References fetched anew, without a part between them, before a file is given up: its origin gives none that serve.
    public static let refreshesInRow = 4
    /// Moves to another data centre, without a part between them: two that name each other must not go on for ever.
    public static let migrationsInRow = 4
    /// Rounds of fetching again what has not the hash that the server tells.
    public static let mendingRounds = 3
    /// The longest wait, asked for by the server, that a file keeps its place for; with a longer one others go first.
    public static let waitMost = Duration.seconds(60)
    /// From a failure to the next try.
    public static let backoff = Backoff(first: .milliseconds(500), limit: .seconds(30))
    /// Ranges of hashes kept of a file: Telegram's cover 128 KiB each, so this is 8 GiB.
    public static let hashRanges = 65_536
    /// Bytes of a SHA-256.
    public static let hashBytes = 32
}
