import CLibcrypto

/// Whether both hold the same bytes, in a time that tells nothing of where they differ. Lengths are not secret.
public func constantTimeEquals(_ a: some Collection<UInt8>, _ b: some Collection<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for (x, y) in zip(a, b) { difference |= x ^ y }
    return difference == 0
}

/// Overwrites a secret that is used no more. Only this array's own storage: a copy made before keeps its bytes.
public func wipe(_ secret: inout [UInt8]) {
    secret.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    secret = []
}

/// What may fail with data from outside. A wrong key size is our own mistake and traps.
public enum CryptographyError: Error, Hashable {
    /// The sealed bytes do not belong to this key, nonce and authenticated data, or were changed.
    case notAuthentic
    /// The text is no RSA key in PEM.
    case notAnRSAKey
    /// The numbers are no public key for signatures, or one too weak to be believed.
    case notASignatureKey
}
