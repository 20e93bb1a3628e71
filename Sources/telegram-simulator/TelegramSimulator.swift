import ArgumentParser
import Cryptography
import Foundation
import Logging
import NIOCore
import NIOPosix
import Primitives
import SimulatorCore
import TL

/// A small Telegram server on this machine that real clients use, unmodified but for its address and its RSA key.
@main
struct TelegramSimulator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "telegram-simulator",
        abstract: "A small Telegram server for tests: state in memory, synthetic users, history and load.",
        version: "0.1.0")

    @Option(help: "The address to listen on.") var host = "127.0.0.1"
    @Option(help: "The port for Telegram clients; 0 picks a free one.") var port = 0
    @Option(help: "The port of the control protocol on 127.0.0.1 (JSON lines); 0 picks a free one. Absent: no control.") var controlPort:
        Int?
    @Option(help: "The control protocol on a Unix socket instead.") var controlSocket: String?
    @Option(help: "The server's RSA private key, PEM. Made when absent, with the public key beside it as FILE.pub.") var rsaKey: String
    @Option(help: "The newest layer that the server speaks.") var layer = TL.newestLayer
    @Option(help: "The login code of every account; absent: random codes, told in the log.") var loginCode: String?
    @Option(help: "Synthetic accounts, with the phones 9996610001 and up.") var accounts = 3
    @Option(help: "PHONE=PASSWORD: two-step verification for a synthetic account. Repeatable.") var password: [String] = []
    @Option(help: "Synthetic groups: basic, supergroup, channel in turn.") var groups = 0
    @Option(help: "Messages in each synthetic group, over the last 14 days.") var messages = 0
    @Option(help: "The seed of synthetic history and load.") var seed: UInt64 = 1
    @Option(help: "A JSON file with more accounts and groups.") var scenario: String?
    @Option(help: "Load from the start: actions in a second.") var rate: Double?
    @Option(help: "Load from the start: for so long.") var seconds = 10.0
    @Option(help: "Load from the start: new:edit:delete.") var mix = "90:7:3"
    @Flag(name: .customLong("colliding-ids"), help: "Let basic groups and channels have the same ids, as Telegram's may.")
    var collidingIDs = false
    @Option(help: "Steps of pts that a box remembers.") var window: Int32 = 10_000

    func validate() throws {
        if accounts < 1 { throw ValidationError("--accounts must be at least 1") }
        if LoadGenerator.Mix(mix) == nil { throw ValidationError("--mix is new:edit:delete, as 90:7:3") }
        if layer < TL.layers.first ?? 0 { throw ValidationError("--layer must be at least \(TL.layers.first ?? 0)") }
        for pair in password where !pair.contains("=") { throw ValidationError("--password is PHONE=PASSWORD") }
    }

    func run() async throws {
        let logger = Logger(label: "telegram-simulator", factory: StreamLogHandler.standardError(label:))
        let key: RSAPrivateKey
        do {
            key = try KeyFile(path: rsaKey).load()
        } catch {
            throw ValidationError("cannot read or make the RSA key \(rsaKey): \(error)")
        }
        let world = try populate()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let (stopped, stop) = AsyncStream<Void>.makeStream()
        let started = try await loop.submit { [self] in
            // Everything from here lives on the loop.
            let endpoint = Endpoint(server: TelegramServer(world: world, settings: settings), keys: [key], now: moment())
            return NIOLoopBound(Simulator(endpoint: endpoint, eventLoop: loop, logger: logger), eventLoop: loop)
        }.get()
        let server = try await listen(started, on: group)
        let control = try await listenForControl(started, on: group) { stop.yield() }
        let boundPort = server.localAddress?.port ?? 0
        try await loop.submit {
            started.value.settle(host: host, port: boundPort)
            if let rate {
                started.value.startLoad(
                    LoadGenerator.Plan(rate: rate, seconds: seconds, seed: seed, mix: LoadGenerator.Mix(mix) ?? LoadGenerator.Mix()))
            }
        }.get()
        print(readyLine(port: boundPort, control: control))
        fflush(nil)
        let signals = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { stop.yield() }
            source.resume()
            return source
        }
        for await _ in stopped { break }
        for source in signals { source.cancel() }
        try await group.shutdownGracefully()
    }

    private func readyLine(port: Int, control: (any NIOCore.Channel)?) -> String {
        var line = "ready port=\(port)"
        if let port = control?.localAddress?.port { line += " control=\(port)" }
        if let controlSocket { line += " control=\(controlSocket)" }
        return line
    }

    private var settings: TelegramServer.Settings {
        var settings = TelegramServer.Settings()
        settings.layer = min(layer, TL.newestLayer)
        settings.loginCode = loginCode
        return settings
    }

    private func populate() throws -> World {
        var generator = SystemRandomNumberGenerator()
        var limits = World.Limits()
        limits.window = window
        var world = World(secret: generator.next(), limits: limits, collidingIDs: collidingIDs)
        let now = moment().time
        var population = Population()
        population.accounts = accounts
        population.groups = groups
        population.messages = messages
        population.seed = seed
        for pair in password {
            let parts = pair.split(separator: "=", maxSplits: 1)
            population.passwords[String(parts[0])] = String(parts.count > 1 ? parts[1] : "")
        }
        try population.populate(&world, now: now)
        if let scenario {
            let json = try JSONDecoder().decode(JSON.self, from: Data(contentsOf: URL(fileURLWithPath: scenario)))
            try Scenario(json).play(in: &world, now: now, using: &generator)
        }
        return world
    }

    private func listen(_ simulator: NIOLoopBound<Simulator>, on group: MultiThreadedEventLoopGroup) async throws -> any NIOCore.Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientHandler(simulator.value))
                }
            }
        do {
            return try await bootstrap.bind(host: host, port: port).get()
        } catch {
            throw ValidationError("cannot listen on \(host):\(port): \(error). Choose another --port.")
        }
    }

    private func listenForControl(
        _ simulator: NIOLoopBound<Simulator>, on group: MultiThreadedEventLoopGroup, quit: @escaping @Sendable () -> Void
    ) async throws -> (any NIOCore.Channel)? {
        let bootstrap = ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ControlHandler(simulator.value, quit: quit))
                }
            }
        if let controlSocket {
            return try await bootstrap.bind(unixDomainSocketPath: controlSocket, cleanupExistingSocketFile: true).get()
        }
        guard let controlPort else { return nil }
        return try await bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: controlPort).get()
    }
}
