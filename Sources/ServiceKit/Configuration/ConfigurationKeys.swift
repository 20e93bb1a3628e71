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
                "The role a stage logs in as; {stage} becomes listener, writer, supervisor or ctl. A shared",
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
                "telegram.flood_sleep_threshold_seconds", \.telegram.floodSleepThresholdSeconds, unit: "seconds", check: range(0...86_400),
                "The longest wait imposed by Telegram that a call sleeps through; a longer one is reported."),
            ConfigurationKey(
                "telegram.backfill_login", \.telegram.backfillLogin,
                "Whether `aaltohubctl login` makes a second login for backfill at its end. It is a device of its own",
                "in the account's list."),
            ConfigurationKey(
                "link.credit", \.link.credit, unit: "records", check: range(1...1_000_000),
                "How many records a listener may have sent to the writer without an acknowledgement."),
            ConfigurationKey(
                "link.batch", \.link.batch, unit: "records", check: range(1...5000),
                "The most records in one transaction while nothing is behind; a backlog is drained in larger ones."),
            ConfigurationKey(
                "link.linger_milliseconds", \.link.lingerMilliseconds, unit: "milliseconds", check: range(0...2000),
                "How long the writer waits to fill a batch. 0 commits at once what is there."),
            ConfigurationKey(
                "supervisor.listen", \.supervisor.listen, unit: "host:port",
                "Where the supervisor answers HTTP. Put a reverse proxy with TLS before it to open it to others."),
            ConfigurationKey("logging.level", \.logging.level, reloadable: true, "The least severe entries that are written."),
            ConfigurationKey(
                "logging.format", \.logging.format,
                "auto is the journal's own protocol under systemd, text on a terminal, JSON lines elsewhere."),
        ]
    }

    private static func absolute(_ path: String) -> String? { path.hasPrefix("/") ? nil : "an absolute path" }
    private static func notEmpty(_ text: String) -> String? { text.isEmpty ? "a text that is not empty" : nil }
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
