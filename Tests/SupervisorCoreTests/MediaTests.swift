import Primitives
import Testing

@testable import SupervisorCore

@Suite struct MediaRequestTests {
    private func answer(_ range: String?, size: Int64 = 100, ifRange: String? = nil, isHead: Bool = false) -> MediaRequest.Answer {
        MediaRequest(isHead: isHead, range: range, ifRange: ifRange).answer(size: size, tag: "\"t\"")
    }

    @Test func a_single_range_is_cut_to_the_file() {
        #expect(answer("bytes=0-0") == .part(0..<1))
        #expect(answer("bytes=10-19") == .part(10..<20))
        #expect(answer("bytes=90-") == .part(90..<100))
        #expect(answer("bytes=90-1000") == .part(90..<100))
        #expect(answer("bytes=-10") == .part(90..<100))
        #expect(answer("bytes=-1000") == .part(0..<100))
        #expect(answer("BYTES=99-99999999999999999999999") == .part(99..<100))
        #expect(answer("bytes= 5-6 ") == .part(5..<7))
    }

    @Test func what_lies_beyond_the_file_cannot_be_satisfied() {
        #expect(answer("bytes=100-") == .notSatisfiable)
        #expect(answer("bytes=100-200") == .notSatisfiable)
        #expect(answer("bytes=-0") == .notSatisfiable)
        #expect(answer("bytes=99999999999999999999-") == .notSatisfiable)
        #expect(answer("bytes=0-", size: 0) == .notSatisfiable)
        #expect(answer("bytes=-5", size: 0) == .notSatisfiable)
        #expect(answer("bytes=100-101,200-") == .notSatisfiable)
    }

    @Test func what_is_no_range_is_ignored() {
        for bad in [
            "bytes", "bytes=", "bytes=5", "bytes=a-b", "bytes=5-4", "bytes=-", "items=0-5", "bytes=1-2,x", "bytes=+1-2", "bytes=--5",
            "bytes=1-2,",
        ] {
            #expect(answer(bad) == .whole, "\(bad)")
        }
        #expect(answer("bytes=" + [String](repeating: "0-1", count: 65).joined(separator: ",")) == .whole)
    }

    @Test func several_ranges_are_answered_with_the_whole() {
        #expect(answer("bytes=0-1,5-6") == .whole)
        #expect(answer("bytes=0-1, 500-") == .whole)
    }

    @Test func ranges_are_for_get_and_for_the_file_that_the_client_knows() {
        #expect(answer("bytes=0-1", isHead: true) == .whole)
        #expect(answer("bytes=0-1", ifRange: "\"t\"") == .part(0..<2))
        #expect(answer("bytes=0-1", ifRange: "\"other\"") == .whole)
        #expect(answer("bytes=0-1", ifRange: "W/\"t\"") == .whole)
        #expect(answer("bytes=0-1", ifRange: "Sat, 21 Nov 2026 10:00:00 GMT") == .whole)
    }

    @Test func conditions_come_before_ranges() {
        func answer(match: String? = nil, none: String? = nil) -> MediaRequest.Answer {
            MediaRequest(range: "bytes=0-1", ifMatch: match, ifNoneMatch: none).answer(size: 10, tag: "\"t\"")
        }
        #expect(answer(none: "\"t\"") == .notModified && answer(none: "W/\"t\"") == .notModified && answer(none: "*") == .notModified)
        #expect(answer(none: "\"a\", \"t\"") == .notModified && answer(none: "\"a\"") == .part(0..<2))
        #expect(answer(match: "\"a\"") == .preconditionFailed && answer(match: "W/\"t\"") == .preconditionFailed)
        #expect(answer(match: "*") == .part(0..<2) && answer(match: "\"t\"", none: "\"t\"") == .notModified)
    }
}

@Suite struct MediaTypeTests {
    @Test func only_what_runs_nothing_is_shown() {
        #expect(MediaType(key: "photo/1/ab.jpg") == MediaType(key: "x/y.JPG") && MediaType(key: "photo/1/ab.jpg").name == "image/jpeg")
        #expect(MediaType(key: "a.mp4").disposition(key: "document/1/a.mp4") == "inline; filename=\"a.mp4\"")
        for ending in ["html", "htm", "svg", "xml", "xhtml", "pdf", "js", "swf", "exe", "bin", "zip", "", "mhtml", "py"] {
            let type = MediaType(key: "document/1/file.\(ending)")
            #expect(type.name == "application/octet-stream" && !type.isShown, "\(ending)")
            #expect(type.disposition(key: "document/1/file.\(ending)").hasPrefix("attachment; "))
        }
        #expect(!MediaType(key: "jpg").isShown && !MediaType(key: "a.jpg/file").isShown)
        #expect(MediaType(key: "x").disposition(key: "d/a\"b;c.bin") == "attachment; filename=\"abc.bin\"")
    }
}

@Suite struct MediaLinkTests {
    private let link = MediaLink(secret: Array("a secret of the test".utf8))

    @Test func a_link_is_good_for_one_file_and_a_while() throws {
        let query = link.query(for: "photo/1/a.jpg", expires: 1000)
        let signature = try #require(query.split(separator: "=").last.map(String.init))
        #expect(query == "expires=1000&signature=\(signature)" && signature.count == 64)
        func admits(_ given: String?, file: String = "photo/1/a.jpg", expires: String? = "1000", now: Int64 = 999) -> Bool {
            link.admits(file, expires: expires, signature: given, now: now)
        }
        #expect(admits(signature))
        #expect(!admits(signature, now: 1000), "expired")
        #expect(!admits(signature, file: "photo/1/b.jpg") && !admits(signature, expires: "1001") && !admits(signature, expires: nil))
        #expect(!admits(nil) && !admits("") && !admits(String(signature.dropLast())) && !admits("zz" + signature.dropFirst(2)))
        #expect(!MediaLink(secret: Array("another secret".utf8)).admits("photo/1/a.jpg", expires: "1000", signature: signature, now: 1))
    }
}
