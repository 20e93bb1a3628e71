import Primitives

/// The document that describes the API (OpenAPI 3.1), and what follows from it.
public struct APIDocument: Sendable {
    public let operations: [APIOperation]

    public init(_ operations: [APIOperation] = APIDocument.all) { self.operations = operations }

    /// Every operation that is for programs; pages and their files are not.
    public static let all: [APIOperation] =
        APIOperation.liveCrawler + APIOperation.groups + APIOperation.deadLetters + APIOperation.admins + APIOperation.sessions
        + APIOperation.accounts + APIOperation.status + APIOperation.media + APIOperation.changes + APIOperation.realtime
        + APIOperation.health

    /// The methods of a path, in upper case; empty when no operation has it. What is got may be asked for by HEAD, too.
    ///
    /// A path that stands there as it is comes before the patterns (https://spec.openapis.org/oas/v3.1.0.html#paths-object).
    public func methods(of path: String) -> [String] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let exact = operations.filter { $0.path == path }
        let found = exact.isEmpty ? operations.filter { matches($0.path, parts) } : exact
        return found.flatMap { $0.method == "get" ? ["GET", "HEAD"] : [$0.method.uppercased()] }
    }

    private func matches(_ pattern: String, _ parts: [Substring]) -> Bool {
        let pattern = pattern.split(separator: "/", omittingEmptySubsequences: false)
        return pattern.count == parts.count && zip(pattern, parts).allSatisfy { $0 == $1 || ($0.hasPrefix("{") && !$1.isEmpty) }
    }

    /// - Parameter version: of this build.
    public func json(version: String) -> JSON {
        var paths: [JSON.Member] = []
        for operation in operations {
            let member = JSON.Member(operation.method, operation.json)
            if let i = paths.firstIndex(where: { $0.name == operation.path }), case .object(let members) = paths[i].value {
                paths[i].value = .object(members + [member])
            } else {
                paths.append(.init(operation.path, .object([member])))
            }
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "AaltoHub supervisor", "version": .string(version),
                "description": """
                What runs, what is stored, and their control. Every answer of an error is {"error": "…"}. A request with the session's cookie \
                that changes something needs the header X-CSRF-Token.
                """,
            ],
            "paths": .object(paths),
            "components": [
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"],
                    "session": ["type": "apiKey", "in": "cookie", "name": .string(PageSessions.cookieName)],
                ]
            ],
        ]
    }
}
