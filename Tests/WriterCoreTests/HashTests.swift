import Testing

@testable import WriterCore

@Suite struct HashTests {
    @Test func siphash_gives_the_published_vectors() {
        // https://github.com/veorq/SipHash/blob/master/vectors.h, key 00…0f, input 00 01 02 …
        let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
        #expect(sipHash24([], key: key) == 0x726f_db47_dd0e_0e31)
        #expect(sipHash24([0], key: key) == 0x74f8_39c5_93dc_67fd)
        #expect(sipHash24([UInt8](0..<15), key: key) == 0xa129_ca61_49be_45e5)
    }
}
