import Cryptography
import Primitives

/// What a signed token is checked with. A key knows its one algorithm: the token's word for it decides nothing.
public struct TokenKey: Hashable, Sendable {
    enum Material: Hashable, Sendable {
        /// HS256 (RFC 7518, 3.2).
        case secret([UInt8])
        case publicKey(SignatureKey)
    }

    /// The `kid` of the tokens that it signs; nil: any.
    let id: String?
    let material: Material

    /// Bytes of a secret below which a token could be forged by trying (RFC 7518, 3.2, asks for as many as the hash has).
    public static let shortestSecret = 32

    /// A secret for HS256; nil when it is too short.
    public init?(secret: [UInt8]) {
        guard secret.count >= Self.shortestSecret else { return nil }
        id = nil
        material = .secret(secret)
    }

    init(id: String?, _ key: SignatureKey) {
        self.id = id
        material = .publicKey(key)
    }

    var algorithm: String {
        switch material {
        case .secret: "HS256"
        case .publicKey(let key): key.algorithm.rawValue
        }
    }

    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch material {
        case .secret(let secret): constantTimeEquals(hmacSHA256(message, key: secret), signature)
        case .publicKey(let key): key.verifies(signature, of: message)
        }
    }
}

/// Why a set of keys is none.
public enum KeySetError: Error, Hashable, Sendable, CustomStringConvertible {
    case notAKeySet
    case tooManyKeys
    /// There are keys, but none that signatures can be checked with here.
    case nothingUsable

    public var description: String {
        switch self {
        case .notAKeySet: "it is no JSON Web Key Set: an object with the member keys"
        case .tooManyKeys: "it has more than \(TokenKey.mostKeys) keys"
        case .nothingUsable: "none of its keys is for RS256, ES256 or EdDSA (Ed25519) signatures"
        }
    }
}

extension TokenKey {
    /// Keys of one set; Supabase has the current one, the next, and those that were.
    public static let mostKeys = 64

    /// The public keys of a JSON Web Key Set (RFC 7517, 5) that check signatures; what is for something else is passed over.
    ///
    /// Secrets (`oct`) in it are passed over too: who can read the set could sign with them.
    public static func keySet(_ bytes: [UInt8]) throws(KeySetError) -> [TokenKey] {
        let json: JSON
        do {
            json = try JSON(reading: bytes)
        } catch {
            throw .notAKeySet
        }
        guard let entries = json["keys"]?.array else { throw .notAKeySet }
        guard entries.count <= mostKeys else { throw .tooManyKeys }
        let keys = entries.compactMap(TokenKey.init(jwk:))
        if keys.isEmpty { throw .nothingUsable }
        return keys
    }

    private init?(jwk: JSON) {
        func number(_ name: String) -> [UInt8]? { jwk[name]?.string.flatMap { Base64URL.decode($0) } }
        if let use = jwk["use"]?.string, use != "sig" { return nil }
        if let operations = jwk["key_ops"]?.array, !operations.contains("verify") { return nil }
        let key: SignatureKey
        do throws(CryptographyError) {
            switch (jwk["kty"]?.string, jwk["crv"]?.string) {
            case ("RSA", _):
                guard let n = number("n"), let e = number("e") else { return nil }
                key = try SignatureKey(modulus: n, exponent: e)
            case ("EC", "P-256"):
                guard let x = number("x"), let y = number("y") else { return nil }
                key = try SignatureKey(x: x, y: y)
            case ("OKP", "Ed25519"):
                guard let x = number("x") else { return nil }
                key = try SignatureKey(ed25519: x)
            default: return nil
            }
        } catch {
            return nil  // weak or broken: like a key of an algorithm that is not known
        }
        if let algorithm = jwk["alg"]?.string, algorithm != key.algorithm.rawValue { return nil }
        self.init(id: jwk["kid"]?.string, key)
    }
}
