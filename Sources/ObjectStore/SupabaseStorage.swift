import AsyncHTTPClient
import Foundation
import HTTPS
import Logging
import NIOCore
import NIOHTTP1
import Primitives

/// A bucket of Supabase Storage: small files in one request, large ones resumably (TUS 1.0.0).
///
/// Keys name their content, so nothing is ever overwritten and a key that is taken counts as stored.
/// Sources: https://supabase.com/docs/guides/storage/uploads, https://tus.io/protocols/resumable-upload
public struct SupabaseStorage: ObjectStore {
    /// Of which project, with which key, into which bucket.
    public struct Options: Sendable {
        /// Of the project, such as `https://PROJECT.supabase.co`.
        public var url: String
        /// The service key: a secret.
        public var key: String
        public var bucket: String

        public init(url: String, key: String, bucket: String) {
            self.url = url
            self.key = key
            self.bucket = bucket
        }
    }

    enum Limits {
        /// Bytes up to which one request carries a file: above it the documentation wants resumable uploads.
        static let standardBytes: Int64 = 6_000_000
        /// Bytes of each piece of a resumable upload but the last: the server takes exactly this (documentation).
        static let pieceBytes: Int64 = 6 << 20
        /// To make a TCP and TLS connection.
        static let connect = Duration.seconds(10)
        /// A request of at most `pieceBytes`: 6 MiB at 50 KiB/s.
        static let request = Duration.seconds(120)
        /// Tries in a row, without a piece between them, before the caller is told.
        static let tries = 4
        static let backoff = Backoff(first: .milliseconds(500), limit: .seconds(8))
        /// Resumable uploads begun anew, when their address expired, before the caller is told.
        static let beginnings = 3
        /// Bytes of an answer that are read: errors are short.
        static let answerBytes = 64 << 10
        /// Content never changes under its key, so caches may keep it for a year, in seconds.
        static let cacheSeconds = 31_536_000
    }

    private let options: Options
    private let base: String
    private let client: HTTPClient
    private let logger: Logger

    public init(_ options: Options, logger: Logger) {
        self.options = options
        var base = options.url
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base + "/storage/v1"
        client = HTTPS.client(connectTimeout: Limits.connect)
        self.logger = logger
    }

    /// Ends the client's connections. Call it once, after the last `put`.
    public func close() async {
        // Its failure would only say that it is closed already.
        try? await client.shutdown()
    }

    /// The public URL of the file.
    public func url(of key: ObjectKey) -> String { "\(base)/object/public/\(options.bucket)/\(key.escaped)" }

    /// Uploads the file, in one request or resumably; one that is there is a success. Throws what the answer means.
    public func put(_ file: StorableFile) async throws(ObjectStoreError) -> String {
        if file.size <= Limits.standardBytes { try await upload(file) } else { try await uploadResumably(file) }
        return url(of: file.key)
    }

    // MARK: in one request

    private func upload(_ file: StorableFile) async throws(ObjectStoreError) {
        var request = request("\(base)/object/\(options.bucket)/\(file.key.escaped)", .POST)
        request.headers.add(name: "x-upsert", value: "false")
        request.headers.add(name: "content-type", value: file.contentType)
        request.headers.add(name: "cache-control", value: "max-age=\(Limits.cacheSeconds)")
        request.headers.add(name: "x-metadata", value: metadata(file))
        request.body = .stream(FileChunks(path: file.path, range: 0..<file.size), length: .known(file.size))
        let answer = try await send(request)
        switch StorageAnswer(status: answer.status, body: answer.body, retryAfter: answer.retryAfter) {
        case .stored, .duplicate: return
        case .failed(let error): throw error
        case .gone, .conflict: throw .unavailable("HTTP \(answer.status)")
        }
    }

    /// What is kept beside the object, in base64 of JSON.
    private func metadata(_ file: StorableFile) -> String {
        Data(JSON.object([.init("sha256", .string(hex(file.sha256)))]).text.utf8).base64EncodedString()
    }

    // MARK: resumably

    private func uploadResumably(_ file: StorableFile) async throws(ObjectStoreError) {
        let bookmark = UploadBookmark(of: file, at: "\(base)/\(options.bucket)")
        defer { bookmark.remove() }
        var location = bookmark.read()
        var beginnings = 0
        while true {
            let address: String
            if let location {
                address = location
            } else {
                beginnings += 1
                guard beginnings <= Limits.beginnings else { throw .unavailable("resumable uploads expire as soon as they are begun") }
                guard let begun = try await begin(file) else { return }
                address = begun
                bookmark.write(begun)
            }
            do throws(ObjectStoreError) {
                if try await proceed(file, at: address, isOld: location != nil || beginnings == 0) { return }
            } catch {
                // It goes on from where it stands, in this process or in the next one.
                if case .unavailable = error { bookmark.keep() }
                throw error
            }
            logger.info("a resumable upload has expired and begins again", metadata: ["key": "\(file.key)"])
            location = nil
        }
    }

    /// Makes the upload. Nil: the file is there already.
    private func begin(_ file: StorableFile) async throws(ObjectStoreError) -> String? {
        var request = request("\(base)/upload/resumable", .POST)
        request.headers.add(name: "tus-resumable", value: "1.0.0")
        request.headers.add(name: "x-upsert", value: "false")
        request.headers.add(name: "upload-length", value: "\(file.size)")
        let about = [
            ("bucketName", options.bucket), ("objectName", file.key.text), ("contentType", file.contentType),
            ("cacheControl", "\(Limits.cacheSeconds)"), ("metadata", JSON.object([.init("sha256", .string(hex(file.sha256)))]).text),
        ]
        request.headers.add(
            name: "upload-metadata", value: about.map { "\($0) \(Data($1.utf8).base64EncodedString())" }.joined(separator: ","))
        let answer = try await send(request)
        switch StorageAnswer(status: answer.status, body: answer.body, isResumable: true, retryAfter: answer.retryAfter) {
        case .stored:
            guard let location = answer.headers.first(name: "location"), let address = absolute(location) else {
                throw .unavailable("a resumable upload has no address")
            }
            return address
        // A conflict before there is an upload is one over the key.
        case .duplicate, .conflict: return nil
        case .gone: throw .misconfigured("there are no resumable uploads at \(base)")
        case .failed(let error): throw error
        }
    }

    /// The address of an upload, on this server alone: the key must not be sent to another one.
    private func absolute(_ location: String) -> String? {
        guard let root = URL(string: base), let url = URL(string: location, relativeTo: URL(string: base + "/upload/resumable")) else {
            return nil
        }
        guard let scheme = url.scheme, ["http", "https"].contains(scheme), scheme == root.scheme || scheme == "https",
            let host = url.host, host == root.host || host.hasSuffix(".supabase.co")
        else { return nil }
        return url.absoluteString
    }

    /// Sends piece after piece. Returns false when the server knows the upload no longer.
    private func proceed(_ file: StorableFile, at address: String, isOld: Bool) async throws(ObjectStoreError) -> Bool {
        var offset: Int64 = 0
        var isCertain = !isOld
        var failures = 0
        var backoff = Limits.backoff
        while true {
            do throws(ObjectStoreError) {
                if !isCertain {
                    guard let known = try await offsetOf(address, size: file.size) else { return false }
                    offset = known
                    isCertain = true
                }
                if offset == file.size { return true }
                switch try await send(piece: offset..<min(offset + Limits.pieceBytes, file.size), of: file, to: address) {
                case .at(let next):
                    guard next > offset, next <= file.size else { throw .unavailable("the upload's offset is \(next) after \(offset)") }
                    offset = next
                    failures = 0
                    backoff.reset()
                case .duplicate: return true
                case .gone: return false
                case .conflict: throw .unavailable("the upload is at another offset, or somebody else writes to it")
                }
            } catch {
                guard case .unavailable(_, let after) = error else { throw error }
                failures += 1
                isCertain = false
                var random = SystemRandomNumberGenerator()
                let wait = max(after ?? .zero, backoff.next(using: &random))
                guard failures < Limits.tries, wait <= Limits.backoff.limit else { throw error }
                do { try await Task.sleep(for: wait) } catch { throw .unavailable("stopped") }
            }
        }
    }

    private enum Step {
        case at(Int64)
        case duplicate, gone, conflict
    }

    private func send(piece range: Range<Int64>, of file: StorableFile, to address: String) async throws(ObjectStoreError) -> Step {
        var request = request(address, .PATCH)
        request.headers.add(name: "tus-resumable", value: "1.0.0")
        request.headers.add(name: "upload-offset", value: "\(range.lowerBound)")
        request.headers.add(name: "content-type", value: "application/offset+octet-stream")
        request.body = .stream(FileChunks(path: file.path, range: range), length: .known(Int64(range.count)))
        let answer = try await send(request)
        switch StorageAnswer(status: answer.status, body: answer.body, isResumable: true, retryAfter: answer.retryAfter) {
        case .stored:
            guard let offset = answer.headers.first(name: "upload-offset").flatMap({ Int64($0) }) else {
                throw .unavailable("an upload tells no offset")
            }
            return .at(offset)
        case .duplicate: return .duplicate
        case .gone: return .gone
        case .conflict: return .conflict
        case .failed(let error): throw error
        }
    }

    /// Bytes that the server has of the upload; nil when it does not know it any more.
    private func offsetOf(_ address: String, size: Int64) async throws(ObjectStoreError) -> Int64? {
        var request = request(address, .HEAD)
        request.headers.add(name: "tus-resumable", value: "1.0.0")
        let answer = try await send(request)
        switch StorageAnswer(status: answer.status, body: answer.body, isResumable: true, retryAfter: answer.retryAfter) {
        case .stored:
            guard let offset = answer.headers.first(name: "upload-offset").flatMap({ Int64($0) }), (0...size).contains(offset) else {
                return nil
            }
            return offset
        case .gone: return nil
        case .duplicate: return size
        case .conflict: throw .unavailable("somebody else writes to the upload")
        case .failed(let error): throw error
        }
    }

    // MARK: HTTP

    private struct Answer {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]
        var retryAfter: Int? { headers.first(name: "retry-after").flatMap { Int($0) } }
    }

    private func request(_ url: String, _ method: HTTPMethod) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers.add(name: "authorization", value: "Bearer \(options.key)")
        request.headers.add(name: "apikey", value: options.key)
        return request
    }

    private func send(_ request: HTTPClientRequest) async throws(ObjectStoreError) -> Answer {
        do {
            let response = try await client.execute(request, timeout: .nanoseconds(Limits.request.inNanoseconds), logger: nil)
            let body = try await response.body.collect(upTo: Limits.answerBytes)
            return Answer(status: Int(response.status.code), headers: response.headers, body: Array(body.readableBytesView))
        } catch let failure as FileChunks.ReadFailure {
            throw .unreadable(failure.description)
        } catch let error as HTTPClientError where error == .invalidURL || error == .emptyHost || error == .emptyScheme {
            throw .misconfigured("\(base): \(error)")
        } catch {
            throw .unavailable(HTTPS.reason(error))
        }
    }
}
