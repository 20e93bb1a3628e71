import Primitives

/// The SRP entry of the test vectors: computed once with Telethon's implementation, which agrees with ours.
enum SRPVector {
    static let password = "correct horse"
    static let salt1 = bytes(hex: "000102030405060708090a0b0c0d0e0f")!  // a literal
    static let salt2 = bytes(hex: "101112131415161718191a1b1c1d1e1f")!  // a literal
    static let g: Int32 = 3
    static let p = bytes(
        hex: """
            c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f48198a0aa7c14058229493d22530f4dbfa33\
            6f6e0ac925139543aed44cce7c3720fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f642477fe96\
            bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4a4a695811051907e162753b56b0f6b410dba74d8a84b\
            2a14b3144e0ef1284754fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4e418fc15e83ebea0\
            f87fa9ff5eed70050ded2849f47bf959d956850ce929851f0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119c\
            d8e3b92fcc5b
            """)!  // a literal
    static let x = bytes(
        hex: """
            bf1c699371487b6b7243c92e6add13f655a1f785457bbc77ed12f2263f61fce8
            """)!  // a literal
    static let b = bytes(
        hex: """
            6b1d62258e2f8c10a82e0dc334cbe450978dbeab2b1f3f9f7101235038fc046ae0ff5a177a71b6364559eefe57447638d6f7\
            f8f27e45451c62012d24ee91270d7856fa0cb6d69c1577b9e3c37ce2b5bf066ecfc7723193cc25234abfa3449490584eead5\
            80373c8b1eaa7679af7bcf65c0cc0a43456310248b9bfc53c4eb321096cdad1e7a9a37c22b3ba537278d63966403f1a81f07\
            9195ffd3ad9f6fd409c3048e5c0551b482034201ce99791129585b0d23f15dbf10cbaaa321c7923ba9c97b0871c31b1bf610\
            6cf89ff9fd18b0aebe10e39b1f8f0204fe634eb926723d6214ecbf9fd264cfcc3ca0fd180cb24c0b5efde537195325d1f99a\
            352b057af65a
            """)!  // a literal
    static let a = bytes(
        hex: """
            031ab240ac7ee37336f4716025c3c41912298db9a6af14b1c5e63730a86a1a7aaa3674116b779c9f1f8c1c6584953691904b\
            61637bdb2cb0d1ff05600ba68877347e0dfcb1004f28904b744e2b17796d67b716b4578711a45d3c72597b5060a01ccd423a\
            654cdd45b5fde75c04dd4e67cb56a1828373a10a7edfe777e20426e9eaf85a4e88aa23ac70094ee5eca743283322da951cfc\
            c440eaf9d3e7dd95b7563f28eb7f9579fb474ecfd8cf6b8ee92546c5213f496205cff424bd9f653414eb8f3ae46672d18501\
            443fb5eaadbeddb2fab54f126b6d2f4fb4353a56c3ec2aeaa3ea8c312170b7300cab3c4c1dda56bd1fed13841107c791faa2\
            c4b5b95ef6b4
            """)!  // a literal
    static let m1 = bytes(
        hex: """
            91e3b01a0dbd7bdc90004a09d6290f726c74e587f6e63e6fca8437626814b69d
            """)!  // a literal
}
