import Primitives
import TL
import Testing

@testable import TelegramClient

@Suite struct RPCErrorTests {
    @Test func errors_fall_into_the_families_that_say_what_to_do() {
        let table: [(Int32, String, RPCErrorKind)] = [
            (303, "PHONE_MIGRATE_4", .migrate(.phone, dc: 4)), (303, "USER_MIGRATE_2", .migrate(.user, dc: 2)),
            (303, "NETWORK_MIGRATE_1", .migrate(.network, dc: 1)), (303, "FILE_MIGRATE_5", .migrate(.file, dc: 5)),
            (303, "STATS_MIGRATE_3", .migrate(.stats, dc: 3)),
            (420, "FLOOD_WAIT_30", .wait(.flood, seconds: 30)), (420, "FLOOD_PREMIUM_WAIT_7", .wait(.premium, seconds: 7)),
            (420, "SLOWMODE_WAIT_9", .wait(.slowMode, seconds: 9)), (420, "TAKEOUT_INIT_DELAY_86400", .wait(.takeout, seconds: 86400)),
            (420, "2FA_CONFIRM_WAIT_60", .wait(.confirmation, seconds: 60)), (420, "SOMETHING_NEW_12", .wait(.flood, seconds: 12)),
            (401, "AUTH_KEY_UNREGISTERED", .loggedOut), (401, "SESSION_REVOKED", .loggedOut), (401, "USER_DEACTIVATED_BAN", .loggedOut),
            (401, "SESSION_PASSWORD_NEEDED", .passwordNeeded), (401, "AUTH_KEY_PERM_EMPTY", .keyUnbound), (401, "WHAT_EVER", .unauthorized),
            (406, "AUTH_KEY_DUPLICATED", .keyDuplicated), (406, "CHANNEL_PRIVATE", .lostAccess), (400, "CHANNEL_INVALID", .lostAccess),
            (406, "FROZEN_METHOD_INVALID", .frozen), (420, "FROZEN_METHOD_INVALID", .frozen),
            (400, "FROZEN_PARTICIPANT_MISSING", .lostAccess),
            (400, "CONNECTION_NOT_INITED", .notInitialised), (400, "CONNECTION_LAYER_INVALID", .notInitialised),
            (400, "PERSISTENT_TIMESTAMP_INVALID", .positionInvalid), (500, "PERSISTENT_TIMESTAMP_OUTDATED", .temporary),
            (400, "FILE_REFERENCE_EXPIRED", .fileReference), (400, "FILE_REFERENCE_3_EXPIRED", .fileReference),
            (500, "AUTH_RESTART", .authRestart), (500, "INTERDC_4_CALL_ERROR", .temporary), (500, "HISTORY_GET_FAILED", .temporary),
            (-503, "Timeout", .tooSlow), (-500, "No workers running", .temporary), (503, "UNKNOWN", .temporary),
            (400, "MESSAGE_ID_INVALID", .badRequest), (403, "CHAT_WRITE_FORBIDDEN", .forbidden), (777, "ODD", .other),
        ]
        for (code, message, kind) in table { #expect(RPCError(code: code, message: message).kind == kind, "\(message)") }
    }

    @Test func a_number_beyond_reason_is_the_most_that_clocks_bear() {
        let most = RPCErrorKind.numberMost
        for number in ["2147483648", "9223372036854775807", "99999999999999999999999"] {
            #expect(RPCError(code: 420, message: "FLOOD_WAIT_\(number)").kind == .wait(.flood, seconds: most))
            #expect(RPCError(code: 303, message: "USER_MIGRATE_\(number)").kind == .migrate(.user, dc: most))
        }
        #expect(RPCError(code: 420, message: "FLOOD_WAIT_-5").kind == .wait(.flood, seconds: 0))
        #expect(RPCError(code: 420, message: "FLOOD_WAIT_").kind == .wait(.flood, seconds: 0))
    }

    @Test func what_concerns_the_account_is_no_failure_of_one_box() {
        #expect(UpdateFailure(.rpc(RPCError(code: 401, message: "SESSION_REVOKED"))) == nil)
        #expect(UpdateFailure(.rpc(RPCError(code: 406, message: "CHANNEL_PRIVATE"))) == .lostAccess(reason: "CHANNEL_PRIVATE"))
        #expect(UpdateFailure(.rpc(RPCError(code: 420, message: "FLOOD_WAIT_3"))) == .flood(seconds: 3))
        #expect(UpdateFailure(.timeout) == .temporary)
    }
}

@Suite struct RequestPolicyTests {
    private var generator = SeededGenerator(seed: 1)

    private func rpc(_ code: Int32, _ message: String) -> CallFailure { .rpc(RPCError(code: code, message: message)) }

    private mutating func wait(_ policy: inout RequestPolicy, _ failure: CallFailure) -> Double? {
        if case .retry(let wait) = policy.failed(failure, using: &generator) { wait.inSeconds } else { nil }
    }

    @Test mutating func a_server_that_is_unwell_is_asked_five_times_in_all() {
        var policy = RequestPolicy()
        var waits: [Double] = []
        while let wait = wait(&policy, rpc(500, "RPC_CALL_FAIL")) { waits.append(wait) }
        #expect(waits.count == 4)
        for (i, wait) in waits.enumerated() {
            let base = Double(1 << i)
            #expect(wait >= base / 2 && wait <= base)
        }
    }

    @Test mutating func a_flood_wait_is_slept_through_up_to_its_limit() {
        var policy = RequestPolicy()
        let short = wait(&policy, rpc(420, "FLOOD_WAIT_300"))
        #expect(short! >= 300 && short! <= 300.5)  // nil would fail the line above it
        #expect(wait(&policy, rpc(420, "FLOOD_WAIT_0"))! >= 1)  // the same
        #expect(wait(&policy, rpc(420, "FLOOD_WAIT_301")) == nil)
        var impatient = RequestPolicy(floodSleepMost: 10)
        #expect(wait(&impatient, rpc(420, "FLOOD_WAIT_10")) != nil)
        #expect(wait(&impatient, rpc(420, "FLOOD_WAIT_11")) == nil)
    }

    @Test mutating func what_may_have_been_executed_is_repeated_only_if_that_does_no_harm() {
        var reading = RequestPolicy()
        var joining = RequestPolicy(isIdempotent: false)
        #expect(wait(&reading, .timeout) != nil)
        #expect(wait(&joining, .disconnected) == nil)
        var refused = RequestPolicy(isIdempotent: false)
        #expect(wait(&refused, rpc(420, "FLOOD_WAIT_1")) != nil)
    }

    @Test mutating func what_will_not_get_better_is_given_up_at_once() {
        for error in [rpc(400, "PEER_ID_INVALID"), rpc(401, "SESSION_REVOKED"), rpc(406, "AUTH_KEY_DUPLICATED"), .undecodable("x")] {
            var policy = RequestPolicy()
            #expect(wait(&policy, error) == nil)
        }
        var policy = RequestPolicy()
        #expect(wait(&policy, rpc(400, "CONNECTION_NOT_INITED")) == 0)
    }
}

@Suite struct FloodMemoryTests {
    @Test func a_wait_holds_later_calls_of_that_method_back_and_survives_as_entries() {
        var memory = FloodMemory()
        let now = UnixTime(seconds: 1_000)
        memory.note(.init(method: "contacts.resolveUsername"), until: UnixTime(seconds: 1_000 + 86_400))
        memory.note(.init(method: "contacts.resolveUsername"), until: UnixTime(seconds: 1_010))
        #expect(memory.wait(.init(method: "contacts.resolveUsername"), now: now) == .seconds(86_400))
        #expect(memory.wait(.init(method: "messages.getHistory"), now: now) == nil)
        var restored = FloodMemory()
        for entry in memory.entries { restored.note(entry.key, until: entry.until) }
        #expect(restored.wait(.init(method: "contacts.resolveUsername"), now: UnixTime(seconds: 87_399)) == .seconds(1))
        #expect(restored.wait(.init(method: "contacts.resolveUsername"), now: UnixTime(seconds: 87_400)) == nil)
        #expect(restored.entries.isEmpty)
    }

    @Test func a_chat_in_slow_mode_holds_back_what_goes_there_and_nothing_else() {
        func send(_ channel: Int64) -> TLObject {
            TLObject(
                "messages.sendMessage",
                ["peer": .object(TLObject("inputPeerChannel", ["channel_id": .integer(channel), "access_hash": 5])), "message": "x"])
        }
        let now = UnixTime(seconds: 1_000)
        var memory = FloodMemory()
        let key = FloodMemory.Key(send(7), wait: .slowMode)
        #expect(key == .init(method: "messages.sendMessage", peer: "channel:7"))
        #expect(FloodMemory.Key(send(7), wait: .flood) == .init(method: "messages.sendMessage"))
        memory.note(key, until: now + .seconds(60))
        #expect(memory.wait(for: send(7), now: now) == .seconds(60))
        #expect(memory.wait(for: send(8), now: now) == nil)
        memory.note(.init(method: "messages.sendMessage"), until: now + .seconds(90))
        #expect(memory.wait(for: send(7), now: now) == .seconds(90))
        #expect(memory.wait(for: send(8), now: now) == .seconds(90))
        #expect(memory.wait(for: TLObject("updates.getState"), now: now) == nil)
    }

    @Test func only_a_later_end_is_news() {
        var memory = FloodMemory()
        #expect(memory.note(.init(method: "m"), until: UnixTime(seconds: 10)) == true)
        #expect(memory.note(.init(method: "m"), until: UnixTime(seconds: 10)) == false)
        #expect(memory.note(.init(method: "m"), until: UnixTime(seconds: 9)) == false)
        #expect(memory.note(.init(method: "m"), until: UnixTime(seconds: 11)) == true)
    }

    @Test func it_is_bounded() {
        var memory = FloodMemory()
        for i in 0..<(FloodMemory.limit + 5) { memory.note(.init(method: "m\(i)"), until: UnixTime(seconds: Int64(i))) }
        #expect(memory.entries.count == FloodMemory.limit)
        #expect(memory.entries.first?.key.method == "m5")
    }
}

@Suite struct RequestEncoderTests {
    @Test func the_prefix_before_a_call_makes_it_a_wrapped_one() throws {
        let encoder = RequestEncoder(identity: ClientIdentity(apiID: 7), layer: 201, withoutUpdates: true)
        let call = TLObject("updates.getState")
        let first = try TL.decode(try encoder.connectionPrefix() + encoder.encode(call))
        #expect(first.name == "invokeWithLayer")
        #expect(first["layer"]?.int == 201)
        #expect(first["query"]?["api_id"]?.int == 7)
        #expect(first["query"]?["query"]?.object?.name == "invokeWithoutUpdates")
        #expect(first["query"]?["query"]?["query"]?.object == call)
        let listening = RequestEncoder(identity: ClientIdentity(apiID: 7))
        #expect(try TL.decode(try listening.encode(call)) == call)
    }

    @Test func every_request_of_the_update_engine_can_be_written_in_every_known_layer() throws {
        let requests: [UpdateRequest] = [
            .getState, .getDifference(pts: 1, date: 2, qts: 3, limit: nil), .getDifference(pts: 1, date: 2, qts: 3, limit: 10),
            .getChannelDifference(channel: 5, accessHash: -6, pts: 7, limit: 100), .getChannelPosition(channel: 5, accessHash: -6),
            .getDialogs(DialogsPage()),
        ]
        for layer in TL.layers {
            for request in requests {
                let bytes = try TL.encode(request.call, layer: layer)
                let back = try TL.decode(bytes)
                #expect(back.name == request.call.name)
                #expect(back["pts"] == request.call["pts"])
            }
        }
    }
}

@Suite struct AnswerTests {
    @Test func dialogs_say_where_their_channels_stand_and_where_the_next_page_begins() {
        let top = TLObject("message", ["id": 44, "peer_id": .object(channelPeer(3)), "date": 1_700_000_000, "message": "x"])
        let object = TLObject(
            "messages.dialogsSlice",
            [
                "count": 200, "messages": .objects([top]), "users": [], "chats": .objects([channelObject(3, hash: 33)]),
                "dialogs": .objects([
                    TLObject("dialog", ["peer": .object(basicGroup(7)), "top_message": 9]),
                    TLObject("dialog", ["peer": .object(channelPeer(3)), "top_message": 44, "pts": 31]),
                ]),
            ])
        guard case .dialogs(let dialogs, let next, _, _) = UpdateAnswer(object, receivedAt: someTime) else {
            Issue.record("not read")
            return
        }
        #expect(dialogs == [.init(channel: nil, pts: nil, topMessage: 9), .init(channel: 3, pts: 31, topMessage: 44)])
        #expect(next?.id == 44)
        #expect(next?.date == 1_700_000_000)
        #expect(next?.peer == TLObject("inputPeerChannel", ["channel_id": 3, "access_hash": 33]))
    }

    @Test func a_channel_difference_too_long_stands_at_its_dialog() {
        let object = TLObject(
            "updates.channelDifferenceTooLong",
            [
                "final": true, "timeout": 30, "dialog": .object(TLObject("dialog", ["peer": .object(channelPeer(3)), "pts": 900])),
                "messages": .objects([message(899, in: channelPeer(3))]), "users": [], "chats": [],
            ])
        guard case .channelDifferenceTooLong(let content, let pts, let final, let timeout) = UpdateAnswer(object, receivedAt: someTime)
        else {
            Issue.record("not read")
            return
        }
        #expect(pts == 900 && final && timeout == 30 && content.messages.count == 1)
    }

    @Test func short_forms_stand_for_whole_messages() {
        let chat = TLObject(
            "updateShortChatMessage",
            ["id": 5, "from_id": 9, "chat_id": 7, "message": "hi", "pts": 12, "pts_count": 1, "date": 1_700_000_000])
        let envelope = Envelope(chat, receivedAt: someTime)
        #expect(envelope?.updates.first?.place == .box(.common, end: 12, count: 1))
        let message = envelope?.updates.first?.object["message"]?.object
        #expect(message?["peer_id"]?.object == basicGroup(7))
        #expect(message?["from_id"]?["user_id"]?.int == 9)
        #expect(message?["message"]?.string == "hi")
    }

    @Test func a_new_numbered_update_of_a_later_layer_still_has_a_box() {
        let unknown = Update(TLObject("updateSomethingNew", ["pts": 12, "pts_count": 2]), receivedAt: someTime)
        #expect(unknown.place == .box(.common, end: 12, count: 2))
        let nameless = TLObject(
            "updateNewChannelMessage", ["message": .object(TLObject("messageEmpty", ["id": 3])), "pts": 5, "pts_count": 1])
        #expect(Update(nameless, receivedAt: someTime).place == .loose)
        #expect(Update(TLObject("updateNewEncryptedMessage", ["qts": 8]), receivedAt: someTime).place == .box(.qts, end: 8, count: 1))
    }

    // MARK: the account

    @Test func that_a_key_is_unknown_is_said_in_plain_and_not_remembered() throws {
        let rejected = try #require(AccountTrouble(RPCError(code: 401, message: AccountTrouble.keyRejected)))
        #expect(rejected == .revoked)
        #expect(!AccountTrouble.isProven(AccountTrouble.keyRejected))
        for word in ["AUTH_KEY_UNREGISTERED", "SESSION_REVOKED", "AUTH_KEY_DUPLICATED", "USER_DEACTIVATED_BAN"] {
            #expect(AccountTrouble.isProven(word))
        }
    }

    // MARK: names

    private func wait(_ seconds: Int) -> CallFailure { .rpc(RPCError(code: 420, message: "FLOOD_WAIT_\(seconds)")) }

    @Test func a_wait_counts_as_no_question_and_no_other_name_is_asked_for_meanwhile() {
        var questions = NameQuestions()
        #expect(questions.due(among: [1, 2, 3], now: at(0)) == [1, 2, 3])
        questions.answered(1, now: at(0))
        questions.failed(2, wait(300), now: at(0))
        #expect(questions.due(among: [1, 2, 3], now: at(5)).isEmpty)
        #expect(questions.due(among: [1, 2, 3], now: at(299)).isEmpty)
        #expect(questions.due(among: [1, 2, 3], now: at(300)) == [2, 3])
        #expect(questions.due(among: [1, 2, 3], now: at(6 * 3600)) == [1, 2, 3])
    }

    @Test func one_name_that_fails_again_and_again_does_not_keep_the_others_from_their_turns() {
        var questions = NameQuestions()
        questions.failed(1, .rpc(RPCError(code: 400, message: "USERNAME_INVALID")), now: at(0))
        #expect(questions.due(among: [1, 2], now: at(59)).isEmpty)
        #expect(questions.due(among: [1, 2], now: at(60)) == [2])
        #expect(questions.due(among: [1, 2], now: at(600)) == [1, 2])
        // The database was away: nobody's turn.
        questions.failed(nil, nil, now: at(600))
        #expect(questions.due(among: [1, 2], now: at(600)).isEmpty)
        #expect(questions.due(among: [1, 2], now: at(660)) == [1, 2])
    }
}
