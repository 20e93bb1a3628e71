import AccountStage
import BackfillCore
import Events
import Foundation
import ObjectStore
import PostgreSQL
import Primitives
import ServiceKit
import Store
import TelegramClient
import TelegramConnection
import WriterCore

/// Fetches the files that messages show, stores them, and has the writer say so. A file is done when that is committed.
///
/// It begins nothing of its own: rows of `media_files` are made by the writer. What waits (a store or a disk that has no room, a wait
/// that Telegram asks for) keeps files waiting and nothing else.
actor MediaLoop {
    /// What it needs of the stage around it.
    struct Surroundings: Sendable {
        var context: ServiceContext
        var account: String
        var database: Connection
        var api: TelegramAPI
        var lines: MediaLines
        var peers: Peers
        var records: RecordLink
    }

    /// Files that are leased at once: as many as one call can fetch fresh references for.
    private static let leased: Int32 = 100
    /// How long a lease holds, in seconds, and how often it is renewed: several chances before it runs out.
    private static let leaseSeconds: Int32 = 180
    private static let renewEvery = Duration.seconds(40)
    /// How often is looked for files while there are none.
    private static let lookEvery = Duration.seconds(2)
    /// How often a store that is away is tried: at first and at last.
    private static let storeBackoff = Backoff(first: .seconds(1), limit: .seconds(60))
    /// How often a database that is away is asked again.
    private static let databaseWait = Duration.seconds(5)
    /// From an origin that could not be asked, or is not known yet, to the next try.
    private static let failureWait = Duration.seconds(10)
    /// Unfinished files that nobody has gone on with for so long, in seconds, are removed: a week.
    private static let forgottenAfter = 7 * 86_400

    private let surroundings: Surroundings
    private let settings: MediaSettings
    private let store: MediaStore
    private let origins: MediaOrigins
    private let holder: String
    private var queue: [(file: MediaFile, origin: MediaOrigins.Answer)] = []
    private var held: [String: MediaFile] = [:]
    private var refill: Task<Void, Never>?
    /// Nothing is begun before, and why.
    private var pause: (until: Instant, reason: String)?
    private var isDatabaseAway = false
    /// The account is paused: no file is fetched.
    private var isLeft = false
    /// The work between two pauses.
    private var life: Task<Void, Never>?
    /// Workers that have nothing to do, and what ends their rest.
    private var resting: [UInt64: Task<Void, Never>] = [:]
    private var rests: UInt64 = 0

    private var context: ServiceContext { surroundings.context }

    init(_ settings: MediaSettings, _ surroundings: Surroundings) {
        self.settings = settings
        self.surroundings = surroundings
        store = MediaStore(surroundings.database)
        origins = MediaOrigins(api: surroundings.api, peers: surroundings.peers)
        // The login's lock sees to it that no two processes have this name at once, so a new one takes over what the old one held.
        holder = "\(surroundings.context.name)"
    }

    /// Works until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            while isLeft, !Task.isCancelled { await rest(Self.lookEvery) }
            guard await prepare() else { break }
            if isLeft { continue }
            let life = Task { await self.live() }
            self.life = life
            await withTaskCancellationHandler {
                await life.value
            } onCancel: {
                life.cancel()
            }
            self.life = nil
            // What was leased is leased again by the next life, which this one's name is known to.
            (queue, held) = ([], [:])
        }
        await settings.store.close()
    }

    private func live() async {
        await withTaskGroup { group in
            for _ in 0..<settings.parallel { group.addTask { await self.work() } }
            group.addTask { await every(Self.renewEvery) { await self.renew() } }
            group.addTask { await every(.seconds(60)) { await self.surroundings.lines.closeIdle() } }
        }
        await surroundings.lines.close()
    }

    /// The account is paused: files that are under way are left at the part they have come to. Returns when nothing is connected any more.
    func leave() async {
        isLeft = true
        life?.cancel()
        await life?.value
    }

    /// The account goes on.
    func goOn() {
        isLeft = false
        wake()
    }

    private func prepare() async -> Bool {
        do {
            try FileManager.default.createDirectory(
                atPath: settings.folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            context.logger.error("no files are fetched: \(settings.folder) cannot be made: \(error)")
            return false
        }
        MediaPartFile.clean(settings.folder, olderThan: Self.forgottenAfter)
        context.logger.info("files are stored in \(settings.place)")
        while !Task.isCancelled {
            let again = await asked("leases of an earlier process cannot be taken over") { [self] in
                for file in try await store.list(.leased, limit: .max) where file.leasedBy == holder {
                    _ = try await store.release(file, holder: holder)
                }
                return try await store.reconsider(types: settings.filter.types.sorted(), maximumBytes: settings.filter.maximumBytes)
            }
            if let again {
                if again > 0 { context.logger.notice("\(again) files that were left out are wanted now") }
                return true
            }
            do { try await Task.sleep(for: Self.databaseWait) } catch { break }
        }
        return false
    }

    // MARK: which file is next

    private func work() async {
        while !Task.isCancelled {
            if let pause, pause.until > SystemClock.now {
                do { try await Task.sleep(for: min(pause.until - SystemClock.now, Self.lookEvery)) } catch { return }
                continue
            }
            guard let (file, origin) = await next() else {
                await rest(isDatabaseAway ? Self.databaseWait : Self.lookEvery)
                continue
            }
            await fetch(file, origin)
            held[Self.name(file)] = nil
        }
    }

    /// Files may wait that did not before: whoever rests looks at once.
    func wake() {
        for (_, task) in resting { task.cancel() }
        resting = [:]
    }

    private func rest(_ time: Duration) async {
        rests += 1
        let id = rests
        let task = Task {
            // Cancelled by `wake`, or with the loop.
            do { try await Task.sleep(for: time) } catch { return }
        }
        resting[id] = task
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        resting[id] = nil
    }

    private func next() async -> (file: MediaFile, origin: MediaOrigins.Answer)? {
        if queue.isEmpty {
            let task = refill ?? Task { await self.lease() }
            refill = task
            await task.value
            refill = nil
        }
        return queue.isEmpty ? nil : queue.removeFirst()
    }

    private func lease() async {
        var files: [MediaFile] = []
        // Those that are not wanted make room for others at once.
        repeat {
            let leased = await asked("files cannot be leased") { [self] in
                try await store.lease(account: surroundings.account, holder: holder, limit: Self.leased, seconds: Self.leaseSeconds)
            }
            guard let leased, !leased.isEmpty else { return }
            var unwanted: [(file: MediaFile, size: Int64?, reason: String)] = []
            for file in leased {
                switch settings.filter.decide(type: file.mediaType, size: file.size) {
                case .fetch: files.append(file)
                case .skip(let why): unwanted.append((file, file.size, why))
                }
            }
            await leaveOut(unwanted)
        } while files.isEmpty && !Task.isCancelled
        for file in files { held[Self.name(file)] = file }
        // All at once, so that those of one chat go in one call.
        let origins = origins
        let answers = await withTaskGroup(of: (Int, MediaOrigins.Answer).self) { group in
            for (i, file) in files.enumerated() {
                group.addTask { (i, await origins.fetch(file.remoteKind, file.id, from: file.origin)) }
            }
            var answers: [Int: MediaOrigins.Answer] = [:]
            for await (i, answer) in group { answers[i] = answer }
            return answers
        }
        for (i, file) in files.enumerated() { if let answer = answers[i] { queue.append((file, answer)) } }
    }

    private func renew() async {
        for (name, file) in held.sorted(by: { $0.key < $1.key }) {
            let isHeld = await asked("leases cannot be renewed") { [self] in
                try await store.renew(file, holder: holder, seconds: Self.leaseSeconds)
            }
            if isHeld == false { held[name] = nil }
        }
    }

    // MARK: one file

    private func fetch(_ file: MediaFile, _ first: MediaOrigins.Answer) async {
        let name = Self.name(file)
        let part = MediaPartFile(folder: settings.folder, name: name)
        var answer = first
        if case .gone(let why) = answer { answer = await another(file, why) }
        let remote: RemoteFile
        switch answer {
        case .file(let found): remote = found
        case .gone(let why): return await giveUp(file, "no message gives it: \(why)", part)
        case .failed(let failure): return await later(file, "\(failure)", wait: Self.wait(failure), isAttempt: false)
        }
        if case .skip(let why) = settings.filter.decide(type: file.mediaType, size: remote.size) {
            await leaveOut([(file, remote.size, why)])
            return await part.remove()
        }
        let status = context.status
        let transfer = MediaTransfer(
            lines: surroundings.lines, part: part, settings: settings, origin: { await self.origin(of: file) },
            progress: { status.count("media_bytes_total", by: Int64($0)) })
        let outcome = await transfer.run(remote)
        context.status.count("media_parts_total", by: Int64(outcome.counters.parts))
        context.status.count("media_refreshes_total", by: Int64(outcome.counters.refreshes))
        switch outcome.end {
        case .fetched(let size, let sha256):
            context.logger.info(
                "a file is fetched",
                metadata: ["file": "\(name)", "bytes": "\(size)", "seconds": "\((outcome.transfer ?? .zero).inSeconds)"])
            await keep(file, outcome.file ?? remote, part, size: size, sha256: sha256)
        case .refused(let why): await giveUp(file, why, part)
        case .originGone(let why): await giveUp(file, "no message gives it: \(why)", part)
        case .later(let why, let wait, let isAttempt):
            if Task.isCancelled { return }
            if wait == MediaTransfer.diskWait, !isAttempt { paused(for: wait, why) }
            await later(file, why, wait: wait, isAttempt: isAttempt)
        }
    }

    /// The message that the row names, or another one that shows the file.
    private func origin(of file: MediaFile) async -> MediaOrigins.Answer {
        let answer = await origins.fetch(file.remoteKind, file.id, from: file.origin)
        guard case .gone(let why) = answer else { return answer }
        return await another(file, why)
    }

    private func another(_ file: MediaFile, _ why: String) async -> MediaOrigins.Answer {
        let others = await asked("other messages with a file cannot be found") { [self] in try await store.origins(file) }
        guard let others else { return .failed(.disconnected) }
        var last = why
        for other in others where !(other.group == file.group && other.messageID == file.messageID) {
            let origin = MediaOrigins.Origin(chat: PeerBook.Key(other.chat), message: other.messageID)
            switch await origins.fetch(file.remoteKind, file.id, from: origin) {
            case .gone(let why): last = why
            case let answer: return answer
            }
        }
        return .gone(last)
    }

    /// Stores the file, however long the store is away, and has it written down.
    private func keep(_ file: MediaFile, _ remote: RemoteFile, _ part: MediaPartFile, size: Int64, sha256: [UInt8]) async {
        let id = UInt64(bitPattern: remote.id)
        let mimeType = remote.mimeType.isEmpty ? "application/octet-stream" : remote.mimeType
        guard let key = ObjectKey(ContentKey.key(remote.kind, id: id, sha256: sha256, mimeType: mimeType)) else {
            return await giveUp(file, "it has no key", part)
        }
        let storable = StorableFile(key: key, path: part.path, size: size, contentType: Self.header(mimeType), sha256: sha256)
        guard let url = await put(storable, file, part) else { return }
        CrashPoint.backfillFileStored.pass()
        let change = WireChange.with {
            $0.mediaStored = .with {
                $0.mediaID = id
                $0.photo = remote.kind == .photo
                ($0.key, $0.url, $0.size, $0.mimeType) = (key.text, url, size, mimeType)
                $0.sha256 = .init(sha256)
            }
        }
        let header = WireHeader.with {
            $0.way = .history
            $0.receivedAt = SystemClock.unix.nanoseconds
            $0.trace = .random(in: 1...UInt64.max)
        }
        do {
            try await surroundings.records.commit(header, [change], group: file.group.description)
        } catch {
            // The stage ends; the next one finds the file stored and says so again.
            context.logger.info("\(Self.name(file)) is stored, and not yet written down: \(error)")
            return
        }
        await part.remove()
        context.status.count("media_files_total", ["state": "done"])
    }

    /// The URL; nil when the file is not stored and its row says why, or the stage ends.
    private func put(_ storable: StorableFile, _ file: MediaFile, _ part: MediaPartFile) async -> String? {
        var backoff = Self.storeBackoff
        var random = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            do throws(ObjectStoreError) {
                let url = try await settings.store.put(storable)
                if backoff.attempts > 0 { stored() }
                return url
            } catch {
                switch error {
                case .refused(let why):
                    await giveUp(file, "the store refuses it: \(why)", part)
                    return nil
                case .unreadable(let why):
                    await part.remove()
                    await later(file, why, wait: .zero, isAttempt: true)
                    return nil
                case .unavailable(_, let after):
                    waiting("\(error)", backoff.attempts)
                    let wait = max(after ?? .zero, backoff.next(using: &random))
                    do { try await Task.sleep(for: wait) } catch { return nil }
                case .misconfigured:
                    waiting("\(error)", backoff.attempts)
                    _ = backoff.next(using: &random)
                    do { try await Task.sleep(for: Self.storeBackoff.limit) } catch { return nil }
                }
            }
        }
        return nil
    }

    // MARK: what is not fetched now

    private func waiting(_ why: String, _ attempts: Int) {
        context.status.fact("media_waits", .string(why))
        if attempts == 0 { context.logger.warning("files wait: \(why)") }
    }

    private func stored() {
        context.status.fact("media_waits", .null)
        context.logger.notice("files are stored again")
    }

    private func paused(for wait: Duration, _ why: String) {
        if pause == nil { context.logger.warning("files wait: \(why)") }
        pause = (SystemClock.now + wait, why)
        context.status.fact("media_waits", .string(why))
    }

    private func giveUp(_ file: MediaFile, _ why: String, _ part: MediaPartFile) async {
        context.logger.warning("a file is given up", metadata: ["file": "\(Self.name(file))", "reason": "\(why)"])
        context.status.count("media_files_total", ["state": "failed"])
        await part.remove()
        _ = await asked("a failed file cannot be marked") { [self] in
            try await store.fail(file, holder: holder, error: why, limit: Int32(MediaRetry.attempts), notBefore: nil)
        }
    }

    private func leaveOut(_ files: [(file: MediaFile, size: Int64?, reason: String)]) async {
        if files.isEmpty { return }
        let count = await asked("files cannot be left out") { [self] in try await store.skip(files, holder: holder) }
        context.status.count("media_files_total", ["state": "skipped"], by: Int64(count ?? 0))
    }

    private func later(_ file: MediaFile, _ why: String, wait: Duration, isAttempt: Bool) async {
        let wait = max(wait, isAttempt ? MediaRetry.wait(after: Int(clamping: file.attempts) + 1) : .seconds(1))
        let at = SystemClock.unix + wait
        context.logger.info(
            "a file is put off", metadata: ["file": "\(Self.name(file))", "reason": "\(why)", "seconds": "\(wait.inSeconds)"])
        _ = await asked("a file cannot be put off") { [self] in
            isAttempt
                ? try await store.fail(file, holder: holder, error: why, limit: Int32(MediaRetry.attempts), notBefore: at)
                : try await store.release(file, holder: holder, notBefore: at)
        }
    }

    private static func wait(_ failure: CallFailure) -> Duration {
        if case .rpc(let rpc) = failure, case .wait(_, let seconds) = rpc.kind { return .seconds(max(1, seconds)) }
        return failureWait
    }

    /// Asks the database; nil when it is away, which is told once.
    private func asked<Answer: Sendable>(_ what: String, _ body: @Sendable () async throws -> Answer) async -> Answer? {
        do {
            let answer = try await body()
            isDatabaseAway = false
            return answer
        } catch {
            if !isDatabaseAway, !Task.isCancelled { context.logger.warning("\(what): \(DatabaseDoctor.remedy(error))") }
            isDatabaseAway = true
            return nil
        }
    }

    /// As a header may carry it: whoever sent the file has chosen it.
    private static func header(_ mimeType: String) -> String {
        mimeType.utf8.count <= 100 && mimeType.utf8.allSatisfy { (33...126).contains($0) } ? mimeType : "application/octet-stream"
    }

    private static func name(_ file: MediaFile) -> String { "\(file.kind.rawValue)-\(UInt64(bitPattern: file.id))" }
}

extension MediaFile {
    fileprivate var remoteKind: RemoteFile.Kind { kind == .photo ? .photo : .document }
    fileprivate var origin: MediaOrigins.Origin { .init(chat: PeerBook.Key(chat), message: messageID) }
}

extension PeerBook.Key {
    fileprivate init(_ chat: ChatKey) {
        switch chat {
        case .basicGroup(let id): self.init(.basicGroup, id)
        case .channel(let id): self.init(.channel, id)
        }
    }
}
