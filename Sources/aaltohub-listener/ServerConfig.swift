import Foundation
import Primitives
import ServiceKit
import Store
import TL
import TelegramClient
import TelegramConnection

/// Keeps what the server tells of itself: asks when `ConfigurationWatch` says so, stores the answer, and connects by its addresses.
actor ServerConfig {
    private let store: TelegramConfigStore
    private let api: TelegramAPI
    private let context: ServiceContext
    private var watch: ConfigurationWatch
    private var pause: Task<Void, Never>?

    init(_ store: TelegramConfigStore, _ api: TelegramAPI, dc: Int32, _ context: ServiceContext) {
        self.store = store
        self.api = api
        self.context = context
        let telegram = context.configuration.telegram
        watch = ConfigurationWatch(
            .init(
                dc: dc, isTest: telegram.test,
                named: telegram.usableServers.filter { $0.dc == Int(dc) }.map { ServerAddress(host: $0.host, port: $0.port) },
                usesTold: telegram.usesConfigAddresses, isObfuscated: telegram.transport == .obfuscated, allowsIPv6: telegram.ipv6),
            now: SystemClock.now)
    }

    /// Follows until the task is cancelled.
    func run() async {
        await restore()
        while !Task.isCancelled {
            if watch.begin(now: SystemClock.now) { await ask() }
            await wait()
        }
    }

    /// What the server pushed of it.
    func noticed(_ notices: [ConfigurationNotice]) async {
        for notice in notices { watch.noticed(notice) }
        context.logger.notice("the server says that its configuration changed")
        pause?.cancel()
        await use()
    }

    private func restore() async {
        do {
            guard let stored = try await store.load() else { return }
            // What another build has stored may be nothing to this one.
            guard let json = try? JSONDecoder().decode(JSON.self, from: Data(stored.config.utf8)), let config = TLObject(json: json) else {
                return
            }
            watch.stored(config, now: SystemClock.now, clock: SystemClock.unix)
            await use()
        } catch {
            context.logger.info("the server's configuration is not known: \(error)")
        }
    }

    private func ask() async {
        do {
            let config = try await api.once(TLObject("help.getConfig")).object ?? TLObject("null", [:])
            guard let expires = watch.answered(config, now: SystemClock.now, clock: SystemClock.unix) else {
                return context.logger.warning("help.getConfig was answered strangely: \(config.name)")
            }
            await use()
            try await store.save(config.json.text, expires: expires)
            context.logger.info("the server's configuration is stored", metadata: ["expires": "\(expires.seconds)"])
        } catch let failure as CallFailure {
            watch.failed(now: SystemClock.now)
            context.logger.info("the server's configuration is not known: \(failure)")
        } catch {
            context.logger.info("the server's configuration could not be stored: \(error)")
        }
    }

    private func use() async { await api.connection.setAddresses(watch.addresses) }

    /// Until the watch wants something, or something is pushed.
    private func wait() async {
        let time = max((watch.nextDeadline ?? SystemClock.now) - SystemClock.now, .zero)
        let pause = Task {
            // Cancelled by a push or by the end.
            do { try await Task.sleep(for: time) } catch { return }
        }
        self.pause = pause
        await withTaskCancellationHandler {
            await pause.value
        } onCancel: {
            pause.cancel()
        }
    }
}
