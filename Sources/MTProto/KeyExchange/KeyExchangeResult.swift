import Cryptography

/// What a key exchange ends with, on both sides.
public struct KeyExchangeResult: Sendable {
    public let key: AuthorizationKey
    /// The first salt of the key.
    public let salt: Int64
    /// The server's clock, in step.
    public let clock: ServerClock
    /// Seconds for which a temporary key holds; nil for a permanent one.
    public let expiresIn: Int32?
}

/// What a step of a key exchange asks for.
public enum KeyExchangeStep: Sendable {
    /// Send this packet and wait for the answer.
    case send([UInt8])
    /// Both sides hold the key. The server still sends the last answer.
    case done(KeyExchangeResult, send: [UInt8]?)
}

/// Why a key exchange ended without a key: start over on a new connection.
public enum KeyExchangeError: Error, Hashable {
    case malformed(MalformedBytes)
    /// The message is not the one that is due. Holds its constructor.
    case unexpectedMessage(UInt32)
    /// A nonce is not ours.
    case wrongNonce
    /// The server holds none of the RSA keys that we trust.
    case noKnownRSAKey
    /// pq is no product of two different primes below 2^63, or the peer's factors are not those.
    case badFactors
    /// A ciphertext is not made of whole blocks, or not decryptable with the RSA key.
    case badCiphertext
    /// A hash does not match the data it was sent with.
    case wrongHash
    /// More than 15 bytes of padding.
    case badPadding
    /// The prime is not a 2048-bit safe prime.
    case badPrime
    /// g does not generate the subgroup of prime order.
    case badGenerator
    /// g_a or g_b is too near to the ends of its range.
    case badPublicNumber
    /// The server ended the exchange (dh_gen_fail, server_DH_params_fail).
    case refused
    /// The server asked for another try more than 5 times.
    case tooManyRetries

    init(_ error: DiffieHellmanError) {
        self =
            switch error {
            case .badPrime: .badPrime
            case .badGenerator: .badGenerator
            case .badPublicNumber: .badPublicNumber
            }
    }
}
