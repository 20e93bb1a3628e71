import Events
import Glibc
import ListenerCore
import POSIX
import ProducerCore
import Synchronization

/// Does what the ledger says, on a thread of its own: writing, syncing and reading block.
///
/// Records are synced together: at most `syncRecords` of them, at most `syncWithin` after the first was written. A full disk is no
/// failure: it is told, and tried again; everything else ends the thread with `failed`.
public final class SpoolWriter: Sendable {
    public enum Event: Sendable {
        /// The first segment is on the disk.
        case opened
        case synced(through: UInt64)
        case read(SpoolRead, [WireRecord])
        case disk(isFull: Bool)
        /// The disk failed: nothing more is written, and the process should end.
        case failed(SpoolError)
    }

    /// Before a sync and after it, for those who want to know.
    public enum Moment: Sendable { case beforeSync, afterSync }

    /// Records that wait for one sync at most …
    static let syncRecords = 64
    /// … and how long the first of them waits, milliseconds: the sync costs about as much.
    static let syncWithin = 20
    /// How soon a full disk is tried again, milliseconds.
    static let fullRetry = 1_000

    private let queue = CommandQueue()
    private let ended = Ended()

    /// - Parameters:
    ///   - onEvent: called on the thread, in order.
    ///   - onMoment: called on the thread around each sync.
    public init(
        _ folder: SpoolFolder, onMoment: @escaping @Sendable (Moment) -> Void = { _ in },
        onEvent: @escaping @Sendable (Event) -> Void
    ) {
        let (queue, ended) = (queue, ended)
        detachThread(named: "spool") {
            var work = SpoolWork(folder: folder, onMoment: onMoment, onEvent: onEvent)
            work.run(queue)
            ended.signal()
        }
    }

    deinit { queue.close() }

    /// Queues an action; what is queued is bounded by the ledger, which stops reading Telegram.
    public func perform(_ action: SpoolAction) { queue.put(action) }

    /// Does what is queued, syncs, and ends the thread.
    public func close() async {
        queue.close()
        await ended.wait()
    }
}

/// The thread's work.
private struct SpoolWork {
    let folder: SpoolFolder
    let onMoment: @Sendable (SpoolWriter.Moment) -> Void
    let onEvent: @Sendable (SpoolWriter.Event) -> Void

    private var descriptor: Int32 = -1
    private var path = ""
    /// Bytes of the open segment that are whole.
    private var length = 0
    private var written: UInt64 = 0
    private var unsynced = 0
    private var isFull = false
    private var hasOpened = false
    /// Not done yet, in order.
    private var todo: [SpoolAction] = []
    private var tail = SpoolTail()

    init(
        folder: SpoolFolder, onMoment: @escaping @Sendable (SpoolWriter.Moment) -> Void,
        onEvent: @escaping @Sendable (SpoolWriter.Event) -> Void
    ) {
        self.folder = folder
        self.onMoment = onMoment
        self.onEvent = onEvent
    }

    mutating func run(_ queue: CommandQueue) {
        defer { if descriptor >= 0 { Glibc.close(descriptor) } }
        do throws(SpoolError) {
            while let new = queue.take(wait: isFull ? SpoolWriter.fullRetry : -1) {
                todo += new
                try perform()
                // Company for the sync: what comes within a moment goes along, and wakes nobody by itself.
                let deadline = now() + SpoolWriter.syncWithin
                while unsynced > 0, unsynced < SpoolWriter.syncRecords, todo.isEmpty {
                    let left = deadline - now()
                    let wanted = SpoolWriter.syncRecords - unsynced
                    guard left > 0, let more = queue.take(wait: left, wanted: wanted), !more.isEmpty else { break }
                    todo += more
                    try perform()
                }
                try sync()
            }
            try perform()
            try sync()
        } catch {
            onEvent(.failed(error))
        }
    }

    /// Does all that can be done. On a full disk deletions and reads go on; what is to be written waits, in its order.
    private mutating func perform() throws(SpoolError) {
        var waiting: [SpoolAction] = []
        var isFullNow = false
        for action in todo {
            switch action {
            case .delete(let segment): try delete(segment)
            case .read(let read, let segments): self.read(read, segments)
            case .open, .append:
                guard !isFullNow else {
                    waiting.append(action)
                    continue
                }
                do throws(SpoolError) {
                    try write(action)
                } catch {
                    guard error.isFull else { throw error }
                    isFullNow = true
                    waiting.append(action)
                }
            }
        }
        todo = waiting
        guard isFullNow != isFull else { return }
        isFull = isFullNow
        onEvent(.disk(isFull: isFull))
    }

    private mutating func write(_ action: SpoolAction) throws(SpoolError) {
        switch action {
        case .open(let segment, let header): try open(segment, header)
        case .append(let bytes, let number):
            try append(bytes)
            written = number
            unsynced += 1
        case .delete, .read: break
        }
    }

    private mutating func open(_ segment: UInt64, _ header: [UInt8]) throws(SpoolError) {
        // The one before is whole before the next one begins.
        try sync()
        let path = folder.file(segment)
        let new = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard new >= 0 else { throw SpoolError("create", path) }
        if descriptor >= 0 { Glibc.close(descriptor) }
        (descriptor, self.path, length) = (new, path, 0)
        try append(header)
        try synchronise(descriptor, path)
        try syncFolder()
        if !hasOpened {
            hasOpened = true
            onEvent(.opened)
        }
    }

    /// Appends all of the bytes or none.
    private mutating func append(_ bytes: [UInt8]) throws(SpoolError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, off_t(length + done))
            }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                let code = errno
                // What is there of it would be taken for damage.
                ftruncate(descriptor, off_t(length))
                throw SpoolError("write", path, code)
            }
        }
        length += bytes.count
    }

    private mutating func sync() throws(SpoolError) {
        guard unsynced > 0 else { return }
        onMoment(.beforeSync)
        try synchronise(descriptor, path)
        unsynced = 0
        onMoment(.afterSync)
        onEvent(.synced(through: written))
    }

    /// After a failed sync nobody knows what is on the disk: it is never tried again.
    private func synchronise(_ descriptor: Int32, _ path: String) throws(SpoolError) {
        guard fdatasync(descriptor) == 0 else { throw SpoolError("sync", path) }
    }

    private func syncFolder() throws(SpoolError) {
        let descriptor = Glibc.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SpoolError("open", folder.path) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SpoolError("sync", folder.path) }
    }

    private mutating func delete(_ segment: UInt64) throws(SpoolError) {
        tail.deleted(segment)
        let path = folder.file(segment)
        // Somebody else may have deleted it.
        guard unlink(path) == 0 || errno == ENOENT else { throw SpoolError("delete", path) }
    }

    private mutating func read(_ read: SpoolRead, _ segments: [UInt64]) {
        let folder = folder
        let records = tail.read(read, segments) { (segment) throws(SpoolReader.Damage) in
            do throws(SpoolError) { return try folder.read(segment) } catch { throw .header("\(error)") }
        }
        onEvent(.read(read, records))
    }

    private func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }
}
