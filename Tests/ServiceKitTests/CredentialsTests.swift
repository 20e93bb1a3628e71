import Glibc
import POSIX
import Primitives
import Testing

@testable import ServiceKit

@Suite struct CredentialsTests {
    private let key = [UInt8](0..<32)

    @Test func a_secret_never_prints() {
        let secret = Secret(Array("hunter2".utf8))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \([secret]) \(dumped)".contains("hunter2"))
    }

    @Test func the_master_key_is_read_from_base64_hex_or_bytes() throws {
        for text in [
            hex(key), hex(key).uppercased(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",
        ] {
            #expect(try Credentials(environment: ["MASTER_KEY": text]).masterKey().bytes == key)
        }
        let folder = try TemporaryFolder()
        try folder.write("master_key", key)
        #expect(try Credentials(environment: ["CREDENTIALS_DIRECTORY": folder.path, "MASTER_KEY": "x"]).masterKey().bytes == key)
    }

    @Test func an_operator_who_may_not_read_the_installed_folder_is_told_so() throws {
        let folder = try TemporaryFolder()
        let denied = Credentials.ofOperator(environment: [:], installed: "\(folder.path)/absent")
        #expect(throws: ServiceError.self) { try denied.require(.apiHash) }
        guard geteuid() != 0 else { return }  // root may read everything
        #expect(chmod(folder.path, 0) == 0)
        defer { chmod(folder.path, 0o700) }
        do throws(ServiceError) {
            _ = try Credentials.ofOperator(environment: [:], installed: folder.path).require(.apiHash)
            Issue.record("read")
        } catch {
            #expect(error.status == .configuration && error.message.contains("run this as root"))
        }
    }

    @Test func a_bad_or_missing_key_says_what_to_do_and_not_what_it_was() {
        for text in ["short", hex(key.dropLast()), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8_extra", ""] {
            do throws(ServiceError) {
                _ = try Credentials(environment: ["MASTER_KEY": text]).masterKey()
                Issue.record("accepted \(text)")
            } catch {
                #expect(error.status == .configuration)
                #expect(text.isEmpty || !error.message.contains(text))
            }
        }
        #expect(throws: ServiceError.self) { try Credentials(environment: [:]).require(.apiHash) }
    }

    @Test func a_credential_file_counts_before_the_variable_and_loses_its_newline() throws {
        let folder = try TemporaryFolder()
        try folder.write("api_hash", Array("from file\n".utf8))
        let credentials = Credentials(environment: ["CREDENTIALS_DIRECTORY": folder.path, "API_HASH": "from variable", "ADMIN_TOKEN": "t"])
        #expect(try credentials.find(.apiHash)?.text == "from file")
        #expect(try credentials.find(.adminToken)?.text == "t")
        #expect(try credentials.find(.databasePassword) == nil)
    }

    @Test func an_empty_credential_is_none() throws {
        let folder = try TemporaryFolder()
        try folder.write("api_hash", [10])
        #expect(try Credentials(environment: ["CREDENTIALS_DIRECTORY": folder.path]).find(.apiHash) == nil)
        #expect(try Credentials(environment: ["API_HASH": ""]).find(.apiHash) == nil)
    }

    @Test func a_master_key_is_taken_as_people_write_it() {
        let digits = key.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(Credentials.masterKey(of: Array((digits + "\r\n").utf8))?.bytes == key)
        #expect(Credentials.masterKey(of: Array("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= ".utf8))?.bytes == key)
        #expect(Credentials.masterKey(of: Array("short".utf8)) == nil)
        #expect(Credentials.masterKey(of: []) == nil)
    }

    @Test func base64_of_either_alphabet() {
        #expect(base64("") == [])
        #expect(base64("Zg==").map { String(decoding: $0, as: UTF8.self) } == "f")
        #expect(base64("-_-_") == base64("+/+/"))
        #expect(base64("Z") == nil)
        #expect(base64("Zh") == nil)
        #expect(base64("Z g=") == nil)
    }
}

/// A folder that is removed with the value that owns it.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/servicekit-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemCallError() }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0 else { throw SystemCallError() }
        writeAll(bytes, to: file)
        close(file)
    }

    deinit {
        for name in Folders.services(in: path) { unlink("\(path)/\(name).sock") }
        for name in ["master_key", "api_hash", "a.lock", "notify"] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}
