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
    @Option(help: "Data centres: number n listens on the port n - 1 above --port. A single one is number 2 and stands for all.") var dcs = 1
    @Option(help: "HOST:PORT of a data centre, instead of --host, --port and --dcs. Repeatable: the first is number 1.") var listen:
        [String] = []
    @Option(help: "PHONE=DC: the data centre in which an account lives; else 2. Repeatable.") var home: [String] = []
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
    @Option(help: "Groups of the large history: supergroups (some of them forums), channels, a few basic ones.") var historyGroups = 200
    @Option(help: "Messages of the large history, of all kinds, over all its groups and days; 0: no such history.") var historyMessages = 0
    @Option(help: "The days over which they are spread, the last of them today.") var historyDays = 14.0
    @Option(help: "So many more as a share of them are older than that, by up to 30 days.") var historyOlder = 0.1
    @Option(help: "Users who write in the large history and never log in.") var historyPeople = 60
    @Option(help: "Flood waits as Telegram's for history and the like, their times divided by this; absent: none.") var floodScale: Double?
    @Option(help: "A JSON file with more accounts and groups.") var scenario: String?
    @Option(help: "Load from the start: actions in a second.") var rate: Double?
    @Option(help: "Load from the start: for so long.") var seconds = 10.0
    @Option(help: "Load from the start: new:edit:delete.") var mix = "90:7:3"
    @Flag(name: .customLong("colliding-ids"), help: "Let basic groups and channels have the same ids, as Telegram's may.")
    var collidingIDs = false
    @Option(help: "Steps of pts that a box remembers.") var window: Int32 = 10_000

    func validate() throws {
        if !(1...5).contains(dataCentreCount) { throw ValidationError("--dcs must be 1 to 5, and --listen given as often at most") }
        for place in listen where address(place) == nil { throw ValidationError("--listen is HOST:PORT") }
        for pair in home {
            let parts = pair.split(separator: "=")
            guard parts.count == 2, let number = Int(parts[1]), number >= 1, number <= dataCentreCount, dataCentreCount > 1 else {
                throw ValidationError("--home is PHONE=DC, with one of several --dcs")
            }
        }
        if historyMessages > 0 && (historyGroups < 1 || historyDays <= 0 || historyOlder < 0) {
            throw ValidationError("--history-messages needs --history-groups and --history-days above 0")
        }
        if let floodScale, floodScale <= 0 { throw ValidationError("--flood-scale must be above 0") }
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
            var endpoint = Endpoint(server: TelegramServer(world: world, settings: settings), keys: [key], now: machineMoment())
            if let floodScale { endpoint.server.setFloodRules(scale: floodScale) }
            return NIOLoopBound(Simulator(endpoint: endpoint, eventLoop: loop, logger: logger), eventLoop: loop)
        }.get()
        let dataCentres = try await listen(started, on: group)
        let control = try await listenForControl(started, on: group) { stop.yield() }
        try await loop.submit {
            started.value.settle(dataCentres)
            if let rate {
                started.value.startLoad(
                    LoadGenerator.Plan(rate: rate, seconds: seconds, seed: seed, mix: LoadGenerator.Mix(mix) ?? LoadGenerator.Mix()))
            }
        }.get()
        print(readyLine(dataCentres, control: control))
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

    private func readyLine(_ dataCentres: [DataCentre], control: (any NIOCore.Channel)?) -> String {
        let ports = dataCentres.map { "\($0.addresses.first?.port ?? 0)" }
        var line = "ready port=\(ports.first ?? "0")"
        if ports.count > 1 { line += " ports=\(ports.joined(separator: ","))" }
        if let port = control?.localAddress?.port { line += " control=\(port)" }
        if let controlSocket { line += " control=\(controlSocket)" }
        return line
    }

    private var dataCentreCount: Int { listen.isEmpty ? dcs : listen.count }

    private func address(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        return (text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]")), Int(port))
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
        let now = machineMoment().time
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
        if historyMessages > 0 {
            var history = History()
            (history.groups, history.messages, history.days) = (historyGroups, historyMessages, historyDays)
            (history.older, history.people, history.seed) = (historyOlder, historyPeople, seed)
            if dataCentreCount > 1 {
                let home = TelegramServer.dataCentre
                history.dataCentres = [home] + (1...Int32(dataCentreCount)).filter { $0 != home }
            }
            let logins = world.accountOrder
            try history.populate(&world, members: logins, now: now)
        }
        if let scenario {
            let json = try JSONDecoder().decode(JSON.self, from: Data(contentsOf: URL(fileURLWithPath: scenario)))
            try Scenario(json).play(in: &world, now: now, using: &generator)
        }
        for pair in home {
            let parts = pair.split(separator: "=")
            guard let account = world.account(phone: String(parts[0])) else { throw ValidationError("--home: no account has \(parts[0])") }
            world.setHome(Int32(parts[1]) ?? TelegramServer.dataCentre, of: account.id)
        }
        return world
    }

    /// Binds every data centre; on loopback on ::1 too, where there is one.
    private func listen(_ simulator: NIOLoopBound<Simulator>, on group: MultiThreadedEventLoopGroup) async throws -> [DataCentre] {
        var list: [DataCentre] = []
        for index in 0..<dataCentreCount {
            let (host, wanted) = listen.isEmpty ? (host, port == 0 ? 0 : port + index) : address(listen[index]) ?? (host, 0)
            let id = dataCentreCount == 1 ? TelegramServer.dataCentre : Int32(index + 1)
            let bound: Int
            do {
                bound = try await bind(simulator, to: host, wanted, as: id, on: group)
            } catch {
                throw ValidationError("cannot listen on \(host):\(wanted): \(error). Choose another --port.")
            }
            var addresses = [DataCentre.Address(host: host, port: Int32(bound), isIPv6: host.contains(":"))]
            if host == "127.0.0.1", (try? await bind(simulator, to: "::1", bound, as: id, on: group)) != nil {
                addresses.append(DataCentre.Address(host: "::1", port: Int32(bound), isIPv6: true))
            }
            list.append(DataCentre(id: id, addresses: addresses))
        }
        return list
    }

    private func bind(
        _ simulator: NIOLoopBound<Simulator>, to host: String, _ port: Int, as dataCentre: Int32, on group: MultiThreadedEventLoopGroup
    ) async throws -> Int {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientHandler(simulator.value, dataCentre: dataCentre))
                }
            }
        return try await bootstrap.bind(host: host, port: port).get().localAddress?.port ?? 0
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
