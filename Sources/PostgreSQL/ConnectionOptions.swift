import CLibpq

/// Where and how to connect: libpq's connection string with every timeout always set.
public struct ConnectionOptions: Sendable {
    /// Seconds to wait for a session. Below systemd's start timeout, above a slow TLS handshake.
    public static let connectTimeoutSeconds = 10
    /// Milliseconds for which sent data may stay unacknowledged by TCP before the connection counts as dead, at either end.
    public static let tcpUserTimeoutMilliseconds = 20_000
    /// Seconds of silence before, and between, TCP keepalives, and how many may fail: either end notices a cut within 25 s.
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
        var keywords = [("dbname", connectionString), ("application_name", applicationName)]
        if let password { keywords.append(("password", password)) }
        try self.init(keywords: keywords)
    }

    /// Takes keywords and values; a later one overrides an earlier one, and a `dbname` that is a connection string is taken apart first.
    ///
    /// - Parameter statementTimeoutSeconds: nil: the limit above.
    public init(keywords: [(keyword: String, value: String)], statementTimeoutSeconds: Int? = nil) throws(PostgresError) {
        var given: [(keyword: String, value: String)] = []
        func set(_ keyword: String, _ value: String, always: Bool = true) {
            if let i = given.firstIndex(where: { $0.keyword == keyword }) {
                if always { given[i].value = value }
            } else {
                given.append((keyword, value))
            }
        }
        for (keyword, value) in keywords {
            guard !value.utf8.contains(0) else { throw .badOptions("a NUL byte in \(keyword)") }
            if keyword == "dbname", value.contains("=") || value.hasPrefix("postgresql://") || value.hasPrefix("postgres://") {
                for (keyword, value) in try Self.parse(value) { set(keyword, value) }
            } else {
                set(keyword, value)
            }
        }
        set("connect_timeout", String(Self.connectTimeoutSeconds), always: false)
        set("tcp_user_timeout", String(Self.tcpUserTimeoutMilliseconds), always: false)
        set("keepalives", "1", always: false)
        set("keepalives_idle", String(Self.keepalivesIdleSeconds), always: false)
        set("keepalives_interval", String(Self.keepalivesIntervalSeconds), always: false)
        set("keepalives_count", String(Self.keepalivesCount), always: false)
        set("client_encoding", "UTF8")
        parameters = given
        let asked = given.first { $0.keyword == "connect_timeout" }.flatMap { Int($0.value) } ?? 0
        connectTimeoutSeconds = asked > 0 ? asked : Self.connectTimeoutSeconds
        statementTimeoutMilliseconds = statementTimeoutSeconds.map { $0 * 1000 } ?? Self.statementTimeoutMilliseconds
        // Shorter than the statement's, so that the error names the lock.
        lockTimeoutMilliseconds = min(Self.lockTimeoutMilliseconds, statementTimeoutMilliseconds * 2 / 3)
        idleInTransactionTimeoutMilliseconds = Self.idleInTransactionTimeoutMilliseconds
        answerGraceMilliseconds = Self.answerGraceMilliseconds
    }

    private static func parse(_ connectionString: String) throws(PostgresError) -> [(keyword: String, value: String)] {
        var problem: UnsafeMutablePointer<CChar>?
        guard let parsed = PQconninfoParse(connectionString, &problem) else {
            if let problem { PQfreemem(problem) }
            throw .badOptions("neither a postgresql:// URI nor a list of keyword=value; see the libpq documentation")
        }
        defer { PQconninfoFree(parsed) }
        var out: [(keyword: String, value: String)] = []
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { out.append((String(cString: keyword), String(cString: value))) }
            option += 1
        }
        return out
    }

    /// The value of a libpq keyword, as it will be passed; nil for `password`, which is never shown.
    public subscript(keyword: String) -> String? {
        keyword == "password" ? nil : parameters.first { $0.keyword == keyword }?.value
    }
}
