import Primitives
import Testing

@testable import SupervisorCore

/// Logins over the API, without Telegram: who may begin one, what is told of it, and when it is given up.
@Suite struct LoginDeskTests {
    private func at(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }

    @Test func a_login_is_told_step_by_step() throws {
        var desk = LoginDesk()
        let login = try desk.start("main", for: "listener", by: "ann", now: at(0))
        #expect(desk.look("main", now: at(1))?.json()["state"] == "connecting")
        desk.became(.waiting(link: "tg://login?token=abc", expires: UnixTime(seconds: 90)), login.number, now: at(2))
        let waiting = try #require(desk.look("main", now: at(2))?.json(code: { _ in ["10", "01"] }))
        #expect(waiting["link"] == "tg://login?token=abc" && waiting["expires_at"] == .double(90) && waiting["qr"] == ["10", "01"])
        desk.became(.passwordNeeded(hint: "pet"), login.number, now: at(3))
        #expect(try desk.password("main", now: at(4)) == desk["main"])
        #expect(desk["main"]?.state == .checking)
        desk.wrongPassword(login.number)
        desk.became(.passwordNeeded(hint: "pet"), login.number, now: at(5))
        let asked = try #require(desk["main"]?.json())
        #expect(asked["state"] == "password_needed" && asked["hint"] == "pet" && asked["wrong_passwords"] == 1)
        desk.became(.done(userID: 7, logins: ["listener"], note: nil), login.number, now: at(6))
        let done = try #require(desk["main"]?.json())
        #expect(done["state"] == "done" && done["user_id"] == 7 && done["link"] == nil && done["started_by"] == "ann")
        desk.became(.failed("late news"), login.number, now: at(7))
        #expect(desk["main"]?.state.name == "done", "what is over stays as it ended")
    }

    @Test func one_login_of_an_account_and_a_few_in_all() throws {
        var desk = LoginDesk()
        for i in 0..<LoginDesk.mostAtOnce { _ = try desk.start("a\(i)", for: "listener", by: "ann", now: at(0)) }
        #expect(throws: LoginDesk.Refusal.underWay) { try desk.start("a0", for: "listener", by: "ann", now: at(1)) }
        #expect(throws: LoginDesk.Refusal.tooMany) { try desk.start("b", for: "listener", by: "ann", now: at(1)) }
        let first = try desk.cancel("a0", now: at(2))
        #expect(throws: LoginDesk.Refusal.unknown) { try desk.cancel("a0", now: at(2)) }
        let second = try desk.start("a0", for: "listener", by: "ben", now: at(3))
        #expect(second.number != first.number)
        desk.became(.waiting(link: "tg://old", expires: UnixTime(seconds: 1)), first.number, now: at(4))
        #expect(desk["a0"]?.state == .connecting, "news of the one before are not this one's")
    }

    @Test func a_password_is_taken_only_when_one_is_asked_for() throws {
        var desk = LoginDesk()
        #expect(throws: LoginDesk.Refusal.unknown) { try desk.password("main", now: at(0)) }
        let login = try desk.start("main", for: "listener", by: "ann", now: at(0))
        #expect(throws: LoginDesk.Refusal.noPasswordWanted) { try desk.password("main", now: at(0)) }
        desk.became(.passwordNeeded(hint: nil), login.number, now: at(1))
        _ = try desk.password("main", now: at(2))
        #expect(throws: LoginDesk.Refusal.noPasswordWanted) { try desk.password("main", now: at(2)) }
    }

    @Test func what_nobody_looks_at_is_ended_and_what_is_looked_at_is_not() throws {
        var desk = LoginDesk()
        let most = Int(LoginDesk.unattendedMost.inSeconds)
        let left = try desk.start("left", for: "listener", by: "ann", now: at(0))
        _ = try desk.start("kept", for: "listener", by: "ann", now: at(0))
        #expect(desk.advance(now: at(most - 1)) == [])
        _ = desk.look("kept", now: at(most - 1))
        #expect(desk.advance(now: at(most)).map(\.number) == [left.number])
        guard case .failed(let why)? = desk["left"]?.state else { throw LoginDesk.Refusal.unknown }
        #expect(why.contains("nobody looked"))
        #expect(desk.advance(now: at(most)) == [], "once")
        #expect(desk.underWay.map(\.account) == ["kept"])
        // What became of it is told for a while, and then forgotten.
        let told = most + Int(LoginDesk.toldFor.inSeconds)
        #expect(desk.look("left", now: at(told - 1)) != nil)
        #expect(desk.look("left", now: at(told)) == nil)
    }

    @Test func who_gives_a_password_has_looked() throws {
        var desk = LoginDesk()
        let most = Int(LoginDesk.unattendedMost.inSeconds)
        let login = try desk.start("asked", for: "listener", by: "ann", now: at(0))
        desk.became(.passwordNeeded(hint: nil), login.number, now: at(1))
        _ = try desk.password("asked", now: at(most - 1))
        #expect(desk.advance(now: at(most)) == [])
        #expect(desk.advance(now: at(2 * most - 1)).map(\.number) == [login.number])
    }

    @Test func what_has_ended_does_not_pile_up() throws {
        var desk = LoginDesk()
        for i in 0..<(LoginDesk.mostTold * 2) {
            _ = try desk.start("a\(i)", for: "listener", by: "ann", now: at(0))
            _ = try desk.cancel("a\(i)", now: at(0))
        }
        #expect((0..<LoginDesk.mostTold * 2).count { desk["a\($0)"] != nil } <= LoginDesk.mostTold)
        // The newest are told.
        #expect(desk["a0"] == nil && desk["a\(LoginDesk.mostTold * 2 - 1)"] != nil)
    }
}
