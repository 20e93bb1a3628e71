extension Configuration {
    /// How changes of messages reach those who follow them, and how long they are kept for it.
    public struct Broadcast: Hashable, Sendable {
        /// Where changes are sent beside the supervisor's own feed.
        public enum Sink: String, Hashable, Sendable, CaseIterable { case none, supabase }

        public var sink = Sink.none
        /// The endpoint; empty: that of the project at `supabase.url`.
        public var url = ""
        public var channel = "messages"
        /// Whether only subscribers whom the project's policies admit may hear it.
        public var isPrivate = false
        /// Messages that are sent in any second, at most.
        public var messagesPerSecond = 100
        /// KB of one row; what is larger is skipped.
        public var payloadKilobytes = 256
        /// Messages in one request.
        public var batchMessages = 100
        /// How old a change may become while the endpoint refuses.
        public var patienceSeconds = 3600
        /// How long changes are kept.
        public var keepDays = 7
    }

    /// Where the broadcast goes, and the key for it.
    public struct BroadcastAccess: Sendable {
        /// `https://PROJECT.supabase.co/realtime/v1/api/broadcast`.
        public var url: String
        /// The service key: printable ASCII, as a header carries it.
        public var key: Secret
    }

    /// Nil: nothing is sent elsewhere. Throws (78) what is missing, and what to do about it.
    public func broadcastAccess(_ credentials: Credentials) throws(ServiceError) -> BroadcastAccess? {
        guard broadcast.sink == .supabase else { return nil }
        var base = supabase.url
        while base.hasSuffix("/") { base.removeLast() }
        guard !broadcast.url.isEmpty || !base.isEmpty else {
            throw .configuration(
                "broadcast.sink is supabase, and neither supabase.url nor broadcast.url is set: give the project's address "
                    + "(https://PROJECT.supabase.co), or choose broadcast.sink: none")
        }
        let key = try credentials.require(.supabaseServiceKey)
        guard key.bytes.allSatisfy({ (33...126).contains($0) }) else {
            throw .configuration(
                "credential supabase_service_key is malformed: wanted one line without spaces; "
                    + "copy the service key again from the project's API settings")
        }
        return BroadcastAccess(url: broadcast.url.isEmpty ? base + "/realtime/v1/api/broadcast" : broadcast.url, key: key)
    }
}

extension Configuration.Broadcast.Sink: ConfigurationValue {}
