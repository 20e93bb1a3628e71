import Hummingbird
import NIOCore
import Primitives
import SupervisorCore

/// Answers in the forms that this server gives. Everything is told not to be stored, and errors are `{"error": "…"}`.
enum Answer {
    static func text(_ status: HTTPResponse.Status, _ type: String, _ text: String) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    static func plain(_ status: HTTPResponse.Status, _ line: String) -> Response {
        text(status, "text/plain; charset=utf-8", line + "\n")
    }

    static func json(_ value: JSON, _ status: HTTPResponse.Status = .ok) -> Response {
        var bytes: [UInt8] = []
        value.write(to: &bytes)
        bytes.append(10)
        return Response(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func failure(_ status: HTTPResponse.Status, _ message: String) -> Response {
        json(.object([.init("error", .string(message))]), status)
    }
}

/// An error that a handler throws to end the request with this answer. `Failures` turns it into one.
struct Refusal: Error {
    var status: HTTPResponse.Status
    var message: String
    /// Seconds after which to ask again.
    var retryAfter: Int?

    init(_ status: HTTPResponse.Status, _ message: String, retryAfter: Int? = nil) {
        self.status = status
        self.message = message
        self.retryAfter = retryAfter
    }

    var response: Response {
        var response = Answer.failure(status, message)
        if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        return response
    }

    static func badRequest(_ message: String) -> Refusal { Refusal(.badRequest, message) }
    static func notFound(_ message: String) -> Refusal { Refusal(.notFound, message) }
    static func conflict(_ message: String) -> Refusal { Refusal(.conflict, message) }
    static func unavailable(_ message: String) -> Refusal { Refusal(.serviceUnavailable, message) }
}

extension Request {
    /// Bytes of a body that the API takes; what is asked for is small.
    static let mostBodyBytes = 64 << 10

    /// The body as a JSON object; an empty body is an empty object. Throws `Refusal` (400, 413, 415).
    func jsonObject(atMost bytes: Int = Request.mostBodyBytes) async throws -> JSON {
        let buffer = try await body.collect(upTo: bytes)
        if buffer.readableBytes == 0 { return .object([]) }
        // A form of another site's page could not send this type without being asked about first.
        let type = headers[.contentType]?.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        guard type == "application/json" else { throw Refusal(.unsupportedMediaType, "the body is application/json") }
        let json: JSON
        do throws(JSONError) {
            json = try JSON(reading: [UInt8](buffer.readableBytesView))
        } catch {
            throw Refusal.badRequest("the body is not JSON")
        }
        guard case .object(let members) = json else { throw Refusal.badRequest("the body is one JSON object") }
        guard Set(members.map(\.name)).count == members.count else { throw Refusal.badRequest("a member of the body stands there twice") }
        return json
    }

    /// The value of a query parameter, percent-decoded; nil when it is not given.
    func query(_ name: String) -> String? { uri.queryParameters[name[...]].map { String($0) } }

    /// Likewise, but throws `Refusal` (400) when it is given twice.
    func single(_ name: String) throws(Refusal) -> String? {
        let values = uri.queryParameters[values: name[...]]
        guard values.count < 2 else { throw Refusal.badRequest("\(name) stands there twice") }
        return values.first.map { String($0) }
    }
}
