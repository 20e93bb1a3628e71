import MTProto
import Primitives
import TL

/// What `help.getConfig` tells of a server's addresses: https://core.telegram.org/constructor/config
public struct ServerConfiguration: Hashable, Sendable {
    /// The data centre that answered, without the offset of test ones.
    public var thisDC: Int32
    public var isTest: Bool
    /// Ask again after this.
    public var expires: UnixTime
    public var directory: DataCenterDirectory

    /// Reads the answer of `help.getConfig`; nil when it is none. Options that cannot be read are left out.
    public init?(_ config: TLObject) {
        guard config.name == "config", let dc = config["this_dc"]?.int, let expires = config["expires"]?.int else { return nil }
        thisDC = Int32(clamping: dc)
        isTest = config["test_mode"]?.bool ?? false
        self.expires = UnixTime(seconds: expires)
        directory = DataCenterDirectory((config["dc_options"]?.vector ?? []).compactMap { $0.object.flatMap(DataCenterOption.init) })
    }
}

extension DataCenterOption {
    /// Reads a `dcOption`; nil when it is none, or names no IP address.
    public init?(_ option: TLObject) {
        guard option.name == "dcOption", let dc = option["id"]?.int, let host = option["ip_address"]?.string,
            let port = option["port"]?.int, (1...65_535).contains(port), Self.isAddress(host, isIPv6: option["ipv6"]?.bool ?? false)
        else { return nil }
        self.init(dc: Int32(clamping: dc), address: ServerAddress(host: host, port: Int(port)))
        isMediaOnly = option["media_only"]?.bool ?? false
        isTCPObfuscatedOnly = option["tcpo_only"]?.bool ?? false
        isCDN = option["cdn"]?.bool ?? false
        isStatic = option["static"]?.bool ?? false
        isThisPortOnly = option["this_port_only"]?.bool ?? false
        secret = option["secret"]?.bytes
    }

    /// Whether it looks like an address of the family that the option names; connecting decides the rest. Names are not looked up.
    private static func isAddress(_ host: String, isIPv6: Bool) -> Bool {
        guard (2...45).contains(host.utf8.count) else { return false }
        if isIPv6 { return host.contains(":") && host.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." } }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}
