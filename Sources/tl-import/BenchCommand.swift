import ArgumentParser
import Foundation
import Primitives
import TL

/// `tl-import bench`
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast one thread reads a messages.channelMessages, given in hexadecimal on one line of standard input.",
        shouldDisplay: false)

    @Option(help: "How long each way is measured, in seconds.") var seconds = 2.0

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
        let clock = ContinuousClock()
        let start = clock.now
        var rounds = 0
        while clock.now - start < .seconds(seconds) {
            for _ in 0..<10 { try body() }
            rounds += 10
        }
        let elapsed = (clock.now - start).inSeconds
        let perSecond = Double(rounds * messages) / elapsed
        let megabytes = Double(rounds * wire.count) / elapsed / 1e6
        print("\(name): \(Int(perSecond)) messages/s, \(Int(megabytes)) MB/s (\(messages) messages, \(wire.count) bytes)")
    }
}
