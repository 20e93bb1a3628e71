import Cryptography
import Foundation
import Hummingbird
import NIOCore
import ObjectStore
import Primitives
import ServiceKit
import SupervisorCore

/// Keys for which links are signed by one request.
private let mostLinks = 500

/// The files of the local store at `/media/KEY`, and links to them. Without a local store there is nothing here.
///
/// Who may read them is `media.access`. `media_url` of a message is the plain address, whoever may open it: where it is not `public`, a
/// program presents its reader's token, a page of ours its cookie, and for anything else a reader asks for a signed link.
func addMediaRoutes(to router: Router<HTTPContext>, parts: Parts) throws {
    let settings = parts.context.configuration.media
    guard settings.store == .local else { return }
    let secret = try parts.context.credentials.require(.adminToken)
    let media = MediaFiles(
        files: LocalFiles(root: settings.folder.isEmpty ? parts.context.folders.state("media") : settings.folder),
        link: MediaLink(secret: secret.bytes), settings: settings, parts: parts)
    router.on("media/**", method: .get) { request, context in try await media.answer(request, context) }
    router.on("media/**", method: .head) { request, context in try await media.answer(request, context) }
    router.group().add(middleware: Admit(.reader, parts.access)).post("media/links") { request, _ in try await media.links(request) }
}

private struct MediaFiles: Sendable {
    static let prefix = "/media/"
    /// Caches may keep a file for a year: it never changes. Shared ones only where it is for everybody.
    static let cacheSeconds = 31_536_000

    let files: LocalFiles
    let link: MediaLink
    let settings: Configuration.Media
    let parts: Parts

    func answer(_ request: Request, _ context: HTTPContext) async throws -> Response {
        guard let text = String(request.uri.path.dropFirst(Self.prefix.count)).removingPercentEncoding, let key = ObjectKey(text) else {
            throw Refusal.notFound("there is no such file")
        }
        try admit(request, context, key)
        let found: LocalFile?
        do throws(ObjectStoreError) {
            found = try await files.open(key)
        } catch {
            parts.context.logger.error("a file cannot be served: \(error)")
            throw Refusal.unavailable("the store of files cannot be read; the supervisor's log has the reason")
        }
        guard let found else { throw Refusal.notFound("there is no such file") }
        let response = response(to: request, key, found)
        parts.context.status.count("media_requests_total", ["status": "\(response.status.code)"])
        return response
    }

    /// Throws `AccessRefusal`.
    private func admit(_ request: Request, _ context: HTTPContext, _ key: ObjectKey) throws(AccessRefusal) {
        if settings.access == .public { return }
        let isSigned =
            settings.access == .signed
            && link.admits(
                key.text, expires: request.query("expires"), signature: request.query("signature"), now: SystemClock.unix.seconds)
        if !isSigned { _ = try parts.access.admit(request, from: context.peer, as: .reader) }
    }

    private func response(to request: Request, _ key: ObjectKey, _ file: LocalFile) -> Response {
        // A key means the same bytes for ever.
        let tag = "\"\(hex(Array(sha256(Array(key.text.utf8)).prefix(12))))-\(String(file.size, radix: 16))\""
        let type = MediaType(key: key.text)
        var headers: HTTPFields = [
            .eTag: tag, .acceptRanges: "bytes", .contentType: type.name, .contentDisposition: type.disposition(key: key.text),
            .cacheControl: "\(settings.access == .public ? "public" : "private"), max-age=\(Self.cacheSeconds), immutable",
            // Whatever it is, it runs nothing and asks for nothing.
            .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; sandbox",
            .xContentTypeOptions: "nosniff",
            // tokens of RFC 9110
            HeaderName("Cross-Origin-Resource-Policy")!: settings.access == .reader ? "same-origin" : "cross-origin",
        ]
        let asked = MediaRequest(
            isHead: request.method == .head, range: request.headers[.range], ifMatch: request.headers[.ifMatch],
            ifNoneMatch: request.headers[.ifNoneMatch], ifRange: request.headers[.ifRange])
        let (status, range): (HTTPResponse.Status, Range<Int64>)
        switch asked.answer(size: file.size, tag: tag) {
        case .whole: (status, range) = (.ok, 0..<file.size)
        case .part(let bytes):
            (status, range) = (.partialContent, bytes)
            headers[.contentRange] = "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(file.size)"
        case .notModified: return Response(status: .notModified, headers: headers)
        case .preconditionFailed: return Answer.failure(.preconditionFailed, "the file is another one")
        case .notSatisfiable:
            var response = Answer.failure(.rangeNotSatisfiable, "the file has \(file.size) bytes")
            response.headers[.contentRange] = "bytes */\(file.size)"
            return response
        }
        headers[.contentLength] = "\(range.count)"
        if asked.isHead { return Response(status: status, headers: headers) }
        parts.context.status.count("media_sent_bytes_total", by: Int64(range.count))
        let chunks = file.chunks(range)
        let body = ResponseBody(contentLength: range.count) { writer in
            for try await chunk in chunks { try await writer.write(chunk) }
            try await writer.finish(nil)
        }
        return Response(status: status, headers: headers, body: body)
    }

    /// `{"keys": ["photo/…"]}` becomes `{"links": [{"key": …, "url": …, "expires": …}]}`: addresses that work without a token for a while.
    func links(_ request: Request) async throws -> Response {
        guard settings.access == .signed else { throw Refusal.conflict("media.access is not signed: there are no links") }
        guard let keys = try await request.jsonObject()["keys"]?.array, keys.count <= mostLinks else {
            throw Refusal.badRequest("the body is {\"keys\": […]} with at most \(mostLinks) of them")
        }
        let expires = SystemClock.unix.seconds + 60 * Int64(settings.linkMinutes)
        let links = try keys.map { value -> JSON in
            guard let key = value.string.flatMap({ ObjectKey($0) }) else {
                throw Refusal.badRequest("a key is a text such as photo/1/….jpg")
            }
            return [
                "key": .string(key.text), "url": .string("\(Self.prefix)\(key.escaped)?\(link.query(for: key.text, expires: expires))"),
                "expires": .integer(expires),
            ]
        }
        return Answer.json(["links": .array(links)])
    }
}
