import Testing

@testable import Cryptography

@Suite struct SecretTests {
    @Test func a_secret_takes_its_bytes_and_leaves_none_where_they_were() {
        var bytes: [UInt8] = [1, 2, 3, 4]
        let secret = SecretBytes(taking: &bytes)
        #expect(bytes.isEmpty)
        #expect(secret.withBytes { $0 } == [1, 2, 3, 4])
        #expect(secret.count == 4)
    }

    @Test func a_wiped_secret_is_zero() {
        var bytes = [UInt8](repeating: 7, count: 64)
        let secret = SecretBytes(taking: &bytes)
        secret.wipe()
        #expect(secret.withBytes { $0 } == [UInt8](repeating: 0, count: 64))
    }

    @Test func the_secret_exponent_gives_what_the_public_one_gives() {
        let group = DiffieHellmanGroup.known
        for exponent: [UInt8] in [[1], [0, 0, 5], Array(1...255)] {
            #expect(
                group.generator.power(secret: exponent, modulo: group.prime) == group.power(of: BigNumber(bigEndian: exponent)))
        }
    }
}
