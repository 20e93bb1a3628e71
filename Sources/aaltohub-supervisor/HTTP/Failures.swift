import Hummingbird
import NIOCore
import PostgreSQL
import Primitives
import ServiceKit
import Store
import SupervisorCore

/// The outermost middleware: every error becomes an answer in JSON, and every answer carries the headers that keep browsers from guessing.
///
/// A database or a stage that is away is 503 with the reason; only what nobody foresaw is 500, and the log has it.
struct Failures: RouterMiddleware {
    let context: ServiceContext
    let document: APIDocument

    func handle(
        _ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = answer(to: error, request)
        }
        for (name, value) in SecurityHeaders.always where !response.headers.contains(name) { response.headers[name] = value }
        return response
    }

    private func answer(to error: any Error, _ request: Request) -> Response {
        switch error {
        case let error as Refusal: return error.response
        case let error as AccessRefusal: return error.response
        case let error as HTTPError where error.status == .notFound: return nothing(at: request)
        case let error as HTTPError: return Answer.failure(error.status, error.body ?? error.status.reasonPhrase)
        case is NIOTooManyBytesError: return Answer.failure(.contentTooLarge, "the body is too large")
        case let error as StoreError: return error.response
        case let error as SchemaError: return Answer.failure(.serviceUnavailable, error.description)
        case let error as PostgresError where error.isAway: return Answer.failure(.serviceUnavailable, "the database is away")
        case let error as ServiceError where [.unavailable, .temporary].contains(error.status):
            return Answer.failure(.serviceUnavailable, error.message)
        case let error as any HTTPResponseError: return Answer.failure(error.status, error.status.reasonPhrase)
        default:
            self.context.logger.error("\(request.method) \(request.uri.path): \(error)")
            return Answer.failure(.internalServerError, "unexpected; the supervisor's log has the reason")
        }
    }
}

extension Failures {
    /// No route: the path is unknown (404), or has other methods (405).
    private func nothing(at request: Request) -> Response {
        let methods = document.methods(of: request.uri.path)
        guard !methods.isEmpty, !methods.contains(request.method.rawValue) else {
            return Answer.failure(.notFound, "there is nothing here")
        }
        var response = Answer.failure(.methodNotAllowed, "here is \(methods.joined(separator: ", ")) alone")
        response.headers[.allow] = methods.joined(separator: ", ")
        return response
    }
}

extension PostgresError {
    /// No answer came because of the server's or the network's state, not because of what was asked.
    var isAway: Bool {
        switch self {
        case .unreachable, .connectionLost, .timedOut, .commitOutcomeUnknown, .closed: true
        // Shutting down, starting up, too many clients, out of resources, and a statement that ran out of its time.
        case .server(let error): error.isFatal || ["57", "53"].contains { error.sqlState.hasPrefix($0) } || error.sqlState == "55P03"
        case .badOptions, .badParameter: false
        }
    }
}

extension StoreError {
    fileprivate var response: Response {
        switch self {
        case .notFound: Answer.failure(.notFound, description)
        case .invalid: Answer.failure(.badRequest, description)
        case .ambiguous, .anotherWriter, .lastAdmin: Answer.failure(.conflict, description)
        case .transactionPooler, .sealBroken: Answer.failure(.serviceUnavailable, description)
        }
    }
}

extension AccessRefusal {
    /// With what RFC 6750 (3) and RFC 9110 (10.2.3) want beside the status.
    var response: Response {
        var response = Answer.failure(HTTPResponse.Status(code: status), text)
        switch self {
        case .anonymous: response.headers[.wwwAuthenticate] = "Bearer"
        case .badToken, .expired, .notYetValid: response.headers[.wwwAuthenticate] = "Bearer error=\"invalid_token\""
        case .slowedDown(let seconds): response.headers[.retryAfter] = "\(seconds)"
        case .notAdmitted, .needs, .crossSite, .unavailable: break
        }
        return response
    }
}
