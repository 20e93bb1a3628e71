import Foundation
import PostgreSQL
import ServiceKit
import Store
import TelegramClient
import TelegramConnection

extension Configuration.Telegram {
    /// This configuration in the client's words. Reads the files of RSA keys.
    public func clientSettings() throws -> ClientSettings {
        guard apiID > 0 else {
            throw ServiceError.configuration("telegram.api_id is not set: make an application of your own at https://my.telegram.org/apps")
        }
        let keys = try rsaKeyFiles.map { file in
            guard let data = FileManager.default.contents(atPath: file) else {
                throw ServiceError.configuration("telegram.rsa_key_files: \(file) cannot be read")
            }
            return String(decoding: data, as: UTF8.self)
        }
        do {
            return try ClientSettings(
                identity: ClientIdentity(
                    apiID: apiID, deviceModel: deviceModel, systemVersion: systemVersion, appVersion: appVersion,
                    systemLanguage: systemLanguageCode, language: languageCode, languagePack: languagePack),
                layer: layer, servers: usableServers.map { ($0.dc, ServerAddress(host: $0.host, port: $0.port)) }, isTest: test,
                transport: transport.rawValue, rsaKeys: keys)
        } catch {
            throw ServiceError.configuration("\(error)")
        }
    }
}

/// The stage's connection to Postgres: opened at first use, checked for a pooler and for the schema each time it is opened.
public func makeDatabase(_ context: ServiceContext) throws -> Connection {
    let database = context.configuration.database
    var keywords = [("dbname", database.conninfo(of: context.name.stage)), ("application_name", "aaltohub-\(context.name)")]
    if let password = try context.credentials.find(.databasePassword) { keywords.append(("password", password.text)) }
    let options: ConnectionOptions
    do {
        options = try ConnectionOptions(keywords: keywords, statementTimeoutSeconds: database.statementTimeoutSeconds)
    } catch {
        throw ServiceError.configuration("database.conninfo: \(error)")
    }
    return Connection(options) { session in
        try Pooler.refuse(session, options: options)
        try Migrator.check(session)
    }
}
