extension Configuration {
    /// Which files are fetched, how, and where they are put.
    public struct Media: Hashable, Sendable {
        /// Where files are put.
        public enum Store: String, Hashable, Sendable, CaseIterable { case local, supabase, none }
        /// Which files there are: the words of `messages.media_type`.
        public enum FileType: String, Hashable, Sendable, CaseIterable { case photo, video, document, audio, sticker, voice }

        public var store = Store.local
        public var types = FileType.allCases
        /// MiB of the largest file that is fetched.
        public var maximumMegabytes = 50
        /// Files that are fetched at once.
        public var parallelFiles = 2
        /// Parts of 1 MiB of one file that are under way at once.
        public var partsInFlight = 4
        /// Folder of the local store; empty: `media` in the state directory.
        public var folder = ""
        /// What stands before a key in `media_url` of the local store; empty: a file URL.
        public var publicURL = ""
        /// The bucket of Supabase Storage.
        public var bucket = "message-media"
    }

    /// The project whose Storage and Realtime are used.
    public struct Supabase: Hashable, Sendable {
        /// `https://PROJECT.supabase.co`; empty: there is none.
        public var url = ""
    }
}

extension Configuration.Media.Store: ConfigurationValue {}
extension Configuration.Media.FileType: ConfigurationValue {}
