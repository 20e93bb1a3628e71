import Primitives
import Testing

@testable import MTProto

@Suite struct AddressRaceTests {
    private let a = ServerAddress(host: "149.154.167.51", port: 443), b = ServerAddress(host: "95.161.76.100", port: 443)
    private let six = ServerAddress(host: "2001:67c:4e8:f002::a", port: 443), c = ServerAddress(host: "149.154.167.51", port: 80)

    /// Everything that is to be done at this time.
    private func poll(_ race: inout AddressRace, _ milliseconds: Int64, notBefore: Int64 = 0) -> [AddressRace.Action] {
        var out: [AddressRace.Action] = []
        while let action = race.poll(now: at(milliseconds), notBefore: at(notBefore)) { out.append(action) }
        return out
    }
    private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }
    private func started(_ actions: [AddressRace.Action]) -> [ServerAddress] {
        actions.compactMap { if case .start(let candidate) = $0 { candidate.address } else { nil } }
    }

    @Test func candidates_start_one_after_the_other_families_in_turn() {
        var race = AddressRace([a, b, six, c])
        race.begin(timeout: .seconds(1), now: at(0))
        #expect(poll(&race, 0) == [.start(.init(id: 1, address: a, connectTimeout: .seconds(1)))])
        #expect(race.nextDeadline(notBefore: .zero) == at(500))
        #expect(poll(&race, 499).isEmpty)
        #expect(started(poll(&race, 500)) == [six])
        #expect(race.nextDeadline(notBefore: .zero) == at(1000))
        race.connected(1, now: at(600))
        race.connected(2, now: at(700))
        #expect(started(poll(&race, 1000)) == [b])
        // Three at once, no more.
        race.connected(3, now: at(1100))
        #expect(poll(&race, 2000).isEmpty)
        #expect(race.nextDeadline(notBefore: .zero) == at(5600))
    }

    @Test func a_failure_lets_the_next_one_start_at_once() {
        var race = AddressRace([a, b])
        race.begin(timeout: .seconds(1), now: at(0))
        _ = poll(&race, 0)
        race.failed(1, now: at(20))
        #expect(started(poll(&race, 20)) == [b])
        #expect(!race.isLost)
        race.failed(2, now: at(30))
        #expect(race.isLost)
        #expect(race.nextDeadline(notBefore: .zero) == nil)
    }

    @Test func nothing_starts_while_the_flood_control_says_no() {
        var race = AddressRace([a, b])
        race.begin(timeout: .seconds(1), now: at(0))
        #expect(poll(&race, 0, notBefore: 4000).isEmpty)
        #expect(race.nextDeadline(notBefore: at(4000)) == at(4000))
        #expect(started(poll(&race, 4000, notBefore: 4000)) == [a])
    }

    @Test func a_candidate_that_connects_but_says_nothing_is_given_up() {
        var race = AddressRace([a])
        race.begin(timeout: .seconds(1), now: at(0))
        _ = poll(&race, 0)
        race.connected(1, now: at(900))
        #expect(poll(&race, 5899).isEmpty)
        #expect(poll(&race, 5900) == [.giveUp(.init(id: 1, address: a, connectTimeout: .seconds(1)))])
        #expect(race.isLost)
        #expect(race.record(of: a).failures == 1)
    }

    @Test func a_tcp_connection_that_does_not_stand_in_time_is_given_up() {
        var race = AddressRace([a, b])
        race.begin(timeout: .seconds(2), now: at(0))
        _ = poll(&race, 0)
        #expect(poll(&race, 2000).first == .giveUp(.init(id: 1, address: a, connectTimeout: .seconds(2))))
    }

    @Test func the_first_to_prove_itself_wins_and_the_others_are_closed() {
        var race = AddressRace([a, b, c])
        race.begin(timeout: .seconds(2), now: at(0))
        for time in [0, 500, 1000] as [Int64] { _ = poll(&race, time) }
        #expect(race.proved(2, now: at(1100)) == [1, 3])
        #expect(race.record(of: b) == .init(successes: 1, lastSuccess: at(1100)))
        // To lose is no failure.
        #expect(race.record(of: a) == .init())
        // Late news of a loser change nothing.
        race.failed(1, now: at(1200))
        #expect(race.record(of: a) == .init())
        #expect(race.proved(1, now: at(1200)).isEmpty)
        race.begin(timeout: .seconds(1), now: at(9000))
        #expect(started(poll(&race, 9000)) == [b])
    }

    @Test func failures_move_an_address_back_until_they_are_forgotten() {
        var race = AddressRace([a, b])
        race.noteFailure(of: a, now: at(0))
        race.begin(timeout: .seconds(1), now: at(1000))
        #expect(started(poll(&race, 1000)) == [b])
        race.begin(timeout: .seconds(1), now: at(600_001))
        #expect(started(poll(&race, 600_001)) == [a])
    }

    @Test func new_addresses_keep_what_is_known_of_the_old() {
        var race = AddressRace([a, b])
        race.noteFailure(of: a, now: at(0))
        race.noteFailure(of: b, now: at(0))
        race.setAddresses([a, c])
        #expect(race.record(of: a).failures == 1)
        #expect(race.record(of: b).failures == 0)
        race.noteFailure(of: b, now: at(0))
        #expect(race.record(of: b).failures == 0)
        race.begin(timeout: .seconds(1), now: at(1))
        #expect(started(poll(&race, 1)) == [c])
    }
}

@Suite struct DataCenterDirectoryTests {
    private func option(_ host: String, _ port: Int, dc: Int32 = 2, _ change: (inout DataCenterOption) -> Void = { _ in })
        -> DataCenterOption
    {
        var option = DataCenterOption(dc: dc, address: ServerAddress(host: host, port: port))
        change(&option)
        return option
    }

    @Test func own_ports_come_first_and_the_usual_ones_after() {
        let directory = DataCenterDirectory([option("1.1.1.1", 8443), option("2.2.2.2", 443) { $0.isThisPortOnly = true }])
        #expect(
            directory.addresses(of: 2, isObfuscated: true) == [
                .init(host: "1.1.1.1", port: 8443), .init(host: "2.2.2.2", port: 443), .init(host: "1.1.1.1", port: 443),
                .init(host: "1.1.1.1", port: 80), .init(host: "1.1.1.1", port: 5222),
            ])
    }

    @Test func what_a_plain_connection_cannot_use_is_left_out() {
        let directory = DataCenterDirectory([
            option("1.1.1.1", 443) { $0.isCDN = true }, option("2.2.2.2", 443) { $0.isMediaOnly = true },
            option("3.3.3.3", 443) { $0.isTCPObfuscatedOnly = true }, option("4.4.4.4", 443) { $0.secret = [1] },
            option("5.5.5.5", 443, dc: 4), option("6.6.6.6", 443) { $0.isStatic = true }, option("7.7.7.7", 443),
        ])
        func hosts(_ isMedia: Bool, _ isObfuscated: Bool) -> [String] {
            var seen: [String] = []
            for address in directory.addresses(of: 2, isMedia: isMedia, isObfuscated: isObfuscated) where !seen.contains(address.host) {
                seen.append(address.host)
            }
            return seen
        }
        #expect(hosts(false, false) == ["6.6.6.6", "7.7.7.7"])
        #expect(hosts(false, true) == ["3.3.3.3", "6.6.6.6", "7.7.7.7"])
        #expect(hosts(true, true) == ["2.2.2.2", "3.3.3.3", "6.6.6.6", "7.7.7.7"])
    }

    @Test func the_first_addresses_reach_every_data_centre_over_both_families() {
        for dc: Int32 in 1...5 {
            let addresses = DataCenterDirectory.production.addresses(of: dc, isObfuscated: true)
            #expect(Set(addresses.map(\.port)) == [443, 80, 5222])
            #expect(addresses.contains { $0.isIPv6 } && addresses.contains { !$0.isIPv6 })
            #expect(addresses[0].port == 443)
        }
        #expect(DataCenterDirectory.production.addresses(of: 2, isObfuscated: true).count == 9)
        #expect(DataCenterDirectory.test.addresses(of: 3, isObfuscated: false).first?.host == "149.154.175.117")
        #expect(DataCenterDirectory.test.addresses(of: 4, isObfuscated: false).isEmpty)
    }
}

@Suite struct ConnectionProbeTests {
    @Test func only_a_server_s_answer_to_this_very_question_proves_a_connection() throws {
        var generator = SeededGenerator(seed: 4)
        let clock = ServerClock(guess: KeyExchangePair.epoch, at: .zero)
        let probe = ConnectionProbe(using: &generator), other = ConnectionProbe(using: &generator)
        let question = probe.question(clock: clock, now: .zero, using: &generator)
        #expect(isPlainPacket(question))
        var server = ServerKeyExchange(keys: [KeyExchangePair.rsa], clock: clock)
        guard case .send(let answer) = try server.receive(question, now: .zero, using: &generator) else { return }
        #expect(probe.isAnswer(answer))
        #expect(!other.isAnswer(answer))
        #expect(!probe.isAnswer(question))
        #expect(!probe.isAnswer([]))
        #expect(!probe.isAnswer(Array(answer.dropLast(4))))
    }
}

@Suite struct ClockWatchTests {
    private func look(_ watch: inout ClockWatch, _ monotonic: Int64, _ wall: Int64) -> Duration? {
        watch.look(now: .zero + .seconds(monotonic), wall: UnixTime(seconds: wall))
    }

    @Test func clocks_that_run_alike_say_nothing() {
        var watch = ClockWatch()
        #expect(look(&watch, 0, 1000) == nil)
        // Two seconds of drift each time, an hour long.
        for i in 1...360 as ClosedRange<Int64> { #expect(look(&watch, i * 10, 1000 + i * 12) == nil) }
        #expect(watch.nextLook == .zero + .seconds(3610))
    }

    @Test func sleep_and_a_set_clock_are_noticed_once() {
        var watch = ClockWatch()
        _ = look(&watch, 0, 1000)
        #expect(look(&watch, 10, 1010 + 3 * 3600) == .seconds(3 * 3600))
        #expect(look(&watch, 20, 1020 + 3 * 3600) == nil)
        #expect(look(&watch, 30, 1030) == .seconds(-3 * 3600))
        #expect(look(&watch, 40, 1040 + 30) == nil)
        #expect(look(&watch, 50, 1050 + 61) == .seconds(31))
    }
}
