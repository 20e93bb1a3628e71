import CLibpq

/// Where and how to connect: libpq's connection string with every timeout always set.
public struct ConnectionOptions: Sendable {
    /// Seconds to wait for a session. Below systemd's start timeout, above a slow TLS handshake.
    public static let connectTimeoutSeconds = 10
    /// Milliseconds for which sent data may stay unacknowledged by TCP before the connection counts as dead.
    public static let tcpUserTimeoutMilliseconds = 20_000
    /// Seconds of silence before, and between, TCP keepalives, and how many may fail.
    public static let keepalivesIdleSeconds = 10
    public static let keepalivesIntervalSeconds = 5
    public static let keepalivesCount = 3
    /// Longest time for one statement on the server.
    public static let statementTimeoutMilliseconds = 30_000
    /// Longest wait for one lock on the server; shorter than a statement's, so that the error names the lock.
    public static let lockTimeoutMilliseconds = 20_000
    /// A transaction of a stalled client is ended, since it would hold the producer's row.
    public static let idleInTransactionTimeoutMilliseconds = 60_000
    /// Added to the statement timeout before the client itself gives up.
    public static let answerGraceMilliseconds = 5_000

    /// libpq keywords and values in the order in which they are passed.
    private(set) var parameters: [(keyword: String, value: String)]
    public var statementTimeoutMilliseconds: Int
    public var lockTimeoutMilliseconds: Int
    public var idleInTransactionTimeoutMilliseconds: Int
    public var answerGraceMilliseconds: Int
    var connectTimeoutSeconds: Int

    /// Reads a `postgresql://` URI or a `keyword=value` string. What it does not set is set to the limits above; TLS settings
    /// (`sslmode`, `sslrootcert`, …) pass through. `password` (from a credential) takes the place of the one in the string.
    /// https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING
    public init(_ connectionString: String, applicationName: String, password: String? = nil) throws(PostgresError) {
        guard !connectionString.utf8.contains(0) else { throw .badOptions("it contains a NUL byte") }
        var problem: UnsafeMutablePointer<CChar>?
        guard let parsed = PQconninfoParse(connectionString, &problem) else {
            if let problem { PQfreemem(problem) }
            throw .badOptions("neither a postgresql:// URI nor a list of keyword=value; see the libpq documentation")
        }
        defer { PQconninfoFree(parsed) }
        var given: [(keyword: String, value: String)] = []
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { given.append((String(cString: keyword), String(cString: value))) }
            option += 1
        }
        func set(_ keyword: String, _ value: String, always: Bool = false) {
            if let i = given.firstIndex(where: { $0.keyword == keyword }) {
                if always { given[i].value = value }
            } else {
                given.append((keyword, value))
            }
        }
        set("connect_timeout", String(Self.connectTimeoutSeconds))
        set("tcp_user_timeout", String(Self.tcpUserTimeoutMilliseconds))
        set("keepalives", "1")
        set("keepalives_idle", String(Self.keepalivesIdleSeconds))
        set("keepalives_interval", String(Self.keepalivesIntervalSeconds))
        set("keepalives_count", String(Self.keepalivesCount))
        set("application_name", applicationName, always: true)
        set("client_encoding", "UTF8", always: true)
        if let password { set("password", password, always: true) }
        parameters = given
        let asked = given.first { $0.keyword == "connect_timeout" }.flatMap { Int($0.value) } ?? 0
        connectTimeoutSeconds = asked > 0 ? asked : Self.connectTimeoutSeconds
        statementTimeoutMilliseconds = Self.statementTimeoutMilliseconds
        lockTimeoutMilliseconds = Self.lockTimeoutMilliseconds
        idleInTransactionTimeoutMilliseconds = Self.idleInTransactionTimeoutMilliseconds
        answerGraceMilliseconds = Self.answerGraceMilliseconds
    }

    /// The value of a libpq keyword, as it will be passed; nil for `password`, which is never shown.
    public subscript(keyword: String) -> String? {
        keyword == "password" ? nil : parameters.first { $0.keyword == keyword }?.value
    }
}
