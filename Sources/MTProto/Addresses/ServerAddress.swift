/// Where a server listens.
public struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address in text, without brackets. Names are never looked up.
    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    public var isIPv6: Bool { host.contains(":") }

    public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
