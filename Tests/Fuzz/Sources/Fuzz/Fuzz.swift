import Glibc

/// What libFuzzer calls for each input. The target is named by the environment: one executable serves all.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
}

private let target: @Sendable ([UInt8]) -> Void = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    switch name {
    case "tl": return fuzzTL
    case "framing": return fuzzFraming
    case "session": return fuzzSession
    case "exchange": return fuzzExchange
    case "partial": return fuzzPartial
    case "engine": return fuzzEngine
    default: fatalError("FUZZ_TARGET is tl, framing, session, exchange, partial or engine")
    }
}()

/// Reads an input as instructions: every byte string means something, so that the fuzzer wastes none.
struct Input {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    var isEmpty: Bool { bytes.isEmpty }

    mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }

    /// At most so many bytes.
    mutating func take(_ count: Int) -> [UInt8] {
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }

    /// As many bytes as two bytes of length say, or the rest.
    mutating func block() -> [UInt8] {
        let low = Int(byte())
        return take(low | Int(byte()) << 8)
    }

    mutating func rest() -> [UInt8] { take(bytes.count) }
}

/// A rule that every input keeps; libFuzzer saves the input that breaks it.
func require(_ condition: Bool, _ rule: @autoclosure () -> String) {
    if !condition { fatalError(rule()) }
}
