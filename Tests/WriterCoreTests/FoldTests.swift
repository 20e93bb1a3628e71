import Events
import Primitives
import Testing
import WriterCore

@Suite struct FoldTests {
    private func piece(_ change: WireChange, receivedAt: Int64 = 1_000) -> Piece {
        Piece(stream: Build.stream(1), number: 1, change: change, way: .push, receivedAt: receivedAt, trace: 0)
    }

    private func message(_ id: Int64, _ text: String, edit: Int64 = 0, chat: WireChat? = nil) -> WireChange {
        .with {
            var message = Build.message(id, text)
            message.editDate = edit
            if let chat { message.chat = chat }
            $0.message = message
        }
    }

    private func delete(_ ids: [Int64], chat: WireChat? = nil) -> WireChange {
        .with {
            $0.deletion = .with {
                $0.ids = ids
                if let chat { $0.chat = chat }
            }
        }
    }

    private func chat(_ kind: WireChat.Kind, _ id: Int64) -> WireChat {
        .with {
            $0.kind = kind
            $0.id = id
        }
    }

    @Test func each_message_becomes_one_row_with_its_newest_copy() {
        let out = fold([piece(message(1, "a")), piece(message(2, "x")), piece(message(1, "b", edit: 5)), piece(message(1, "a", edit: 9))])
        #expect(out.messages.map(\.id) == [1, 2])
        #expect(out.messages[0].content.text == "a")
        #expect(out.messages[0].key.editDate == 9)
    }

    @Test func every_version_of_a_batch_is_kept_beside_the_row() {
        let out = fold([
            piece(message(1, "a"), receivedAt: 5), piece(message(2, "x")), piece(message(1, "b", edit: 5)), piece(message(1, "a", edit: 9)),
            piece(message(1, "a"), receivedAt: 3), piece(message(2, "x")),
        ])
        // Of the second message there is one version only.
        #expect(out.versions.map(\.id) == [1, 1, 1])
        #expect(out.versions.map(\.key.editDate) == [0, 5, 9])
        #expect(out.versions.map(\.content.text) == ["a", "b", "a"])
        #expect(out.versions.map(\.receivedAt) == [3, 1_000, 1_000])
        #expect(out.versions.last?.key == out.messages[0].key)
        #expect(fold([piece(message(1, "a")), piece(message(1, "a"))]).versions.isEmpty)
    }

    @Test func a_time_of_reception_before_1970_is_damage() {
        var record = Build.record(1, 2)
        for (time, isDamage) in [(Int64.min, true), (-1, true), (0, false)] {
            record.header.receivedAt = time
            let (good, failed) = pieces(of: [AcceptedRecord(stream: Build.stream(1), number: 1, record: record)])
            #expect(good.isEmpty == isDamage)
            #expect(failed.map(\.error) == (isDamage ? ["unreadable change: \(ContractError.badField("header.received_at"))"] : []))
        }
    }

    @Test func a_delete_marks_the_row_of_its_batch_whichever_came_first() {
        let here = chat(.channel, 5)
        for order in [[message(1, "a"), delete([1, 9], chat: here)], [delete([1, 9], chat: here), message(1, "a")]] {
            let out = fold(order.map { piece($0) })
            #expect(out.messages[0].deletion != nil)
            #expect(out.deletions.map(\.id) == [9])
        }
    }

    @Test func a_delete_without_a_chat_matches_basic_groups_only() {
        let out = fold([
            piece(message(1, "supergroup")), piece(message(1, "basic", chat: chat(.basicGroup, 3))), piece(delete([1])),
        ])
        #expect(out.messages.map(\.chat) == [.basicGroup(3), .channel(5)])
        #expect(out.messages.map { $0.deletion != nil } == [true, false])
        #expect(out.chatlessDeletions.map(\.id) == [1])
    }

    @Test func the_same_bare_id_of_two_kinds_is_two_chats() {
        let out = fold([piece(message(1, "a", chat: chat(.basicGroup, 5))), piece(message(1, "b", chat: chat(.channel, 5)))])
        #expect(out.messages.count == 2)
    }

    @Test func unreadable_payloads_and_changes_fail_alone() throws {
        var garbage = Build.record(1, 2)
        garbage.payloadBytes = [0xFF]
        var badChange = Build.record(2, 3)
        badChange.payloadBytes = try WireRecord(WireHeader(), changes: [message(0, "id 0"), message(4, "good"), WireChange()]).payloadBytes
        let judged = Build.judged([Build.batch(1, [garbage, badChange])], Build.state(position: 1))
        let (pieces, failed) = pieces(of: judged.accepted)
        #expect(pieces.map(\.change.message.id) == [4])
        #expect(failed.map(\.number) == [1, 2, 2])
        #expect(failed[0].payload == [0xFF])
        #expect(failed[1].chat == .channel(5))
        // The header moved the position over the poison.
        #expect(judged.positions.map(\.position.value) == [3])
    }

    @Test func a_failed_piece_keeps_its_change_and_a_bounded_error() throws {
        let failed = FailedPiece(piece(message(8, "x")), error: String(repeating: "e", count: 900))
        #expect(failed.error.count == 500)
        #expect(failed.messageID == 8)
        var record = WireRecord()
        record.payloadBytes = failed.payload
        #expect(try record.changes() == [message(8, "x")])
    }

    @Test func a_chats_newest_message_and_last_state_are_known() {
        let state = WireChange.with {
            $0.groupState = .with {
                $0.chat = chat(.channel, 5)
                $0.state = .lostAccess
                $0.reason = "CHANNEL_PRIVATE"
            }
        }
        let out = fold([piece(message(1, "a")), piece(state)])
        #expect(out.newestMessages.map(\.date) == [1_000])
        #expect(out.newestMessages.map(\.id) == [1])
        #expect(out.groupStates.map(\.lostAccess) == [true])
    }

    @Test func counters_names_and_topics_fold_to_one_row_each_and_progress_keeps_its_order() {
        let five = chat(.channel, 5)
        func counters(_ views: Int64?, _ reactions: String?, at: Int64) -> WireChange {
            .with {
                $0.counters = .with {
                    $0.chat = five
                    $0.id = 1
                    if let views { $0.views = views }
                    if let reactions { $0.reactions = reactions }
                    $0.observedAt = at
                }
            }
        }
        func info(_ change: @escaping (inout WireGroupInfo) -> Void) -> WireChange {
            .with {
                $0.groupInfo.chat = five
                change(&$0.groupInfo)
            }
        }
        func topic(_ title: String, deleted: Bool = false, at: Int64) -> WireChange {
            .with {
                $0.topic = .with {
                    $0.chat = five
                    $0.id = 9
                    $0.title = title
                    $0.deleted = deleted
                    $0.observedAt = at
                }
            }
        }
        func progress(_ low: Int64, _ high: Int64) -> WireChange {
            .with {
                $0.progress = .with {
                    $0.chat = five
                    $0.low = low
                    $0.high = high
                    $0.state = .running
                }
            }
        }
        let out = fold([
            piece(counters(5, "[1]", at: 2)), piece(counters(3, "[2]", at: 1)), piece(counters(nil, nil, at: 9)),
            piece(info { $0.title = "old" }), piece(info { $0.username = "name" }), piece(info { $0.title = "new" }),
            piece(topic("new", at: 5)), piece(topic("old", at: 4)), piece(topic("", deleted: true, at: 3)),
            piece(progress(11, 20)), piece(progress(1, 10)),
        ])
        #expect(out.counters.map(\.views) == [5])
        #expect(out.counters.map(\.reactions?.value) == ["[1]"])
        #expect(out.groupInfos.map(\.title) == ["new"])
        #expect(out.groupInfos.map(\.username) == ["name"])
        #expect(out.topics.map(\.title) == ["new"])
        #expect(out.topics.map(\.isDeleted) == [true])
        #expect(out.progress.map { $0.range?.low } == [11, 1])
    }

    @Test func what_cannot_mean_anything_fails_alone() throws {
        let bad: [WireChange] = [
            .with { $0.progress.chat = chat(.channel, 5) },
            .with {
                $0.progress = .with {
                    $0.chat = chat(.channel, 5)
                    $0.low = 10
                    $0.high = 8
                    $0.state = .running
                }
            },
            .with { $0.mediaStored.mediaID = 1 }, .with { $0.counters.chat = chat(.channel, 5) },
            .with { $0.groupInfo.title = "x" }, .with { $0.topic.chat = chat(.channel, 5) }, WireChange(),
        ]
        let record = try WireRecord(WireHeader(), changes: bad + [message(1, "a")])
        let out = pieces(of: [AcceptedRecord(stream: Build.stream(1), number: 1, record: record)])
        #expect(out.failed.count == bad.count)
        #expect(out.pieces.map(\.change) == [message(1, "a")])
    }
}

@Suite struct BisectionTests {
    /// Runs the plan against a set of bad indices; what it stored, refused, and how often it tried.
    private func run(_ count: Int, bad: Set<Int>) -> (stored: [Int], refused: [Int], tries: Int) {
        var plan = Bisection(count: count)
        var stored: [Int] = []
        var tries = 0
        while let range = plan.next {
            tries += 1
            if range.contains(where: bad.contains) {
                plan.failed(error: "bad")
            } else {
                plan.succeeded()
                stored += range
            }
        }
        return (stored, plan.refused.map(\.index), tries)
    }

    @Test func every_subset_of_bad_elements_is_found_and_the_rest_stored_in_order() {
        for mask in 0..<256 {
            let bad = Set((0..<8).filter { mask >> $0 & 1 == 1 })
            let out = run(8, bad: bad)
            #expect(out.refused == bad.sorted())
            #expect(out.stored == (0..<8).filter { !bad.contains($0) })
        }
        #expect(run(0, bad: []).tries == 0)
        #expect(run(1_000, bad: []).tries == 1)
        #expect(run(1_024, bad: [700]).tries == 21)
    }
}
