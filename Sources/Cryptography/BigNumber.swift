import CLibcrypto

/// A non-negative integer of any size, for key exchanges. A value; arithmetic is libcrypto's.
///
/// Bytes are big-endian. Secrets: the exponent of `power` is handled in constant time.
public struct BigNumber: Hashable, Sendable {
    /// Big-endian without leading zero bytes; zero is empty.
    private let magnitude: [UInt8]

    public init(bigEndian bytes: some Collection<UInt8>) { magnitude = Array(bytes.drop { $0 == 0 }) }

    public init(_ value: UInt64) { self.init(bigEndian: (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }) }

    /// The number in as few bytes as it needs; zero gives none.
    public var bytes: [UInt8] { magnitude }

    /// The number with zero bytes in front to make `count`. The number must fit.
    public func bytes(paddedTo count: Int) -> [UInt8] {
        precondition(magnitude.count <= count, "the number has \(magnitude.count) bytes, \(count) are asked for")
        return [UInt8](repeating: 0, count: count - magnitude.count) + magnitude
    }

    public var bitWidth: Int { magnitude.isEmpty ? 0 : magnitude.count * 8 - magnitude[0].leadingZeroBitCount }
    public var isZero: Bool { magnitude.isEmpty }

    /// Whether it is prime, wrong with a chance below 2^-128: libcrypto's 64 Miller-Rabin rounds after trial division.
    public var isProbablyPrime: Bool {
        withBN { n in
            let context = BN_CTX_new()
            defer { BN_CTX_free(context) }
            return BN_check_prime(n, context, nil) == 1
        }
    }

    /// self^exponent mod modulus. The modulus must be odd and above one.
    public func power(_ exponent: BigNumber, modulo modulus: BigNumber) -> BigNumber {
        precondition((modulus.magnitude.last ?? 0) & 1 == 1 && modulus.bitWidth > 1, "the modulus is odd and above one")
        let base = self < modulus ? self : self % modulus
        return base.withBN { base in
            exponent.withBN { exponent in
                modulus.withBN { modulus in
                    shim_BN_set_constant_time(exponent)
                    return BigNumber.computed { BN_mod_exp_mont_consttime($0, base, exponent, modulus, $1, nil) }
                }
            }
        }
    }

    /// self^exponent mod modulus for a secret exponent, big-endian, of which no copy is left behind. The modulus must be odd and above one.
    public func power(secret exponent: [UInt8], modulo modulus: BigNumber) -> BigNumber {
        precondition((modulus.magnitude.last ?? 0) & 1 == 1 && modulus.bitWidth > 1, "the modulus is odd and above one")
        let base = self < modulus ? self : self % modulus
        let number = BN_bin2bn(exponent, Int32(exponent.count), nil)
        defer { BN_clear_free(number) }
        shim_BN_set_constant_time(number)
        return base.withBN { base in
            modulus.withBN { modulus in
                BigNumber.computed { BN_mod_exp_mont_consttime($0, base, number, modulus, $1, nil) }
            }
        }
    }

    /// 2^exponent.
    public static func twoToThe(_ exponent: Int) -> BigNumber {
        BigNumber(bigEndian: [UInt8(1) << UInt8(exponent % 8)] + [UInt8](repeating: 0, count: exponent / 8))
    }

    public static func + (a: BigNumber, b: BigNumber) -> BigNumber { binary(a, b) { r, a, b, _ in BN_add(r, a, b) } }
    public static func * (a: BigNumber, b: BigNumber) -> BigNumber { binary(a, b) { BN_mul($0, $1, $2, $3) } }

    /// The difference. `b` may not be the larger one.
    public static func - (a: BigNumber, b: BigNumber) -> BigNumber {
        precondition(b <= a, "a BigNumber is not negative")
        return binary(a, b) { r, a, b, _ in BN_sub(r, a, b) }
    }

    /// The remainder. `b` may not be zero.
    public static func % (a: BigNumber, b: BigNumber) -> BigNumber {
        precondition(!b.isZero, "division by zero")
        return binary(a, b) { shim_BN_mod($0, $1, $2, $3) }
    }

    /// Half of it, rounded down.
    public var half: BigNumber {
        withBN { n in BigNumber.computed { r, _ in BN_rshift1(r, n) } }
    }

    private static func binary(
        _ a: BigNumber, _ b: BigNumber, _ operation: (OpaquePointer?, OpaquePointer?, OpaquePointer?, OpaquePointer?) -> Int32
    ) -> BigNumber {
        a.withBN { a in b.withBN { b in computed { operation($0, a, b, $1) } } }
    }

    private static func computed(_ operation: (OpaquePointer?, OpaquePointer?) -> Int32) -> BigNumber {
        let result = BN_new()
        let context = BN_CTX_secure_new()
        defer {
            BN_clear_free(result)
            BN_CTX_free(context)
        }
        precondition(operation(result, context) == 1, "libcrypto has no memory for a number")
        return BigNumber(result)
    }

    /// Copies the number out of libcrypto.
    init(_ number: OpaquePointer?) {
        let count = Int(shim_BN_num_bytes(number))
        magnitude = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            if count > 0 { BN_bn2bin(number, buffer.baseAddress) }
            initialized = count
        }
    }

    func withBN<R>(_ body: (OpaquePointer?) -> R) -> R {
        let number = BN_bin2bn(magnitude, Int32(magnitude.count), nil)
        defer { BN_clear_free(number) }
        return body(number)
    }
}

extension BigNumber: Comparable {
    public static func < (a: BigNumber, b: BigNumber) -> Bool {
        if a.magnitude.count != b.magnitude.count { return a.magnitude.count < b.magnitude.count }
        return a.magnitude.lexicographicallyPrecedes(b.magnitude)
    }
}
