import Primitives
import ServiceKit
import Store
import TelegramClient
import TelegramConnection

/// What Telegram lets this account do: told to operators and metrics, and shared with the account's other processes.
extension TelegramAPI {
    /// Calls, errors, waits and pace per method, for `aaltohubctl limits`.
    public func limits(now: UnixTime) -> JSON {
        let waits = floodWaits.filter { $0.until > now }
        let rates = Dictionary(uniqueKeysWithValues: self.rates.map { ($0.method, $0.perSecond) })
        let counted = counts.entries.map { method, counts -> JSON in
            [
                "method": .string(method), "calls": .integer(Int64(clamping: counts.calls)), "held": .integer(Int64(clamping: counts.held)),
                "waits": .integer(Int64(clamping: counts.waits)), "waited_seconds": .integer(Int64(clamping: counts.waitedSeconds)),
                "errors": .object(counts.errors.sorted { $0.key < $1.key }.map { .init($0.key, .integer(Int64(clamping: $0.value))) }),
                "calls_per_second": rates[method].map { .double($0) } ?? .null,
            ]
        }
        return [
            "methods": .array(counted),
            "waits": .array(
                waits.map { ["method": .string($0.key.method), "peer": .string($0.key.peer), "until": .integer($0.until.seconds)] }),
        ]
    }

    /// The same for the heartbeat, and so for /metrics.
    public func publish(to status: ServiceStatus, now: UnixTime) {
        for (method, counts) in counts.entries {
            status.total("telegram_calls_total", ["method": method], Int64(clamping: counts.calls))
            for (error, count) in counts.errors {
                status.total("telegram_call_failures_total", ["method": method, "error": error], Int64(clamping: count))
            }
            if counts.waits > 0 {
                status.total("telegram_flood_waits_total", ["method": method], Int64(clamping: counts.waits))
                status.total("telegram_flood_wait_seconds_total", ["method": method], Int64(clamping: counts.waitedSeconds))
            }
            if counts.held > 0 { status.total("telegram_calls_held_total", ["method": method], Int64(clamping: counts.held)) }
        }
        // The longest wait of each method; one that is over stands at 0.
        var left: [String: Double] = [:]
        for wait in floodWaits { left[wait.key.method] = max(left[wait.key.method] ?? 0, (wait.until - now).inSeconds) }
        for (method, counts) in counts.entries where counts.waits > 0 && left[method] == nil { left[method] = 0 }
        for (method, seconds) in left { status.gauge("telegram_flood_wait_left_seconds", max(0, seconds), ["method": method]) }
    }
}

extension TelegramAPI.FloodSharing {
    /// Waits in Postgres, which every process of the account reads.
    public init(_ store: FloodWaitStore, failed: @escaping @Sendable (any Error) -> Void) {
        self.init(
            note: { key, seconds, until in
                do {
                    try await store.save(.init(method: key.method, peer: key.peer, seconds: Int32(clamping: seconds), until: until))
                } catch { failed(error) }
            },
            read: {
                do {
                    return try await store.load(now: SystemClock.unix).map { ($0.key, $0.until) }
                } catch {
                    failed(error)
                    return []
                }
            })
    }
}

extension FloodWaitStore.Wait {
    public var key: FloodMemory.Key { .init(method: method, peer: peer) }
}
