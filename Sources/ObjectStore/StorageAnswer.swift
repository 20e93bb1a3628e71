import Foundation

/// What an answer of Supabase Storage means. Its HTTP status is 400 for nearly everything; the body tells more.
///
/// Source: https://github.com/supabase/storage/blob/master/src/internal/errors
enum StorageAnswer: Hashable {
    case stored
    /// The key is taken: since keys name their content, by the same file.
    case duplicate
    case failed(ObjectStoreError)
    /// Of a resumable upload: the address is no longer known.
    case gone
    /// Of a resumable upload: somebody else writes to it, or its offset is another one.
    case conflict

    private struct Body: Decodable {
        var statusCode: String?
        var code: String?
        var error: String?
        var message: String?

        private enum Key: String, CodingKey { case statusCode, code, error, message }
        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            // Older servers write it as a number.
            statusCode =
                (try? values.decode(String.self, forKey: .statusCode))
                ?? (try? values.decode(Int.self, forKey: .statusCode)).map { "\($0)" }
            code = try? values.decode(String.self, forKey: .code)
            error = try? values.decode(String.self, forKey: .error)
            message = try? values.decode(String.self, forKey: .message)
        }
    }

    /// - Parameters:
    ///   - isResumable: an answer to a step of a resumable upload, whose errors are plain text.
    ///   - retryAfter: seconds, of the header of that name.
    init(status: Int, body bytes: [UInt8], isResumable: Bool = false, retryAfter: Int? = nil) {
        if (200..<300).contains(status) {
            self = .stored
            return
        }
        let body = try? JSONDecoder().decode(Body.self, from: Data(bytes))
        let text = String(decoding: bytes.prefix(300), as: UTF8.self)
        let message = body?.message ?? text
        let real = body?.statusCode.flatMap { Int($0) } ?? status
        let names = [body?.code, body?.error].compactMap { $0 }
        let why = "\(message.isEmpty ? "HTTP \(status)" : message) (\(real)\(names.first.map { " \($0)" } ?? ""))"
        let isTaken =
            names.contains { ["Duplicate", "KeyAlreadyExists", "ResourceAlreadyExists"].contains($0) }
            || message.lowercased().contains("resource already exists")
        if isTaken {
            self = .duplicate
            return
        }
        switch real {
        case 409: self = isResumable ? .conflict : .duplicate
        case 423: self = .conflict
        case 404, 410: self = isResumable && !message.lowercased().contains("bucket") ? .gone : .failed(.misconfigured(why))
        case 401, 403: self = .failed(.misconfigured(why))
        case 413, 415: self = .failed(.refused(why))
        case 429: self = .failed(.unavailable(why, after: retryAfter.map { .seconds($0) }))
        case 408, 500...: self = .failed(.unavailable(why, after: retryAfter.map { .seconds($0) }))
        default: self = .failed(names.contains("SlowDown") ? .unavailable(why) : .refused(why))
        }
    }
}
