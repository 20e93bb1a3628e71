import Foundation
import Testing

@testable import Cryptography

/// Megabytes a second of AES-256-IGE at 16 KiB, beside Python's cryptg in the same run, best of several rounds each in turn.
///
/// `IGE_BENCHMARK_PYTHON=PATH swift test -c release -Xswiftc -enable-testing --filter IGEBenchmark`, where that Python has cryptg.
@Suite struct IGEBenchmark {
    static let python = ProcessInfo.processInfo.environment["IGE_BENCHMARK_PYTHON"]
    static let chunk = 16 << 10

    @Test(.enabled(if: python != nil)) func ige_against_cryptg() throws {
        var ours: [String: Double] = [:], theirs: [String: Double] = [:]
        for _ in 0..<5 {
            for (name, rate) in measured() { ours[name] = max(ours[name] ?? 0, rate) }
            for (name, rate) in try cryptg() { theirs[name] = max(theirs[name] ?? 0, rate) }
        }
        for (name, rate) in ours.sorted(by: { $0.key < $1.key }) {
            let other = theirs[name].map { "cryptg \(Int($0)), ratio \((rate / $0 * 100).rounded() / 100)" } ?? ""
            print("IGE \(name): \(Int(rate)) MB/s", other)
        }
    }

    private func measured() -> [(String, Double)] {
        let key = [UInt8](repeating: 1, count: 32), iv = [UInt8](repeating: 2, count: 32)
        var data = [UInt8](repeating: 3, count: Self.chunk)
        func rate(_ body: () -> Void) -> Double {
            let count = 4000
            let time = ContinuousClock().measure { for _ in 0..<count { body() } }
            return Double(count * Self.chunk) / (Double(time.components.attoseconds) * 1e-18 + Double(time.components.seconds)) / 1e6
        }
        return [
            ("encrypt", rate { data.withUnsafeMutableBytes { AESIGE.encrypt(inPlace: $0, key: key, iv: iv) } }),
            ("decrypt", rate { data.withUnsafeMutableBytes { AESIGE.decrypt(inPlace: $0, key: key, iv: iv) } }),
            ("encrypt through EVP", rate { data = AESIGE.encryptFallback(data, key: key, iv: iv) }),
        ]
    }

    private func cryptg() throws -> [(String, Double)] {
        let script = """
            import time, cryptg
            key, iv, data, count = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * \(Self.chunk), 2000
            for name, function in (("encrypt", cryptg.encrypt_ige), ("decrypt", cryptg.decrypt_ige)):
                begin = time.perf_counter()
                for _ in range(count): function(data, key, iv)
                print(name, count * len(data) / (time.perf_counter() - begin) / 1e6)
            """
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: Self.python ?? "")
        process.arguments = ["-c", script]
        process.standardOutput = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return output.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return Double(words[1]).map { (String(words[0]), $0) }
        }
    }
}
