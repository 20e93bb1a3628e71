import Primitives
import TelegramClient
import Testing

@testable import BackfillCore

private typealias Group = CrawlFacts.Group
private typealias Job = CrawlFacts.Job

private let now: Int64 = 2_000_000
private let window: Int64 = 14 * 86_400
private let planner = Planner(account: "a", window: window, interval: 1800)
private let complete = Coverage([CoveredRange(low: 1, high: 9, since: now - window - 5, isLive: true)])

private func channel(_ id: String = "g", access: [String: CrawlFacts.Access] = ["a": .ok], coverage: Coverage = Coverage()) -> Group {
    Group(id: id, kind: .channel, chat: 7, access: access, coverage: coverage)
}

private func plan(_ group: Group, jobs: [Job] = [], gaps: [CrawlFacts.Gap] = [], usable: Set<String> = ["a"]) -> [Planner.Step] {
    planner.plan(CrawlFacts(groups: [group], jobs: jobs, gaps: gaps, usable: usable), now: now, clock: now)
}

@Suite struct CrawlPlannerTests {
    @Test func coverage_decides_on_the_first_crawl() {
        #expect(plan(channel()) == [.create(group: "g", kind: .initial, since: now - window, gaps: [])])
        #expect(plan(channel(coverage: complete)) == [])
    }

    @Test func one_crawl_of_a_group_is_enough() {
        let job = Job(id: 1, group: "g", account: "a", kind: .initial, state: .running, hasBegun: true)
        #expect(plan(channel(), jobs: [job]) == [])
    }

    @Test func a_crawl_that_just_ended_is_not_repeated_at_once() {
        var job = Job(id: 1, group: "g", account: "a", kind: .initial, state: .failed, finishedAt: now - 10)
        #expect(plan(channel(), jobs: [job]) == [])
        job.finishedAt = now - 1800
        #expect(plan(channel(), jobs: [job]).count == 1)
    }

    @Test func what_came_before_the_listener_looked_is_fetched_once_it_does() {
        let job = Job(id: 1, group: "g", account: "a", kind: .initial, state: .done, finishedAt: now - 10)
        var group = channel(coverage: Coverage([CoveredRange(low: 1, high: 9, since: now - window - 5)]))
        #expect(plan(group, jobs: [job]) == [])
        group.isFollowed = true
        #expect(plan(group, jobs: [job]).count == 1)
    }

    @Test func what_a_person_cancelled_stays_cancelled() {
        var job = Job(id: 1, group: "g", account: "a", kind: .initial, state: .cancelled, finishedAt: now - 9000, error: "by operator")
        #expect(plan(channel(), jobs: [job]) == [])
        job.error = Planner.disabled
        #expect(plan(channel(), jobs: [job]).count == 1)
    }

    @Test func a_disabled_group_is_left_alone() {
        var group = channel()
        group.isEnabled = false
        #expect(plan(group) == [])
        let job = Job(id: 4, group: "g", account: "a", kind: .gap, state: .running)
        #expect(plan(group, jobs: [job]) == [.cancel(job: 4, reason: Planner.disabled)])
    }

    // MARK: gaps

    @Test func a_gap_is_filled_over_the_whole_window() {
        let gap = CrawlFacts.Gap(id: 3, account: "a", place: .channel(7))
        #expect(plan(channel(coverage: complete), gaps: [gap]) == [.create(group: "g", kind: .gap, since: now - window, gaps: [3])])
    }

    @Test func a_gap_older_than_the_window_is_filled_from_its_beginning() {
        let gap = CrawlFacts.Gap(id: 3, account: "b", place: .channel(7), since: 5)
        #expect(plan(channel(coverage: complete), gaps: [gap]) == [.create(group: "g", kind: .gap, since: 5, gaps: [3])])
    }

    @Test func a_gap_fill_that_has_begun_takes_no_more_on() {
        let gaps = [3, 4].map { CrawlFacts.Gap(id: $0, account: "a", place: .channel(7)) }
        var job = Job(id: 1, group: "g", account: "a", kind: .gap, state: .queued, gaps: [3])
        #expect(plan(channel(coverage: complete), jobs: [job], gaps: gaps) == [.add(gaps: [4], job: 1)])
        (job.state, job.hasBegun) = (.running, true)
        #expect(plan(channel(coverage: complete), jobs: [job], gaps: gaps) == [])
        (job.state, job.finishedAt) = (.done, now - 10)
        #expect(plan(channel(coverage: complete), jobs: [job], gaps: [gaps[1]]) == [])
        job.finishedAt = now - 1800
        #expect(plan(channel(coverage: complete), jobs: [job], gaps: [gaps[1]]).count == 1)
    }

    @Test func a_gap_of_the_common_box_concerns_the_basic_groups_of_its_account() {
        let gap = CrawlFacts.Gap(id: 3, account: "a", place: .common)
        var group = Group(id: "b", kind: .basicGroup, chat: 7, primary: "a", access: ["a": .ok], coverage: complete)
        #expect(plan(group, gaps: [gap]).count == 1)
        #expect(plan(channel(coverage: complete), gaps: [gap]) == [])
        group.primary = "b"
        group.access["b"] = .ok
        #expect(plan(group, gaps: [gap], usable: ["a", "b"]) == [])
        #expect(plan(channel(coverage: complete), gaps: [.init(id: 3, account: "a", place: .other)]) == [])
    }

    @Test func a_gap_of_several_groups_is_left_to_those_that_are_not_done_with_it() {
        let groups = ["b", "c"].map {
            Group(id: $0, kind: .basicGroup, chat: 7, primary: "a", access: ["a": .ok], coverage: complete)
        }
        let gap = CrawlFacts.Gap(id: 3, account: "a", place: .common)
        func steps(_ jobs: [Job]) -> [Planner.Step] {
            planner.plan(CrawlFacts(groups: groups, jobs: jobs, gaps: [gap], usable: ["a"]), now: now, clock: now)
        }
        #expect(steps([]).count == 2)
        let done = Job(id: 1, group: "b", account: "a", kind: .gap, state: .done, gaps: [3], finishedAt: now - 9000)
        var other = Job(id: 2, group: "c", account: "a", kind: .gap, state: .running, gaps: [3], hasBegun: true)
        #expect(steps([done, other]) == [])
        other.state = .failed
        other.finishedAt = now - 9000
        #expect(steps([done, other]) == [.create(group: "c", kind: .gap, since: now - window, gaps: [3])])
        // Both are done and it is open all the same: somebody has to close it.
        other.state = .done
        #expect(steps([done, other]).count == 2)
    }

    @Test func history_goes_by_the_servers_clock_and_pauses_by_our_own() {
        let ahead = now + 2 * 86_400
        let job = Job(id: 1, group: "g", account: "a", kind: .initial, state: .failed, finishedAt: now - 10)
        let facts = CrawlFacts(groups: [channel()], jobs: [job], usable: ["a"])
        #expect(planner.plan(facts, now: ahead, clock: now) == [])
        #expect(
            planner.plan(facts, now: ahead, clock: now + 1800)
                == [.create(group: "g", kind: .initial, since: ahead - window, gaps: [])])
    }

    // MARK: two accounts

    @Test func a_group_that_two_accounts_see_is_crawled_by_one() {
        var group = channel(access: ["a": .ok, "b": .ok])
        #expect(Planner.crawler(of: group, usable: ["a", "b"]) == "a")
        group.primary = "b"
        #expect(Planner.crawler(of: group, usable: ["a", "b"]) == "b")
        #expect(plan(group, usable: ["a", "b"]) == [])
    }

    @Test func the_other_account_takes_over_from_one_that_cannot_go_on() {
        var group = channel(access: ["a": .ok, "b": .ok])
        group.primary = "b"
        let job = Job(id: 1, group: "g", account: "b", kind: .initial, state: .running, hasBegun: true)
        #expect(plan(group, jobs: [job], usable: ["a", "b"]) == [])
        // Banned, frozen or logged out:
        #expect(plan(group, jobs: [job], usable: ["a"]) == [.adopt(job: 1)])
        // Access lost:
        group.access["b"] = .lost
        #expect(plan(group, jobs: [job], usable: ["a", "b"]) == [.adopt(job: 1)])
    }

    @Test func a_basic_group_stays_with_its_primary() {
        let group = Group(id: "b", kind: .basicGroup, chat: 7, primary: "b", access: ["a": .ok, "b": .lost])
        #expect(Planner.crawler(of: group, usable: ["a", "b"]) == nil)
        #expect(plan(group) == [])
    }

    @Test func who_does_not_know_the_chat_does_not_crawl_it() {
        #expect(plan(channel(access: [:])) == [])
        #expect(plan(channel(access: ["a": .lost])) == [])
    }

    // MARK: order

    @Test func a_person_goes_first_then_gaps_then_what_has_begun() {
        let jobs = [
            Job(id: 1, group: "1", account: "a", kind: .initial, state: .queued),
            Job(id: 2, group: "2", account: "a", kind: .initial, state: .running),
            Job(id: 3, group: "3", account: "a", kind: .gap, state: .queued),
            Job(id: 4, group: "4", account: "a", kind: .manual, state: .queued),
            Job(id: 5, group: "5", account: "b", kind: .manual, state: .queued),
            Job(id: 6, group: "6", account: "a", kind: .manual, state: .queued, notBefore: now + 1),
        ]
        var left = jobs
        var order: [Int64] = []
        while let job = planner.next(of: left, busy: [], now: now) {
            order.append(job.id)
            left.removeAll { $0.id == job.id }
        }
        #expect(order == [4, 3, 2, 1])
        #expect(planner.next(of: jobs, busy: ["4"], now: now)?.id == 3)
    }
}

@Suite struct CrawlTimeTests {
    @Test func groups_are_looked_at_once_an_interval_each_at_its_own_moment() {
        let names = (0..<200).map { "group \($0)" }
        var stagger = Stagger(interval: .seconds(1800))
        let start = UnixTime(seconds: 1_790_000_000)
        for name in names {
            let isDue = stagger.isDue(name, now: start)
            #expect(!isDue)
        }
        var looks: [String: Int] = [:]
        var most = 0
        for second in 1...3600 {
            let time = start + .seconds(second)
            let due = names.filter { stagger.isDue($0, now: time) }
            most = max(most, due.count)
            for name in due {
                looks[name, default: 0] += 1
                stagger.did(name, at: time)
            }
        }
        #expect(names.allSatisfy { looks[$0] == 2 })
        #expect(most <= 4)
    }

    @Test func the_next_look_is_told() {
        var stagger = Stagger(interval: .seconds(1800))
        let start = UnixTime(seconds: 1_790_000_000)
        _ = stagger.isDue("g", now: start)
        let next = stagger.next(of: ["g"], now: start)!
        let isDueEarly = stagger.isDue("g", now: next + .seconds(-1))
        let isDueThen = stagger.isDue("g", now: next)
        #expect(!isDueEarly && isDueThen)
        #expect(stagger.next(of: ["g"], now: next) == next)
    }

    @Test func failures_are_judged_by_their_family() {
        var random = SeededGenerator(seed: 1)
        var retry = ScanRetry()
        func verdict(_ code: Int32, _ name: String) -> ScanVerdict {
            retry.failed(.rpc(.init(code: code, message: name)), using: &random)
        }
        #expect(verdict(420, "FLOOD_WAIT_700") == .wait(.seconds(700)))
        #expect(verdict(400, "CHANNEL_PRIVATE") == .lostAccess("CHANNEL_PRIVATE"))
        #expect(verdict(403, "CHAT_WRITE_FORBIDDEN") == .lostAccess("CHAT_WRITE_FORBIDDEN"))
        #expect(verdict(400, "CHANNEL_INVALID") == .unknownPeer("CHANNEL_INVALID"))
        #expect(verdict(420, "FROZEN_METHOD_INVALID") == .account(.frozen, "FROZEN_METHOD_INVALID"))
        #expect(verdict(401, "SESSION_REVOKED") == .account(.revoked, "SESSION_REVOKED"))
        #expect(verdict(401, "USER_DEACTIVATED_BAN") == .account(.banned, "USER_DEACTIVATED_BAN"))
        #expect(verdict(400, "LIMIT_INVALID") == .failed("LIMIT_INVALID"))
        for _ in 1..<ScanRetry.attemptsMost {
            guard case .wait = verdict(500, "HISTORY_GET_FAILED") else { return #expect(Bool(false), "an unwell server is asked again") }
        }
        #expect(verdict(500, "HISTORY_GET_FAILED") == .failed("HISTORY_GET_FAILED"))
        retry.succeeded()
        for _ in 0..<100 {
            guard case .wait(let time) = retry.failed(.disconnected, using: &random), time <= .seconds(60) else {
                return #expect(Bool(false), "the network may be away for long")
            }
        }
    }
}
