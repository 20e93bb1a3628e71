import Glibc
import Primitives

/// The secrets of a service: files that systemd put into `$CREDENTIALS_DIRECTORY`, or variables while developing.
///
/// https://systemd.io/CREDENTIALS
public struct Credentials: Sendable {
    public enum Name: String, Sendable, CaseIterable {
        /// 32 bytes that seal the Telegram sessions; base64 or hexadecimal text, or the bytes themselves in a file.
        case masterKey = "master_key"
        /// The api_hash that belongs to `telegram.api_id`: 32 hexadecimal digits.
        case apiHash = "api_hash"
        /// What the one who installed it presents as `Authorization: Bearer …`: an admin whom no table names.
        case adminToken = "admin_token"
        /// The secret under which `aaltohubctl admin token` makes tokens: 32 bytes or more.
        case adminTokenKey = "admin_token_key"
        /// The secret under which the Supabase project signs its tokens (HS256), where it still has one.
        case supabaseJWTSecret = "supabase_jwt_secret"
        /// The password of the stage's database role, if it needs one.
        case databasePassword = "database_password"
        /// The service key of the Supabase project that files are stored in.
        case supabaseServiceKey = "supabase_service_key"

        /// The variable that stands for it while developing.
        public var variable: String { rawValue.uppercased() }
    }

    /// Bytes of the master key.
    public static let masterKeyLength = 32

    /// Where `ops/install` puts them, readable by root alone; the units hand each stage its own.
    public static let installedDirectory = "/etc/aaltohub/credentials"

    private let directory: String?
    /// The installed directory is there, but not for this user.
    private var isDenied = false
    private let environment: [String: String]
    private let databasePasswordFile: String

    /// Those of a service.
    public init(environment: [String: String] = processEnvironment()) {
        self.init(directory: environment["CREDENTIALS_DIRECTORY"], environment: environment)
    }

    /// Those of the operator's tool: what the units would load, when this user may read it.
    public static func ofOperator(environment: [String: String] = processEnvironment()) -> Credentials {
        ofOperator(environment: environment, installed: installedDirectory)
    }

    static func ofOperator(environment: [String: String], installed: String) -> Credentials {
        let isReadable = access(installed, R_OK | X_OK) == 0
        let isDenied = !isReadable && errno == EACCES
        var credentials = Credentials(
            directory: environment["CREDENTIALS_DIRECTORY"] ?? (isReadable ? installed : nil), environment: environment,
            databasePasswordFile: "ctl_database_password")
        credentials.isDenied = isDenied && credentials.directory == nil
        return credentials
    }

    init(directory: String?, environment: [String: String], databasePasswordFile: String = Name.databasePassword.rawValue) {
        self.directory = directory
        self.environment = environment
        self.databasePasswordFile = databasePasswordFile
    }

    /// The credential, or nil when nobody gave it. A file counts before a variable, and an empty one is none: units use it
    /// as the default of what is optional.
    public func find(_ name: Name) throws(ServiceError) -> Secret? {
        if let directory {
            switch readFile("\(directory)/\(name == .databasePassword ? databasePasswordFile : name.rawValue)") {
            case .success(let bytes) where Self.trimmed(bytes).isEmpty: break
            case .success(let bytes): return Secret(name == .masterKey && bytes.count == Self.masterKeyLength ? bytes : Self.trimmed(bytes))
            case .failure(let error) where error.code == ENOENT: break
            case .failure(let error): throw .configuration("credential \(name.rawValue): cannot be read: \(error.text)")
            }
        }
        guard let value = environment[name.variable].map({ Self.trimmed(Array($0.utf8)) }), !value.isEmpty else { return nil }
        return Secret(value)
    }

    /// The credential, or an error (78) that says how to give it.
    public func require(_ name: Name) throws(ServiceError) -> Secret {
        guard let secret = try find(name) else {
            if isDenied {
                throw .configuration(
                    "credential \(name.rawValue): \(Self.installedDirectory) may not be read by this user: run this as root, "
                        + "or set \(name.variable) while developing")
            }
            throw .configuration(
                "credential \(name.rawValue) is missing or empty: put it into /etc/aaltohub/credentials/\(name.rawValue) "
                    + "(LoadCredential= in the unit reads it), or set \(name.variable) while developing")
        }
        return secret
    }

    /// The password that a stage logs in to Postgres with, as far as whoever runs this may read it.
    public func databasePassword(of stage: Configuration.Database.Stage) throws(ServiceError) -> Secret? {
        try Credentials(directory: directory, environment: environment, databasePasswordFile: "\(stage.rawValue)_database_password")
            .find(.databasePassword)
    }

    /// The 32 bytes of the master key.
    public func masterKey() throws(ServiceError) -> Secret {
        let given = try require(.masterKey)
        if let key = Self.masterKey(given.bytes) { return key }
        throw .configuration(
            "credential master_key is malformed: wanted 32 bytes as base64 or 64 hexadecimal digits; "
                + "make one with `head -c 32 /dev/urandom | base64` only if nothing is sealed under an older one")
    }

    /// The 32 bytes of a master key as people write it, or nil when it is none.
    public static func masterKey(of text: [UInt8]) -> Secret? { masterKey(Credentials.trimmed(text)) }

    private static func masterKey(_ given: [UInt8]) -> Secret? {
        if given.count == masterKeyLength { return Secret(given) }
        let text = String(decoding: given, as: UTF8.self)
        if given.count == 2 * masterKeyLength, let key = bytes(hex: text) { return Secret(key) }
        if let key = base64(text), key.count == masterKeyLength { return Secret(key) }
        return nil
    }

    /// Editors and `echo` end a file with a newline that is no part of the secret.
    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes[...]
        while let last = bytes.last, last == 10 || last == 13 || last == 32 || last == 9 { bytes.removeLast() }
        return Array(bytes)
    }
}

/// The bytes of a base64 text (RFC 4648, either alphabet, padding optional), or nil when it is not one.
func base64(_ text: String) -> [UInt8]? {
    var out: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    let digits = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
    for c in digits {
        let value: UInt8
        switch c {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = c - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): value = c - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = c + 4
        case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
        default: return nil
        }
        bits = bits << 6 | UInt32(value)
        count += 6
        if count >= 8 {
            count -= 8
            out.append(UInt8(truncatingIfNeeded: bits >> count))
        }
    }
    // What is left over are the zero bits that fill the last digit.
    return count < 6 && bits & ((1 << count) - 1) == 0 ? out : nil
}
