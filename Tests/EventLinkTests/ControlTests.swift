import EventLink
import Primitives
import Testing
import ZeroMQ

@Suite(.serialized) struct ControlTests {
    private func server(_ folder: SocketFolder, _ context: Context) throws -> ControlServer {
        try ControlServer(
            path: folder.socket("control"), context: context,
            commands: [
                "status": { request throws(ControlFailure) in ["actor": .string(request.actor), "asked": request.arguments] },
                "refuse": { _ throws(ControlFailure) in throw ControlFailure("not now") },
                "sleep": { _ throws(ControlFailure) in
                    try? await Task.sleep(for: .seconds(30))
                    return .null
                },
            ])
    }

    @Test func a_command_is_answered_with_its_result() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let server = try server(folder, context)
        let answer = try await ControlClient(context: context, patience: patience).ask(
            folder.socket("control"), "status", arguments: ["verbose": true], actor: "anna")
        #expect(answer == ["actor": "anna", "asked": ["verbose": true]])
        await server.close()
    }

    @Test func an_unknown_command_and_a_refusal_are_errors_in_words() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let server = try server(folder, context)
        let client = ControlClient(context: context, patience: patience)
        let unknown = await #expect(throws: ControlFailure.self) { try await client.ask(folder.socket("control"), "explode", actor: "a") }
        #expect(unknown?.reason == "unknown command explode; known: refuse, sleep, status")
        let refused = await #expect(throws: ControlFailure.self) { try await client.ask(folder.socket("control"), "refuse", actor: "a") }
        #expect(refused?.reason == "not now")
        await server.close()
    }

    @Test func who_is_not_there_or_does_not_answer_is_given_up() async throws {
        let folder = try SocketFolder()
        let context = Context()
        var client = ControlClient(context: context)
        let early = client
        await #expect(throws: LinkError.noAnswer(path: folder.socket("none"))) {
            try await early.ask(folder.socket("none"), "status", actor: "a")
        }
        let server = try server(folder, context)
        client.patience = .milliseconds(200)
        let hasty = client
        await #expect(throws: LinkError.noAnswer(path: folder.socket("control"))) {
            try await hasty.ask(folder.socket("control"), "sleep", actor: "a")
        }
        // A slow command holds up no other.
        client.patience = patience
        _ = try await client.ask(folder.socket("control"), "status", actor: "a")
        await server.close()
    }

    @Test func what_is_no_request_is_answered_too() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let server = try server(folder, context)
        let raw = try Socket(context, .dealer)
        try raw.set(.linger, Int32(0))
        try raw.connect("ipc://\(folder.socket("control"))")
        let wakeup = Wakeup()
        func ask(_ parts: [String]) throws -> [String] {
            #expect(try raw.send(parts.map { Array($0.utf8) }))
            for _ in 0..<600 {
                if let answer = try raw.receive() { return answer.map { String(decoding: $0, as: UTF8.self) } }
                _ = try poll([raw], wakeup, milliseconds: 200)
            }
            return []
        }
        #expect(try ask(["nonsense"]).last?.contains("one JSON object") == true)
        #expect(try ask([#"{"id":7}"#]) == [#"{"id":7,"ok":false,"error":"a request needs a command"}"#])
        // A REQ socket's empty part comes back before the answer.
        let answer = try ask(["", #"{"id":"x","command":"status"}"#])
        #expect(answer == ["", #"{"id":"x","ok":true,"result":{"actor":"unknown","asked":null}}"#])
        await server.close()
    }
}
