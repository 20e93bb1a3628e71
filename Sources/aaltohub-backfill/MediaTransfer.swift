import BackfillCore
import Primitives
import ServiceKit
import TL
import TelegramClient

/// Carries one download out: what `DownloadMachine` says is called, written and read.
struct MediaTransfer: Sendable {
    /// How one file ended.
    struct Outcome: Sendable {
        var end: DownloadMachine.End
        /// As its message last described it; nil when it never did.
        var file: RemoteFile?
        var counters: DownloadMachine.Counters
        /// From the beginning until the last part was on disk; nil when it never was.
        var transfer: Duration?
    }

    let lines: MediaLines
    let part: MediaPartFile
    let settings: MediaSettings
    /// Fetches the file's origin, or another one that has it.
    let origin: @Sendable () async -> MediaOrigins.Answer
    /// Told about every part that is on disk, in bytes.
    let progress: @Sendable (Int) -> Void

    /// From a full disk to the next try.
    static let diskWait = Duration.seconds(30)

    private enum Event: Sendable {
        case part(UInt64, Result<ArraySlice<UInt8>, CallFailure>)
        case hashes(UInt64, Result<[FileHash], CallFailure>)
        case written(Int64, Int, MediaPartFile.Failure?)
        case origin(MediaOrigins.Answer)
        case verified(Result<(size: Int64, sha256: [UInt8], bad: [Range<Int64>]), MediaPartFile.Failure>)
        case tick
    }

    func run(_ first: RemoteFile) async -> Outcome {
        var file = first
        var random = SystemRandomNumberGenerator()
        let map: PartMap
        do throws(MediaPartFile.Failure) { map = try await part.open(size: file.size) } catch {
            return Outcome(end: Self.later(error), file: file, counters: .init())
        }
        var machine = DownloadMachine(map: map, dc: file.dc, limits: settings.limits)
        var timer: Instant?
        let begun = SystemClock.now
        var transfer: Duration?
        return await withTaskGroup(of: Event.self) { group in
            defer { group.cancelAll() }
            while true {
                if Task.isCancelled { machine.stop("the stage stops") }
                while let command = machine.poll(now: SystemClock.now) {
                    switch command {
                    case .fetch(let request): group.addTask { [file] in await fetch(request, file) }
                    case .refresh: group.addTask { .origin(await origin()) }
                    case .verify(let ranges):
                        let size = machine.map.size ?? 0
                        transfer = transfer ?? SystemClock.now - begun
                        group.addTask {
                            do throws(MediaPartFile.Failure) { return .verified(.success(try await part.verify(ranges, size: size))) } catch
                            {
                                return .verified(.failure(error))
                            }
                        }
                    case .end(let end): return Outcome(end: end, file: file, counters: machine.counters, transfer: transfer)
                    }
                }
                if let deadline = machine.nextDeadline, timer.map({ deadline < $0 }) ?? true {
                    timer = deadline
                    let wait = deadline - SystemClock.now
                    group.addTask {
                        // Cancelled, it comes early, which is no harm.
                        try? await Task.sleep(for: max(wait, .milliseconds(1)))
                        return .tick
                    }
                }
                guard let event = await group.next() else {
                    return Outcome(
                        end: .later("it waits for nothing", wait: .zero, isAttempt: true), file: file, counters: machine.counters)
                }
                let now = SystemClock.now
                switch event {
                case .tick: timer = nil
                case .part(let id, .success(let bytes)):
                    guard let offset = machine.answered(id, count: bytes.count, now: now, using: &random) else { continue }
                    group.addTask {
                        do throws(MediaPartFile.Failure) {
                            try await part.write(bytes, at: offset)
                            CrashPoint.backfillPartWritten.pass()
                            return .written(offset, bytes.count, nil)
                        } catch {
                            return .written(offset, bytes.count, error)
                        }
                    }
                case .part(let id, .failure(let failure)), .hashes(let id, .failure(let failure)):
                    machine.failed(id, failure, now: now, using: &random)
                case .hashes(let id, .success(let hashes)): machine.answered(id, hashes: hashes)
                case .written(let offset, let count, nil):
                    machine.written(offset)
                    progress(count)
                    do throws(MediaPartFile.Failure) { try await part.save(machine.map) } catch { machine.stop("\(error)") }
                case .written(let offset, _, let failure?):
                    machine.unwritten(offset, "\(failure)", wait: failure.isFull ? Self.diskWait : .zero)
                case .origin(.file(let fresh)):
                    file = fresh
                    machine.refreshed(dc: fresh.dc, size: fresh.size)
                case .origin(.gone(let why)): machine.originGone(why)
                case .origin(.failed(let failure)): machine.refreshFailed(failure, now: now, using: &random)
                case .verified(.success(let found)):
                    machine.verified(size: found.size, sha256: found.sha256, bad: found.bad)
                    if !found.bad.isEmpty {
                        do throws(MediaPartFile.Failure) { try await part.save(machine.map) } catch { machine.stop("\(error)") }
                    }
                case .verified(.failure(let failure)): return Outcome(end: Self.later(failure), file: file, counters: machine.counters)
                }
            }
        }
    }

    private static func later(_ failure: MediaPartFile.Failure) -> DownloadMachine.End {
        .later("\(failure)", wait: diskWait, isAttempt: !failure.isFull)
    }

    private func fetch(_ request: DownloadMachine.Request, _ file: RemoteFile) async -> Event {
        switch request.what {
        case .part(_, let offset, let limit):
            let call = TLObject(
                "upload.getFile",
                ["location": .object(file.location), "offset": .integer(offset), "limit": .integer(Int64(limit))])
            do throws(CallFailure) {
                let answer = try await lines.bytes(call, dc: request.dc)
                switch FileAnswer(answer) {
                case .bytes(let bytes): return .part(request.id, .success(bytes))
                case .elsewhere: throw .rpc(.init(code: 406, message: "CDN_NOT_WANTED"))
                case nil: throw .undecodable("upload.getFile")
                }
            } catch {
                return .part(request.id, .failure(error))
            }
        case .hashes(let offset):
            let call = TLObject("upload.getFileHashes", ["location": .object(file.location), "offset": .integer(offset)])
            do throws(CallFailure) {
                let answer = try await lines.bytes(call, dc: request.dc)
                guard let hashes = (try? TL.decodeResult(answer, of: call.name, layer: lines.layer))?.vector else {
                    throw .undecodable(call.name)
                }
                return .hashes(request.id, .success(hashes.compactMap { FileHash($0.object) }))
            } catch {
                return .hashes(request.id, .failure(error))
            }
        }
    }
}
