import AccountStage
import Hummingbird
import Primitives
import ServiceKit
import Store
import SupervisorCore
import TelegramClient

/// The accounts: what each is, its login by QR, its pause.
func addLoginRoutes(to router: Router<HTTPContext>, parts: Parts) {
    let readers = router.group().add(middleware: Admit(.reader, parts.access))
    readers.get("admin/accounts") { _, _ in
        let accounts = try await parts.database.use { try await AccountStore.list($0) }
        let running = Set(parts.control.running)
        let logins = await parts.logins.underWay
        return Answer.json(["accounts": .array(accounts.map { $0.json(running: running, logins: logins) })])
    }

    let admins = router.group().add(middleware: Admit(.admin, parts.access))
    admins.post("admin/accounts/:name/login") { request, context in
        let name = try context.parameters.require("name")
        let purpose = try LoginPurpose(asked: try await request.jsonObject()["for"])
        let login = try await parts.audit.record("login", name, by: context.admitted) {
            try await parts.logins.start(name, for: purpose, by: context.admitted.actor)
        }
        return Answer.json(login.json(code: qrRows), .accepted)
    }
    admins.get("admin/accounts/:name/login") { _, context in
        guard let login = await parts.logins.look(try context.parameters.require("name")) else {
            throw Refusal.notFound("no login of this account is under way")
        }
        return Answer.json(login.json(code: qrRows))
    }
    admins.post("admin/accounts/:name/login/password") { request, context in
        let name = try context.parameters.require("name")
        guard let password = try await request.jsonObject()["password"]?.string, !password.isEmpty else {
            throw Refusal.badRequest("the body is {\"password\": \"…\"}")
        }
        let login = try await parts.audit.record("login-password", name, by: context.admitted) {
            try await parts.logins.password(password, of: name)
        }
        return Answer.json(login.json(code: qrRows), .accepted)
    }
    admins.delete("admin/accounts/:name/login") { _, context in
        let name = try context.parameters.require("name")
        let login = try await parts.audit.record("login-cancel", name, by: context.admitted) { try await parts.logins.cancel(name) }
        return Answer.json(login.json())
    }
    for (word, isPaused) in [("pause", true), ("resume", false)] {
        admins.post(RouterPath("admin/accounts/:name/\(word)")) { _, context in
            let name = try context.parameters.require("name")
            let order = AccountSwitch(folders: parts.context.folders, zeroMQ: parts.control.zeroMQ)
            let done = try await parts.audit.record(word, name, by: context.admitted) {
                try await parts.database.use { try await order.set(isPaused, name, by: context.admitted.actor, $0) }
            }
            return Answer.json(done.json)
        }
    }
}

extension LoginPurpose {
    /// What a request's `for` says: listener when it says nothing.
    fileprivate init(asked: JSON?) throws {
        switch asked {
        case nil, .null?: self = .listener
        case .string(let word)?:
            guard let purpose = LoginPurpose(rawValue: word) else { throw Refusal.badRequest("for is listener or backfill") }
            self = purpose
        default: throw Refusal.badRequest("for is listener or backfill")
        }
    }
}

extension AccountRecord {
    /// With what runs of it now, and the login that is under way.
    fileprivate func json(running: Set<String>, logins: [LoginDesk.Login]) -> JSON {
        guard case .object(let members) = json else { return json }
        let stages = ["listener@\(name)", "backfill@\(name)"].filter(running.contains)
        return .object(
            members + [
                .init("running", .array(stages.map { .string($0) })),
                .init("login", logins.first { $0.account == name }.map { .string($0.state.name) } ?? .null),
            ])
    }
}

/// The link's QR code, row by row, without its quiet zone.
private func qrRows(_ link: String) -> [String]? {
    QRCode(Array(link.utf8)).map { code in
        (0..<code.size).map { y in String((0..<code.size).map { x in code[x, y] ? "1" : "0" }) }
    }
}
