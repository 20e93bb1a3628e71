extension Configuration {
    /// Whom the supervisor tells of alarms.
    public struct Alarms: Hashable, Sendable {
        /// A program and its arguments, run without a shell with the alarms as JSON on its standard input; empty: nobody.
        public var command: [String] = []
        /// Minutes after which an alarm that goes on is told again; 0: never.
        public var repeatMinutes = 240
    }
}
