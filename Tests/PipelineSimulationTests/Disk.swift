import Events
import ListenerCore
import Primitives
import ProducerCore

/// The disk under a listener's spool: what was written and what of it would survive.
struct Disk {
    enum Event {
        case opened
        case synced
        case read(SpoolRead, [WireRecord])
        /// There is room again.
        case room
    }

    struct File {
        var name: UInt64
        var bytes: [UInt8]
        /// Bytes that are on the disk for good.
        var synced: Int
    }

    /// By rising names.
    var files: [File] = []
    /// The name of the one that is written.
    var open: UInt64 = 0
    var isFull = false
    /// The process was told so.
    var isToldFull = false
    /// What waits for room, in order.
    var waiting: [SpoolAction] = []
    var lastWritten: UInt64 = 0
    var isSyncing = false
    /// Records without a position that were written and not synced yet.
    var loose: [UInt64] = []
    /// Where the process read last.
    var tail = SpoolTail()

    mutating func sync() {
        for i in files.indices { files[i].synced = files[i].bytes.count }
        isSyncing = false
    }

    /// Of what was not synced, any part may be there: a cut may go through a record.
    mutating func killed(cutsTooFar: Bool, using generator: inout SeededGenerator) {
        for i in files.indices where files[i].bytes.count > files[i].synced {
            files[i].bytes.removeLast(Int.random(in: 0...files[i].bytes.count - files[i].synced, using: &generator))
            files[i].synced = files[i].bytes.count
        }
        if cutsTooFar, let last = files.indices.last, lastWritten > 0 { files[last].bytes.removeLast() }
        waiting = []
        isSyncing = false
        isToldFull = false
        lastWritten = 0
        loose = []
        tail = SpoolTail()
    }
}

/// How the spool's thread serves the listener.
extension Pipeline {
    func scanDisk(_ n: Int) -> SpoolScan {
        var scan = SpoolScan(account: "account\(n)")
        for file in listeners[n].disk.files { scan.add(name: file.name, bytes: file.bytes) }
        scan.finish()
        // What cannot be used is taken out of the way.
        let unusable = Set(scan.unusable.map(\.name))
        listeners[n].disk.files.removeAll { unusable.contains($0.name) }
        if keepsTrace {
            let segments = scan.segments.map {
                "\($0.name)\($0.continues ? "" : "|") \($0.stream.description.prefix(4)) \($0.first)…\($0.last)"
            }
            note("disk \(n): \(segments.joined(separator: ", "))")
        }
        return scan
    }

    func write(_ action: SpoolAction, _ n: Int) {
        switch action {
        case .delete(let segment):
            listeners[n].disk.files.removeAll { $0.name == segment }
            listeners[n].disk.tail.deleted(segment)
        case .read(let read, let segments): self.read(read, segments, n)
        case .open, .append:
            let disk = listeners[n].disk
            guard disk.isFull || !disk.waiting.isEmpty else { return put(action, n) }
            listeners[n].disk.waiting.append(action)
            guard !disk.isToldFull else { return }
            listeners[n].disk.isToldFull = true
            plan(.disk(.room, listener: n, life: -1), in: .zero)
        }
    }

    private func put(_ action: SpoolAction, _ n: Int) {
        let life = listeners[n].life
        switch action {
        case .open(let segment, let header):
            synced(n)
            listeners[n].disk.files.append(Disk.File(name: segment, bytes: header, synced: header.count))
            listeners[n].disk.open = segment
            plan(.disk(.opened, listener: n, life: life), in: seconds(0.001...0.01))
        case .append(let bytes, let number):
            // It may have been deleted while this waited for room: everything in it is committed then.
            if let open = listeners[n].disk.files.lastIndex(where: { $0.name == listeners[n].disk.open }) {
                listeners[n].disk.files[open].bytes += bytes
            }
            listeners[n].disk.lastWritten = number
            // Length, checksum and number come before the record.
            if let record = try? WireRecord(serializedBytes: Array(bytes.dropFirst(16))), !record.header.hasBox {
                listeners[n].disk.loose.append(number)
            }
            if listeners[n].disk.isSyncing { return }
            listeners[n].disk.isSyncing = true
            plan(.disk(.synced, listener: n, life: life), in: seconds(0.002...0.03))
        case .delete, .read: break
        }
    }

    private func synced(_ n: Int) {
        listeners[n].disk.sync()
        guard let stream = listeners[n].stream else { return }
        for number in listeners[n].disk.loose { referee.synced("account\(n)", stream, number) }
        listeners[n].disk.loose = []
    }

    private func read(_ read: SpoolRead, _ segments: [UInt64], _ n: Int) {
        let limits = SpoolTail.Limits(records: Int.random(in: 1...20, using: &generator))
        let files = listeners[n].disk.files
        let records = listeners[n].disk.tail.read(read, segments, limits: limits) { (name) throws(SpoolReader.Damage) in
            guard let file = files.first(where: { $0.name == name }) else { throw .header("deleted") }
            return file.bytes
        }
        plan(.disk(.read(read, records), listener: n, life: listeners[n].life), in: seconds(0.001...readsWithin))
    }

    func disk(_ told: Disk.Event, _ n: Int, _ life: Int, _ event: Event) {
        if case .room = told {
            // The thread's own word comes later than what it was asked.
            if life < 0 { return perform(n, listeners[n].machine?.spoolDisk(isFull: true, now: now, clock: clock) ?? []) }
            if listeners[n].isPaused { return plan(event, in: .milliseconds(500)) }
            return makeRoom(n)
        }
        guard listeners[n].life == life, listeners[n].machine != nil else { return }
        // The thread of a stopped process stands still, too.
        if listeners[n].isPaused { return listeners[n].held.append(event) }
        switch told {
        case .opened: perform(n, listeners[n].machine?.spoolOpened(now: now, clock: clock) ?? [])
        case .synced:
            guard listeners[n].disk.isSyncing else { return }
            synced(n)
            let last = listeners[n].disk.lastWritten
            perform(n, listeners[n].machine?.spoolSynced(through: last, now: now, clock: clock) ?? [])
        case .read(let read, let records): perform(n, listeners[n].machine?.spoolRead(read, records, now: now, clock: clock) ?? [])
        case .room: break
        }
    }

    func makeRoom(_ n: Int) {
        listeners[n].disk.isFull = false
        guard listeners[n].machine != nil else { return }
        let waiting = listeners[n].disk.waiting
        listeners[n].disk.waiting = []
        for action in waiting { put(action, n) }
        guard listeners[n].disk.isToldFull else { return }
        listeners[n].disk.isToldFull = false
        perform(n, listeners[n].machine?.spoolDisk(isFull: false, now: now, clock: clock) ?? [])
    }

    /// An operator, or the disk, takes part of the spool of a dead process away.
    func loseSegments(_ n: Int) {
        guard listeners[n].machine == nil, !listeners[n].disk.files.isEmpty else { return }
        referee.rob("account\(n)")
        let i = Int.random(in: listeners[n].disk.files.indices, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: listeners[n].disk.files = []
        case 1: listeners[n].disk.files.removeFirst(i)
        case 2: listeners[n].disk.files.remove(at: i)
        default:
            let at = Int.random(in: listeners[n].disk.files[i].bytes.indices, using: &generator)
            listeners[n].disk.files[i].bytes[at] ^= 0x40
        }
        note("disk \(n) loses something")
    }
}
