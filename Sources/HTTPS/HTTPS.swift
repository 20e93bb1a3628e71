import AsyncHTTPClient
import Glibc
import NIOCore
import NIOSSL
import Primitives

/// Clients for addresses that the operator has configured: what is sent there, and what comes from there, is for nobody else.
public enum HTTPS {
    /// The environment's name of a PEM file with the certificates that are trusted instead of the system's (/etc/ssl/certs), as OpenSSL,
    /// and libpq with it, read it: for servers of one's own whose authority the system does not know.
    public static let trustedFileVariable = "SSL_CERT_FILE"

    /// A client that follows no redirect, which would carry a key to another host or bring something from there, and tells at once of an
    /// address that is away: whoever waits knows how long. Shut it down when it is not needed any more.
    ///
    /// - Parameter connectTimeout: to make a TCP and TLS connection.
    public static func client(connectTimeout: Duration = .seconds(5)) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .nanoseconds(connectTimeout.inNanoseconds)
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        var tls = TLSConfiguration.makeClientConfiguration()
        if let path = getenv(trustedFileVariable).map({ String(cString: $0) }), !path.isEmpty { tls.trustRoots = .file(path) }
        configuration.tlsConfiguration = tls
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// An error of such a client in one line, for whoever has to do something about it. It holds no header.
    public static func reason(_ error: any Error) -> String {
        switch error {
        case NIOSSLError.handshakeFailed(let why) where "\(why)".contains("CERTIFICATE_VERIFY_FAILED"):
            "the certificate is not of anybody whom the system trusts; \(trustedFileVariable) may name the file of its authority"
        case let error as NIOSSLExtraError where error == .failedToValidateHostname: "the certificate is for another name"
        default: "\(error)"
        }
    }
}
