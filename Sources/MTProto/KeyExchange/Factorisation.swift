import Primitives

/// Factors of the server's small proof of work: pq below 2^63, a product of two primes of about 31 bits.
enum Factorisation {
    /// Steps after which a number is given up: several hundred times what two primes of 32 bits need.
    static let maximumSteps = 1 << 24

    /// The prime factors p < q of pq, or nil when it is not such a product. Source of the method: Brent, BIT 20 (1980).
    static func factors(of pq: UInt64, using generator: inout some RandomNumberGenerator) -> (p: UInt64, q: UInt64)? {
        guard pq > 3, pq < 1 << 63, !isPrime(pq), let divisor = divisor(of: pq, using: &generator) else { return nil }
        let p = min(divisor, pq / divisor), q = max(divisor, pq / divisor)
        return p < q && isPrime(p) && isPrime(q) ? (p, q) : nil
    }

    private static func divisor(of n: UInt64, using generator: inout some RandomNumberGenerator) -> UInt64? {
        if n % 2 == 0 { return 2 }
        var steps = 0
        while steps < maximumSteps {
            let c = UInt64.random(in: 1..<n, using: &generator)
            var y = UInt64.random(in: 0..<n, using: &generator)
            var x = y, saved = y, product: UInt64 = 1, common: UInt64 = 1, run = 1
            while common == 1, steps < maximumSteps {
                x = y
                for _ in 0..<run { y = step(y, c, n) }
                steps += run
                var done = 0
                while done < run, common == 1 {
                    saved = y
                    for _ in 0..<min(128, run - done) {
                        y = step(y, c, n)
                        product = multiply(product, x > y ? x - y : y - x, n)
                    }
                    common = greatestCommonDivisor(product, n)
                    done += 128
                }
                run *= 2
            }
            if common == n || common == 0 {
                // Several differences at once gave everything: walk the last stretch one by one.
                repeat {
                    saved = step(saved, c, n)
                    common = greatestCommonDivisor(x > saved ? x - saved : saved - x, n)
                    steps += 1
                } while common == 1
            }
            if common > 1, common < n { return common }
        }
        return nil
    }

    private static func step(_ y: UInt64, _ c: UInt64, _ n: UInt64) -> UInt64 {
        let square = multiply(y, y, n)
        return square >= n - c ? square - (n - c) : square + c
    }

    private static func multiply(_ a: UInt64, _ b: UInt64, _ n: UInt64) -> UInt64 {
        n.dividingFullWidth(a.multipliedFullWidth(by: b)).remainder
    }

    private static func power(_ base: UInt64, _ exponent: UInt64, _ n: UInt64) -> UInt64 {
        var result: UInt64 = 1, base = base % n, exponent = exponent
        while exponent > 0 {
            if exponent & 1 == 1 { result = multiply(result, base, n) }
            base = multiply(base, base, n)
            exponent >>= 1
        }
        return result
    }

    private static func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var a = a, b = b
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }

    /// Miller-Rabin with the first twelve primes, exact below 2^64: https://oeis.org/A014233
    static func isPrime(_ n: UInt64) -> Bool {
        let bases: [UInt64] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]
        if n < 2 { return false }
        for p in bases where n % p == 0 { return n == p }
        let shift = (n - 1).trailingZeroBitCount
        let odd = (n - 1) >> UInt64(shift)
        return bases.allSatisfy { base in
            var x = power(base, odd, n)
            if x == 1 || x == n - 1 { return true }
            for _ in 1..<max(1, shift) {
                x = multiply(x, x, n)
                if x == n - 1 { return true }
            }
            return false
        }
    }

    /// A random prime of 31 bits, for a server's pq.
    static func prime(using generator: inout some RandomNumberGenerator) -> UInt64 {
        while true {
            let candidate = UInt64.random(in: 1 << 30..<1 << 31, using: &generator) | 1
            if isPrime(candidate) { return candidate }
        }
    }

    /// Big-endian without leading zero bytes, as pq, p and q are sent.
    static func bytes(_ value: UInt64) -> [UInt8] {
        Array((0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }.drop { $0 == 0 })
    }

    /// The number, or nil when it has more than 8 bytes.
    static func number(_ bytes: [UInt8]) -> UInt64? {
        bytes.count > 8 ? nil : bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
