import Foundation
import Primitives
import Testing

/// The shared test vectors, by path of member names.
func vectors(_ file: String) throws -> JSON {
    let url = try #require(Bundle.module.url(forResource: file, withExtension: "json", subdirectory: "Vectors"))
    return try JSONDecoder().decode(JSON.self, from: Data(contentsOf: url))
}

extension JSON {
    /// The bytes of a hexadecimal member.
    func hexBytes(_ name: String) throws -> [UInt8] {
        let text = try #require(self[name]?.string)
        return try #require(bytes(hex: text))
    }
}

/// Gives fixed bytes, then those of a seeded generator: what a vector's randomness was.
struct ScriptedGenerator: RandomNumberGenerator {
    private var words: [UInt64]
    private var rest = SeededGenerator(seed: 1)

    init(_ bytes: [UInt8]) {
        let padded = bytes + [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
        words = stride(from: 0, to: padded.count, by: 8).map { i in
            (0..<8).reduce(0) { $0 | UInt64(padded[i + $1]) << UInt64(8 * $1) }
        }
        words.reverse()
    }

    mutating func next() -> UInt64 { words.popLast() ?? rest.next() }
}
