import Glibc
import Logging
import Primitives
import Synchronization

/// Where the entries of this process go, and from which level on; shared by all its loggers.
///
/// No entry may hold message text, names or phone numbers; ids are what a log shows.
public final class ServiceLog: Sendable {
    /// The form that entries leave in.
    public enum Form: Sendable { case json, journal, text }

    private let service: String
    private let identifier: String
    private let form: Form
    private let journal: Int32
    private let level: Mutex<Logger.Level>
    private let sink: (@Sendable ([UInt8]) -> Void)?

    /// - Parameter sink: takes what would go to stderr or the journal; for tests.
    init(service: String, identifier: String, form: Form, level: Logger.Level, sink: (@Sendable ([UInt8]) -> Void)? = nil) {
        self.service = service
        self.identifier = identifier
        self.form = form
        self.level = Mutex(level)
        self.sink = sink
        journal = form == .journal && sink == nil ? socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) : -1
    }

    deinit { if journal >= 0 { close(journal) } }

    /// Makes this the log of every `Logger` of the process. Once per process.
    public static func bootstrap(service: String, identifier: String, settings: Configuration.Logging) -> ServiceLog {
        let log = ServiceLog(
            service: service, identifier: identifier, form: form(settings.format, environment: processEnvironment()),
            level: Logger.Level(rawValue: settings.level.rawValue) ?? .info)
        LoggingSystem.bootstrap { _ in ServiceLogHandler(log: log) }
        return log
    }

    /// A change of configuration takes effect at once, in all loggers.
    public func setLevel(_ level: Configuration.Logging.Level) {
        self.level.withLock { $0 = Logger.Level(rawValue: level.rawValue) ?? $0 }
    }

    var currentLevel: Logger.Level { level.withLock { $0 } }

    func write(level: Logger.Level, message: String, fields: [(String, String)], file: String = "", line: UInt = 0) {
        let entry = LogEntry(
            time: SystemClock.unix, level: level, service: service, message: message,
            fields: fields.map { (name: $0.0, value: $0.1) }, file: file, line: line)
        switch form {
        case .json: put(Array((entry.json + "\n").utf8))
        case .text: put(Array((entry.text + "\n").utf8))
        case .journal:
            let datagram = entry.datagram(identifier: identifier)
            if let sink {
                sink(datagram)
            } else if !sendDatagram(datagram, to: "/run/systemd/journal/socket", over: journal) {
                // Larger than a datagram, or the journal restarts: what stderr is connected to takes it as text.
                writeAll(Array((entry.text + "\n").utf8), to: STDERR_FILENO)
            }
        }
    }

    private func put(_ bytes: [UInt8]) {
        if let sink { sink(bytes) } else { writeAll(bytes, to: STDERR_FILENO) }
    }

    /// `auto`: the journal if systemd connected stderr to it, text on a terminal, JSON otherwise.
    static func form(_ format: Configuration.Logging.Format, environment: [String: String]) -> Form {
        switch format {
        case .json: return .json
        case .journal: return .journal
        case .text: return .text
        case .auto:
            if let stream = environment["JOURNAL_STREAM"] {
                var status = stat()
                if fstat(STDERR_FILENO, &status) == 0, stream == "\(status.st_dev):\(status.st_ino)" { return .journal }
            }
            return isatty(STDERR_FILENO) == 1 ? .text : .json
        }
    }
}

/// Sends one datagram to a unix socket; `@` begins an abstract name. False when the kernel refused it.
///
/// - Parameter waits: for a receiver whose queue is full; for as long as SO_SNDTIMEO says, else for ever.
func sendDatagram(_ bytes: [UInt8], to path: String, over descriptor: Int32, waits: Bool = true) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    guard descriptor >= 0, !name.isEmpty, name.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    if name[0] == UInt8(ascii: "@") { name[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let isAbstract = name[0] == 0
    let length = MemoryLayout.offset(of: \sockaddr_un.sun_path)! + name.count + (isAbstract ? 0 : 1)  // sun_path is a stored property
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | (waits ? 0 : Int32(MSG_DONTWAIT)), $0, socklen_t(length))
                == bytes.count
        }
    }
}

struct ServiceLogHandler: LogHandler {
    let log: ServiceLog
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private var ownLevel: Logger.Level?

    init(log: ServiceLog) { self.log = log }

    var logLevel: Logger.Level {
        get { ownLevel ?? log.currentLevel }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let more = metadataProvider?.get() { all.merge(more) { _, new in new } }
        if let more = event.metadata { all.merge(more) { _, new in new } }
        if let error = event.error { all["error"] = "\(error)" }
        let fields = all.map { ($0.key, "\($0.value)") }.sorted { $0.0 < $1.0 }
        log.write(level: event.level, message: event.message.description, fields: fields, file: event.file, line: event.line)
    }
}
