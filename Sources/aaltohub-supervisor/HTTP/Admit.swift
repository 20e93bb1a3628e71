import Hummingbird
import SupervisorCore

/// Lets those through who have at least this role, and tells the routes behind it who it is (`context.admitted`).
///
/// `router.group().add(middleware: Admit(.reader, parts.access))`. What is presented: `Authorization: Bearer`, or the cookie of a session;
/// a request with the cookie that changes something needs the session's CSRF token too.
struct Admit: RouterMiddleware {
    let role: Role
    let access: Access

    init(_ role: Role, _ access: Access) {
        self.role = role
        self.access = access
    }

    func handle(
        _ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.caller = try access.admit(request, from: context.peer, as: role)
        return try await next(request, context)
    }
}
