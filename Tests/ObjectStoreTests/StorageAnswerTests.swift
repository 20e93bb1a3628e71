import Testing

@testable import ObjectStore

@Suite struct StorageAnswerTests {
    private func json(_ code: String, _ error: String, _ message: String, name: String = "") -> [UInt8] {
        Array(#"{"statusCode":"\#(code)","code":"\#(name)","error":"\#(error)","message":"\#(message)"}"#.utf8)
    }

    private enum Kind { case stored, duplicate, gone, conflict, unavailable, misconfigured, refused, unreadable }

    private func kind(_ status: Int, _ body: [UInt8], isResumable: Bool = false) -> Kind {
        switch StorageAnswer(status: status, body: body, isResumable: isResumable) {
        case .stored: .stored
        case .duplicate: .duplicate
        case .gone: .gone
        case .conflict: .conflict
        case .failed(.unavailable): .unavailable
        case .failed(.misconfigured): .misconfigured
        case .failed(.refused): .refused
        case .failed(.unreadable): .unreadable
        }
    }

    @Test func the_body_counts_for_more_than_the_status() {
        #expect(kind(200, []) == .stored)
        #expect(kind(400, json("409", "Duplicate", "The resource already exists")) == .duplicate)
        #expect(kind(400, json("409", "x", "y", name: "KeyAlreadyExists")) == .duplicate)
        #expect(kind(400, json("413", "Payload too large", "too large")) == .refused)
        #expect(kind(400, json("415", "invalid_mime_type", "no")) == .refused)
        #expect(kind(400, json("400", "InvalidKey", "Invalid key: x")) == .refused)
        #expect(kind(400, json("403", "Unauthorized", "jwt expired")) == .misconfigured)
        #expect(kind(400, json("404", "Bucket not found", "Bucket not found")) == .misconfigured)
        #expect(kind(400, Array(#"{"statusCode":409,"error":"Duplicate","message":"m"}"#.utf8)) == .duplicate)
        #expect(kind(429, json("429", "SlowDown", "Too many requests")) == .unavailable)
        #expect(kind(503, Array("<html>".utf8)) == .unavailable)
        #expect(kind(413, Array("<html>".utf8)) == .refused)
        #expect(StorageAnswer(status: 429, body: [], retryAfter: 7) == .failed(.unavailable("HTTP 429 (429)", after: .seconds(7))))
    }

    @Test func resumable_uploads_speak_plain_text() {
        #expect(kind(404, Array("The file for this url was not found".utf8), isResumable: true) == .gone)
        #expect(kind(410, [], isResumable: true) == .gone)
        #expect(kind(409, Array("Upload-Offset conflict".utf8), isResumable: true) == .conflict)
        #expect(kind(409, Array("The resource already exists".utf8), isResumable: true) == .duplicate)
        #expect(kind(423, Array("locked".utf8), isResumable: true) == .conflict)
        #expect(kind(413, Array("exceeded".utf8), isResumable: true) == .refused)
        #expect(kind(404, Array("Bucket not found".utf8), isResumable: true) == .misconfigured)
    }
}
