extension Configuration {
    /// What the listener keeps for a writer that is away.
    public struct Listener: Hashable, Sendable {
        /// MiB of records on the disk beyond which Telegram is not read until there is room.
        public var spoolMegabytes = 2048
    }
}
