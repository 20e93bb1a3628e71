import Primitives
import Testing

@Suite struct JSONReadingTests {
    private func read(_ text: String) -> Result<JSON, JSONError> {
        Result { () throws(JSONError) in try JSON(reading: Array(text.utf8)) }
    }

    @Test(
        arguments: [
            ("null", JSON.null), (" true ", true), ("false", false), ("0", 0), ("-0", 0), ("-17", -17),
            ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .double(9223372036854775808)), ("1.5", 1.5), ("-1e3", .double(-1000)), ("1E-2", 0.01), ("\"\"", ""),
            (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u20AC""#, "é€"), (#""\ud83d\ude42""#, "🙂"),
            (#""\ud83d""#, "\u{FFFD}"), (#""\ude42x""#, "\u{FFFD}x"), (#""\ud83d\u0041""#, "\u{FFFD}A"), ("[]", []), ("{}", [:]),
            ("[1,[2,{}],\n3 ]", [1, [2, [:]], 3]), (#"{ "b" : 1 , "a" : [ ] }"#, ["b": 1, "a": []]),
        ] as [(String, JSON)])
    func what_is_json_is_read(_ text: String, _ value: JSON) { #expect(read(text) == .success(value)) }

    @Test(arguments: [
        "", " ", "nul", "nulL", "truefalse", "01", "-", "1.", ".5", "1e", "+1", "1e999", "\"", "\"\\", "\"\\x\"", "\"\\u12\"",
        "\"\\u12g4\"", "\"\n\"",
        "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "}", "1 2",
        "'a'",
        "\u{FEFF}1", "NaN", "[1}", "{\"a\":1]",
    ])
    func what_is_no_json_is_refused(_ text: String) {
        if case .success(let value) = read(text) { Issue.record("\(text) was read as \(value)") }
    }

    @Test func depth_is_limited() {
        func nested(_ count: Int) -> String { String(repeating: "[", count: count) + String(repeating: "]", count: count) }
        if case .failure(let error) = read(nested(JSON.deepest + 1)) { Issue.record("\(error)") }
        #expect(read(nested(JSON.deepest + 2)) == .failure(.tooDeep))
        #expect(read(String(repeating: "{\"a\":", count: 1_000_000)) == .failure(.tooDeep))
    }

    @Test func bytes_that_are_not_utf8_are_refused() throws {
        #expect(throws: JSONError.notUTF8) { try JSON(reading: [0x22, 0xC3, 0x28, 0x22]) }
        #expect(throws: JSONError.notUTF8) { try JSON(reading: [0x22, 0xED, 0xA0, 0x80, 0x22]) }
    }

    /// What is printed is read as the same, and every beginning of it is refused without a trap.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func what_is_printed_is_read(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func value(_ depth: Int) -> JSON {
            switch Int.random(in: 0..<(depth > 4 ? 5 : 7), using: &random) {
            case 0: return .null
            case 1: return .bool(Bool.random(using: &random))
            case 2: return .integer(Int64.random(in: .min ... .max, using: &random))
            case 3: return .double(Double(Int64.random(in: -1 << 40...1 << 40, using: &random)) / 1024 + 0.0001)
            case 4: return .string(String(decoding: random.bytes(Int.random(in: 0..<12, using: &random)), as: UTF8.self))
            case 5: return .array((0..<Int.random(in: 0..<4, using: &random)).map { _ in value(depth + 1) })
            default: return .object((0..<Int.random(in: 0..<4, using: &random)).map { JSON.Member("m\($0)", value(depth + 1)) })
            }
        }
        let given = JSON.array([value(0)])
        let bytes = Array(given.text.utf8)
        #expect(try JSON(reading: bytes) == given)
        for length in 0..<bytes.count { #expect(throws: JSONError.self) { try JSON(reading: Array(bytes.prefix(length))) } }
    }
}
