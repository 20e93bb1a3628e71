import EventLink
import Glibc
import POSIX
import Primitives
import ServiceKit

/// Writes the records that pass into a file that nobody else may read.
actor RecordingViewer {
    private let path: String
    private let descriptor: Int32
    private var losses = TapLosses()
    private var records: Int64 = 0
    private var watched: Set<String> = []

    /// Makes the file, which must not be there, and writes its first line.
    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let error = SystemCallError()
            if errno == EEXIST { throw ServiceError.usage("\(path) exists already: name a new file") }
            throw ServiceError.io("\(path): cannot be made: \(error)")
        }
        // Whatever the umask was.
        fchmod(descriptor, 0o600)
        print(line: TapRecording.header(build: ServiceVersion.text, at: SystemClock.unix).text, to: descriptor)
    }

    /// What of one service has to be subscribed to: its heartbeats tell that the subscription before them has arrived.
    static func prefixes(_ service: String) -> [String] { ["record.\(service).", "\(service).heartbeat."] }

    func take(_ samples: [TapSample], of service: String) {
        if watched.insert(service).inserted { notice("recording \(service)") }
        for sample in samples where sample.isRecord {
            guard let payload = sample.json, payload["record"]?.string != nil else {
                notice("a record of \(service) could not be published")
                continue
            }
            if let sequence = payload["seq"]?.integer { _ = losses.missed(topic: sample.topic, sequence: sequence) }
            print(line: TapRecording.line(payload, service: service).text, to: descriptor)
            records += 1
        }
    }

    /// Closes the file and tells what is in it.
    func finish() throws {
        guard fsync(descriptor) == 0, close(descriptor) == 0 else {
            throw ServiceError.io("\(path): cannot be written: \(SystemCallError())")
        }
        output(
            JSON.object([
                .init("file", .string(path)), .init("records", .integer(records)), .init("missed", .integer(losses.total)),
                .init("services", .array(watched.sorted().map(JSON.string))),
            ]).text)
        if losses.total > 0 {
            throw ServiceError.temporary("\(losses.total) records were missed, since this viewer was too slow: the file is not whole")
        }
    }
}
