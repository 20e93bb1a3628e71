import Foundation
import PostgreSQL
import ServiceKit
import Store
import TelegramClient
import TelegramConnection

/// The configuration's Telegram section in the client's words.
func clientSettings(_ configuration: Configuration.Telegram) throws -> ClientSettings {
    guard configuration.apiID > 0 else {
        throw ServiceError.configuration("telegram.api_id is not set: get one at https://my.telegram.org and put it into the configuration")
    }
    let identity = ClientIdentity(
        apiID: configuration.apiID, deviceModel: configuration.deviceModel, systemVersion: configuration.systemVersion,
        appVersion: configuration.appVersion, systemLanguage: configuration.systemLanguageCode, language: configuration.languageCode,
        languagePack: configuration.languagePack)
    let keys = try configuration.rsaKeyFiles.map { file in
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ServiceError.configuration("telegram.rsa_key_files: \(file) cannot be read")
        }
        return String(decoding: data, as: UTF8.self)
    }
    return try ClientSettings(
        identity: identity, layer: configuration.layer,
        servers: configuration.usableServers.map { ($0.dc, ServerAddress(host: $0.host, port: $0.port)) }, isTest: configuration.test,
        transport: configuration.transport.rawValue, rsaKeys: keys)
}

/// The listener's connection to Postgres: opened at first use, checked for a pooler and for the schema each time it is opened.
func makeDatabase(_ context: ServiceContext) throws -> Connection {
    let database = context.configuration.database
    var keywords = [("dbname", database.conninfo(of: .listener)), ("application_name", "aaltohub-\(context.name)")]
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
