import Foundation
import Primitives
import TL
import Testing

@testable import TelegramClient

/// On demand, since it takes minutes: ten virtual minutes with many channels, most of them quiet.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["AALTOHUB_SLOW"] != nil)) struct MemoryTests {
    private func residentBytes() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(Int(pages[1])) * 4_096
    }

    private func answer(_ request: UpdateRequest, _ positions: [Int64: Int64]) -> UpdateAnswer {
        switch request {
        case .getPeerDialogs(let peers):
            .peerDialogs(peers.map { .init(channel: $0.channel, pts: positions[$0.channel]) }, users: [], chats: [])
        case .getChannelDifference(_, _, let pts, _): .channelDifferenceEmpty(pts: pts, final: true, timeout: 30)
        default: .differenceEmpty(date: 9, seq: 1)
        }
    }

    /// The larger world first: the pages that it leaves are used again by the smaller one, whose own growth shows only when it runs alone.
    @Test(arguments: [5_000, 1_000]) func memory_stays_flat_over_ten_minutes(channels: Int) throws {
        let before = try residentBytes()
        var positions = Dictionary(uniqueKeysWithValues: (1...Int64(channels)).map { ($0, Int64(100)) })
        var peers = PeerBook()
        var states: [Box: BoxState] = [.common: BoxState(value: 100, seq: 1), .qts: BoxState(value: 1)]
        for id in positions.keys.sorted() {
            peers.restore(.init(.channel, id), .init(accessHash: id, name: "channel \(id)"))
            states[.channel(id)] = BoxState(value: 100)
        }
        var now = Instant(nanoseconds: 1_000_000_000_000)
        let began = now
        var engine = UpdateEngine(positions: states, channels: positions.keys, peers: peers, now: now)
        var pending = engine.connected(now: now)
        var nextPush = now
        var atHalf = 0
        var calls = 0
        var generator = SeededGenerator(seed: 1)
        while now < began + .seconds(600) {
            while !pending.isEmpty {
                var next: [UpdateOutput] = []
                for case .request(let id, let request) in pending {
                    calls += 1
                    next += engine.answer(id, answer(request, positions), receivedAt: .init(seconds: 9), now: now)
                }
                pending = next
            }
            if atHalf == 0, now >= began + .seconds(300) { atHalf = try residentBytes() }
            if now >= nextPush {
                // Ten messages a second, most of them in few channels.
                nextPush = now + .milliseconds(100)
                let id = Int64.random(in: 1...(Bool.random(using: &generator) ? 20 : Int64(channels)), using: &generator)
                let pts = (positions[id] ?? 0) + 1
                positions[id] = pts
                let message = TLObject(
                    "message", ["id": .integer(pts), "peer_id": .object(TLObject("peerChannel", ["channel_id": .integer(id)])), "date": 9])
                let update = TLObject(
                    "updateNewChannelMessage", ["message": .object(message), "pts": .integer(pts), "pts_count": 1])
                pending = engine.handle(
                    Envelope(updates: [Update(update, receivedAt: .init(seconds: 9))], receivedAt: .init(seconds: 9)), now: now)
            }
            now = min(nextPush, engine.nextDeadline ?? nextPush)
            pending += engine.advance(now: now)
        }
        let end = try residentBytes()
        print(
            "\(channels) channels: \((end - before) / channels) bytes a channel in all,"
                + " \(end - atHalf) bytes more in the second five minutes, \(calls) calls")
        #expect(end - atHalf < 1 << 20)
        #expect(end - before < channels * 4_096 + 4 << 20)
    }
}
