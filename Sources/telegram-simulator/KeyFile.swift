import Cryptography
import Foundation

/// The server's RSA key in a file, its public half beside it.
struct KeyFile {
    let path: String

    /// Reads the key, or makes and writes it. The public half is written in any case: it is what clients need.
    func load() throws -> RSAPrivateKey {
        let key: RSAPrivateKey
        if FileManager.default.fileExists(atPath: path) {
            key = try RSAPrivateKey(pem: String(contentsOfFile: path, encoding: .utf8))
        } else {
            key = RSAPrivateKey.generate()
            let made = FileManager.default.createFile(
                atPath: path, contents: Data(key.pem.utf8), attributes: [.posixPermissions: 0o600])
            if !made { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
        }
        try Data(key.publicPEM.utf8).write(to: URL(fileURLWithPath: path + ".pub"), options: .atomic)
        return key
    }
}
