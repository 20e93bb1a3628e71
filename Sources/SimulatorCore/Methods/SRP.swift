import Cryptography

/// The server's half of one SRP login: its secret and its public number.
/// Source: https://core.telegram.org/api/srp
struct SRPChallenge: Sendable {
    let id: Int64
    /// `b`, secret.
    let secret: BigNumber
    /// `srp_B`, 256 bytes.
    let publicNumber: [UInt8]

    init(id: Int64, secret: [UInt8], _ password: CloudPassword) {
        self.id = id
        self.secret = BigNumber(bigEndian: secret)
        let k = BigNumber(bigEndian: sha256(SRPGroup.prime.bytes(paddedTo: 256), SRPGroup.generator.bytes(paddedTo: 256)))
        let v = BigNumber(bigEndian: password.verifier)
        let gb = SRPGroup.generator.power(self.secret, modulo: SRPGroup.prime)
        publicNumber = ((k * v + gb) % SRPGroup.prime).bytes(paddedTo: 256)
    }

    /// Whether the client's proof shows that it knows the password.
    func accepts(a: [UInt8], m1: [UInt8], _ password: CloudPassword) -> Bool {
        let p = SRPGroup.prime
        let aNumber = BigNumber(bigEndian: a)
        guard !aNumber.isZero, aNumber < p else { return false }
        let aBytes = aNumber.bytes(paddedTo: 256)
        let u = BigNumber(bigEndian: sha256(aBytes, publicNumber))
        let v = BigNumber(bigEndian: password.verifier)
        let s = ((aNumber * v.power(u, modulo: p)) % p).power(secret, modulo: p)
        let k = sha256(s.bytes(paddedTo: 256))
        let hashes = zip(sha256(p.bytes(paddedTo: 256)), sha256(SRPGroup.generator.bytes(paddedTo: 256))).map { $0 ^ $1 }
        let expected = sha256(hashes, sha256(password.salt1), sha256(password.salt2), aBytes, publicNumber, k)
        return constantTimeEquals(expected, m1)
    }
}

/// The prime and generator of Telegram's servers, the same as in key exchange.
enum SRPGroup {
    static let generator = BigNumber(3)
    static let prime = BigNumber(bigEndian: primeBytes)
    static let primeBytes: [UInt8] = {
        var out: [UInt8] = []
        var high: UInt8?
        for character in digits {
            guard let digit = character.hexDigitValue.map(UInt8.init) else { continue }
            if let first = high {
                out.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return out
    }()
    private static let digits = """
        c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f48198a0aa7c14058229493d22530f4dbfa336f6e0ac925139543aed44cce7c37
        20fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f642477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4
        a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4
        e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b
        """
}

extension CloudPassword {
    /// What the server keeps of a password. Takes a tenth of a second: 100,000 rounds of PBKDF2.
    public init(_ password: String, salt1: [UInt8], salt2: [UInt8], hint: String? = nil) {
        func salted(_ data: [UInt8], _ salt: [UInt8]) -> [UInt8] { sha256(salt, data, salt) }
        let inner = salted(salted(Array(password.utf8), salt1), salt2)
        let stretched = pbkdf2HMACSHA512(password: inner, salt: salt1, rounds: 100_000, length: 64)
        let x = BigNumber(bigEndian: salted(stretched, salt2))
        self.init(
            salt1: salt1, salt2: salt2,
            verifier: SRPGroup.generator.power(x, modulo: SRPGroup.prime).bytes(paddedTo: 256), hint: hint)
    }
}
