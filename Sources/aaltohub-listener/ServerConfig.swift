import Foundation
import Primitives
import ServiceKit
import Store
import TL
import TelegramConnection

/// How long after a failure help.getConfig is asked again, and the shortest time between two: the server's own `expires` is hours away.
private let configRetry = Duration.seconds(300)

/// Keeps what the server tells of itself: asks when the stored config has expired, stores the answer, and goes by its addresses, unless
/// the operator has named some.
func followConfiguration(
    _ store: TelegramConfigStore, _ api: TelegramAPI, dc: Int32, _ context: ServiceContext
) async {
    let telegram = context.configuration.telegram
    func use(_ config: TLObject) async {
        guard telegram.servers == Configuration().telegram.servers, let told = ServerConfiguration(config) else { return }
        let own = telegram.usableServers.filter { $0.dc == Int(dc) }.map { ServerAddress(host: $0.host, port: $0.port) }
        let addresses = told.directory.addresses(of: dc, isObfuscated: telegram.transport == .obfuscated)
            .filter { telegram.ipv6 || !$0.host.contains(":") }
        await api.connection.setAddresses(addresses + own.filter { !addresses.contains($0) })
    }
    var isKnown = false
    while !Task.isCancelled {
        var wait = configRetry
        do {
            let now = SystemClock.unix
            let stored = try await store.load()
            var expires = stored?.expires ?? now
            if !isKnown, let stored, let object = TLObject(text: stored.config) {
                await use(object)
                isKnown = true
            }
            if expires <= now {
                let config = try await api.once(TLObject("help.getConfig"))
                guard let object = config.object, let told = object["expires"]?.int else {
                    throw CallFailureText(description: "help.getConfig was answered strangely")
                }
                expires = UnixTime(seconds: told)
                try await store.save(object.json.text, expires: expires)
                await use(object)
                isKnown = true
                context.logger.info("the server's configuration is stored", metadata: ["expires": "\(told)"])
            }
            wait = max(configRetry, expires - now)
        } catch {
            context.logger.info("the server's configuration is not known: \(error)")
        }
        do { try await Task.sleep(for: wait) } catch { return }
    }
}

extension TLObject {
    /// Reads the JSON text of `json`.
    fileprivate init?(text: String) {
        // What another build has stored may be nothing to this one.
        guard let json = try? JSONDecoder().decode(JSON.self, from: Data(text.utf8)) else { return nil }
        self.init(json: json)
    }
}

private struct CallFailureText: Error, CustomStringConvertible { let description: String }
