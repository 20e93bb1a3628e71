import Cryptography
import Primitives

extension DiffieHellmanGroup {
    /// A random exponent of 256 bytes whose public number keeps off both ends, and that number.
    public func draw(using generator: inout some RandomNumberGenerator) -> (secret: SecretBytes, publicNumber: BigNumber) {
        while true {
            var bytes = generator.bytes(Self.bits / 8)
            let number = self.generator.power(secret: bytes, modulo: prime)
            let secret = SecretBytes(taking: &bytes)
            // The chance of another turn is 2^-63.
            if (try? check(publicNumber: number)) != nil { return (secret, number) }
        }
    }
}
