import Primitives
import TL
import Testing

@testable import TelegramClient

/// Rules of the update sequence that need a word of their own.
@Suite struct UpdateEngineRuleTests {
    private let empty = UpdateAnswer.differenceEmpty(date: 9, seq: 10)

    // MARK: envelopes and numbers

    @Test func a_seq_that_is_too_high_for_ever_is_asked_for_once_and_never_holds_back_numbered_updates() {
        var engine = settledEngine()
        #expect(engine.push(push(common(101), loose(1), seq: 40), now: at(10)) == ["common 100→101 [u101]"])
        #expect(engine.push(push(common(102), loose(2), seq: 40), now: at(10.1)) == ["common 101→102 [u102]"])
        #expect(words(engine.advance(now: at(10.5))) == ["#2 getDifference 102 5"])
        #expect(engine.answer(2, empty, now: at(10.5)) == ["loose [updateChat]", "loose [updateChat]"])
        #expect(words(engine.advance(now: at(12))) == [])
        #expect(engine.nextDeadline == at(70.5))
    }

    @Test func a_fresh_account_stands_at_zero_without_a_new_count_each_minute() {
        var engine = UpdateEngine(positions: [:], channels: [], peers: PeerBook(), now: at(0))
        _ = engine.connected(now: at(0))
        let nothing = UpdateAnswer.state(CommonState(pts: 0, qts: 0, date: 9, seq: 0))
        #expect(engine.answer(1, nothing, now: at(0)) == ["common 0→0", "qts 0→0"])
        #expect(words(engine.advance(now: at(60))) == ["#2 getDifference 0 0"])
        #expect(engine.fail(2, .positionInvalid, now: at(60)) == [])
        #expect(words(engine.advance(now: at(61.4))) == ["#3 getState"])
        #expect(engine.answer(3, nothing, now: at(61.4)) == ["common 0→0", "qts 0→0"])
        #expect(engine.push(push(common(1)), now: at(62)) == ["common 0→1 [u1]"])
    }

    @Test func a_start_loses_nothing_that_was_pushed_before_its_position_came() {
        var engine = UpdateEngine(positions: [:], channels: [], peers: PeerBook(), now: at(0))
        _ = engine.connected(now: at(0))
        #expect(engine.push(push(common(51)), now: at(0.1)) == [])
        #expect(
            engine.answer(1, .state(CommonState(pts: 51, qts: 2, date: 9, seq: 3)), now: at(0.2)).prefix(3) == [
                "common 50→50", "qts 2→2", "common 50→51 [u51]",
            ])
    }

    @Test func traffic_of_channels_does_not_stand_for_the_common_box() {
        var engine = settledEngine(channels: [3: 30])
        for second in 1..<60 { _ = engine.push(push(inChannel(3, 30 + Int64(second))), now: at(Double(second))) }
        #expect(words(engine.advance(now: at(60))) == ["#3 getDifference 100 5"])
    }

    @Test func results_of_calls_made_elsewhere_move_the_boxes() {
        var engine = settledEngine(channels: [3: 30])
        func feed(_ result: TLObject, about channel: Int64? = nil) -> [String] {
            words(engine.handle(result: result, ofCallAbout: channel, receivedAt: someTime, now: at(10)))
        }
        let affected = TLObject("messages.affectedMessages", ["pts": 102, "pts_count": 2])
        #expect(feed(affected) == ["common 100→102 [u102]"])
        #expect(feed(TLObject("messages.affectedMessages", ["pts": 31, "pts_count": 1]), about: 3) == ["channel 3 30→31 [u31]"])
        #expect(feed(TLObject("messages.affectedHistory", ["pts": 103, "pts_count": 1, "offset": 0])) == ["common 102→103 [u103]"])
        let updates = TLObject(
            "updates", ["updates": .objects([common(104).object]), "users": [], "chats": [], "date": 9, "seq": 0])
        #expect(feed(TLObject("messages.invitedUsers", ["updates": .object(updates)])) == ["common 103→104 [u104]"])
        #expect(feed(TLObject("messages.chats", ["chats": []])) == [])
    }

    @Test func a_short_message_of_somebody_unknown_is_asked_for_whole() {
        var engine = settledEngine()
        func short(_ pts: Int64, from user: Int64) -> Envelope {
            let object = TLObject(
                "updateShortChatMessage",
                [
                    "id": .integer(pts), "from_id": .integer(user), "chat_id": 7, "message": "hi", "pts": .integer(pts), "pts_count": 1,
                    "date": 9,
                ])
            return Envelope(object, receivedAt: someTime) ?? Envelope(receivedAt: someTime)
        }
        #expect(engine.push(short(101, from: 42), now: at(10)) == ["#2 getDifference 100 5"])
        var content = DifferenceContent(messages: [message(101, in: basicGroup(7))])
        content.users = [TLObject("user", ["id": 42, "access_hash": 1, "first_name": "Ann"])]
        _ = engine.answer(2, .difference(content, state: CommonState(pts: 101, qts: 5, date: 9, seq: 10), final: true), now: at(10))
        #expect(engine.push(short(102, from: 42), now: at(11)) == ["common 101→102 [u102]"])
    }

    @Test func every_numbered_update_of_every_layer_belongs_to_a_known_kind_of_box() {
        let commonOnes: Set<String> = [
            "updateNewMessage", "updateDeleteMessages", "updateEditMessage", "updateReadHistoryInbox", "updateReadHistoryOutbox",
            "updateReadMessagesContents", "updateWebPage", "updateFolderPeers", "updatePinnedMessages",
        ]
        var seen: Set<String> = []
        for declaration in TL.declarations where declaration.result == "Update" {
            let fields = Set(declaration.fields.map(\.name))
            guard fields.isSuperset(of: ["pts", "pts_count"]) else { continue }
            seen.insert(declaration.name)
            let namesChannel = fields.contains("channel_id") || declaration.name.contains("Channel")
            #expect(Update.channelUpdates.contains(declaration.name) == namesChannel, "\(declaration.text)")
        }
        #expect(seen.subtracting(Update.channelUpdates) == commonOnes)
    }

    // MARK: differences

    @Test func a_slice_that_promises_more_and_brings_nothing_is_not_asked_again_at_once() {
        var engine = settledEngine(channels: [3: 30])
        var envelope = push()
        envelope.tooLong = true
        _ = engine.push(envelope, now: at(10))
        let slice = UpdateAnswer.difference(DifferenceContent(), state: CommonState(pts: 100, qts: 5, date: 9, seq: 10), final: false)
        #expect(engine.answer(3, slice, now: at(10)) == [])
        #expect((engine.nextDeadline ?? at(10)) >= at(11))
        let tooLong = Update(TLObject("updateChannelTooLong", ["channel_id": 3]), receivedAt: someTime)
        _ = engine.push(push(tooLong), now: at(10))
        #expect(engine.answer(4, .channelDifferenceEmpty(pts: 30, final: false, timeout: 1), now: at(10)) == [])
        #expect((engine.nextDeadline ?? at(10)) >= at(11))
    }

    @Test func a_word_on_a_channel_that_is_not_behind_costs_no_call() {
        var engine = settledEngine(channels: [3: 30])
        let told = Update(TLObject("updateChannelTooLong", ["channel_id": 3, "pts": 30]), receivedAt: someTime)
        #expect(engine.push(push(told), now: at(10)) == [])
        let ahead = Update(TLObject("updateChannelTooLong", ["channel_id": 3, "pts": 31]), receivedAt: someTime)
        #expect(engine.push(push(ahead), now: at(10)) == ["#3 getChannelDifference 3 30"])
    }

    @Test func what_fits_is_handed_on_though_a_call_fails() {
        var engine = settledEngine(channels: [3: 30])
        let tooLong = Update(TLObject("updateChannelTooLong", ["channel_id": 3]), receivedAt: someTime)
        _ = engine.push(push(tooLong), now: at(10))
        #expect(engine.push(push(inChannel(3, 31)), now: at(10)) == [])
        #expect(engine.fail(3, .flood(seconds: 300), now: at(10)) == ["channel 3 30→31 [u31]"])
    }

    // MARK: peers

    @Test func a_channel_whose_dialog_tells_no_position_is_asked_for_alone() {
        var engine = UpdateEngine(
            positions: [.common: BoxState(value: 100), .qts: BoxState(value: 5)], channels: [3], peers: PeerBook(), now: at(0))
        _ = engine.connected(now: at(0))
        #expect(
            engine.answer(2, .dialogs([.init(channel: 3, pts: nil)], next: nil, users: [], chats: [channelObject(3, hash: 33)]), now: at(1))
                == ["#3 getChannelPosition 3"])
        #expect(engine.answer(3, .channelPosition(pts: 31, users: [], chats: []), now: at(1)) == ["channel 3 31→31"])
    }

    @Test func defect_11_rows_of_a_channel_without_access_hash_are_kept_and_it_is_resolved_later() {
        var engine = UpdateEngine(
            positions: [.common: BoxState(value: 100), .qts: BoxState(value: 5)], channels: [3], peers: PeerBook(), now: at(0))
        _ = engine.connected(now: at(0))
        _ = engine.answer(1, empty, now: at(0))
        #expect(engine.answer(2, .dialogs([], next: nil, users: [], chats: []), now: at(1)) == ["unresolved 3"])
        #expect(engine.push(push(inChannel(3, 32), chats: [channelObject(3, hash: 9, min: true)]), now: at(2)) == [])
        #expect(words(engine.advance(now: at(2.5))) == ["channel 3 31→31", "channel 3 31→32 [u32]"])
        #expect(engine.push(push(inChannel(3, 33)), now: at(3)) == ["channel 3 32→33 [u33]"])
        // A hole stays until it can be asked for; nothing that came is dropped.
        #expect(engine.push(push(inChannel(3, 35)), now: at(4)) == [])
        #expect(words(engine.advance(now: at(59))) == [])
        #expect(engine.push(push(chats: [channelObject(3, hash: 33)]), now: at(59)) == ["resolved 3", "#3 getChannelDifference 3 33"])
        let content = DifferenceContent(messages: [message(34, in: channelPeer(3))])
        #expect(
            engine.answer(3, .channelDifference(content, pts: 34, final: true, timeout: 30), now: at(59)) == [
                "channel 3 33→34 [m34]", "channel 3 34→35 [u35]",
            ])
    }

    @Test func a_channel_seen_only_inside_a_message_is_asked_for_by_that_message() {
        var engine = UpdateEngine(
            positions: [.common: BoxState(value: 100), .qts: BoxState(value: 5)], channels: [3], peers: PeerBook(), now: at(0))
        _ = engine.connected(now: at(0))
        _ = engine.answer(1, empty, now: at(0))
        _ = engine.answer(2, .dialogs([], next: nil, users: [], chats: []), now: at(1))
        var update = common(101)
        var forwarded = message(101, in: basicGroup(7))
        forwarded["fwd_from"] = .object(TLObject("messageFwdHeader", ["from_id": .object(channelPeer(3)), "date": 9]))
        update.object["message"] = .object(forwarded)
        #expect(
            engine.push(push(update, chats: [channelObject(3, hash: 9, min: true)]), now: at(2)) == [
                "common 100→101 [u101]", "#3 getChannel 3 in inputPeerChat 101",
            ])
        #expect(engine.answer(3, .chats([channelObject(3, hash: 33)]), now: at(3)) == ["resolved 3", "#4 getChannelPosition 3"])
    }

    @Test func a_user_of_unknown_hash_is_named_by_a_message() {
        var book = PeerBook()
        var said = message(9, in: basicGroup(7))
        said["from_id"] = .object(TLObject("peerUser", ["user_id": 42]))
        book.merge(users: [TLObject("user", ["id": 42, "access_hash": 5, "min": true])], chats: [])
        book.note(said, id: 9, in: basicGroup(7))
        let user = TLObject("peerUser", ["user_id": 42])
        #expect(book.inputPeer(of: user)?.name == "inputPeerUserFromMessage")
        #expect(book.inputPeer(of: user)?["msg_id"]?.int == 9)
        book.merge(users: [TLObject("user", ["id": 42, "access_hash": 77])], chats: [])
        #expect(book.inputPeer(of: user) == TLObject("inputPeerUser", ["user_id": 42, "access_hash": 77]))
        book.note(said, id: 10, in: basicGroup(7))
        #expect(book.context(of: .init(.user, 42)) == nil)
    }

    @Test func where_peers_were_seen_is_learnt_for_ever_and_the_oldest_of_it_is_forgotten() {
        var book = PeerBook(limit: 10)
        func see(_ user: Int64) {
            var said = message(user, in: basicGroup(7))
            said["from_id"] = .object(TLObject("peerUser", ["user_id": .integer(user)]))
            book.note(said, id: user, in: basicGroup(7))
        }
        func isKnown(_ user: Int64) -> Bool { book.context(of: .init(.user, user)) != nil }
        for user in 1...12 as ClosedRange<Int64> { see(user) }
        #expect((1...12).filter(isKnown) == Array(3...12))
        // Those that get a hash make room, and their places in the order do not gather.
        for user in 100...199 as ClosedRange<Int64> {
            see(user)
            book.merge(users: [TLObject("user", ["id": .integer(user), "access_hash": 5])], chats: [])
        }
        see(200)
        #expect(isKnown(200) && !isKnown(199))
    }

    @Test func a_refused_access_hash_is_learnt_anew_and_only_the_same_one_again_loses_the_channel() {
        var engine = settledEngine(channels: [3: 30])
        let tooLong = Update(TLObject("updateChannelTooLong", ["channel_id": 3]), receivedAt: someTime)
        _ = engine.push(push(tooLong), now: at(10))
        #expect(engine.fail(3, .lostAccess(reason: "CHANNEL_INVALID"), now: at(10)) == ["hash refused 3", "#4 getDialogs 0"])
        #expect(engine.peers[.init(.channel, 3)]?.accessHash == nil)
        let dialogs = UpdateAnswer.dialogs([.init(channel: 3, pts: 31)], next: nil, users: [], chats: [channelObject(3, hash: 34)])
        #expect(engine.answer(4, dialogs, now: at(11.4)) == ["resolved 3", "#5 getChannelDifference 3 30"])
        #expect(engine.fail(5, .lostAccess(reason: "CHANNEL_INVALID"), now: at(11.4)) == ["hash refused 3", "#6 getDialogs 0"])
        #expect(engine.answer(6, dialogs, now: at(12)).first == "resolved 3")
        #expect(words(engine.advance(now: at(14.2))) == ["#7 getChannelDifference 3 30"])
        #expect(engine.fail(7, .lostAccess(reason: "CHANNEL_INVALID"), now: at(14.2)) == ["lost 3 CHANNEL_INVALID"])
    }

    // MARK: migration

    @Test func a_group_that_became_a_supergroup_is_told_once_however_it_shows() {
        func service(_ id: Int64, in peer: TLObject, _ action: TLObject) -> TLObject {
            TLObject("messageService", ["id": .integer(id), "peer_id": .object(peer), "date": 9, "action": .object(action)])
        }
        var engine = settledEngine()
        var last = common(101)
        last.object["message"] = .object(service(101, in: basicGroup(7), TLObject("messageActionChatMigrateTo", ["channel_id": 70])))
        #expect(engine.push(push(last), now: at(10)) == ["migrated 7 to 70", "common 100→101 [u101]"])
        var first = inChannel(70, 1)
        first.object["message"] = .object(service(1, in: channelPeer(70), TLObject("messageActionChannelMigrateFrom", ["chat_id": 7])))
        #expect(engine.push(push(first), now: at(11)) == [])
        var other = inChannel(80, 1)
        other.object["message"] = .object(service(1, in: channelPeer(80), TLObject("messageActionChannelMigrateFrom", ["chat_id": 8])))
        #expect(engine.push(push(other), now: at(12)) == ["migrated 8 to 80"])
        let chat = TLObject(
            "chat",
            [
                "id": 9, "title": "t",
                "migrated_to": .object(TLObject("inputChannel", ["channel_id": 90, "access_hash": 5])),
            ])
        #expect(engine.push(push(chats: [chat]), now: at(13)) == ["migrated 9 to 90"])
        #expect(engine.push(push(chats: [chat]), now: at(14)) == [])
    }

    // MARK: errors of one channel

    @Test func defect_16_a_frozen_participant_in_one_channel_stops_that_channel_only() {
        var engine = settledEngine(channels: [3: 30, 4: 40])
        _ = engine.push(push(inChannel(3, 32), inChannel(4, 42)), now: at(10))
        _ = engine.advance(now: at(10.5))
        let error = RPCError(code: 400, message: "FROZEN_PARTICIPANT_MISSING")
        guard let failure = UpdateFailure(.rpc(error)) else {
            Issue.record("it concerns one channel")
            return
        }
        #expect(engine.fail(4, failure, now: at(11)) == ["lost 3 FROZEN_PARTICIPANT_MISSING"])
        let content = DifferenceContent(messages: [message(41, in: channelPeer(4))])
        #expect(
            engine.answer(5, .channelDifference(content, pts: 41, final: true, timeout: 30), now: at(11)) == [
                "channel 4 40→41 [m41]", "channel 4 41→42 [u42]",
            ])
        #expect(engine.push(push(inChannel(4, 43), common(101)), now: at(12)) == ["channel 4 42→43 [u43]", "common 100→101 [u101]"])
    }

    // MARK: sessions

    @Test func defect_02_a_new_session_in_mid_stream_asks_for_what_it_lost() {
        var engine = settledEngine(channels: [3: 30])
        #expect(engine.push(push(common(101), inChannel(3, 31)), now: at(100)) == ["channel 3 30→31 [u31]", "common 100→101 [u101]"])
        // 102 and 32 were on their way when the server forgot the session.
        #expect(words(engine.sessionRenewed(now: at(101))) == ["#3 getDifference 101 5", "#4 getChannelDifference 3 31"])
        #expect(engine.push(push(common(103), inChannel(3, 33)), now: at(101)) == [])
        let lost = DifferenceContent(messages: [message(102, in: basicGroup(7))])
        #expect(
            engine.answer(3, .difference(lost, state: CommonState(pts: 102, qts: 5, date: 9, seq: 10), final: true), now: at(101)) == [
                "common 101→102 [m102]", "common 102→103 [u103]",
            ])
        let lostThere = DifferenceContent(messages: [message(32, in: channelPeer(3))])
        #expect(
            engine.answer(4, .channelDifference(lostThere, pts: 32, final: true, timeout: 30), now: at(101)) == [
                "channel 3 31→32 [m32]", "channel 3 32→33 [u33]",
            ])
    }

    @Test func defect_08_too_long_is_recorded_as_a_range_with_what_is_left_of_it() {
        var engine = settledEngine(channels: [3: 30])
        _ = engine.sessionRenewed(now: at(100))
        #expect(engine.answer(3, .differenceTooLong(pts: 5_000), now: at(100)) == ["common 100→5000 too long", "#5 getDifference 5000 5"])
        let newest = DifferenceContent(messages: [message(8_998, in: channelPeer(3)), message(8_999, in: channelPeer(3))])
        #expect(
            engine.answer(4, .channelDifferenceTooLong(newest, pts: 9_000, final: true, timeout: 30), now: at(100)) == [
                "channel 3 30→9000 too long [m8998 m8999]"
            ])
    }
}
