import Foundation
import Hummingbird
import PostgreSQL
import Primitives
import Store

/// Parameters of requests, read strictly: what is not of its form is 400 with a line that says what is wanted.
extension HTTPContext {
    /// The id in the path. What is no uuid names nothing: 404.
    func uuid(_ name: String) throws -> PostgresUUID {
        let text = coreContext.parameters.get(name) ?? ""
        guard text.utf8.count == 36, let id = PostgresUUID(text), id.description == text.lowercased() else {
            throw Refusal.notFound("there is no \(name) of this form")
        }
        return id
    }

    /// A text in the path, percent-decoded. 400 when it is not UTF-8.
    func text(_ name: String) throws -> String {
        guard let text = (coreContext.parameters.get(name) ?? "").removingPercentEncoding, !text.isEmpty else {
            throw Refusal.badRequest("\(name) is not a text")
        }
        return text
    }
}

extension Request {
    /// A query parameter that is a uuid.
    func uuid(_ name: String) throws -> PostgresUUID? {
        try single(name).map { text in
            guard text.utf8.count == 36, let id = PostgresUUID(text), id.description == text.lowercased() else {
                throw Refusal.badRequest("\(name) is a uuid")
            }
            return id
        }
    }

    func flag(_ name: String) throws -> Bool? {
        try single(name).map { text in
            guard text == "true" || text == "false" else { throw Refusal.badRequest("\(name) is true or false") }
            return text == "true"
        }
    }

    func number(_ name: String) throws -> Int64? {
        try single(name).map { text in
            guard let number = Int64(text), text.first != "+" else { throw Refusal.badRequest("\(name) is a whole number") }
            return number
        }
    }

    /// A number of which none is below 0.
    func position(_ name: String) throws -> Int64? {
        try number(name).map { number in
            guard number >= 0 else { throw Refusal.badRequest("\(name) is a number from 0") }
            return number
        }
    }

    /// How many rows are wanted: 1 to `AdminTables.mostRows`, by default 100.
    func limit() throws -> Int32 {
        guard let number = try number("limit") else { return 100 }
        guard (1...Int64(AdminTables.mostRows)).contains(number) else {
            throw Refusal.badRequest("limit is a number from 1 to \(AdminTables.mostRows)")
        }
        return Int32(number)
    }
}

extension JSON {
    /// A whole number, which may be written with a fraction of zero.
    var wholeNumber: Int64? { integer ?? double.flatMap { Int64(exactly: $0) } }

    /// Refuses a body with members that nobody reads: a misspelt one would be left out in silence.
    func allow(_ names: String...) throws {
        guard case .object(let members) = self else { return }
        if let stranger = members.first(where: { !names.contains($0.name) }) {
            throw Refusal.badRequest(
                names.isEmpty ? "the body has no members" : "the body knows \(names.joined(separator: ", ")), not \(stranger.name)")
        }
    }

    /// A member that may be absent. Throws when it is of another type.
    func optional<T>(_ name: String, _ read: (JSON) -> T?, _ wanted: String) throws -> T? {
        guard let value = self[name] else { return nil }
        guard let read = read(value) else { throw Refusal.badRequest("\(name) is \(wanted)") }
        return read
    }
}

/// Wraps rows that are JSON text already.
extension Answer {
    static func raw(_ json: String, _ status: HTTPResponse.Status = .ok) -> Response { text(status, "application/json", json + "\n") }
}
