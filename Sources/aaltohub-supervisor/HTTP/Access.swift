import Hummingbird
import Primitives
import ServiceKit
import SupervisorCore

/// Who may: joins what callers present with what the table of admins says. No call of it waits for anything.
final class Access: Sendable {
    private let context: ServiceContext
    private let token: BearerToken

    init(_ context: ServiceContext) throws {
        let secret = try context.credentials.require(.adminToken)
        guard let token = BearerToken(secret.bytes) else {
            throw ServiceError.configuration(
                "credential admin_token is shorter than \(BearerToken.shortest) bytes: make one with `openssl rand -hex 32`")
        }
        self.context = context
        self.token = token
    }

    /// Who presents this token, from wherever it was taken: a header, an `apikey`, a message of a websocket.
    ///
    /// - Parameter peer: the caller's address, by which failures are slowed down.
    func caller(presenting text: String, from peer: String) throws(AccessRefusal) -> Caller {
        guard token.admits("Bearer \(text)") else { throw .badToken("this token is not known here") }
        return Caller(subject: Caller.tokenSubject, role: .admin, means: .adminToken)
    }

    /// Who sends this request, if they may do what `role` may. Counts refusals.
    func admit(_ request: Request, from peer: String, as role: Role) throws(AccessRefusal) -> Caller {
        do throws(AccessRefusal) {
            guard let header = request.headers[.authorization] else { throw .anonymous }
            let parts = header.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw .badToken("the form is Authorization: Bearer TOKEN") }
            let caller = try caller(presenting: String(parts[1]), from: peer)
            guard caller.role >= role else { throw .needs(role) }
            return caller
        } catch {
            context.status.count("http_refused_total", ["reason": error.reason])
            throw error
        }
    }

    /// Keeps the table of admins and the keys fresh until the task is cancelled.
    func run() async { await context.untilStop() }
}
