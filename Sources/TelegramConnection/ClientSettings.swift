import Cryptography
import Glibc
import MTProto
import Primitives
import TL
import TelegramClient

/// Which Telegram, and who we are to it: what a configuration says, in this module's words.
public struct ClientSettings: Sendable {
    public var identity: ClientIdentity
    public var layer: Int32
    /// Addresses by data centre, in the order in which they are tried.
    public var servers: [(dc: Int, address: ServerAddress)]
    /// Test data centres: their ids are sent plus 10,000.
    public var isTest: Bool
    public var transport: TransportOptions
    public var rsaKeys: [RSAPublicKey]

    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case noAddress(dc: Int)
        case badKey(file: Int)
        case badTransport(String)
        case badLayer(Int32, String)

        public var description: String {
            switch self {
            case .noAddress(let dc): "telegram.servers has no usable address of data centre \(dc)"
            case .badKey(let file): "telegram.rsa_key_files: number \(file + 1) is no RSA public key in PEM form"
            case .badTransport(let name): "telegram.transport: \(name) is unknown"
            case .badLayer(let layer, let why): "telegram.layer \(layer) cannot be spoken: \(why)"
            }
        }
    }

    /// - Parameters:
    ///   - transport: abridged, intermediate, padded, full or obfuscated (which is obfuscated intermediate).
    ///   - rsaKeys: PEM texts; none means Telegram's own keys.
    public init(
        identity: ClientIdentity, layer: Int32, servers: [(dc: Int, address: ServerAddress)], isTest: Bool, transport: String,
        rsaKeys texts: [String]
    ) throws(Failure) {
        self.identity = identity
        self.layer = layer
        self.servers = servers
        self.isTest = isTest
        self.transport =
            switch transport {
            case "abridged": TransportOptions(mode: .abridged, isObfuscated: false)
            case "intermediate": TransportOptions(mode: .intermediate, isObfuscated: false)
            case "padded": TransportOptions(mode: .paddedIntermediate, isObfuscated: false)
            case "full": TransportOptions(mode: .full, isObfuscated: false)
            case "obfuscated": TransportOptions(mode: .intermediate, isObfuscated: true)
            default: throw .badTransport(transport)
            }
        var keys: [RSAPublicKey] = []
        for (i, text) in texts.enumerated() {
            do throws(CryptographyError) { keys.append(try RSAPublicKey(pem: text)) } catch { throw .badKey(file: i) }
        }
        rsaKeys = keys.isEmpty ? TelegramServerKeys.all : keys
    }

    public func encoder(withoutUpdates: Bool = false) -> RequestEncoder {
        RequestEncoder(identity: identity, layer: layer, withoutUpdates: withoutUpdates)
    }

    /// The configuration of a connection to that data centre.
    public func connection(dc: Int32) throws(Failure) -> ConnectionConfiguration {
        let addresses = servers.filter { $0.dc == Int(dc) }.map(\.address)
        guard !addresses.isEmpty else { throw .noAddress(dc: Int(dc)) }
        var session = ClientSession.Configuration()
        do throws(TLError) {
            session.connectionPrefix = try encoder().connectionPrefix()
        } catch {
            throw .badLayer(layer, "\(error)")
        }
        return ConnectionConfiguration(
            addresses: addresses, dc: isTest ? dc + 10_000 : dc, transport: transport, rsaKeys: rsaKeys, session: session)
    }
}

/// The keys by which Telegram's own servers prove themselves, production and test. Source: https://core.telegram.org/mtproto/auth_key
public enum TelegramServerKeys {
    public static let all = [key(production), key(test)]

    private static func key(_ modulus: String) -> RSAPublicKey {
        // Digits of our own: they are hexadecimal.
        let digits = bytes(hex: modulus.filter { !$0.isWhitespace }) ?? []
        return RSAPublicKey(modulus: BigNumber(bigEndian: digits), exponent: BigNumber(65_537))
    }

    private static let production = """
        e8bb3305c0b52c6cf2afdf7637313489e63e05268e5badb601af417786472e5f93b85438968e20e6729a301c0afc121bf7151f834436f7fda680847a66bf64ac
        cec78ee21c0b316f0edafe2f41908da7bd1f4a5107638eeb67040ace472a14f90d9f7c2b7def99688ba3073adb5750bb02964902a359fe745d8170e36876d4fd
        8a5d41b2a76cbff9a13267eb9580b2d06d10357448d20d9da2191cb5d8c93982961cdfdeda629e37f1fb09a0722027696032fe61ed663db7a37f6f263d370f69
        db53a0dc0a1748bdaaff6209d5645485e6e001d1953255757e4b8e42813347b11da6ab500fd0ace7e6dfa3736199ccaf9397ed0745a427dcfa6cd67bcb1acff3
        """
    private static let test = """
        c8c11d635691fac091dd9489aedced2932aa8a0bcefef05fa800892d9b52ed03200865c9e97211cb2ee6c7ae96d3fb0e15aeffd66019b44a08a240cfdd2868a8
        5e1f54d6fa5deaa041f6941ddf302690d61dc476385c2fa655142353cb4e4b59f6e5b6584db76fe8b1370263246c010c93d011014113ebdf987d093f9d37c2be
        48352d69a1683f8f6e6c2167983c761e3ab169fde5daaa12123fa1beab621e4da5935e9c198f82f35eae583a99386d8110ea6bd1abb0f568759f62694419ea5f
        69847c43462abef858b4cb5edc84e7b9226cd7bd7e183aa974a712c079dde85b9dc063b8a5c08e8f859c0ee5dcd824c7807f20153361a7f63cfd2a433a1be7f5
        """
}

/// The host's monotonic clock.
var hostNow: Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}

/// The host's civil time.
var hostTime: UnixTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UnixTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}
