import ArgumentParser
import Foundation
import Primitives
import TL

/// `tl-import bench`
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast one core reads a messages.channelMessages, given in hexadecimal on one line of standard input.",
        shouldDisplay: false)

    @Option(help: "How long each way is measured, in seconds of CPU time.") var seconds = 2.0

    func run() throws {
        guard let line = readLine(), let wire = bytes(hex: line) else { throw ImportError("one line of hexadecimal is expected") }
        guard case .channelMessages(let page) = try API.MessagesMessages(decoding: wire) else {
            throw ImportError("not messages.channelMessages")
        }
        let count = page.messages.count
        try measure("project", wire, count) { if case .other = try API.MessagesMessages(decoding: wire) { throw ImportError("lost") } }
        try measure("dynamic", wire, count) { _ = try TL.decode(wire) }
        try measure("skip", wire, count) { if try TL.skip(wire) != wire.count { throw ImportError("lost") } }
    }

    private func measure(_ name: String, _ wire: [UInt8], _ messages: Int, _ body: () throws -> Void) throws {
        // CPU time of this process, since the machine may be busy with others.
        func now() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
        let start = now()
        var rounds = 0
        while now() - start < seconds {
            for _ in 0..<10 { try body() }
            rounds += 10
        }
        let elapsed = now() - start
        let perSecond = Double(rounds * messages) / elapsed
        let megabytes = Double(rounds * wire.count) / elapsed / 1e6
        print("\(name): \(Int(perSecond)) messages/s, \(Int(megabytes)) MB/s (\(messages) messages, \(wire.count) bytes)")
    }
}
