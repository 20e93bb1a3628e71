import Logging
import Primitives
import ServiceKit
import TelegramConnection

extension Checks {
    /// How long the server may take for a connection and a key exchange, all its addresses tried.
    private static let exchangePatience = Duration.seconds(15)

    /// Whether the home data centre makes a key with us: its addresses, its RSA key, the network between. An accepted TCP
    /// connection alone would prove nothing. The key is thrown away.
    func telegram() async -> [Finding] {
        let dc = configuration.telegram.homeDC
        let connection: TelegramConnection
        do {
            let quiet = Logger(label: "doctor") { _ in SwiftLogNoOpLogHandler() }
            connection = TelegramConnection(try configuration.telegram.clientSettings().connection(dc: Int32(dc)), logger: quiet)
        } catch let error as ServiceError {
            return [.wrong("telegram", error)]
        } catch {
            return [.wrong("telegram", "\(error)", "check telegram.servers, home_dc and ipv6")]
        }
        await connection.start()
        let finding = await withTaskGroup { group in
            group.addTask { await exchange(over: connection, dc: dc) }
            group.addTask {
                // Cancelled as soon as the exchange is over.
                try? await Task.sleep(for: Checks.exchangePatience)
                return Finding.wrong(
                    "telegram", "data centre \(dc) made no key within \(Checks.exchangePatience)", "check the network and telegram.servers",
                    .unavailable)
            }
            defer { group.cancelAll() }
            return await group.next()
        }
        await connection.close()
        return finding.map { [$0] } ?? []
    }

    private func exchange(over connection: TelegramConnection, dc: Int) async -> Finding {
        for await event in connection.events {
            switch event {
            case .authorizationKey: return .ok("telegram", "data centre \(dc) answers and holds the RSA key")
            case .disconnected(.keyExchangeFailed(.noKnownRSAKey?)):
                return .wrong(
                    "telegram", "data centre \(dc) holds none of the RSA keys that we trust",
                    "telegram.rsa_key_files names the keys of telegram.servers; empty means Telegram's own")
            case .disconnected(.connectFailed(let words)):
                let refused = words.contains("Connection refused") ? "nobody listens there (connection refused)" : words
                let addresses = configuration.telegram.usableServers.filter { $0.dc == dc }.map { "\($0.host):\($0.port)" }
                return .wrong(
                    "telegram", "data centre \(dc) at \(addresses.joined(separator: ", ")): \(refused)",
                    "check the network and telegram.servers", .unavailable)
            case .disconnected(let reason):
                return .wrong("telegram", "data centre \(dc): \(reason)", "check the network and telegram.servers", .unavailable)
            default: continue
            }
        }
        return .wrong("telegram", "data centre \(dc): the connection ended", "try again", .unavailable)
    }
}
