/// What an operator may set: one YAML file (`/etc/aaltohub/aaltohub.yaml`) and, above it, environment variables.
///
/// The properties hold the defaults; `Configuration.keys` names each one in the file with its unit and its manual text;
/// `ops/aaltohub.yaml` is `Configuration.shippedFile`. No secret stands in it: those are credentials (`Credentials`).
public struct Configuration: Hashable, Sendable {
    /// Where a service looks for the file unless `--config` names another.
    public static let defaultPath = "/etc/aaltohub/aaltohub.yaml"

    /// Folder of the sockets: `link/`, `tap/` and `control/` lie in it.
    public var runtimeDirectory = "/run/aaltohub"
    /// Folder of what outlives a restart: locks, sealed copies.
    public var stateDirectory = "/var/lib/aaltohub"
    public var database = Database()
    public var telegram = Telegram()
    public var link = Link()
    public var listener = Listener()
    public var backfill = Backfill()
    public var media = Media()
    public var supabase = Supabase()
    public var broadcast = Broadcast()
    public var supervisor = Supervisor()
    public var alarms = Alarms()
    public var logging = Logging()

    public init() {}

    /// Where Postgres is and how patient we are with it.
    public struct Database: Hashable, Sendable {
        /// libpq's conninfo, keywords or URL, without user and password.
        public var conninfo = "host=/var/run/postgresql dbname=aaltohub"
        /// The role of a stage; `{stage}` stands for listener, writer, backfill, supervisor or ctl.
        public var user = "aaltohub_{stage}"
        /// Seconds until a connection attempt is given up.
        public var connectTimeoutSeconds = 5
        /// Seconds until a statement is given up.
        public var statementTimeoutSeconds = 30
    }

    /// Which Telegram server, and who we say we are.
    public struct Telegram: Hashable, Sendable {
        /// The api_id from https://my.telegram.org; 0 is unset. Its api_hash is a credential.
        public var apiID: Int32 = 0
        public var deviceModel = "Server"
        public var systemVersion = "Linux"
        public var appVersion = ServiceVersion.number
        public var systemLanguageCode = "en"
        public var languageCode = "en"
        public var languagePack = ""
        /// The schema layer that is declared to the server.
        public var layer: Int32 = 229
        /// Addresses of the data centres: `dc host:port`.
        public var servers = [
            Server(dc: 1, host: "149.154.175.50", port: 443), Server(dc: 2, host: "149.154.167.51", port: 443),
            Server(dc: 3, host: "149.154.175.100", port: 443), Server(dc: 4, host: "149.154.167.91", port: 443),
            Server(dc: 5, host: "149.154.171.5", port: 443), Server(dc: 1, host: "2001:b28:f23d:f001::a", port: 443),
            Server(dc: 2, host: "2001:67c:4e8:f002::a", port: 443), Server(dc: 3, host: "2001:b28:f23d:f003::a", port: 443),
            Server(dc: 4, host: "2001:67c:4e8:f004::a", port: 443), Server(dc: 5, host: "2001:b28:f23f:f005::a", port: 443),
        ]
        /// PEM files of the server's RSA public keys; empty means Telegram's own.
        public var rsaKeyFiles: [String] = []
        public var transport = Transport.intermediate
        /// Whether IPv6 addresses of `servers` are used.
        public var ipv6 = false
        /// Whether the addresses that the server tells are used beside those of `servers`.
        public var useConfigAddresses = UseConfigAddresses.auto
        /// Whether the data centres are Telegram's test ones: their ids are sent plus 10,000.
        public var test = false
        /// The data centre that a first login goes to.
        public var homeDC = 2
        /// The longest flood wait, in seconds, that a call sleeps through.
        public var floodSleepThresholdSeconds = 300
        /// Whether a login makes another one for backfill at its end.
        public var backfillLogin = true

        public enum Transport: String, Hashable, Sendable, CaseIterable { case abridged, intermediate, padded, full, obfuscated }

        /// auto: while `servers` are Telegram's own, the default.
        public enum UseConfigAddresses: String, Hashable, Sendable, CaseIterable { case auto, always, never }

        /// `useConfigAddresses`, decided.
        public var usesConfigAddresses: Bool {
            switch useConfigAddresses {
            case .auto: servers == Telegram().servers
            case .always: true
            case .never: false
            }
        }

        /// The addresses that may be used, in the file's order.
        public var usableServers: [Server] { servers.filter { ipv6 || !$0.isIPv6 } }
    }

    /// The address of one data centre.
    public struct Server: Hashable, Sendable {
        public let dc: Int
        /// A host name or an IP address, without brackets.
        public let host: String
        public let port: Int
        public init(dc: Int, host: String, port: Int) {
            self.dc = dc
            self.host = host
            self.port = port
        }
        public var isIPv6: Bool { host.contains(":") }
    }

    /// The link from listeners to the writer.
    public struct Link: Hashable, Sendable {
        /// Records a producer may send beyond the last acknowledged one.
        public var credit = 10_000
        /// Records in one transaction while nothing is behind.
        public var batch = 50
        /// Milliseconds the writer waits to fill a batch.
        public var lingerMilliseconds = 0
    }

    /// The supervisor's HTTP server.
    public struct Supervisor: Hashable, Sendable {
        public var listen = ListenAddress(host: "127.0.0.1", port: 8080)
        /// The address under which browsers know it; empty: the one they ask.
        public var publicURL = ""
        /// Whether the last address of `X-Forwarded-For` is the caller's: only where a proxy of ours sets it.
        public var trustForwardedFor = false
        /// Hours that a page's login lasts.
        public var sessionHours = 12
    }

    /// `host:port` that a server of ours binds.
    public struct ListenAddress: Hashable, Sendable {
        public let host: String
        public let port: Int
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    public struct Logging: Hashable, Sendable {
        public var level = Level.info
        public var format = Format.auto

        public enum Level: String, Hashable, Sendable, CaseIterable { case trace, debug, info, notice, warning, error, critical }
        public enum Format: String, Hashable, Sendable, CaseIterable { case auto, json, journal, text }
    }
}
