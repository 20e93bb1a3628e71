import Glibc
import POSIX

/// Where the services meet and what each keeps: the files and folders of a configuration.
public struct Folders: Hashable, Sendable {
    public let runtime: String
    public let state: String

    public init(_ configuration: Configuration) {
        runtime = configuration.runtimeDirectory
        state = configuration.stateDirectory
    }

    /// The socket on which the writer takes records.
    public var link: String { "\(runtime)/link/writer.sock" }
    /// The socket on which a service publishes what passes through it.
    public func tap(_ service: String) -> String { "\(taps)/\(service).sock" }
    public var taps: String { "\(runtime)/tap" }
    /// The socket on which a service takes commands.
    public func control(_ service: String) -> String { "\(controls)/\(service).sock" }
    public var controls: String { "\(runtime)/control" }
    /// A lock that all stages of this machine see, such as `writer` or `authorisation-<key id>`.
    public func lock(_ name: String) -> String { "\(runtime)/lock/\(name).lock" }
    /// The folder of what only this service reads.
    public func state(_ service: String) -> String { "\(state)/\(service)" }

    /// Makes what is missing: under systemd nothing is, in development everything.
    ///
    /// - Throws: status 74 with the folder that cannot be made.
    public func prepare(for service: String) throws(ServiceError) {
        // The folders around them belong to root under systemd; a stage need not write there.
        try Folders.make(runtime, mode: 0o770, isWritten: false)
        for folder in ["\(runtime)/link", taps, controls, "\(runtime)/lock"] { try Folders.make(folder, mode: 0o770) }
        try Folders.make(state, mode: 0o755, isWritten: false)
        try Folders.make(state(service), mode: 0o700)
    }

    /// The services that have a socket in `folder`, sorted: `writer` for `writer.sock`.
    public static func services(in folder: String) -> [String] {
        names(in: folder).filter { $0.hasSuffix(".sock") && $0.count > 5 }.map { String($0.dropLast(5)) }.sorted()
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            names.append(name)
        }
        return names
    }

    /// The services of accounts that ever ran here, by the folders they keep: `listener@main`, `backfill@main`.
    public static func knownServices(in state: String) -> [String] {
        names(in: state).filter { $0.hasPrefix("listener@") || $0.hasPrefix("backfill@") }.sorted()
    }

    /// Whether the folder is there and may be looked into.
    public static func exists(_ folder: String) -> Bool { access(folder, R_OK | X_OK) == 0 }

    private static func make(_ path: String, mode: mode_t, isWritten: Bool = true) throws(ServiceError) {
        var built = ""
        for part in path.split(separator: "/") {
            built += "/\(part)"
            if mkdir(built, built == path ? mode : 0o755) != 0, errno != EEXIST, !isDirectory(built) {
                throw .io("folder \(built): cannot be made: \(SystemCallError()); make it, or set runtime_directory and state_directory")
            }
        }
        if access(path, isWritten ? W_OK | X_OK : X_OK) != 0 {
            throw .io(
                "folder \(path): this user may not \(isWritten ? "write" : "enter") there: \(SystemCallError()); it needs to be in the folder's group"
            )
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
