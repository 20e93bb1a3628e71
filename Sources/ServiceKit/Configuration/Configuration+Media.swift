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
        /// Who may read files of the local store from the supervisor.
        public enum Access: String, Hashable, Sendable, CaseIterable { case reader, signed, `public` }
        public var access = Access.reader
        /// Minutes that a signed link is good for.
        public var linkMinutes = 60
        /// The bucket of Supabase Storage.
        public var bucket = "message-media"
    }

    /// The project whose Storage and Realtime are used.
    public struct Supabase: Hashable, Sendable {
        /// `https://PROJECT.supabase.co`; empty: there is none.
        public var url = ""
        /// File or address of the public keys that its tokens are signed with; empty: none are believed.
        public var jwks = ""
    }
}

extension Configuration {
    /// Where files go when they go to Supabase Storage, and the key for it.
    public struct StorageAccess: Sendable {
        /// `https://PROJECT.supabase.co`.
        public var url: String
        public var bucket: String
        /// The service key: printable ASCII, as a header carries it.
        public var key: Secret
    }

    /// Nil: files go elsewhere, or none is fetched. Throws (78) what is missing, and what to do about it.
    public func storageAccess(_ credentials: Credentials) throws(ServiceError) -> StorageAccess? {
        guard media.store == .supabase, !media.types.isEmpty else { return nil }
        guard !supabase.url.isEmpty else {
            throw .configuration(
                "media.store is supabase, and supabase.url is not set: give the project's address (https://PROJECT.supabase.co), "
                    + "or choose media.store: local or none")
        }
        let key = try credentials.require(.supabaseServiceKey)
        guard key.bytes.allSatisfy({ (33...126).contains($0) }) else {
            throw .configuration(
                "credential supabase_service_key is malformed: wanted one line without spaces; "
                    + "copy the service key again from the project's API settings")
        }
        return StorageAccess(url: supabase.url, bucket: media.bucket, key: key)
    }
}

extension Configuration.Media.Store: ConfigurationValue {}
extension Configuration.Media.Access: ConfigurationValue {}
extension Configuration.Media.FileType: ConfigurationValue {}
