import EventLink
import Foundation
import Primitives
import Synchronization
import Testing
import ZeroMQ

@Suite(.serialized) struct TapTests {
    /// Publishes until the viewer has seen something: a subscription takes a moment to arrive, and nothing announces it.
    private func warm(_ publisher: TapPublisher, _ taker: Taker<TapSample>, full: Bool = false) async throws {
        let pump = Task {
            while !Task.isCancelled {
                publisher.publish("test", "warm") { ["warm": true] }
                if full { publisher.publishFull("test", "warm") { ["warm": true] } }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        defer { pump.cancel() }
        try await within {
            while true {
                let sample = try await taker.next()
                if sample.topic.hasSuffix("warm.-"), !full || sample.isFull { return }
            }
        }
        pump.cancel()
        _ = await pump.result
        publisher.publish("test", "end") { [:] }
        if full { publisher.publishFull("test", "end") { [:] } }
        try await within { while try await !taker.next().topic.hasSuffix("end.-") {} }
    }

    @Test func an_unwatched_tap_renders_nothing() async throws {
        let folder = try SocketFolder()
        let publisher = try TapPublisher(service: "writer", path: folder.socket("tap"), context: Context())
        let rendered = Atomic<Int>(0)
        for _ in 0..<1_000 {
            publisher.publish("commit", "message") {
                rendered.add(1, ordering: .relaxed)
                return [:]
            }
        }
        #expect(rendered.load(ordering: .relaxed) == 0)
        await publisher.close()
    }

    @Test func a_viewer_sees_its_topics_numbered_one_by_one() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let publisher = try TapPublisher(service: "writer", path: folder.socket("tap"), context: context)
        let viewer = try TapSubscriber(paths: [folder.socket("tap")], prefixes: ["writer.commit.", "writer.test."], context: context)
        let taker = Taker(viewer.inbox)
        try await warm(publisher, taker)
        let unwatched = Atomic<Int>(0)
        publisher.publish("link", "hello") {
            unwatched.add(1, ordering: .relaxed)
            return [:]
        }
        for n in 1...3 { publisher.publish("commit", "message", group: "5") { ["id": .integer(Int64(n))] } }
        publisher.publish("commit", "message", group: "6") { ["id": 9] }
        let samples = try await within { try await taker.take(4) }
        #expect(
            samples.map(\.topic) == [
                "writer.commit.message.5", "writer.commit.message.5", "writer.commit.message.5", "writer.commit.message.6",
            ])
        #expect(samples.map { $0.json?["seq"]?.integer } == [1, 2, 3, 1])
        #expect(samples.map { $0.json?["id"]?.integer } == [1, 2, 3, 9])
        #expect(samples[0].group == "5")
        #expect(unwatched.load(ordering: .relaxed) == 0)
        await viewer.close()
        await publisher.close()
    }

    @Test func texts_go_only_to_who_asked_for_them_by_name() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let publisher = try TapPublisher(service: "writer", path: folder.socket("tap"), context: context)
        let everything = try TapSubscriber(paths: [folder.socket("tap")], prefixes: [""], context: context)
        let plain = Taker(everything.inbox)
        try await warm(publisher, plain)
        let rendered = Atomic<Int>(0)
        publisher.publishFull("commit", "message", group: "5") {
            rendered.add(1, ordering: .relaxed)
            return ["text": "secret"]
        }
        #expect(rendered.load(ordering: .relaxed) == 0)

        let texts = try TapSubscriber(paths: [folder.socket("tap")], prefixes: ["full.writer."], context: context)
        let full = Taker(texts.inbox)
        try await warm(publisher, full, full: true)
        publisher.publishFull("commit", "message", group: "5") { ["text": "secret"] }
        publisher.publish("commit", "message", group: "5") { ["id": 1] }
        let text = try await within { try await full.next() }
        #expect(text.topic == "full.writer.commit.message.5")
        // The one who asked for everything sees the plain sample, never the text.
        try await within {
            while true {
                let sample = try await plain.next()
                #expect(!sample.isFull)
                if sample.topic == "writer.commit.message.5" { break }
            }
        }
        await texts.close()
        await everything.close()
        await publisher.close()
    }

    @Test func a_viewer_that_left_is_rendered_for_no_more() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let publisher = try TapPublisher(service: "writer", path: folder.socket("tap"), context: context)
        let first = try TapSubscriber(paths: [folder.socket("tap")], prefixes: ["writer."], context: context)
        let second = try TapSubscriber(paths: [folder.socket("tap")], prefixes: ["writer."], context: context)
        let taker = Taker(second.inbox)
        try await warm(publisher, taker)
        await first.close()
        // The other still sees.
        publisher.publish("test", "still") { [:] }
        try await within { while try await taker.next().topic != "writer.test.still.-" {} }
        await second.close()
        try await within {
            while true {
                let rendered = Atomic<Bool>(false)
                publisher.publish("test", "gone") {
                    rendered.store(true, ordering: .relaxed)
                    return [:]
                }
                if !rendered.load(ordering: .relaxed) { return }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        await publisher.close()
    }

    @Test func a_stalled_viewer_slows_nothing_and_learns_what_it_missed() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let publisher = try TapPublisher(service: "writer", path: folder.socket("tap"), context: context)
        // A raw socket that is never read stands for a stopped `tap | less`.
        let stalled = try Socket(context, .sub)
        try stalled.set(.linger, Int32(0))
        try stalled.set(.receiveHighWaterMark, Int32(10))
        try stalled.set(.subscribe, [])
        try stalled.connect("ipc://\(folder.socket("tap"))")
        let viewer = try TapSubscriber(paths: [folder.socket("tap")], prefixes: ["writer."], context: context)
        let taker = Taker(viewer.inbox)
        try await warm(publisher, taker)

        let count = 100_000
        let clock = ContinuousClock()
        let padding = JSON.string(String(repeating: "x", count: 40))
        let reader = Task {
            var losses = TapLosses()
            var seen = 0
            while true {
                let sample = try await taker.next()
                guard sample.topic == "writer.commit.message.5" else {
                    if sample.topic == "writer.commit.last.-" { return (seen, losses.total) }
                    continue
                }
                seen += 1
                _ = losses.missed(topic: sample.topic, sequence: sample.json?["seq"]?.integer ?? 0)
            }
        }
        let took = clock.measure {
            for _ in 0..<count { publisher.publish("commit", "message", group: "5") { ["padding": padding] } }
        }
        // Even a debug build renders 100,000 samples in this; a pipeline that waited for the stalled viewer would never end.
        #expect(took < .seconds(120), "\(took)")
        let finisher = Task {
            while !Task.isCancelled {
                publisher.publish("commit", "message", group: "5") { [:] }
                publisher.publish("commit", "last") { [:] }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        let (seen, lost) = try await within { try await reader.value }
        finisher.cancel()
        #expect(seen > 0)
        #expect(seen + Int(lost) >= count, "what was not seen was counted: \(seen) + \(lost)")
        await viewer.close()
        await publisher.close()
    }

    @Test func losses_are_counted_per_topic() {
        var losses = TapLosses()
        #expect(losses.missed(topic: "a", sequence: 5) == 0)
        #expect(losses.missed(topic: "a", sequence: 6) == 0)
        #expect(losses.missed(topic: "b", sequence: 1) == 0)
        #expect(losses.missed(topic: "a", sequence: 10) == 3)
        #expect(losses.missed(topic: "a", sequence: 1) == 0)
        #expect(losses.total == 3)
    }

    @Test func a_second_publisher_on_the_same_path_is_refused() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let publisher = try TapPublisher(service: "writer", path: folder.socket("tap"), context: context)
        #expect(throws: LinkError.self) { try TapPublisher(service: "writer", path: folder.socket("tap"), context: context) }
        await publisher.close()
    }
}
