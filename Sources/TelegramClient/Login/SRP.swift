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

    /// The proof for a password. `secret` is `a`: 256 random bytes, drawn anew for each try. Takes about 0.1 s.
    public static func proof(password: [UInt8], challenge: Challenge, secret: [UInt8]) throws(Failure) -> Proof {
        let group: DiffieHellmanGroup
        do throws(DiffieHellmanError) {
            group = try DiffieHellmanGroup(prime: BigNumber(bigEndian: challenge.p), g: challenge.g)
        } catch { throw .badGroup }
        let p = group.prime, g = group.generator
        let b = BigNumber(bigEndian: challenge.publicNumber)
        do throws(DiffieHellmanError) { try group.check(publicNumber: b) } catch { throw .badPublicNumber }

        let pBytes = p.bytes(paddedTo: size)
        let gBytes = g.bytes(paddedTo: size)
        let bBytes = b.bytes(paddedTo: size)
        let k = BigNumber(bigEndian: sha256(pBytes, gBytes))
        let a = BigNumber(bigEndian: secret)
        let publicA = group.power(of: a)
        do throws(DiffieHellmanError) { try group.check(publicNumber: publicA) } catch { throw .badPublicNumber }
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
}
