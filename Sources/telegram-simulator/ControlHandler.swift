import Foundation
import NIOCore
import Primitives
import SimulatorCore

/// One connection of the control port: a JSON object a line in, lines out.
final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// The longest command, in bytes.
    private static let longestLine = 1 << 20

    private let simulator: Simulator
    private let quit: () -> Void
    private var line: [UInt8] = []

    init(_ simulator: Simulator, quit: @escaping () -> Void) {
        self.simulator = simulator
        self.quit = quit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        line += unwrapInboundIn(data).readableBytesView
        while let end = line.firstIndex(of: UInt8(ascii: "\n")) {
            let text = Data(line[..<end])
            line.removeFirst(end + 1)
            guard !text.isEmpty else { continue }
            do {
                let command = try JSONDecoder().decode(JSON.self, from: text)
                try run(command, context)
            } catch let refusal as Control.Refusal {
                answer([["ok": false, "error": .string(refusal.reason)]], context)
            } catch {
                answer([["ok": false, "error": "not a JSON object on one line"]], context)
            }
        }
        if line.count > ControlHandler.longestLine { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ lines: [JSON], _ context: ChannelHandlerContext) {
        var bytes: [UInt8] = []
        for line in lines {
            line.write(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        context.writeAndFlush(NIOAny(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }

    private func run(_ command: JSON, _ context: ChannelHandlerContext) throws {
        switch command["cmd"]?.string {
        case "load": try load(command, context)
        case "load_stop":
            simulator.stopLoad()
            answer([["ok": true]], context)
        case "load_status":
            answer([simulator.load.map { report($0.generator) } ?? ["ok": true, "running": false]], context)
        case "quit":
            answer([["ok": true]], context)
            quit()
        case _ where Dump.isDump(command): write(try Dump(of: command, in: simulator.endpoint.server.world), context)
        default:
            guard let lines = try simulator.control(command) else { throw Control.Refusal("unknown cmd") }
            answer(lines, context)
        }
    }

    /// Messages of a dump that are written at once: clients are served in between.
    private static let dumpPiece = 1_000

    private func write(_ dump: Dump, _ context: ChannelHandlerContext) {
        var dump = dump
        var bytes: [UInt8] = []
        let goesOn = dump.write(ControlHandler.dumpPiece, of: simulator.endpoint.server.world, to: &bytes)
        if !goesOn {
            dump.end.write(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        let written = context.writeAndFlush(NIOAny(context.channel.allocator.buffer(bytes: bytes)))
        if goesOn { written.assumeIsolated().whenSuccess { self.write(dump, context) } }
    }

    private func load(_ command: JSON, _ context: ChannelHandlerContext) throws {
        guard let rate = command["rate"]?.double, rate > 0, let seconds = command["seconds"]?.double, seconds > 0 else {
            throw Control.Refusal("load needs rate and seconds above 0")
        }
        var plan = LoadGenerator.Plan(rate: rate, seconds: seconds, seed: UInt64(bitPattern: command["seed"]?.integer ?? 1))
        if let text = command["mix"]?.string {
            guard let mix = LoadGenerator.Mix(text) else { throw Control.Refusal("mix is new:edit:delete, as 90:7:3") }
            plan.mix = mix
        }
        for place in command["groups"]?.array ?? [] { plan.places.append(try Control.peer(place, simulator.endpoint.server.world)) }
        guard command["wait"]?.bool == true else {
            simulator.startLoad(plan)
            return answer([["ok": true]], context)
        }
        simulator.startLoad(plan) { self.answer([self.report($0)], context) }
    }

    private func report(_ generator: LoadGenerator) -> JSON {
        [
            "ok": true, "running": .bool(!generator.isFinished), "new": .integer(Int64(generator.new)),
            "edit": .integer(Int64(generator.edited)), "delete": .integer(Int64(generator.deleted)),
            "failed": .integer(Int64(generator.failed)), "total": .integer(Int64(generator.total)),
        ]
    }
}
