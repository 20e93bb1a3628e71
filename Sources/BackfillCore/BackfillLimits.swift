/// Every bound of the backfill's core, with its unit and the reason for it.
public enum BackfillLimits {
    /// Messages of one page: what Telegram gives at most (https://core.telegram.org/method/messages.getHistory).
    public static let pageMessages = 100
    /// Characters of an error that is stored with a job: what the status keeps.
    public static let errorCharacters = 500
}
