// swift-tools-version: 6.2
// The decoders under libFuzzer. A package of its own, since every module must be built with coverage: ops/fuzz builds and runs it.
import PackageDescription

let package = Package(
    name: "fuzz",
    targets: [
        .systemLibrary(name: "CLibcrypto"),
        .systemLibrary(name: "CZlib"),
        .target(name: "CAESIGE", cSettings: [.unsafeFlags(["-O3"])], linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "Primitives"),
        .target(name: "Cryptography", dependencies: ["CAESIGE", "CLibcrypto"]),
        .target(name: "TL", dependencies: ["Primitives"], exclude: ["README.md"]),
        .target(name: "MTProto", dependencies: ["Primitives", "Cryptography", "CZlib"], exclude: ["README.md"]),
        .target(name: "TelegramClient", dependencies: ["Primitives", "TL", "Cryptography"]),
        // libFuzzer brings its own main, which the linker must not find renamed.
        .executableTarget(
            name: "Fuzz", dependencies: ["Primitives", "Cryptography", "TL", "MTProto", "TelegramClient"],
            swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
    ],
    swiftLanguageModes: [.v6]
)
