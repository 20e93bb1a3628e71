import ArgumentParser
import EventLink
import Glibc
import Primitives
import ServiceKit
import Store
import ZeroMQ

struct TapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tap", abstract: "Shows what passes through the services, as it passes.",
        discussion: """
            A line per event, without message text unless --show-text asks for it. Watching slows nothing: a viewer that is too \
            slow misses events and is told how many. Ctrl-C, or the end of a pipe, ends it.

            --trace follows one event through the stages, with the time of each step, and ends when it is acknowledged. --record \
            keeps the records themselves in a file, texts and all, and --replay hands them to the writer of a test database: one \
            in which nobody is logged in. Ctrl-C ends a recording; then, as after a replay, one line of JSON says what was done.
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: ArgumentHelp("Only this service, such as writer or listener@main. May be repeated.", valueName: "name"))
    var service: [String] = []
    @Option(help: ArgumentHelp("Only events of this kind, such as message, edit, delete or status. May be repeated.", valueName: "kind"))
    var kind: [String] = []
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Only events of this chat: 1234, -1001234, channel:1234 or group:1234. May be repeated.", valueName: "id"))
    var group: [String] = []
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Follow one event: its trace number, or GROUP/MESSAGE_ID, also of one to come.", valueName: "event"))
    var trace: String?
    @Flag(help: "Show message texts too.")
    var showText = false
    @Option(help: ArgumentHelp("Write the records that pass into this new file; needs --show-text.", valueName: "file"))
    var record: String?
    @Option(help: ArgumentHelp("Hand the records of this file to the writer of a test database.", valueName: "file"))
    var replay: String?
    @Option(help: ArgumentHelp("With --replay: the writer's link socket (default: the configuration's).", valueName: "socket"))
    var into: String?
    @Option(help: ArgumentHelp("With --replay: the account that they shall come from.", valueName: "name"))
    var account = "replay"
    @Flag(help: "With --replay: with their positions in Telegram's boxes, as of that account.")
    var withPositions = false

    func validate() throws {
        for text in group where TapFilter.chatID(text) == nil {
            throw ValidationError("--group \(text): events carry ids; `aaltohubctl groups list` shows the id of each group")
        }
        if let trace, TracedEvent(trace) == nil {
            throw ValidationError("--trace \(trace): wanted the 16 digits of a trace, or GROUP/MESSAGE_ID with the group's id")
        }
        guard [trace, record, replay].count(where: { $0 != nil }) <= 1 else {
            throw ValidationError("--trace, --record and --replay are three things: choose one")
        }
        if record != nil, !showText {
            throw ValidationError("--record keeps message texts in the file: say --show-text as well")
        }
        if trace != nil || record != nil || replay != nil, !kind.isEmpty || !group.isEmpty {
            throw ValidationError("--kind and --group choose what is shown, not what is followed, recorded or replayed")
        }
        if replay == nil, into != nil || withPositions { throw ValidationError("--into and --with-positions belong to --replay") }
        if !ServiceName.isAccountName(account) { throw ValidationError("--account \(account) is no name of an account") }
    }

    func run() async throws {
        let folders = Folders(try common.configuration())
        if let replay { return try await self.replay(replay, folders) }
        guard Folders.exists(folders.taps) else {
            throw ServiceError.unavailable("\(folders.taps) does not exist or may not be read: start a service, or run this as root")
        }
        if let record { return try await self.record(into: record, folders) }
        if let event = trace.flatMap(TracedEvent.init) { return try await follow(event, folders) }
        let viewer = Viewer(filter: TapFilter(self), json: common.json, showText: showText)
        let showText = showText
        let prefixes: Prefixes = { showText ? ["\($0).", "full.\($0)."] : ["\($0)."] }
        try await watch(service, folders, prefixes) { samples, _ in await viewer.show(samples) }
    }

    private func follow(_ event: TracedEvent, _ folders: Folders) async throws {
        let viewer = TraceViewer(event: event, json: common.json)
        let greeter = Greeter()
        try await watch(
            service, folders, { ["\($0)."] },
            { samples, service in
                await greeter.heard(service)
                await viewer.show(samples)
            }, until: { await viewer.untilFollowed() })
    }

    private func record(into file: String, _ folders: Folders) async throws {
        let viewer = try RecordingViewer(path: file)
        try await watch(
            service, folders, RecordingViewer.prefixes, { samples, service in await viewer.take(samples, of: service) },
            until: { await untilInterrupted() })
        try await viewer.finish()
    }

    private func replay(_ file: String, _ folders: Folders) async throws {
        let database = try await common.withDatabase { try await TestDatabase($0) }
        guard database.accounts.isEmpty else {
            throw ServiceError.configuration(
                "the database of this configuration is no test database: it has logins of \(database.accounts.joined(separator: ", ")); "
                    + "replay into one that `aaltohubctl migrate` and `groups add` made, and nothing else")
        }
        try await Replay(
            file: file, socket: into ?? folders.link, account: account, withPositions: withPositions, database: database.identity
        ).run()
    }
}

private typealias Prefixes = @Sendable (String) -> [String]
private typealias Show = @Sendable ([TapSample], String) async -> Void

/// Hands samples of the wanted services to `show`, of those that start later, too. Ends when nobody reads the output any more.
///
/// - Parameters:
///   - wanted: names; empty: all.
///   - prefixes: of the topics of a service.
private func watch(_ wanted: [String], _ folders: Folders, _ prefixes: Prefixes, _ show: @escaping Show) async throws {
    let zeroMQ = Context()
    try await withThrowingTaskGroup { tasks in
        var known: Set<String> = []
        var isTold = false
        while true {
            let services = wanted.isEmpty ? Folders.services(in: folders.taps) : wanted
            for name in services where known.insert(name).inserted {
                let subscriber = try TapSubscriber(paths: [folders.tap(name)], prefixes: prefixes(name), context: zeroMQ)
                tasks.addTask {
                    while let samples = await subscriber.inbox.next() { await show(samples, name) }
                    await subscriber.close()
                }
            }
            if !isRead(STDOUT_FILENO) { return tasks.cancelAll() }
            if known.isEmpty, !isTold { notice("no service has a tap yet; waiting") }
            isTold = known.isEmpty
            do { try await Task.sleep(for: .seconds(1)) } catch { return tasks.cancelAll() }
        }
    }
}

/// The same until `end` returns, too.
private func watch(
    _ wanted: [String], _ folders: Folders, _ prefixes: @escaping Prefixes, _ show: @escaping Show,
    until end: @escaping @Sendable () async -> Void
) async throws {
    try await withThrowingTaskGroup { group in
        group.addTask { try await watch(wanted, folders, prefixes, show) }
        group.addTask { await end() }
        try await group.next()
        group.cancelAll()
    }
}

/// Says once of each service that it is watched: from then on nothing of it is missed.
private actor Greeter {
    private var known: Set<String> = []

    func heard(_ service: String) {
        if known.insert(service).inserted { notice("watching \(service)") }
    }
}

/// Whether a pipe still has its reader: `tap | head` ends although nothing comes that could not be written.
private func isRead(_ descriptor: Int32) -> Bool {
    var pipe = pollfd(fd: descriptor, events: 0, revents: 0)
    return poll(&pipe, 1, 0) == 0 || pipe.revents & Int16(POLLERR) == 0
}

/// Which samples are wanted.
struct TapFilter: Sendable {
    let kinds: [String]
    let groups: [String]

    init(_ command: TapCommand) {
        kinds = command.kind
        groups = command.group.compactMap(TapFilter.chatID)
    }

    /// The bare id that topics hold, of any way to write one; nil for a name.
    static func chatID(_ text: String) -> String? {
        switch try? GroupReference(text) {
        case .chat(let chat)?: "\(chat.id)"
        case .number(let id)?: "\(id)"
        case .username?, .text?, nil: nil
        }
    }

    func admits(_ topic: Topic) -> Bool {
        // Heartbeats are asked for by kind: every two seconds from every service, they would bury the rest.
        if topic.stage == "heartbeat", !kinds.contains(topic.kind) { return false }
        if !kinds.isEmpty, !kinds.contains(topic.kind) { return false }
        if !groups.isEmpty, !groups.contains(topic.group) { return false }
        return true
    }
}

/// `service.stage.kind.group`, behind `full.` where text may follow.
struct Topic: Sendable {
    let service: String
    let stage: String
    let kind: String
    let group: String

    init?(_ text: String) {
        let parts = (text.hasPrefix("full.") ? text.dropFirst(5) : text[...]).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        (service, stage, kind, group) = (String(parts[0]), String(parts[1]), String(parts[2]), String(parts[3]))
    }
}

/// Prints samples, one at a time, and tells what was missed.
private actor Viewer {
    let filter: TapFilter
    let json: Bool
    let showText: Bool
    private var losses = TapLosses()

    init(filter: TapFilter, json: Bool, showText: Bool) {
        self.filter = filter
        self.json = json
        self.showText = showText
    }

    func show(_ samples: [TapSample]) {
        var missed: Int64 = 0
        for sample in samples {
            guard let topic = Topic(sample.topic), let payload = sample.json else { continue }
            if let sequence = payload["seq"]?.integer { missed += losses.missed(topic: sample.topic, sequence: sequence) }
            // With text, the plain sample of an event says nothing that its full one does not.
            if showText, payload["full"]?.bool == true { continue }
            guard filter.admits(topic) else { continue }
            output(json ? line(sample.topic, payload) : text(topic, payload))
        }
        if missed > 0 { notice("missed \(missed) events: this viewer is too slow") }
    }

    private func line(_ topic: String, _ payload: JSON) -> String {
        guard case .object(let members) = payload else { return payload.text }
        return JSON.object([.init("topic", .string(topic))] + members).text
    }

    private func text(_ topic: Topic, _ payload: JSON) -> String {
        var fields = ""
        if case .object(let members) = payload {
            for member in members where member.name != "seq" {
                let value = member.value.string ?? member.value.text
                let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 32 && $0 != 34 }
                fields += " \(member.name)=\(isPlain ? value : member.value.text)"
            }
        }
        let clock = rfc3339(SystemClock.unix).dropFirst(11).prefix(12)
        return "\(clock) \(topic.service) \(topic.stage) \(topic.kind) \(topic.group)\(fields)"
    }
}
