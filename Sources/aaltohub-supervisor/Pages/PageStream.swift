import NIOCore
import Primitives
import ServiceKit
import Store
import SupervisorCore
import Synchronization

/// What open pages are told without asking: server-sent events, the same for all of them.
///
/// `status` every two seconds; `groups` when something about them changed; `audit` for each action that was written down, by whatever way;
/// `change` for each change of a message that is news, after `position`, which tells where they begin, and `reset` where some of them cannot
/// be told any more.
/// https://html.spec.whatwg.org/multipage/server-sent-events.html
final class PageStream: Sendable {
    /// Between two statuses; a page takes five that are missing for a connection that is dead.
    static let interval = Duration.seconds(2)
    /// Pages that are told at once: some people with some tabs each.
    static let mostPages = 64
    /// Frames that wait for a page that does not read: a minute of statuses. Then it is let go, and connects again.
    static let mostFrames = 64
    /// Bytes from which on a frame of changes is full: with `mostFrames`, what a page that does not read may hold.
    static let frameBytes = 64 << 10
    /// Newest actions that are looked at each time.
    private static let auditRows: Int32 = 20

    typealias Frames = AsyncStream<ByteBuffer>

    /// One page that is open.
    struct Page: Sendable {
        let id: Int
        let frames: Frames
        fileprivate let push: Frames.Continuation
    }

    /// Its slot is free when its response has ended, not before: a page that does not read holds its connection until then.
    private struct Listener {
        let push: Frames.Continuation
        let role: Role
    }

    private struct State {
        var pages: [Int: Listener] = [:]
        var next = 0
        var groups: JSON?
        var isOver = false
    }

    private let state = Mutex(State())

    /// A page's own stream of frames; nil when there are too many, or the supervisor ends. `close` it in the end.
    func open(_ watch: Watch, for role: Role) -> Page? {
        let (frames, push) = Frames.makeStream(bufferingPolicy: .bufferingOldest(Self.mostFrames))
        let id = state.withLock { state -> Int? in
            guard !state.isOver, state.pages.count < Self.mostPages else { return nil }
            state.next += 1
            state.pages[state.next] = Listener(push: push, role: role)
            return state.next
        }
        guard let id else { return nil }
        let (status, groups) = Self.split(watch.statusJSON)
        send(Self.frame("status", status), push)
        send(Self.frame("groups", groups), push)
        return Page(id: id, frames: frames, push: push)
    }

    func close(_ id: Int) { state.withLock { $0.pages.removeValue(forKey: id) }?.push.finish() }

    /// Tells a page of changes, until it is closed. What a crawl brings of the past is no news.
    ///
    /// - Parameter id: the last change that the page has seen; nil: from now on.
    func follow(_ changes: ChangeFeed, after id: Int64?, _ page: Page) async {
        var id = id
        if id == nil, let position = changes.position {
            // From here on it can say where it was.
            send(Self.frame("position", id: position, Array("{\"last\":\(position)}".utf8)), page.push)
            id = position
        }
        while !Task.isCancelled {
            do {
                for try await some in changes.subscribe(from: id) {
                    var frame = ByteBuffer()
                    for change in some where !change.isHistory {
                        var line: [UInt8] = []
                        change.write(to: &line)
                        frame.writeImmutableBuffer(Self.frame("change", id: change.id, line))
                        guard frame.readableBytes >= Self.frameBytes else { continue }
                        guard send(frame, page.push) else { return }
                        frame = ByteBuffer()
                    }
                    if frame.readableBytes > 0, !send(frame, page.push) { return }
                }
                return
            } catch ChangeFeedEnd.gone, ChangeFeedEnd.restored {
                id = nil
                send(Self.frame("reset", [:]), page.push)
            } catch {
                // It was too slow, or the database went away: the page connects again, and says where it was.
                page.push.finish()
                return
            }
        }
    }

    /// Hands a frame to a page. One that has left too many unread is let go.
    ///
    /// - Returns: whether it is told more.
    @discardableResult
    private func send(_ frame: ByteBuffer, _ push: Frames.Continuation) -> Bool {
        switch push.yield(frame) {
        case .enqueued: return true
        case .terminated: return false
        case .dropped:
            push.finish()
            return false
        @unknown default: return false
        }
    }

    /// Tells all pages until the stop.
    func run(_ watch: Watch, _ database: Database, _ context: ServiceContext) async {
        var newest: Int64?
        while !Task.isCancelled, !context.isStopping {
            let pages = state.withLock { $0.pages }
            context.status.gauge("pages_open", Double(pages.count))
            if !pages.isEmpty {
                let (status, groups) = Self.split(watch.statusJSON)
                var frames = [Self.frame("status", status)]
                let isNew = state.withLock { state in
                    defer { state.groups = groups }
                    return state.groups != groups
                }
                if isNew { frames.append(Self.frame("groups", groups)) }
                let actions = await audit(after: &newest, database, context)
                for page in pages.values {
                    // What was done is for those who may do it.
                    for frame in frames + (page.role >= .admin ? actions : []) { send(frame, page.push) }
                }
            }
            do { try await Task.sleep(for: Self.interval) } catch { break }
        }
        let pages = state.withLock { state in
            state.isOver = true
            defer { state.pages = [:] }
            return state.pages
        }
        for page in pages.values { page.push.finish() }
    }

    /// The actions that were written down since the last look. While the database is away there are none.
    private func audit(after newest: inout Int64?, _ database: Database, _ context: ServiceContext) async -> [ByteBuffer] {
        do {
            let text = try await database.use(.access) { try await AuditStore($0).list(limit: Self.auditRows) }
            let entries = try JSON(reading: Array(text.utf8)).array ?? []
            defer { newest = entries.first?["id"]?.integer ?? newest ?? 0 }
            guard let before = newest else { return [] }
            return entries.reversed().filter { ($0["id"]?.integer ?? 0) > before }.map { Self.frame("audit", $0) }
        } catch {
            context.logger.debug("the pages are not told of actions: \(error)")
            return []
        }
    }

    /// The status, and the groups in it, which are most of it and seldom change.
    private static func split(_ status: JSON) -> (status: JSON, groups: JSON) {
        guard case .object(let members) = status else { return (status, .array([])) }
        return (.object(members.filter { $0.name != "groups" }), status["groups"] ?? .array([]))
    }

    private static func frame(_ event: String, _ json: JSON) -> ByteBuffer {
        var bytes: [UInt8] = []
        json.write(to: &bytes)
        return frame(event, bytes)
    }

    /// - Parameter data: one line.
    private static func frame(_ event: String, id: Int64? = nil, _ data: [UInt8]) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeString("event: \(event)\n")
        if let id { frame.writeString("id: \(id)\n") }
        frame.writeString("data: ")
        frame.writeBytes(data)
        frame.writeString("\n\n")
        return frame
    }
}
