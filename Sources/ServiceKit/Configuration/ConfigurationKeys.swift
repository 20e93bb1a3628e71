/// One key of the file: where it stands, what it means, how it is read and shown.
public struct ConfigurationKey {
    /// `section.key`, or `key` at the top.
    public let name: String
    /// For a person: what it sets. One line of the shipped file per element.
    public let manual: [String]
    /// The unit, or the form, of the value.
    public let unit: String
    /// Whether SIGHUP takes a change over; the others need a restart.
    public let isReloadable: Bool
    /// Whether it is a list in the file (and comma-separated in the environment).
    public let isList: Bool
    let read: (inout Configuration, [String]) throws(BadValue) -> Void
    let values: (Configuration) -> [String]

    init<Value: ConfigurationValue>(
        _ name: String, _ path: WritableKeyPath<Configuration, Value>, unit: String = Value.form, reloadable: Bool = false,
        check: @escaping (Value) -> String? = { _ in nil }, _ manual: String...
    ) {
        self.name = name
        self.manual = manual
        self.unit = unit
        isReloadable = reloadable
        isList = Value.isList
        read = { (configuration, texts) throws(BadValue) in
            let value = try Value(configuration: texts)
            if let complaint = check(value) { throw BadValue(wanted: complaint) }
            configuration[keyPath: path] = value
        }
        values = { $0[keyPath: path].configurationTexts }
    }

    /// The name of the variable that overrides it.
    public var variable: String { "AALTOHUB_" + name.replacingCharacter(".", with: "_").uppercased() }
}

/// Why a value was refused: what was wanted instead.
struct BadValue: Error { let wanted: String }

extension Configuration {
    /// Every key there is, in the order of the shipped file.
    public static var keys: [ConfigurationKey] {
        [
            ConfigurationKey(
                "runtime_directory", \.runtimeDirectory, unit: "absolute path", check: absolute,
                "Folder of the sockets between the services. Its permissions are the authorisation: who may",
                "enter it may tap and control."),
            ConfigurationKey(
                "state_directory", \.stateDirectory, unit: "absolute path", check: absolute,
                "Folder of what a service keeps over a restart: locks and sealed copies."),
            ConfigurationKey(
                "database.conninfo", \.database.conninfo, unit: "libpq conninfo, keywords or URL", check: conninfo,
                "Where Postgres is, without user and password: the user is the key below, the password comes",
                "from the credential database_password, from PGPASSFILE, or is not needed (peer, certificate).",
                "A transaction pooler does not work: connect to Postgres itself or to a session pooler."),
            ConfigurationKey(
                "database.user", \.database.user, unit: "role name, {stage} is replaced", check: notEmpty,
                "The role a stage logs in as; {stage} becomes listener, writer, backfill, supervisor or ctl. A shared",
                "pooler may want a suffix: aaltohub_{stage}.PROJECT"),
            ConfigurationKey(
                "database.connect_timeout_seconds", \.database.connectTimeoutSeconds, unit: "seconds", check: range(1...300),
                "How long a connection attempt may take."),
            ConfigurationKey(
                "database.statement_timeout_seconds", \.database.statementTimeoutSeconds, unit: "seconds", check: range(1...3600),
                "How long a statement may take."),
            ConfigurationKey(
                "telegram.api_id", \.telegram.apiID, unit: "number, 0 is unset", check: { $0 < 0 ? "0 or more" : nil },
                "Your own api_id from https://my.telegram.org. Its api_hash is a credential, never a key here."),
            ConfigurationKey(
                "telegram.device_model", \.telegram.deviceModel, check: notEmpty, "What Telegram shows under active sessions."),
            ConfigurationKey("telegram.system_version", \.telegram.systemVersion, check: notEmpty, "Likewise."),
            ConfigurationKey("telegram.app_version", \.telegram.appVersion, check: notEmpty, "Likewise."),
            ConfigurationKey(
                "telegram.system_language_code", \.telegram.systemLanguageCode, check: notEmpty,
                "Language of the system, as Telegram names it."
            ),
            ConfigurationKey("telegram.language_code", \.telegram.languageCode, check: notEmpty, "Language of the application."),
            ConfigurationKey("telegram.language_pack", \.telegram.languagePack, "Empty unless the api_id belongs to an official client."),
            ConfigurationKey(
                "telegram.layer", \.telegram.layer, unit: "schema layer", check: range(158...229),
                "The layer declared to the server. Lower it only for a server that does not speak the newest."),
            ConfigurationKey(
                "telegram.servers", \.telegram.servers, unit: "list of: dc host:port",
                "Addresses of the data centres, by default Telegram's own; the first usable one of a data centre",
                "is tried first. Another server: its addresses here and its key in rsa_key_files."),
            ConfigurationKey(
                "telegram.rsa_key_files", \.telegram.rsaKeyFiles, unit: "list of PEM files",
                "RSA public keys of the server; an empty list means Telegram's own, which are built in."),
            ConfigurationKey("telegram.transport", \.telegram.transport, "How MTProto packets are framed on TCP."),
            ConfigurationKey("telegram.ipv6", \.telegram.ipv6, "Whether the IPv6 addresses of the list are used."),
            ConfigurationKey(
                "telegram.use_config_addresses", \.telegram.useConfigAddresses,
                "Whether the listener connects to the addresses that the server tells (help.getConfig, updateDcOptions)",
                "before those of the list. auto: while the list is the default."),
            ConfigurationKey("telegram.test", \.telegram.test, "Whether these are Telegram's test data centres."),
            ConfigurationKey(
                "telegram.home_dc", \.telegram.homeDC, unit: "data centre id", check: range(1...999),
                "The data centre a first login goes to; Telegram moves the login if the account lives elsewhere."),
            ConfigurationKey(
                "telegram.flood_sleep_threshold_seconds", \.telegram.floodSleepThresholdSeconds, unit: "seconds", reloadable: true,
                check: range(0...86_400),
                "The longest wait imposed by Telegram that a call sleeps through; a longer one is reported."),
            ConfigurationKey(
                "telegram.backfill_login", \.telegram.backfillLogin,
                "Whether `aaltohubctl login` makes a second login for backfill at its end. It is a device of its own",
                "in the account's list."),
            ConfigurationKey(
                "link.credit", \.link.credit, unit: "records", check: range(1...1_000_000),
                "How many records a listener may have sent to the writer without an acknowledgement."),
            ConfigurationKey(
                "link.batch", \.link.batch, unit: "records", reloadable: true, check: range(1...5000),
                "The most records in one transaction while nothing is behind; a backlog is drained in larger ones."),
            ConfigurationKey(
                "link.linger_milliseconds", \.link.lingerMilliseconds, unit: "milliseconds", reloadable: true, check: range(0...2000),
                "How long the writer waits to fill a batch. 0 commits at once what is there; only while live records come",
                "by the hundreds a second does it wait for company, as long as a transaction takes and 4 ms at most."),
            ConfigurationKey(
                "listener.spool_megabytes", \.listener.spoolMegabytes, unit: "MiB", check: range(8...1_048_576),
                "How much of what the writer has not committed a listener keeps on its disk. Beyond it Telegram is not",
                "read until there is room, and what Telegram does not keep so long is recorded as a gap."),
            ConfigurationKey(
                "backfill.days", \.backfill.days, unit: "days", check: range(1...3650),
                "How much of the past of every group is kept complete."),
            ConfigurationKey(
                "backfill.pace_milliseconds_per_page", \.backfill.paceMillisecondsPerPage, unit: "milliseconds", reloadable: true,
                check: range(0...600_000),
                "The least time between two pages of 100 messages, over the whole account. 0 asks as fast as Telegram",
                "allows; its flood waits are kept either way."),
            ConfigurationKey(
                "backfill.parallel_groups", \.backfill.parallelGroups, unit: "groups", check: range(1...16),
                "How many groups are crawled at once. The pace is for all of them together."),
            ConfigurationKey(
                "backfill.recent_minutes", \.backfill.recentMinutes, unit: "minutes", check: range(0...1440),
                "How much of each group is looked at again at every interval, for edits and deletions that nobody told.",
                "0 leaves it."),
            ConfigurationKey(
                "backfill.recent_messages", \.backfill.recentMessages, unit: "messages", check: range(100...10_000),
                "The most messages that such a look takes."),
            ConfigurationKey(
                "backfill.interval_seconds", \.backfill.intervalSeconds, unit: "seconds", check: range(1...86_400),
                "How often a group is looked at again, and how often at most its gaps are filled."),
            ConfigurationKey(
                "backfill.new_groups_seconds", \.backfill.newGroupsSeconds, unit: "seconds", check: range(1...86_400),
                "How often the account's dialogs are walked through while a registered group is not found among them."),
            ConfigurationKey(
                "media.store", \.media.store,
                "Where files of messages are put: in a folder here, into a bucket of Supabase Storage, or none is fetched."),
            ConfigurationKey("media.types", \.media.types, "Which files are fetched."),
            ConfigurationKey(
                "media.maximum_megabytes", \.media.maximumMegabytes, unit: "MiB", check: range(1...8192),
                "The largest file that is fetched."),
            ConfigurationKey(
                "media.parallel_files", \.media.parallelFiles, unit: "files", check: range(1...16), "How many files are fetched at once."),
            ConfigurationKey(
                "media.parts_in_flight", \.media.partsInFlight, unit: "parts of 1 MiB", check: range(1...16),
                "How many parts of one file are under way at once. All of them are held in memory."),
            ConfigurationKey(
                "media.folder", \.media.folder, unit: "absolute path, or empty", check: { $0.isEmpty ? nil : absolute($0) },
                "Folder of the local store; empty means `media` in the state directory."),
            ConfigurationKey(
                "media.public_url", \.media.publicURL, unit: "URL, or empty", check: { $0.isEmpty ? nil : url($0) },
                "What stands before a file's key in media_url where the local store is used: the supervisor's own",
                "https://HOST/media, or where a web server shows the folder; empty gives file URLs."),
            ConfigurationKey(
                "media.access", \.media.access,
                "Who may read files of the local store from the supervisor (/media/KEY): whoever may read messages; or also",
                "who has a link that is signed and expires, which a reader asks for (POST /media/links); or everybody.",
                "media_url is the plain address in each case, so only with public does it open for whoever has it."),
            ConfigurationKey(
                "media.link_minutes", \.media.linkMinutes, unit: "minutes", check: range(1...10_080),
                "How long a signed link is good for."),
            ConfigurationKey(
                "media.bucket", \.media.bucket, unit: "name", check: bucket, "The bucket of Supabase Storage. It must be there."),
            ConfigurationKey(
                "supabase.url", \.supabase.url, unit: "https://PROJECT.supabase.co, or empty", check: { $0.isEmpty ? nil : url($0) },
                "The Supabase project. Its service key is the credential supabase_service_key, never a key here."),
            ConfigurationKey(
                "supabase.jwks", \.supabase.jwks, unit: "absolute path or https:// URL, or empty", check: { $0.isEmpty ? nil : keySet($0) },
                "The public keys with which the project signs its users' tokens, where it uses asymmetric ones:",
                "https://PROJECT.supabase.co/auth/v1/.well-known/jwks.json. Redirects are not followed. Whoever the system",
                "trusts (/etc/ssl/certs) may answer, or with SSL_CERT_FILE=FILE.pem in the environment whom that names;",
                "so it is for supabase.url and broadcast.url, too. A legacy secret is the credential supabase_jwt_secret."),
            ConfigurationKey(
                "broadcast.sink", \.broadcast.sink,
                "Where changes of messages are sent beside the supervisor's own feed (GET /changes, its websocket): to the",
                "project's Supabase Realtime, with the credential supabase_service_key, or nowhere. It begins with what changes then."),
            ConfigurationKey(
                "broadcast.url", \.broadcast.url, unit: "URL, or empty", check: { $0.isEmpty ? nil : url($0) },
                "The endpoint of another Realtime server, as http://HOST:4000/api/broadcast; empty: that of supabase.url."),
            ConfigurationKey("broadcast.channel", \.broadcast.channel, check: notEmpty, "The channel that frontends subscribe to."),
            ConfigurationKey(
                "broadcast.private", \.broadcast.isPrivate,
                "Whether it is a private channel: then policies on realtime.messages say who may hear it."),
            ConfigurationKey(
                "broadcast.messages_per_second", \.broadcast.messagesPerSecond, unit: "messages", check: range(1...100_000),
                "The most that are sent in any second. Plans count each delivery to each subscriber, too: divide theirs (100 on",
                "Free, 500 on Pro) by one more than the subscribers. A fifth is kept for live changes; after a 429 it is halved",
                "for a while. A crawl's changes go at the rate that is left, the newest of each message."),
            ConfigurationKey(
                "broadcast.payload_kilobytes", \.broadcast.payloadKilobytes, unit: "KB", check: range(1...3900),
                "The largest row that is sent; larger ones are skipped and counted."),
            ConfigurationKey(
                "broadcast.batch_messages", \.broadcast.batchMessages, unit: "messages", check: range(1...1000),
                "The most in one request."),
            ConfigurationKey(
                "broadcast.patience_seconds", \.broadcast.patienceSeconds, unit: "seconds", check: range(1...604_800),
                "How old a change may become while the endpoint refuses everything or is silent; then it is skipped and counted."),
            ConfigurationKey(
                "broadcast.keep_days", \.broadcast.keepDays, unit: "days", check: range(1...365),
                "How long the writer keeps changes for GET /changes and for an endpoint that is away."),
            ConfigurationKey(
                "supervisor.listen", \.supervisor.listen, unit: "host:port",
                "Where the supervisor answers HTTP. Put a reverse proxy with TLS before it to open it to others."),
            ConfigurationKey(
                "supervisor.public_url", \.supervisor.publicURL, unit: "URL, or empty", check: { $0.isEmpty ? nil : url($0) },
                "The address under which browsers reach it, as behind a reverse proxy; only pages from there may change",
                "anything, and with https:// their cookie is never sent without TLS. Empty: the address that is asked."),
            ConfigurationKey(
                "supervisor.trust_forwarded_for", \.supervisor.trustForwardedFor,
                "Whether the last address in X-Forwarded-For is the caller's, whose wrong tokens are counted. Only behind",
                "a reverse proxy that sets it: anybody else could write there what he likes."),
            ConfigurationKey(
                "supervisor.session_hours", \.supervisor.sessionHours, unit: "hours", check: range(1...720),
                "How long a login at its pages lasts; one with a token that ends sooner ends with it."),
            ConfigurationKey(
                "alarms.command", \.alarms.command, unit: "list: absolute path, arguments",
                check: { $0.first?.hasPrefix("/") ?? true ? nil : "the program's absolute path first" },
                "A program that the supervisor runs when an alarm begins, goes on or ends (ops/RUNBOOK.md), without a",
                "shell, with JSON on its standard input, for 30 s at most; no message and no name is in it. Empty: none."),
            ConfigurationKey(
                "alarms.repeat_minutes", \.alarms.repeatMinutes, unit: "minutes, 0 is never", check: range(0...10_080),
                "After how long an alarm that goes on is told again."),
            ConfigurationKey("logging.level", \.logging.level, reloadable: true, "The least severe entries that are written."),
            ConfigurationKey(
                "logging.format", \.logging.format,
                "auto is the journal's own protocol under systemd, text on a terminal, JSON lines elsewhere."),
        ]
    }

    private static func absolute(_ path: String) -> String? { path.hasPrefix("/") ? nil : "an absolute path" }
    private static func url(_ text: String) -> String? {
        let rest = text.hasPrefix("https://") ? text.dropFirst(8) : text.hasPrefix("http://") ? text.dropFirst(7) : ""
        let authority = rest.prefix { $0 != "/" }
        // Whoever reads the file must not find a password in it.
        return authority.isEmpty || authority.contains("@") ? "a URL that begins with https:// or http:// and names no user" : nil
    }
    /// Keys that came without TLS could be anybody's.
    private static func keySet(_ text: String) -> String? {
        text.hasPrefix("/") || text.hasPrefix("https://") && url(text) == nil ? nil : "an absolute path, or a URL that begins with https://"
    }
    private static func notEmpty(_ text: String) -> String? { text.isEmpty ? "a text that is not empty" : nil }
    /// Such as stand in a URL as they are: what Supabase's dashboard makes, without the characters that would have to be escaped.
    private static func bucket(_ text: String) -> String? {
        let fits = text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-._".utf8.contains(byte)
        }
        let isName = fits && (1...bucketCharacters).contains(text.utf8.count) && text.utf8.contains { $0 != UInt8(ascii: ".") }
        return isName ? nil : "a bucket's name: 1 to \(bucketCharacters) letters, digits, hyphens, underscores and points"
    }
    /// Characters of a bucket's name that Supabase Storage takes.
    private static let bucketCharacters = 100
    private static func range<Number: BinaryInteger>(_ allowed: ClosedRange<Number>) -> (Number) -> String? {
        { allowed.contains($0) ? nil : "a number from \(allowed.lowerBound) to \(allowed.upperBound)" }
    }

    /// The file is readable by all stages, so neither a password nor another user's name belongs in the conninfo.
    private static func conninfo(_ text: String) -> String? {
        if text.isEmpty { return "a conninfo such as \"host=/var/run/postgresql dbname=aaltohub\"" }
        let isURL = text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
        if isURL {
            let authority = text.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" && $0 != "?" }
            if let at = authority.lastIndex(of: "@") {
                return authority[..<at].contains(":")
                    ? "a URL without a password (put it into the credential database_password)"
                    : "a URL without a user (database.user names it)"
            }
        }
        // libpq takes any white space between the pairs, and around each "=": the word before one is a name.
        let names = text.split(separator: "=", omittingEmptySubsequences: false).dropLast().compactMap { before in
            before.split { $0.isWhitespace || $0 == "?" || $0 == "&" }.last.map { String($0) }
        }
        if names.contains("password") || names.contains("sslpassword") {
            return "a conninfo without a password (put it into the credential database_password)"
        }
        if names.contains("user") { return "a conninfo without a user (database.user names it)" }
        return nil
    }
}
