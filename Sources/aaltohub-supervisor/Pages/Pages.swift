import AdminPages
import Cryptography
import Hummingbird
import NIOCore
import Primitives
import SupervisorCore

/// Answers browsers that open a page, and gives the pages their files.
///
/// Some addresses are both a page and a part of the API (`/admin/accounts`): a browser that opens one wants `text/html`, a script JSON. So
/// this stands before the routes and takes only the former. The files are the same for everybody and hold nothing of the platform; a page
/// without a session is sent to the login.
struct Pages: RouterMiddleware {
    /// Addresses of pages.
    static let paths: Set<String> = [
        "/admin", "/admin/crawler", "/feed", "/admin/dead-letters", "/admin/gaps", "/admin/accounts", "/admin/limits", "/admin/audit",
    ]
    static let loginPath = "/admin/login"

    private struct File {
        let type: String
        let bytes: ByteBuffer
        let tag: String

        init(_ file: PageFile) {
            type = file.type
            bytes = ByteBuffer(bytes: file.bytes)
            // 8 of the digest's bytes tell versions of a file apart.
            tag = "\"\(hex(Array(sha256(file.bytes).prefix(8))))\""
        }
    }

    private let access: Access
    private let policy: String
    private let document: File
    private let assets: [String: File]

    init(_ parts: Parts) {
        access = parts.access
        let configuration = parts.context.configuration
        policy = SecurityHeaders.pagePolicy(media: [configuration.media.publicURL, configuration.supabase.url].compactMap(Self.origin))
        document = File(.document)
        assets = Dictionary(uniqueKeysWithValues: PageFile.assets.map { ("/assets/\($0.name)", File($0)) })
    }

    func handle(
        _ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        guard request.method == .get || request.method == .head else { return try await next(request, context) }
        var path = request.uri.path
        if path.hasPrefix("/assets/") {
            guard let file = assets[path] else { throw HTTPError(.notFound) }
            return answer(file, request)
        }
        guard Self.wantsPage(request) else { return try await next(request, context) }
        if path.count > 1, path.hasSuffix("/") { path.removeLast() }
        if path == "/" { return Self.redirect(to: "/admin") }
        if path == Self.loginPath { return answer(document, request) }
        guard Self.paths.contains(path) else { return try await next(request, context) }
        do throws(AccessRefusal) {
            _ = try access.admit(request, from: context.peer, as: .reader)
        } catch {
            // Anything but a missing session is told by the page itself.
            if error.status == 401 { return Self.redirect(to: "\(Self.loginPath)?next=\(path)") }
        }
        return answer(document, request)
    }

    private func answer(_ file: File, _ request: Request) -> Response {
        var headers: HTTPFields = [
            .contentType: file.type, .eTag: file.tag, .cacheControl: "no-cache", .contentSecurityPolicy: policy, .vary: "Accept",
        ]
        if let known = request.headers[.ifNoneMatch], known == "*" || known.contains(file.tag) {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        guard request.method == .get else {
            headers[.contentLength] = "\(file.bytes.readableBytes)"
            return Response(status: .ok, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: file.bytes))
    }

    private static func redirect(to path: String) -> Response {
        Response(status: .seeOther, headers: [.location: path, .cacheControl: "no-store", .vary: "Accept"])
    }

    private static func wantsPage(_ request: Request) -> Bool { request.headers[.accept]?.contains("text/html") ?? false }

    /// `https://host:port` of a URL, the only form that a policy takes; nil for none.
    private static func origin(_ url: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: url.hasPrefix) else { return nil }
        let host = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let isPlain = !host.isEmpty && host.utf8.allSatisfy { $0 > 32 && $0 < 127 && !";,'\"".utf8.contains($0) }
        return isPlain ? scheme + host : nil
    }
}
