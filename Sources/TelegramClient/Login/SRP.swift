import Cryptography

/// The proof that we know the account's second password, without sending it.
///
/// Source: https://core.telegram.org/api/srp
public enum SRP {
    public enum Failure: Error, Hashable, Sendable {
        /// The prime is not a 2048-bit safe prime, or the generator does not fit it.
        case badGroup
        /// The server's public number is out of bounds.
        case badPublicNumber
        /// u came out as zero: the server is not honest.
        case badScramble
    }

    /// What account.getPassword gave.
    public struct Challenge: Hashable, Sendable {
        public var id: Int64
        public var salt1: [UInt8]
        public var salt2: [UInt8]
        public var g: Int32
        public var p: [UInt8]
        /// `srp_B`.
        public var publicNumber: [UInt8]

        public init(id: Int64, salt1: [UInt8], salt2: [UInt8], g: Int32, p: [UInt8], publicNumber: [UInt8]) {
            self.id = id
            self.salt1 = salt1
            self.salt2 = salt2
            self.g = g
            self.p = p
            self.publicNumber = publicNumber
        }
    }

    /// `inputCheckPasswordSRP`.
    public struct Proof: Hashable, Sendable {
        public var id: Int64
        /// A, 256 bytes.
        public var a: [UInt8]
        /// M1, 32 bytes.
        public var m1: [UInt8]
    }

    /// Bytes of all numbers.
    static let size = 256
    /// Rounds of PBKDF2 in the one algorithm that is in use.
    static let rounds = 100_000
    /// How far a public number stays from both ends of the group, as a power of two.
    static let marginBits = 2048 - 64
    /// SHA-256 of the safe prime that Telegram's servers have always used; another one is tested, which takes up to a second.
    static let knownPrimeHash: [UInt8] = [
        0x02, 0xf8, 0x5e, 0x76, 0x87, 0xfc, 0x6f, 0x33, 0xba, 0x67, 0x82, 0x26, 0xa9, 0x63, 0xb3, 0xc8,
        0xa1, 0x91, 0xb4, 0x7c, 0x89, 0x0c, 0xf3, 0x0d, 0xeb, 0xe1, 0x7c, 0x1d, 0x62, 0x3b, 0x5a, 0xf1,
    ]

    /// The proof for a password. `secret` is `a`: 256 random bytes, drawn anew for each try. Takes about 0.1 s.
    public static func proof(password: [UInt8], challenge: Challenge, secret: [UInt8]) throws(Failure) -> Proof {
        let p = BigNumber(bigEndian: challenge.p)
        try check(prime: p, g: challenge.g)
        let g = BigNumber(UInt64(challenge.g))
        let b = BigNumber(bigEndian: challenge.publicNumber)
        try check(publicNumber: b, prime: p)

        let pBytes = p.bytes(paddedTo: size)
        let gBytes = g.bytes(paddedTo: size)
        let bBytes = b.bytes(paddedTo: size)
        let k = BigNumber(bigEndian: sha256(pBytes, gBytes))
        let a = BigNumber(bigEndian: secret)
        let publicA = g.power(a, modulo: p)
        try check(publicNumber: publicA, prime: p)
        let aBytes = publicA.bytes(paddedTo: size)
        let u = BigNumber(bigEndian: sha256(aBytes, bBytes))
        if u.isZero { throw .badScramble }
        let x = BigNumber(bigEndian: passwordHash(password, challenge.salt1, challenge.salt2))
        let kv = (k * g.power(x, modulo: p)) % p
        let t = b >= kv ? b - kv : b + p - kv
        let s = t.power(a + u * x, modulo: p)
        let key = sha256(s.bytes(paddedTo: size))
        let groupHash = zip(sha256(pBytes), sha256(gBytes)).map { $0 ^ $1 }
        let m1 = sha256(groupHash, sha256(challenge.salt1), sha256(challenge.salt2), aBytes, bBytes, key)
        return Proof(id: challenge.id, a: aBytes, m1: m1)
    }

    /// PH2 of the protocol page: 32 bytes.
    static func passwordHash(_ password: [UInt8], _ salt1: [UInt8], _ salt2: [UInt8]) -> [UInt8] {
        func salted(_ data: [UInt8], _ salt: [UInt8]) -> [UInt8] { sha256(salt, data, salt) }
        let once = salted(salted(password, salt1), salt2)
        return salted(pbkdf2HMACSHA512(password: once, salt: salt1, rounds: rounds, length: 64), salt2)
    }

    static func check(prime p: BigNumber, g: Int32) throws(Failure) {
        guard p.bitWidth == 2048 else { throw .badGroup }
        func remainder(_ modulus: UInt64) -> UInt64 { (p % BigNumber(modulus)).bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        let fits =
            switch g {
            case 2: remainder(8) == 7
            case 3: remainder(3) == 2
            case 4: true
            case 5: [1, 4].contains(remainder(5))
            case 6: [19, 23].contains(remainder(24))
            case 7: [3, 5, 6].contains(remainder(7))
            default: false
            }
        guard fits else { throw .badGroup }
        guard sha256(p.bytes) == knownPrimeHash || (p.isProbablyPrime && p.half.isProbablyPrime) else { throw .badGroup }
    }

    /// 2^1984 ≤ n ≤ p − 2^1984, which implies 1 < n < p − 1.
    static func check(publicNumber n: BigNumber, prime p: BigNumber) throws(Failure) {
        let margin = BigNumber.twoToThe(marginBits)
        guard n >= margin, n + margin <= p else { throw .badPublicNumber }
    }
}
