import EventLink
import Events
import Glibc
import POSIX
import Primitives
import ProducerCore
import ServiceKit
import Store
import ZeroMQ

/// Hands recorded records to a writer of a test database, as a producer of its own.
///
/// It has a stream and an incarnation of its own, and numbers of its own. Positions are taken off, unless they are asked for, so that no
/// box moves and no gap is found; what speaks of the recording system's jobs is left out.
struct Replay {
    /// How long the writer may take for its first word.
    static let firstPatience = Duration.seconds(10)
    /// How long it may take for the next acknowledgement, while it does not say that it holds: a transaction with its retries.
    static let patience = Duration.seconds(60)
    /// How often time is looked at.
    static let tickEvery = Duration.milliseconds(100)

    let file: String
    let socket: String
    let account: String
    let withPositions: Bool
    /// The database that the configuration names, in which nobody is logged in.
    let database: WireDatabaseIdentity

    /// What was done, for the line at the end.
    private struct Counts {
        var records: Int64 = 0
        var changes: Int64 = 0
        var skipped: Int64 = 0
        var repeated: Int64 = 0
        var missing: Int64 = 0
    }

    private enum Event: Sendable {
        case link([ProducerLink.Event])
        case tick
    }

    func run() async throws {
        var lines = try RecordedLines(path: file)
        var random = SystemRandomNumberGenerator()
        let started = SystemClock.now
        var machine = ProducerMachine(
            ProducerMachine.Producer(
                role: .listener, account: account, incarnation: UInt64(SystemClock.unix.nanoseconds / 1_000_000),
                stream: StreamID(using: &random), build: ServiceVersion.text))
        let link = try ProducerLink(path: socket, role: "listener", account: account, context: Context())
        let (events, feed) = AsyncStream.makeStream(of: Event.self)
        let tasks = Task {
            await withTaskGroup { group in
                group.addTask { while let some = await link.inbox.next() { feed.yield(.link(some)) } }
                group.addTask {
                    while !Task.isCancelled {
                        feed.yield(.tick)
                        do { try await Task.sleep(for: Replay.tickEvery) } catch { return }
                    }
                }
            }
        }
        defer { tasks.cancel() }
        var counts = Counts()
        var last: [StreamID: UInt64] = [:]
        var isWholeRead = false
        var (committed, heardAt) = (UInt64(0), SystemClock.now)
        for await event in events {
            let now = SystemClock.now
            var steps: [ProducerMachine.Step] = []
            switch event {
            case .tick: if machine.nextDeadline <= now { steps.append(machine.advance(now: now)) }
            case .link(let some):
                for one in some {
                    switch one {
                    case .connected: steps.append(machine.connected(now: now))
                    case .disconnected: notice("the writer is away")
                    case .frame(.success(let frame)): steps.append(machine.received(frame, now: now))
                    case .frame(.failure(let error)): throw ServiceError.data("an unreadable frame from the writer: \(error)")
                    }
                }
            }
            for step in steps { try judge(step.notices) }
            while machine.isWelcomed, !isWholeRead, machine.window.hasRoom {
                guard let entry = try lines.next() else {
                    isWholeRead = true
                    break
                }
                guard let record = try admit(entry, &last, &counts) else { continue }
                machine.append(record)
            }
            steps.append(machine.flush())
            for step in steps { for frame in step.frames { _ = try link.send(frame) } }
            if isWholeRead, machine.unacknowledged == 0 { break }
            if machine.committed > committed || machine.isHeld { (committed, heardAt) = (machine.committed, now) }
            if now - heardAt > (machine.epoch == 0 ? Self.firstPatience : Self.patience) {
                throw ServiceError.unavailable(
                    machine.epoch == 0 ? "no writer answers at \(socket)" : "the writer acknowledges nothing any more")
            }
        }
        tasks.cancel()
        await link.close()
        tell(counts, committed: machine.committed, seconds: (SystemClock.now - started).inSeconds)
    }

    private func judge(_ notices: [ProducerMachine.Notice]) throws {
        for said in notices {
            switch said {
            case .welcomed(_, let theirs):
                guard theirs == database else {
                    throw ServiceError.configuration(
                        "the writer at \(socket) writes into another database than the one that the configuration names: nothing was sent")
                }
            case .otherDatabase: throw ServiceError.unavailable("the writer's database was exchanged meanwhile")
            case .held(let reason): notice("the writer holds: \(reason)")
            case .resumed: notice("the writer goes on")
            case .lost(let reason): notice("HELLO again: \(reason)")
            case .superseded(let reason): throw ServiceError.unavailable("another replay as \(account) has taken over: \(reason)")
            case .incompatible(let ours, let theirs):
                throw ServiceError.unavailable("the writer speaks contract \(theirs), this build \(ours)")
            case .acknowledged, .runFinished: break
            }
        }
    }

    /// The record as it is replayed; nil: it is not.
    private func admit(
        _ entry: TapRecording.Entry, _ last: inout [StreamID: UInt64], _ counts: inout Counts
    ) throws -> WireRecord? {
        let before = last[entry.stream] ?? 0
        guard entry.number > before else {
            counts.repeated += 1
            return nil
        }
        if before > 0 { counts.missing += Int64(clamping: entry.number - before - 1) }
        last[entry.stream] = entry.number
        var header = entry.record.header
        if !withPositions {
            header.clearBox()
            (header.generation, header.from, header.to, header.date, header.seq, header.tooLong) = (0, 0, 0, 0, 0, false)
        }
        let all = try entry.record.changes()
        // The progress of a crawl belongs to a job of the system that was recorded, as does a file in its store.
        let changes = all.filter { change in
            switch change.kind {
            case .progress, .mediaStored, nil: false
            default: true
            }
        }
        counts.skipped += Int64(all.count - changes.count)
        guard !changes.isEmpty || (withPositions && header.hasBox) else {
            if all.isEmpty { counts.skipped += 1 }
            return nil
        }
        counts.records += 1
        counts.changes += Int64(changes.count)
        return try WireRecord(header, changes: changes)
    }

    private func tell(_ counts: Counts, committed: UInt64, seconds: Double) {
        if counts.missing > 0 { notice("the recording lacks \(counts.missing) records") }
        output(
            JSON.object([
                .init("records", .integer(counts.records)), .init("changes", .integer(counts.changes)),
                .init("committed", .integer(Int64(clamping: committed))), .init("skipped", .integer(counts.skipped)),
                .init("repeated", .integer(counts.repeated)), .init("missing", .integer(counts.missing)),
                .init("account", .string(account)), .init("positions", .bool(withPositions)), .init("seconds", .double(seconds)),
            ]).text)
    }
}

/// Reads a recording line by line.
private struct RecordedLines: ~Copyable {
    private let path: String
    private let file: UnsafeMutablePointer<FILE>
    private var number = 1

    /// Opens it and judges its first line.
    init(path: String) throws {
        guard let file = fopen(path, "re") else { throw ServiceError.io("\(path): cannot be read: \(SystemCallError())") }
        do throws(TapRecording.Failure) {
            try TapRecording.check(header: Self.line(file) ?? "")
        } catch {
            fclose(file)
            throw ServiceError.data("\(path): \(error)")
        }
        self.path = path
        self.file = file
    }

    deinit { fclose(file) }

    mutating func next() throws -> TapRecording.Entry? {
        guard let line = Self.line(file) else {
            if ferror(file) != 0 { throw ServiceError.io("\(path): cannot be read: \(SystemCallError())") }
            return nil
        }
        number += 1
        do throws(TapRecording.Failure) {
            return try TapRecording.entry(line)
        } catch {
            throw ServiceError.data("\(path):\(number): \(error)")
        }
    }

    private static func line(_ file: UnsafeMutablePointer<FILE>) -> String? {
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        let count = getline(&line, &capacity, file)
        guard count > 0, let line else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: line, count: count), as: UTF8.self)
    }
}
