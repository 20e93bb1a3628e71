extension Configuration {
    /// What backfill fetches of the past, and how fast.
    public struct Backfill: Hashable, Sendable {
        /// Days of history that are kept complete.
        public var days = 14
        /// Milliseconds between two pages of 100 messages, over the whole account; 0: as fast as the server allows.
        public var paceMillisecondsPerPage = 750
        /// Groups that are crawled at once.
        public var parallelGroups = 1
        /// Minutes of recent messages that are looked at again at each interval; 0: none.
        public var recentMinutes = 60
        /// Messages that such a look takes at most.
        public var recentMessages = 500
        /// Seconds between two looks at the recent messages of a group, and between two gap fills of it.
        public var intervalSeconds = 1800
        /// Seconds between two walks through the account's dialogs while a group is not found among them.
        public var newGroupsSeconds = 300
    }
}
