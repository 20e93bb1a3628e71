import Foundation
import ServiceKit
import TelegramClient
import TelegramConnection

extension Configuration.Telegram {
    /// This configuration in the client's words. Reads the RSA key files.
    func clientSettings() throws -> ClientSettings {
        guard apiID > 0 else {
            throw ServiceError.configuration("telegram.api_id is not set: make an application of your own at https://my.telegram.org/apps")
        }
        var keys: [String] = []
        for path in rsaKeyFiles {
            do {
                keys.append(try String(contentsOfFile: path, encoding: .utf8))
            } catch {
                throw ServiceError.configuration("telegram.rsa_key_files: \(path) cannot be read")
            }
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
