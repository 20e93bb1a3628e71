import Primitives
import Testing

@testable import TelegramClient

@Suite struct TelethonSessionTests {
    private let key = (0..<256).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) }

    private func text(dc: UInt8 = 2, address: [UInt8] = [149, 154, 167, 51], port: [UInt8] = [1, 187]) -> String {
        "1" + Base64URL.encode([dc] + address + port + key)
    }

    @Test func both_address_families_are_read() throws {
        let four = try TelethonSession(text())
        #expect(four.dc == 2 && four.address == [149, 154, 167, 51] && four.port == 443 && four.key == key)
        let six = try TelethonSession(text(dc: 4, address: Array(1...16)))
        #expect(six.dc == 4 && six.address == Array(1...16) && six.key == key)
        // As it is pasted: padded, with a line's end.
        #expect(try TelethonSession("  \(text())=\n") == four)
    }

    @Test func what_is_no_string_session_is_refused_with_its_reason() {
        func failure(_ text: String) -> TelethonSession.Failure? {
            do {
                _ = try TelethonSession(text)
                return nil
            } catch { return error }
        }
        #expect(failure(" \n") == .empty)
        #expect(failure("2" + text().dropFirst()) == .unknownVersion)
        #expect(failure(String(text().dropLast(4))) == .malformed)
        #expect(failure(text() + "AAAA") == .malformed)
        #expect(failure("1" + text().dropFirst().replacing("-", with: "+")) == .malformed)
        #expect(failure(text(dc: 0)) == .malformed)
        #expect(failure("1" + Base64URL.encode([2, 1, 2, 3, 4, 1, 187] + [UInt8](repeating: 0, count: 256))) == .malformed)
    }

    @Test func base64url_goes_there_and_back_at_every_length() {
        var generator = SeededGenerator(seed: 4)
        for length in 0..<70 {
            let bytes = generator.bytes(length)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
        #expect(Base64URL.decode("-_8=") == [0xFB, 0xFF])
        #expect(Base64URL.decode("-_9") == nil)
        #expect(Base64URL.decode("A") == nil)
        #expect(Base64URL.decode("AA+A") == nil)
    }
}
