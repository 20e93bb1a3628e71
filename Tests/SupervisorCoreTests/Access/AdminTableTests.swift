import Testing

@testable import SupervisorCore

@Suite struct AdminTableTests {
    @Test func the_reading_that_was_begun_last_counts() throws {
        var table = AdminTable()
        #expect(throws: AccessRefusal.self) { try table.admit(subject: "anna", role: nil) }
        let (before, after) = (table.begin(), table.begin())
        let (isTaken, isOldTaken) = (table.take([:], reading: after), table.take(["anna": .admin], reading: before))
        #expect(isTaken && !isOldTaken)
        #expect(throws: AccessRefusal.notAdmitted) { try table.admit(subject: "anna", role: nil) }
        let next = table.begin()
        let isNextTaken = table.take(["anna": .admin], reading: next)
        #expect(isNextTaken)
        #expect(try table.admit(subject: "anna", role: nil).role == .admin)
    }

    @Test func who_has_no_row_is_admitted_as_a_reader_by_that_of_their_role() throws {
        var table = AdminTable()
        let reading = table.begin()
        table.take(["anna": .admin, "role:authenticated": .admin], reading: reading)
        let own = try table.admit(subject: "anna", role: "authenticated")
        #expect(own.role == .admin && own.everybodys == nil)
        let other = try table.admit(subject: "berta", role: "authenticated")
        #expect(other.subject == "berta" && other.role == .reader && other.everybodys == "authenticated")
        #expect(try table.admit(subject: nil, role: "authenticated").subject == "role:authenticated")
        #expect(throws: AccessRefusal.notAdmitted) { try table.admit(subject: "berta", role: "authenticated", isAnonymous: true) }
        #expect(throws: AccessRefusal.notAdmitted) { try table.admit(subject: "berta", role: nil) }
    }

    @Test func the_service_role_is_one_by_its_signed_role_alone() throws {
        func claims(_ role: String?, subject: String? = nil, isAnonymous: Bool = false) -> TokenClaims {
            TokenClaims(subject: subject, role: role, isAnonymous: isAnonymous, expiresAt: 1_000)
        }
        let service = try #require(Caller(serviceRole: claims("service_role")))
        #expect(service.subject == "role:service_role" && service.role == .admin && service.means == .token && service.expiresAt == 1_000)
        #expect(Caller(serviceRole: claims("service_role", subject: "backend"))?.subject == "backend")
        for role in ["anon", "authenticated", "Service_Role", nil] {
            #expect(Caller(serviceRole: claims(role, subject: "service_role")) == nil)
        }
        #expect(Caller(serviceRole: claims("service_role", isAnonymous: true)) == nil)
    }

    @Test func a_session_keeps_what_admitted_it_and_ends_with_what_was_presented() throws {
        let sessions = PageSessions(secrets: [[UInt8](repeating: 1, count: 32)])
        let caller = Caller(subject: "berta", role: .reader, means: .token, expiresAt: 1_050, everybodys: "authenticated")
        let end = PageSessions.end(from: 1_000, seconds: 100, of: caller)
        #expect(end == 1_050)
        #expect(PageSessions.end(from: 1_000, seconds: 10, of: caller) == 1_010)
        #expect(PageSessions.end(from: 1_000, seconds: 10, of: Caller(subject: "token", role: .admin, means: .adminToken)) == 1_010)
        let cookie = sessions.open(caller, from: 1_000, until: end, random: [UInt8](repeating: 2, count: 16)).cookie
        let session = try sessions.session(cookie, at: .init(seconds: 1_000))
        #expect(session.subject == "berta" && session.everybodys == "authenticated" && session.expiresAt == 1_050)
    }

    @Test func what_was_ended_is_remembered_until_it_would_have_ended() throws {
        var ended = EndedSessions()
        #expect(throws: AccessRefusal.self) { try ended.check("a") }
        ended.end("b", expiresAt: 100, now: 0)
        #expect(throws: AccessRefusal.expired) { try ended.check("b") }
        #expect(ended.wantsReading)
        ended.read(["a": 50])
        #expect(!ended.wantsReading)
        #expect(throws: AccessRefusal.expired) { try ended.check("a") }
        #expect(throws: AccessRefusal.expired) { try ended.check("b") }
        try ended.check("c")
        #expect(ended.toSave == ["b": 100])
        ended.saved(["b"])
        #expect(ended.toSave.isEmpty)
        ended.end("d", expiresAt: 200, now: 60)
        #expect(ended.toSave == ["d": 200])
        try ended.check("a")
        #expect(throws: AccessRefusal.expired) { try ended.check("b") }
    }

    @Test func no_more_are_remembered_than_may_be() throws {
        var ended = EndedSessions(most: 5)
        ended.read([:])
        for i in 0...5 { ended.end("\(i)", expiresAt: 1_000 + Int64(i), now: 0) }
        try ended.check("0")
        #expect(throws: AccessRefusal.expired) { try ended.check("1") }
        #expect(ended.toSave.count == 5 && ended.toSave["0"] == nil)
    }
}
