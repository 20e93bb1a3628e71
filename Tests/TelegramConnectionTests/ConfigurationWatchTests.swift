import MTProto
import Primitives
import TL
import Testing

@testable import TelegramConnection

private func dcOption(_ host: String, dc: Int = 2, _ flags: KeyValuePairs<String, TLValue?> = [:]) -> TLValue {
    var option = TLObject("dcOption", ["id": .int(dc), "ip_address": .string(host), "port": 443, "this_port_only": true])
    for (name, value) in flags { option[name] = value }
    return .object(option)
}

private func address(_ host: String) -> ServerAddress { ServerAddress(host: host, port: 443) }

@Suite struct ConfigurationWatchTests {
    private static let clock = UnixTime(seconds: 1_763_000_000)
    private let named = [address("9.9.9.9")]

    private func watch(
        usesTold: Bool = true, isTest: Bool = false, isObfuscated: Bool = false, allowsIPv6: Bool = false, now: Instant = .zero
    ) -> ConfigurationWatch {
        ConfigurationWatch(
            .init(dc: 2, isTest: isTest, named: named, usesTold: usesTold, isObfuscated: isObfuscated, allowsIPv6: allowsIPv6), now: now)
    }

    /// Good for an hour from `clock` on.
    private func config(_ options: [TLValue], expiresIn seconds: Int64 = 3600, isTest: Bool = false) -> TLObject {
        TLObject(
            "config",
            [
                "date": .integer(Self.clock.seconds), "expires": .integer(Self.clock.seconds + seconds), "test_mode": .bool(isTest),
                "this_dc": 2, "dc_options": .vector(options),
            ])
    }

    private func seconds(_ seconds: Int64) -> Instant { .zero + .seconds(seconds) }

    // MARK: addresses

    @Test func the_addresses_that_the_server_told_come_before_the_named_ones() {
        var watch = watch()
        #expect(watch.addresses == named)
        #expect(watch.begin(now: .zero) == true)
        #expect(watch.answered(config([dcOption("1.1.1.1"), dcOption("4.4.4.4", dc: 4)]), now: .zero, clock: Self.clock) != nil)
        #expect(watch.addresses == [address("1.1.1.1"), address("9.9.9.9")])
    }

    @Test func who_names_servers_of_his_own_is_not_led_elsewhere() {
        var watch = watch(usesTold: false)
        _ = watch.begin(now: .zero)
        _ = watch.answered(config([dcOption("1.1.1.1")]), now: .zero, clock: Self.clock)
        watch.noticed(.options([DataCenterOption(dc: 2, address: address("2.2.2.2"))]))
        #expect(watch.addresses == named)
    }

    /// A delivery network's server never, one for files never for calls, one with a secret of its own never, and one that wants
    /// obfuscation only with it.
    @Test(arguments: [false, true]) func an_option_is_used_for_what_it_is_for_only(_ isObfuscated: Bool) {
        var watch = watch(isObfuscated: isObfuscated)
        _ = watch.begin(now: .zero)
        let options = [
            dcOption("1.1.1.1", ["cdn": true]), dcOption("2.2.2.2", ["media_only": true]), dcOption("3.3.3.3", ["secret": .bytes([7])]),
            dcOption("4.4.4.4", ["tcpo_only": true]), dcOption("2001:db8::1", ["ipv6": true]), dcOption("5.5.5.5"),
        ]
        _ = watch.answered(config(options), now: .zero, clock: Self.clock)
        #expect(watch.addresses.map(\.host) == (isObfuscated ? ["4.4.4.4"] : []) + ["5.5.5.5", "9.9.9.9"])
    }

    @Test func the_other_world_s_configuration_is_not_taken() {
        var watch = watch()
        _ = watch.begin(now: .zero)
        #expect(watch.answered(config([dcOption("1.1.1.1")], isTest: true), now: .zero, clock: Self.clock) == nil)
        watch.stored(config([dcOption("1.1.1.1")], isTest: true), now: .zero, clock: Self.clock)
        #expect(watch.addresses == named)
        #expect(watch.nextDeadline == seconds(300))
    }

    @Test func pushed_options_are_merged_at_once_and_a_new_configuration_replaces_all() {
        var watch = watch()
        _ = watch.begin(now: .zero)
        _ = watch.answered(config([dcOption("1.1.1.1"), dcOption("2.2.2.2")]), now: .zero, clock: Self.clock)
        var media = DataCenterOption(dc: 2, address: address("1.1.1.1")), new = DataCenterOption(dc: 2, address: address("3.3.3.3"))
        media.isMediaOnly = true
        new.isThisPortOnly = true
        watch.noticed(.options([new, media]))
        #expect(watch.addresses == [address("3.3.3.3"), address("2.2.2.2"), address("9.9.9.9")])
        #expect(watch.begin(now: .zero) == true)
        _ = watch.answered(config([dcOption("4.4.4.4")]), now: .zero, clock: Self.clock)
        #expect(watch.addresses == [address("4.4.4.4"), address("9.9.9.9")])
    }

    // MARK: when to ask

    @Test func an_answer_lasts_as_long_as_it_says() {
        var watch = watch()
        #expect(watch.begin(now: .zero) == true)
        #expect(watch.nextDeadline == nil)
        #expect(watch.begin(now: .zero) == false)
        _ = watch.answered(config([]), now: seconds(1), clock: Self.clock)
        #expect(watch.nextDeadline == seconds(3601))
        #expect(watch.begin(now: seconds(3600)) == false)
        #expect(watch.begin(now: seconds(3601)) == true)
        watch.failed(now: seconds(3601))
        #expect(watch.nextDeadline == seconds(3601 + 300))
    }

    @Test(arguments: [(-5, 300), (1, 300), (3_000_000_000, 86_400)] as [(Int64, Int64)]) func an_absurd_life_is_bounded(
        _ told: Int64, _ lasts: Int64
    ) {
        var watch = watch()
        _ = watch.begin(now: .zero)
        _ = watch.answered(config([], expiresIn: told), now: .zero, clock: Self.clock)
        #expect(watch.nextDeadline == seconds(lasts))
    }

    @Test func a_stored_answer_saves_the_call_until_it_has_expired() {
        var fresh = watch(), old = watch()
        fresh.stored(config([dcOption("1.1.1.1")]), now: .zero, clock: Self.clock)
        #expect(fresh.addresses.first == address("1.1.1.1"))
        #expect(fresh.begin(now: seconds(3599)) == false)
        #expect(fresh.begin(now: seconds(3600)) == true)
        // An expired one still tells addresses.
        old.stored(config([dcOption("1.1.1.1")]), now: .zero, clock: Self.clock + .seconds(7200))
        #expect(old.addresses.first == address("1.1.1.1"))
        #expect(old.begin(now: .zero) == true)
    }

    @Test(arguments: [.changed, .options([])] as [ConfigurationNotice]) func what_is_pushed_is_asked_for_at_once_but_not_without_end(
        _ notice: ConfigurationNotice
    ) {
        var watch = watch()
        _ = watch.begin(now: .zero)
        _ = watch.answered(config([]), now: .zero, clock: Self.clock)
        watch.noticed(notice)
        #expect(watch.begin(now: seconds(10)) == true)
        // One that comes while the call is under way may be younger than its answer.
        watch.noticed(notice)
        watch.noticed(notice)
        _ = watch.answered(config([]), now: seconds(11), clock: Self.clock + .seconds(11))
        #expect(watch.begin(now: seconds(69)) == false)
        #expect(watch.begin(now: seconds(70)) == true)
        _ = watch.answered(config([]), now: seconds(71), clock: Self.clock + .seconds(71))
        #expect(watch.nextDeadline == seconds(3600))
    }

    // MARK: what is pushed

    @Test func the_updates_that_tell_of_it_are_found_in_every_envelope() throws {
        let options: TLValue = .vector([dcOption("1.1.1.1"), dcOption("no address")])
        let told = TLObject("updateDcOptions", ["dc_options": options]), changed = TLObject("updateConfig")
        let expected = try #require(dcOption("1.1.1.1").object.flatMap(DataCenterOption.init))
        let short = TLObject("updateShort", ["update": .object(changed), "date": 1])
        #expect(ConfigurationNotice.read(in: try TL.encode(short)) == [.changed])
        let many = TLObject(
            "updates",
            [
                "updates": .vector([.object(told), .object(TLObject("updateContactsReset")), .object(changed)]), "users": [], "chats": [],
                "date": 1, "seq": 0,
            ])
        #expect(ConfigurationNotice.read(in: try TL.encode(many)) == [.options([expected]), .changed])
    }

    @Test func other_updates_tell_nothing_and_unreadable_ones_are_asked_about() throws {
        let other = try TL.encode(TLObject("updateShort", ["update": .object(TLObject("updateContactsReset")), "date": 1]))
        #expect(ConfigurationNotice.read(in: other).isEmpty)
        #expect(ConfigurationNotice.read(in: []).isEmpty)
        #expect(ConfigurationNotice.read(in: [1, 2, 3]).isEmpty)
        let changed = try TL.encode(TLObject("updateShort", ["update": .object(TLObject("updateConfig")), "date": 1]))
        #expect(ConfigurationNotice.read(in: Array(changed.dropLast(4))) == [.changed])
    }
}

/// The same over a connection: what the server tells leads to where it has moved.
@Suite(.timeLimit(.minutes(1))) struct ToldAddressTests {
    @Test func a_connection_that_breaks_is_made_again_to_where_the_server_said() async throws {
        let old = try await LoopbackServer.start(), new = try await LoopbackServer.start()
        let oldAddress = try await old.address, newAddress = try await new.address
        let connection = TelegramConnection(TelegramConnectionTests.configuration([oldAddress]), logger: TelegramConnectionTests.logger())
        await connection.start()
        _ = try await connection.call(TelegramConnectionTests.body(1))
        var watch = ConfigurationWatch(
            .init(dc: 2, isTest: false, named: [oldAddress], usesTold: true, isObfuscated: false, allowsIPv6: false), now: .zero)
        let option = TLObject(
            "dcOption", ["id": 2, "ip_address": .string(newAddress.host), "port": .int(newAddress.port), "this_port_only": true])
        let told = TLObject("updateDcOptions", ["dc_options": [.object(option)]])
        let pushed = TLObject("updateShort", ["update": .object(told), "date": 1])
        for notice in ConfigurationNotice.read(in: try TL.encode(pushed)) { watch.noticed(notice) }
        #expect(watch.addresses == [newAddress, oldAddress])
        await connection.setAddresses(watch.addresses)
        try await old.stopListening()
        try await old.drop()
        try await new.until { $0.acceptedNow == 1 }
        await connection.close()
    }
}
