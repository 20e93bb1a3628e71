import Events
import Foundation
import Testing
import ZeroMQ

@testable import EventLink

/// What the simulations take for the link, beside libzmq: the same scripts, the same referee. It is what makes the simulation's word worth
/// something. The model may do more than libzmq was seen to do, and never less.
@Suite(.serialized) struct WireContractTests {
    private static let steps = 14
    private static let modelSeeds = UInt64(1)...300
    /// Each takes half a second, for the waits before a producer connects again.
    private static let realSeeds = UInt64(1)...(ProcessInfo.processInfo.environment["AALTOHUB_WIRE_SEEDS"].flatMap { UInt64($0) } ?? 6)

    /// What the model was seen to do in all its scripts.
    private func kindsOfTheModel() async throws -> Set<WireReferee.Kind> {
        var kinds: Set<WireReferee.Kind> = []
        for seed in Self.modelSeeds {
            var script = WireScript(ModelLink(seed: seed), seed: seed)
            kinds.formUnion(WireReferee(try await script.run(steps: Self.steps), route: [1, 0]).kinds)
        }
        return kinds
    }

    @Test func the_model_keeps_what_the_link_promises() async throws {
        for seed in Self.modelSeeds {
            let link = ModelLink(seed: seed)
            var script = WireScript(link, seed: seed)
            let facts = try await script.run(steps: Self.steps)
            let referee = WireReferee(facts, route: link.route)
            #expect(referee.complaints.isEmpty, "seed \(seed): \(referee.complaints) \(facts)")
            if !referee.complaints.isEmpty { return }
        }
    }

    @Test func libzmq_keeps_what_the_link_promises_and_does_nothing_that_the_model_does_not() async throws {
        let known = try await kindsOfTheModel()
        for seed in Self.realSeeds {
            let link = try RealLink()
            var script = WireScript(link, seed: seed)
            let facts = try await script.run(steps: Self.steps)
            let referee = WireReferee(facts, route: link.route)
            #expect(referee.complaints.isEmpty, "seed \(seed): \(referee.complaints) \(facts)")
            #expect(referee.kinds.isSubset(of: known), "seed \(seed): \(referee.kinds.subtracting(known).sorted()) \(facts)")
        }
    }

    @Test func the_model_is_seen_to_do_everything_that_it_may() async throws {
        #expect(try await kindsOfTheModel() == Set(WireReferee.Kind.allCases))
    }

    /// A link that does wrong may also leave a script waiting for ever; what was seen until then counts.
    @Test(arguments: ModelLink.Wrong.allCases) func each_rule_notices_the_model_that_breaks_it(wrong: ModelLink.Wrong) async {
        var complaints: Set<WireReferee.Rule> = []
        for seed in Self.modelSeeds where !complaints.contains(wrong.rule) {
            var script = WireScript(ModelLink(seed: seed, wrong: wrong), seed: seed)
            do { _ = try await script.run(steps: 4 * Self.steps) } catch { #expect(error is TooLate) }
            complaints.formUnion(WireReferee(script.facts, route: [1, 0]).complaints)
        }
        #expect(complaints.contains(wrong.rule), "only \(complaints)")
    }

    @Test func every_rule_has_a_model_that_breaks_it() {
        #expect(Set(ModelLink.Wrong.allCases.map(\.rule)) == Set(WireReferee.Rule.allCases))
    }

    /// What a process had received and not read when its connection broke is not mixed into the next one, as the model has it.
    @Test func libzmq_forgets_answers_that_were_not_read_when_the_connection_broke() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let dealer = try Socket(context, .dealer)
        try LinkOptions.apply(to: dealer)
        try dealer.set(.routingID, Array("listener@main".utf8))
        try dealer.set(.immediate, Int32(1))
        let monitor = try SocketMonitor(context, of: dealer, name: "late")
        let wakeup = Wakeup()
        /// As the link's thread does: the monitor first.
        func wait(for event: SocketMonitor.Event) throws {
            for _ in 0..<600 {
                if try monitor.next() == event { return }
                _ = try poll([monitor.socket], wakeup, milliseconds: 200)
            }
            throw TooLate()
        }
        func hear() throws -> UInt64 {
            for _ in 0..<600 {
                if let parts = try dealer.receive() { return try decode(parts[0]).get().number }
                _ = try poll([dealer], wakeup, milliseconds: 200)
            }
            throw TooLate()
        }
        try dealer.connect("ipc://\(folder.socket("writer"))")
        var writer = try WriterLink(path: folder.socket("writer"), context: context)
        try wait(for: .connected)
        _ = try poll([monitor.socket, dealer], wakeup, milliseconds: 0)
        let route = try await greet(dealer, writer, 1)
        for id in 1...3 { writer.send(pong(UInt64(id)), to: route) }
        #expect(try hear() == 1)
        // Sends what is queued first: it has come when the break is heard of.
        await writer.close()
        try wait(for: .disconnected)
        writer = try WriterLink(path: folder.socket("writer"), context: context)
        try wait(for: .connected)
        _ = try poll([monitor.socket, dealer], wakeup, milliseconds: 0)
        writer.send(pong(4), to: try await greet(dealer, writer, 2))
        #expect(try hear() == 4)
        await writer.close()
    }

    private func greet(_ dealer: Socket, _ writer: WriterLink, _ id: UInt64) async throws -> [UInt8] {
        #expect(try dealer.send([try ping(id).encoded()]))
        let received = Taker(writer.inbox)
        return try await within { try await received.next().route }
    }
}
