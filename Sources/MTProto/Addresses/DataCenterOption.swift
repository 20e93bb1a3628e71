/// One way to a data centre, as `dcOption` tells it: https://core.telegram.org/constructor/dcOption
public struct DataCenterOption: Hashable, Sendable {
    /// Without the offset of test ones.
    public var dc: Int32
    public var address: ServerAddress
    /// Only for files: it takes no other calls.
    public var isMediaOnly = false
    /// Only with an obfuscated transport.
    public var isTCPObfuscatedOnly = false
    public var isCDN = false
    /// Meant for use behind a proxy; it serves without one too.
    public var isStatic = false
    /// No other port of this address will do.
    public var isThisPortOnly = false
    /// The secret that its obfuscation asks for, as MTProxy's.
    public var secret: [UInt8]?

    public init(dc: Int32, address: ServerAddress) {
        self.dc = dc
        self.address = address
    }
}

/// All ways to all data centres that are known.
public struct DataCenterDirectory: Hashable, Sendable {
    /// Ports on which every server listens unless its option says otherwise.
    public static let ports = [443, 80, 5222]
    /// Options taken from one configuration: real ones have some twenty.
    static let maximumOptions = 256

    public var options: [DataCenterOption]

    public init(_ options: [DataCenterOption]) { self.options = Array(options.prefix(Self.maximumOptions)) }

    /// The addresses of a data centre that a connection without a proxy may use, best first.
    ///
    /// Each as the option names it, then the same on the other usual ports. Options for content delivery networks, those with a secret of
    /// their own and, unless `isObfuscated`, those that want obfuscation are left out; media-only ones serve only `isMedia`.
    public func addresses(of dc: Int32, isMedia: Bool = false, isObfuscated: Bool) -> [ServerAddress] {
        let usable = options.filter {
            $0.dc == dc && !$0.isCDN && $0.secret == nil && (isMedia || !$0.isMediaOnly) && (isObfuscated || !$0.isTCPObfuscatedOnly)
        }
        // For media the servers made for it come first.
        let ordered = usable.filter { $0.isMediaOnly } + usable.filter { !$0.isMediaOnly }
        var seen: Set<ServerAddress> = []
        var out: [ServerAddress] = []
        func add(_ address: ServerAddress) { if seen.insert(address).inserted { out.append(address) } }
        for option in ordered { add(option.address) }
        for port in Self.ports {
            for option in ordered where !option.isThisPortOnly { add(ServerAddress(host: option.address.host, port: port)) }
        }
        return out
    }

    /// What updateDcOptions tells stands before what was known; an option for a known address takes its place. Nothing else is forgotten:
    /// only help.getConfig names all there are.
    public func merging(_ news: [DataCenterOption]) -> DataCenterDirectory {
        DataCenterDirectory(news + options.filter { old in !news.contains { $0.dc == old.dc && $0.address == old.address } })
    }

    /// Telegram's production servers, for the time before `help.getConfig` was asked: those that TDLib is shipped with.
    public static let production = bootstrap([
        (1, "149.154.175.50"), (2, "149.154.167.51"), (2, "95.161.76.100"), (3, "149.154.175.100"), (4, "149.154.167.91"),
        (5, "149.154.171.5"), (1, "2001:b28:f23d:f001::a"), (2, "2001:67c:4e8:f002::a"), (3, "2001:b28:f23d:f003::a"),
        (4, "2001:67c:4e8:f004::a"), (5, "2001:b28:f23f:f005::a"),
    ])

    /// Telegram's test servers.
    public static let test = bootstrap([(1, "149.154.175.10"), (2, "149.154.167.40"), (3, "149.154.175.117")])

    private static func bootstrap(_ hosts: [(Int32, String)]) -> DataCenterDirectory {
        DataCenterDirectory(hosts.map { DataCenterOption(dc: $0, address: ServerAddress(host: $1, port: ports[0])) })
    }
}
