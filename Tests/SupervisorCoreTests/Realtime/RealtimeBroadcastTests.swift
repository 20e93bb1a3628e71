import Primitives
import SupervisorCore
import Testing

@Suite struct RealtimeBroadcastTests {
    private let row = RealtimeBroadcast(
        topic: "messages", event: "insert", payload: .json(Array(#"{"id":"x","text":"Grüße \" 🙂"}"#.utf8)), id: "17")

    @Test func a_row_is_one_text_frame_in_either_version() throws {
        let objects = try #require(row.frame(.objects))
        #expect(!objects.isBinary)
        // Word for word: clients on PyPI drop it when `ref` is not there.
        #expect(
            String(decoding: objects.content, as: UTF8.self)
                == #"{"topic":"realtime:messages","event":"broadcast","payload":{"type":"broadcast","event":"insert","#
                + #""payload":{"id":"x","text":"Grüße \" 🙂"},"meta":{"id":"17"}},"ref":null}"#)
        let arrays = try #require(row.frame(.arrays))
        #expect(
            String(decoding: arrays.content, as: UTF8.self)
                == #"[null,null,"realtime:messages","broadcast",{"type":"broadcast","event":"insert","#
                + #""payload":{"id":"x","text":"Grüße \" 🙂"},"meta":{"id":"17"}}]"#)
    }

    @Test func names_that_need_escapes_stay_json() throws {
        let odd = RealtimeBroadcast(topic: "a\"b\n", event: "\\", payload: .json(Array("{}".utf8)))
        for version in RealtimeVersion.allCases {
            let message = try RealtimeMessage(text: try #require(odd.frame(version)).content, version)
            #expect(message.topic == "realtime:a\"b\n")
            #expect(message.payload == ["type": "broadcast", "event": "\\", "payload": [:]])
        }
    }

    @Test func bytes_have_a_frame_in_version_2_only() throws {
        let bytes = RealtimeBroadcast(topic: "m", event: "ev", payload: .binary([0, 255]), id: "1")
        #expect(bytes.frame(.objects) == nil)
        let frame = try #require(bytes.frame(.arrays))
        #expect(frame.isBinary)
        #expect(frame.content == [4, 10, 2, 10, 0] + Array("realtime:mev{\"id\":\"1\"}".utf8) + [0, 255])
    }

    @Test func an_audience_is_public_private_or_everyone() {
        for (audience, open, closed) in [(RealtimeAudience.public, true, false), (.private, false, true), (.everyone, true, true)] {
            #expect(RealtimeTopic(name: "m", isPrivate: false).isMeant(by: audience) == open)
            #expect(RealtimeTopic(name: "m", isPrivate: true).isMeant(by: audience) == closed)
        }
    }

    // MARK: of subscribers

    private func pushed(_ version: RealtimeVersion = .objects, config: String = "{}", mayBroadcast: Bool = true, _ payload: String) -> Peer
    {
        var peer = Peer(version, mayBroadcast: mayBroadcast)
        if version == .objects {
            peer.join(config: config)
            peer.say(#"{"topic":"realtime:messages","event":"broadcast","payload":\#(payload),"ref":"2","join_ref":"1"}"#)
        } else {
            peer.say(#"["1","1","realtime:messages","phx_join",{"config":\#(config)}]"#)
            peer.say(#"["1","2","realtime:messages","broadcast",\#(payload)]"#)
        }
        return peer
    }

    @Test func an_admins_broadcast_goes_to_the_others_and_back_only_when_wanted() {
        let payload = #"{"type":"broadcast","event":"shout","payload":{"n":1.5}}"#
        let expected = RealtimeBroadcast(topic: "messages", audience: .public, event: "shout", payload: .json(Array(#"{"n":1.5}"#.utf8)))
        for version in RealtimeVersion.allCases {
            let plain = pushed(version, payload)
            #expect(plain.rest == [.broadcast(expected, echo: false)])
            #expect(plain.sent.isEmpty)
            let eager = pushed(version, config: #"{"broadcast":{"self":true,"ack":true}}"#, payload)
            #expect(eager.rest == [.broadcast(expected, echo: true)])
            #expect(eager.sent.count == 1)
        }
        let hidden = pushed(config: #"{"private":true}"#, payload)
        #expect(
            hidden.rest == [
                .broadcast(
                    RealtimeBroadcast(topic: "messages", audience: .private, event: "shout", payload: .json(Array(#"{"n":1.5}"#.utf8))),
                    echo: false)
            ])
    }

    @Test func a_readers_broadcast_is_dropped_and_said_so_only_when_asked() {
        let payload = #"{"type":"broadcast","event":"insert","payload":{}}"#
        let silent = pushed(mayBroadcast: false, payload)
        #expect(silent.sent.isEmpty && silent.rest.isEmpty)
        let asking = pushed(config: #"{"broadcast":{"ack":true}}"#, mayBroadcast: false, payload)
        #expect(asking.sent.first?["payload"]?["response"]?["reason"] == "Unauthorized: this key may not broadcast")
        #expect(asking.rest.isEmpty)
    }

    @Test(arguments: [#"{}"#, #"{"event":""}"#, #"{"event":"e","payload":[]}"#, #"{"event":"e","payload":"x"}"#, "7"])
    func a_broadcast_without_event_or_object_is_refused(_ payload: String) {
        let peer = pushed(config: #"{"broadcast":{"ack":true}}"#, payload)
        #expect(peer.sent.first?["payload"]?["status"] == "error")
        #expect(peer.rest.isEmpty)
    }

    @Test func a_payload_above_the_limit_is_refused() {
        let text = String(repeating: "x", count: RealtimeLimits.payloadBytes)
        let peer = pushed(config: #"{"broadcast":{"ack":true}}"#, #"{"event":"e","payload":{"t":"\#(text)"}}"#)
        #expect(peer.sent.first?["payload"]?["response"]?["reason"]?.string?.hasPrefix("PayloadTooLarge") == true)
        #expect(peer.rest.isEmpty)
    }

    private func binary(_ encoding: UInt8, _ payload: [UInt8], topic: String = "realtime:messages") -> [UInt8] {
        let strings = ["1", "2", topic, "ev", ""]
        return [3] + strings.map { UInt8($0.utf8.count) } + [encoding] + strings.flatMap { Array($0.utf8) } + payload
    }

    @Test func binary_pushes_carry_json_or_bytes() {
        for (encoding, payload, expected) in [
            (UInt8(1), Array(#" {"n" : 1} "#.utf8), RealtimeBroadcast.Payload.json(Array(#"{"n":1}"#.utf8))),
            (0, [7, 0, 200], .binary([7, 0, 200])),
        ] {
            var peer = Peer(.arrays, mayBroadcast: true)
            peer.say(#"["1","1","realtime:messages","phx_join",{"config":{"broadcast":{"ack":true}}}]"#)
            peer.say(binary: binary(encoding, payload))
            #expect(
                peer.rest == [
                    .broadcast(RealtimeBroadcast(topic: "messages", audience: .public, event: "ev", payload: expected), echo: false)
                ])
            #expect(peer.sent == [["1", "2", "realtime:messages", "phx_reply", ["status": "ok", "response": [:]]]])
        }
    }

    @Test func every_truncated_binary_push_ends_the_connection_or_is_a_shorter_payload() {
        let whole = binary(1, Array(#"{"n":1}"#.utf8))
        let head = whole.count - 7
        for length in 0..<whole.count {
            var peer = Peer(.arrays, mayBroadcast: true)
            peer.say(#"["1","1","realtime:messages","phx_join",{}]"#)
            peer.say(binary: Array(whole.prefix(length)))
            if length < head {
                #expect(peer.closed?.0 == WebSocketClose.invalidData, "\(length)")
            } else {
                #expect(peer.rest.isEmpty, "\(length)")  // no JSON object
            }
        }
        var old = Peer(.objects, mayBroadcast: true)
        old.join()
        old.say(binary: whole)
        #expect(old.closed?.0 == WebSocketClose.unsupported)
        var unknown = Peer(.arrays, mayBroadcast: true)
        unknown.say(binary: [9] + whole.dropFirst())
        #expect(unknown.closed?.0 == WebSocketClose.invalidData)
    }

    // MARK: frames

    @Test(
        arguments: [(0, [0x81, 0]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]), (65535, [0x81, 126, 255, 255])] as [(Int, [UInt8])])
    func short_frames_have_short_lengths(_ count: Int, _ head: [UInt8]) {
        let frame = RealtimeFrame.encode(RealtimeFrame.text, [UInt8](repeating: 65, count: count))
        #expect(Array(frame.prefix(head.count)) == head)
        #expect(frame.count == head.count + count)
    }

    @Test func long_frames_and_close_frames_are_as_the_rfc_has_them() {
        let frame = RealtimeFrame.encode(RealtimeFrame.binary, [UInt8](repeating: 1, count: 65536))
        #expect(Array(frame.prefix(10)) == [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0])
        #expect(RealtimeFrame.close(1012, "x") == [0x88, 3, 0x03, 0xF4, UInt8(ascii: "x")])
        #expect(RealtimeFrame.close(1000, String(repeating: "x", count: 500)).count == 127)
    }
}
