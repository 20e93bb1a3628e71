import AccountStage
import PostgreSQL
import ServiceKit
import Store

extension CommonOptions {
    /// How the operator's tool reaches the database.
    ///
    /// - Parameter user: another role than `database.user` says.
    func databaseOptions(user: String? = nil) throws -> ConnectionOptions {
        let configuration = try configuration()
        var keywords = [("dbname", configuration.database.conninfo(of: .ctl)), ("application_name", "aaltohubctl")]
        if let user { keywords.append(("user", user)) }
        if let password = try credentials.find(.databasePassword) { keywords.append(("password", password.text)) }
        return try ConnectionOptions(keywords: keywords, statementTimeoutSeconds: configuration.database.statementTimeoutSeconds)
    }

    /// Runs the body with a connection whose schema is this build's, and closes it.
    func withDatabase<T: Sendable>(_ body: (Connection) async throws -> T) async throws -> T {
        let options = try databaseOptions()
        let connection = Connection(options) { session in
            try Pooler.refuse(session, options: options)
            try Migrator.check(session)
        }
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}

extension CommonOptions {
    /// An account's login, as this tool may use it.
    func access(_ account: String, _ database: Connection) throws -> AccountAccess {
        AccountAccess(
            account, try configuration(), database, masterKey: try credentials.masterKey().bytes, actor: operatorName(),
            notice: { notice($0) })
    }
}

private func ending(_ error: any Error) -> ServiceError {
    ServiceError(exitCode(of: error).flatMap(ExitStatus.init) ?? .internal, DatabaseDoctor.remedy(error))
}

extension PostgresError: ServiceErrorConvertible {
    public var serviceError: ServiceError { ending(self) }
}

extension SchemaError: ServiceErrorConvertible {
    public var serviceError: ServiceError { ending(self) }
}

extension StoreError: ServiceErrorConvertible {
    public var serviceError: ServiceError { ending(self) }
}
