// swift-tools-version: 6.2
// The plan of the system: one target a row of Sources/README.md's layer picture.
// Direct dependencies are pinned, since Package.resolved stays out of git; Sources/README.md says what each is for.
import PackageDescription

let hot: [CSetting] = [.unsafeFlags(["-O3"])]

let package = Package(
    name: "aaltohub-crawler",
    products: [
        .executable(name: "aaltohub-listener", targets: ["aaltohub-listener"]),
        .executable(name: "aaltohub-writer", targets: ["aaltohub-writer"]),
        .executable(name: "aaltohub-backfill", targets: ["aaltohub-backfill"]),
        .executable(name: "aaltohub-supervisor", targets: ["aaltohub-supervisor"]),
        .executable(name: "aaltohubctl", targets: ["aaltohubctl"]),
        .executable(name: "telegram-simulator", targets: ["telegram-simulator"]),
        .executable(name: "tl-import", targets: ["tl-import"]),
    ],
    dependencies: [
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // MARK: system libraries
        .systemLibrary(name: "CLibcrypto"),
        .systemLibrary(name: "CLibpq"),
        .systemLibrary(name: "CLibzmq"),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CZlib"),

        // MARK: ground
        .target(name: "CAESIGE", cSettings: hot, linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "Primitives"),
        .target(name: "Cryptography", dependencies: ["CAESIGE", "CLibcrypto"]),
        .target(name: "TL", dependencies: ["Primitives"], exclude: ["README.md"]),

        // MARK: protocol
        .target(name: "MTProto", dependencies: ["Primitives", "Cryptography", "CZlib"], exclude: ["README.md"]),

        // MARK: contract
        .target(
            name: "Events",
            dependencies: ["Primitives", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["events.proto"],
            // Generated classes are asked for exclusive access at every field; a value has one owner there.
            swiftSettings: [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]),

        // MARK: client core
        .target(name: "TelegramClient", dependencies: ["Primitives", "TL", "Cryptography"]),

        // MARK: producer core
        .target(name: "ProducerCore", dependencies: ["Primitives", "TL", "TelegramClient", "Events"]),

        // MARK: stage cores
        .target(
            name: "ListenerCore",
            dependencies: [
                "Primitives", "TL", "TelegramClient", "Events", "ProducerCore", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        .target(name: "BackfillCore", dependencies: ["Primitives", "TL", "TelegramClient", "Cryptography", "Events", "ProducerCore"]),
        .target(name: "WriterCore", dependencies: ["Primitives", "Events"]),
        .target(name: "SupervisorCore", dependencies: ["Primitives", "Cryptography"]),
        .target(name: "SimulatorCore", dependencies: ["Primitives", "TL", "MTProto", "Cryptography"]),

        // MARK: the kernel
        .target(name: "POSIX"),

        // MARK: wrappers
        .target(name: "ZeroMQ", dependencies: ["CLibzmq"]),
        .target(name: "PostgreSQL", dependencies: ["Primitives", "POSIX", "CLibpq"]),
        .target(
            name: "HTTPS",
            dependencies: [
                "Primitives",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),

        // MARK: shells
        .target(
            name: "TelegramConnection",
            dependencies: [
                "Primitives", "TL", "MTProto", "TelegramClient", "Cryptography",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "EventLink",
            dependencies: ["Primitives", "Events", "POSIX", "ZeroMQ", .product(name: "Logging", package: "swift-log")]),
        .target(
            name: "Store",
            dependencies: [
                "Primitives", "Events", "WriterCore", "SupervisorCore", "PostgreSQL", "Cryptography",
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: [.embedInCode("Migrations")]),
        .target(
            name: "ServiceKit",
            dependencies: [
                "Primitives", "POSIX",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            exclude: ["README.md"]),
        .target(name: "Spool", dependencies: ["ListenerCore", "ProducerCore", "Events", "POSIX"]),
        .target(
            name: "RealtimeServer",
            dependencies: [
                "SupervisorCore", "Primitives",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ]),
        .target(
            name: "Broadcast",
            dependencies: [
                "SupervisorCore", "Primitives", "POSIX", "HTTPS",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .target(name: "AdminPages", resources: [.embedInCode("Pages")]),
        .target(
            name: "ObjectStore",
            dependencies: [
                "Primitives", "Cryptography", "HTTPS",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),

        // MARK: what the stages that speak to Telegram share
        .target(
            name: "AccountStage",
            dependencies: [
                "ProducerCore", "TelegramClient", "TelegramConnection", "EventLink", "Events", "Store", "WriterCore", "PostgreSQL",
                "ServiceKit", "Primitives", "POSIX", "TL", .product(name: "Logging", package: "swift-log"),
            ]),

        // MARK: executables
        .executableTarget(
            name: "aaltohub-listener",
            dependencies: [
                "AccountStage", "ListenerCore", "ProducerCore", "TelegramClient", "TelegramConnection", "EventLink", "Events", "Spool", "Store",
                "WriterCore", "PostgreSQL", "ServiceKit", "Primitives", "TL", .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "aaltohub-backfill",
            dependencies: [
                "AccountStage", "BackfillCore", "ProducerCore", "TelegramClient", "TelegramConnection", "EventLink", "Events", "ObjectStore",
                "Store", "WriterCore", "PostgreSQL", "ServiceKit", "Cryptography", "Primitives", "TL", "CMalloc",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "aaltohub-writer",
            dependencies: [
                "WriterCore", "EventLink", "Events", "Store", "PostgreSQL", "ServiceKit", "Primitives",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "aaltohub-supervisor",
            dependencies: [
                "AdminPages", "Broadcast", "ObjectStore", "SupervisorCore", "RealtimeServer", "AccountStage", "TelegramClient", "EventLink", "ServiceKit", "Store", "PostgreSQL", "ZeroMQ", "Cryptography",
                "Primitives", "POSIX", "HTTPS",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "aaltohubctl",
            dependencies: [
                "Primitives", "TL", "PostgreSQL", "ZeroMQ", "TelegramClient", "TelegramConnection", "WriterCore", "EventLink", "Events",
                "Store", "SupervisorCore", "ServiceKit", "ProducerCore", "BackfillCore", "ListenerCore", "Spool", "AccountStage",
                "POSIX",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(
            name: "telegram-simulator",
            dependencies: [
                "SimulatorCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            exclude: ["README.md"]),
        .executableTarget(
            name: "tl-import",
            dependencies: ["TL", "Primitives", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            exclude: ["Projections.list", "Schema.sources"]),

        // MARK: tests
        .testTarget(name: "PrimitivesTests", dependencies: ["Primitives"]),
        .testTarget(name: "CryptographyTests", dependencies: ["Cryptography", "Primitives"]),
        .testTarget(name: "TLTests", dependencies: ["TL", "Primitives"]),
        .testTarget(name: "MTProtoTests", dependencies: ["MTProto", "Cryptography", "Primitives"], resources: [.copy("Vectors")]),
        .testTarget(name: "EventsTests", dependencies: ["Events", "Primitives"]),
        .testTarget(name: "TelegramClientTests", dependencies: ["TelegramClient", "TL", "Cryptography", "Primitives"]),
        .testTarget(name: "ListenerCoreTests", dependencies: ["ListenerCore", "ProducerCore", "TelegramClient", "Events", "TL", "Primitives"]),
        .testTarget(
            name: "BackfillCoreTests",
            dependencies: ["BackfillCore", "ProducerCore", "TelegramClient", "Cryptography", "Events", "TL", "Primitives"]),
        .testTarget(name: "WriterCoreTests", dependencies: ["WriterCore", "ListenerCore", "ProducerCore", "Events", "Primitives"]),
        .testTarget(name: "SupervisorCoreTests", dependencies: ["SupervisorCore", "Cryptography", "Primitives"]),
        .testTarget(name: "SimulatorCoreTests", dependencies: ["SimulatorCore", "TelegramClient", "MTProto", "TL", "Primitives"]),
        .testTarget(
            name: "TelegramConnectionTests",
            dependencies: [
                "TelegramConnection", "MTProto", "TL", "Cryptography", "Primitives",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(name: "EventLinkTests", dependencies: ["Models", "EventLink", "ZeroMQ", "Events", "Primitives"]),
        .testTarget(name: "StoreTests", dependencies: ["Models", "Store", "SupervisorCore", "PostgreSQL", "WriterCore", "Events", "Primitives"]),
        .testTarget(name: "ObjectStoreTests", dependencies: ["ObjectStore", "Primitives"]),
        .testTarget(name: "ServiceKitTests", dependencies: ["ServiceKit", "Primitives", "POSIX"]),
        .testTarget(name: "SimulationTests", dependencies: ["TelegramClient", "TL", "Primitives"], exclude: ["plant"]),
        // Shared by the simulation and by the suites that hold the model against the real thing.
        .target(name: "Models", dependencies: ["WriterCore", "Events", "Primitives"], path: "Tests/Models"),
        .testTarget(
            name: "PipelineSimulationTests",
            dependencies: ["Models", "ListenerCore", "BackfillCore", "ProducerCore", "WriterCore", "TelegramClient", "Events", "TL", "Primitives"]),
        .testTarget(name: "SpoolTests", dependencies: ["Spool", "ListenerCore", "ProducerCore", "Events", "Primitives"]),
        .testTarget(name: "TidyTests"),
    ],
    swiftLanguageModes: [.v6]
)
