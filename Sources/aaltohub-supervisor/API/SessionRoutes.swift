import Hummingbird
import Primitives
import ServiceKit
import SupervisorCore

/// A page's login: a token for a cookie that no script can read.
func addSessionRoutes(to router: Router<HTTPContext>, parts: Parts) {
    let access = parts.access
    router.post("admin/session") { request, context in try await openSession(request, context, parts) }
    router.group().add(middleware: Admit(.reader, access)).get("admin/session") { request, context in
        let caller = context.admitted
        guard caller.means == .session else { return Answer.json(describe(caller, csrf: nil)) }
        let session = try access.session(of: request)
        return Answer.json(describe(caller, csrf: session.map { access.sessions.csrf(of: $0.id) }))
    }
    router.group().add(middleware: Admit(.reader, access)).delete("admin/session") { request, context in
        let caller = context.admitted
        try await parts.audit.record("session_end", "", by: caller) {
            if let session = try access.session(of: request) { await access.end(session, parts.database) }
        }
        var response = Answer.json(["ended": true])
        response.headers[.setCookie] = cookie("", seconds: 0, access)
        return response
    }
}

/// The token comes in the body (`token`) or in the header. A page of another site cannot log somebody in as another.
private func openSession(_ request: Request, _ context: HTTPContext, _ parts: Parts) async throws -> Response {
    let access = parts.access
    let address = access.address(of: request, context.peer)
    do throws(AccessRefusal) {
        try access.checkOrigin(request)
    } catch {
        access.refused(error)
        throw error
    }
    let body = try await request.jsonObject()
    try body.allow("token")
    let header = request.headers[.authorization].flatMap { header in
        let parts = header.split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }
    let text = try body.optional("token", \.string, "a text") ?? header ?? ""
    let caller: Caller
    do throws(AccessRefusal) {
        guard !text.isEmpty else { throw .anonymous }
        caller = try access.caller(presenting: text, from: address)
    } catch {
        access.refused(error)
        throw error
    }
    let now = SystemClock.unix.seconds
    let end = PageSessions.end(from: now, seconds: access.sessionSeconds, of: caller)
    var generator = SystemRandomNumberGenerator()
    let opened = access.sessions.open(
        caller, from: now, until: end, random: generator.bytes(PageSessions.idLength))
    await parts.audit.write("session_open", "", by: caller, outcome: "done")
    var session = caller
    session.means = .session
    session.expiresAt = end
    var response = Answer.json(describe(session, csrf: opened.csrf), .created)
    response.headers[.setCookie] = cookie(opened.cookie, seconds: end - now, access)
    return response
}

/// `csrf_token` goes into the header `X-CSRF-Token` of whatever the page changes.
private func describe(_ caller: Caller, csrf: String?) -> JSON {
    [
        "subject": .string(caller.subject), "role": .string(caller.role.rawValue), "means": .string(caller.means.rawValue),
        "expires_at": caller.expiresAt.map { .integer($0) } ?? .null, "csrf_token": csrf.map { .string($0) } ?? .null,
    ]
}

private func cookie(_ value: String, seconds: Int64, _ access: Access) -> String {
    "\(PageSessions.cookieName)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict" + (access.needsTLS ? "; Secure" : "")
}
