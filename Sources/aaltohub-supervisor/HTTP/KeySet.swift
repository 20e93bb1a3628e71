import AsyncHTTPClient
import Foundation
import NIOCore
import Primitives
import ServiceKit
import SupervisorCore
import Synchronization

/// The public keys with which a Supabase project signs its users' tokens: from a file, or from an address that is asked again and again.
final class KeySet: Sendable {
    /// How often an address is asked, and how often at most when a token names a key that is not known.
    private static let interval = Duration.seconds(600)
    private static let shortest = Duration.seconds(30)
    /// How long it may take to answer, and bytes that it may have.
    private static let patience = TimeAmount.seconds(10)
    private static let mostBytes = 256 << 10

    private let context: ServiceContext
    private let address: String
    /// Those of the file; empty when an address is asked instead.
    let fromFile: [TokenKey]
    private let isWanted = Mutex(false)

    /// Throws (78) when the file cannot be read or holds no keys.
    init(_ context: ServiceContext) throws {
        self.context = context
        let place = context.configuration.supabase.jwks
        if place.hasPrefix("/") {
            address = ""
            guard let data = FileManager.default.contents(atPath: place) else {
                throw ServiceError.configuration("supabase.jwks: \(place) cannot be read")
            }
            do {
                fromFile = try TokenKey.keySet([UInt8](data))
            } catch {
                throw ServiceError.configuration("supabase.jwks: \(place): \(error)")
            }
        } else {
            address = place
            fromFile = []
        }
    }

    /// A token names a key that is not known: it may be a new one.
    func wanted() { isWanted.withLock { $0 = true } }

    /// Asks the address until the task is cancelled, and hands every set over.
    func run(_ take: @Sendable ([TokenKey]) -> Void) async {
        guard !address.isEmpty else { return }
        var last: Instant?
        while !Task.isCancelled, !context.isStopping {
            let isWanted = self.isWanted.withLock { wanted in
                defer { wanted = false }
                return wanted
            }
            let now = SystemClock.now
            if last.map({ now - $0 >= (isWanted ? Self.shortest : Self.interval) }) ?? true {
                do {
                    take(try await fetch())
                    last = now
                } catch {
                    // Asked again soon: without keys nobody of the project gets in.
                    last = now - Self.interval + Self.shortest
                    context.logger.warning("supabase.jwks: \(address): \(error)")
                }
            } else if isWanted {
                wanted()  // its turn comes
            }
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }

    private func fetch() async throws -> [TokenKey] {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: address), timeout: Self.patience)
        guard response.status == .ok else { throw ServiceError.unavailable("it answers \(response.status.code)") }
        let body = try await response.body.collect(upTo: Self.mostBytes)
        return try TokenKey.keySet([UInt8](body.readableBytesView))
    }
}
