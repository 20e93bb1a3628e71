import EventLink
import Events
import Foundation
import Primitives
import Synchronization
import Testing
import ZeroMQ

@Suite(.serialized) struct TapRecordingTests {
    private func record(_ text: String) throws -> WireRecord {
        let header = WireHeader.with {
            $0.receivedAt = 7
            $0.trace = 0xABCD
        }
        let message = WireMessage.with {
            $0.id = 5
            $0.text = text
        }
        return try WireRecord(header, changes: [WireChange.with { $0.message = message }])
    }

    private func stream() throws -> StreamID { try StreamID(bytes: (0..<16).map { UInt8($0) }) }

    @Test func a_record_comes_back_from_its_line_exactly() throws {
        let (record, stream) = (try record("häé\n\"x\""), try stream())
        let line = TapRecording.line(try TapRecording.sample(record, stream: stream, number: 9), service: "listener@main").text
        #expect(!line.contains("\n"))
        let expected = TapRecording.Entry(service: "listener@main", stream: stream, number: 9, record: record)
        let found = try TapRecording.entry(line)
        #expect(found == expected)
    }

    @Test func what_another_build_wrote_and_what_is_no_recording_is_refused_with_a_reason() throws {
        let good = TapRecording.header(build: "0.1.0", at: UnixTime(seconds: 5)).text
        try TapRecording.check(header: good)
        #expect(throws: TapRecording.Failure.notARecording) { try TapRecording.check(header: "") }
        #expect(throws: TapRecording.Failure.notARecording) { try TapRecording.check(header: "{\"topic\":\"x\"}") }
        #expect(throws: TapRecording.Failure.otherVersion(2)) {
            try TapRecording.check(header: good.replacingOccurrences(of: "\"aaltohub_records\":1", with: "\"aaltohub_records\":2"))
        }
        #expect(throws: TapRecording.Failure.otherContract(99)) {
            try TapRecording.check(header: "{\"aaltohub_records\":1,\"contract\":99}")
        }
        let line = TapRecording.line(try TapRecording.sample(try record("x"), stream: try stream(), number: 1), service: "a").text
        for bad in [String(line.dropLast(9)), line.replacingOccurrences(of: "\"n\":1", with: "\"n\":0"), "", "{}"] {
            #expect(throws: TapRecording.Failure.badLine) { try TapRecording.entry(bad) }
        }
    }

    @Test func records_go_only_to_who_asked_for_them_by_name_and_are_made_for_nobody_else() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let publisher = try TapPublisher(service: "listener@main", path: folder.socket("tap"), context: context)
        // Everything, what is almost "record.", texts: none of these is shown a record.
        let others = try ["", "r", "full.listener@main."].map {
            try TapSubscriber(paths: [folder.socket("tap")], prefixes: [$0], context: context)
        }
        let plain = Taker(others[0].inbox)
        let rendered = Atomic<Int>(0)
        let publish = {
            publisher.publishRecord {
                rendered.add(1, ordering: .relaxed)
                return ["record": "secret"]
            }
            publisher.publish("test", "beat") { [:] }
            publisher.publishFull("test", "beat") { [:] }
        }
        let pump = Task {
            while !Task.isCancelled {
                publish()
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        try await within { while try await plain.next().topic != "listener@main.test.beat.-" {} }
        let full = Taker(others[2].inbox)
        let text = try await within { try await full.next() }
        #expect(text.isFull)
        #expect(rendered.load(ordering: .relaxed) == 0)

        let recorder = try TapSubscriber(paths: [folder.socket("tap")], prefixes: ["record.listener@main."], context: context)
        let records = Taker(recorder.inbox)
        let sample = try await within { try await records.next() }
        #expect(sample.isRecord && !sample.isFull && sample.json?["record"] == "secret" && sample.json?["seq"] != nil)
        let seen = try await within { try await plain.take(50) }
        #expect(!seen.contains { $0.isRecord || $0.isFull })
        pump.cancel()
        for viewer in others + [recorder] { await viewer.close() }
        await publisher.close()
    }
}
