import Logging
import NIOCore
import Primitives
import SimulatorCore

/// The simulator on its event loop: everything below happens on that one thread, and nothing leaves it.
final class Simulator {
    let eventLoop: any EventLoop
    private(set) var endpoint: Endpoint
    private let logger: Logger
    private var generator = SystemRandomNumberGenerator()
    private var channels: [Int: any NIOCore.Channel] = [:]
    private var nextConnection = 0
    private var timer: Scheduled<Void>?
    private var timerDue: Instant?
    private(set) var load: RunningLoad?

    /// A load under way.
    struct RunningLoad {
        var generator: LoadGenerator
        let start: Instant
        /// Who waits for its end.
        var waiting: [(LoadGenerator) -> Void] = []
    }

    /// How often the load is served, in time and in actions at once.
    private static let loadTick = TimeAmount.milliseconds(2)
    /// What a load that is behind leaves to the sockets: a task that is due at once runs before the event loop looks at any of them.
    private static let socketsTurn = TimeAmount.microseconds(50)
    private static let loadBurst = 200

    init(endpoint: Endpoint, eventLoop: any EventLoop, logger: Logger) {
        self.endpoint = endpoint
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// Notes the addresses that clients are told.
    func settle(_ dataCentres: [DataCentre]) { endpoint.server.settings.dataCentres = dataCentres }

    /// The simulated server's moment: its civil clock may be wrong.
    private func moment() -> Endpoint.Moment {
        var moment = machineMoment()
        moment.time = moment.time + endpoint.skew
        return moment
    }

    // MARK: Telegram clients

    func opened(_ channel: any NIOCore.Channel, at dataCentre: Int32) -> Int {
        nextConnection += 1
        channels[nextConnection] = channel
        endpoint.opened(nextConnection, at: dataCentre, now: moment().instant)
        return nextConnection
    }

    func received(_ bytes: [UInt8], on connection: Int) {
        endpoint.receive(bytes, on: connection, now: moment(), using: &generator)
        deliver()
    }

    func closed(_ connection: Int) {
        channels[connection] = nil
        endpoint.closed(connection, now: moment())
        deliver()
    }

    /// Lets the endpoint work off what somebody did to its server.
    func advance() {
        endpoint.advance(now: moment(), using: &generator)
        deliver()
    }

    private func deliver() {
        var touched: Set<Int> = []
        for (connection, output) in endpoint.takeOutput() {
            guard let channel = channels[connection] else { continue }
            switch output {
            case .write(let bytes):
                channel.write(channel.allocator.buffer(bytes: bytes), promise: nil)
                touched.insert(connection)
            case .close:
                channel.flush()
                channel.close(promise: nil)
            }
        }
        for connection in touched { channels[connection]?.flush() }
        for notice in endpoint.server.takeNotices() { logger.notice("\(notice)") }
        schedule()
    }

    private func schedule() {
        guard let due = endpoint.nextDeadline else { return }
        if let timerDue, timerDue <= due { return }
        timer?.cancel()
        timerDue = due
        let wait = max(0, (due - moment().instant).inNanoseconds)
        timer = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(wait)) {
            self.timerDue = nil
            self.advance()
        }
    }

    // MARK: Control

    /// Runs a command of the core.
    func control(_ command: JSON) throws(Control.Refusal) -> [JSON]? {
        let lines = try Control.run(command, on: &endpoint, now: moment(), using: &generator)
        advance()
        return lines
    }

    // MARK: Load

    /// Starts a load; one that is under way ends first.
    func startLoad(_ plan: LoadGenerator.Plan, whenDone: ((LoadGenerator) -> Void)? = nil) {
        stopLoad()
        load = RunningLoad(generator: LoadGenerator(plan), start: moment().instant, waiting: whenDone.map { [$0] } ?? [])
        tick()
    }

    func stopLoad() {
        guard let ended = load else { return }
        load = nil
        for callback in ended.waiting { callback(ended.generator) }
    }

    private func tick() {
        guard let running = load else { return }
        let now = moment()
        let due = min(running.generator.due(after: now.instant - running.start), Simulator.loadBurst)
        for _ in 0..<due {
            let time = moment().time
            load?.generator.act(on: &endpoint.server.world, now: time)
            endpoint.server.publish(now: time)
        }
        if due > 0 { advance() }
        if load?.generator.isFinished == true { return stopLoad() }
        eventLoop.assumeIsolated().scheduleTask(in: due < Simulator.loadBurst ? Simulator.loadTick : Simulator.socketsTurn) { self.tick() }
    }
}
