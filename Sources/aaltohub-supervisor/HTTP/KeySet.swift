import AsyncHTTPClient
import Foundation
import HTTPS
import NIOCore
import Primitives
import ServiceKit
import SupervisorCore
import Synchronization

/// The public keys with which a Supabase project signs its users' tokens: from a file, or from an address that is asked again and again.
final class KeySet: Sendable {
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
        let client = HTTPS.client()
        await ask(client, take)
        do {
            try await client.shutdown()
        } catch {
            context.logger.debug("supabase.jwks: \(error)")
        }
    }

    private func ask(_ client: HTTPClient, _ take: @Sendable ([TokenKey]) -> Void) async {
        var times = AskingTimes()
        var generator = SystemRandomNumberGenerator()
        var trouble: String?
        while !Task.isCancelled, !context.isStopping {
            let isWanted = self.isWanted.withLock { wanted in
                defer { wanted = false }
                return wanted
            }
            if times.isDue(now: SystemClock.now, isWanted: isWanted) {
                do {
                    take(try await fetch(client))
                    times.answered(now: SystemClock.now)
                    if trouble != nil { context.logger.notice("supabase.jwks: \(address) answers again") }
                    trouble = nil
                } catch {
                    times.failed(now: SystemClock.now, using: &generator)
                    let reason = HTTPS.reason(error)
                    if reason != trouble { context.logger.warning("supabase.jwks: \(address): \(reason)") }
                    trouble = reason
                }
            } else if isWanted {
                wanted()  // its turn comes
            }
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }

    private func fetch(_ client: HTTPClient) async throws -> [TokenKey] {
        let response = try await client.execute(HTTPClientRequest(url: address), timeout: Self.patience)
        guard response.status == .ok else { throw ServiceError.unavailable("it answers \(response.status.code)") }
        let body = try await response.body.collect(upTo: Self.mostBytes)
        return try TokenKey.keySet([UInt8](body.readableBytesView))
    }
}
