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
    @Option(help: ArgumentHelp("Only the event with this trace number.", valueName: "event"))
    var trace: String?
    @Flag(help: "Show message texts too.")
    var showText = false

    func validate() throws {
        for text in group where TapFilter.chatID(text) == nil {
            throw ValidationError("--group \(text): events carry ids; `aaltohubctl groups list` shows the id of each group")
        }
    }

    func run() async throws {
        let folders = Folders(try common.configuration())
        guard Folders.exists(folders.taps) else {
            throw ServiceError.unavailable("\(folders.taps) does not exist or may not be read: start a service, or run this as root")
        }
        let viewer = Viewer(filter: TapFilter(self), json: common.json, showText: showText)
        let zeroMQ = Context()
        try await withThrowingTaskGroup { tasks in
            var known: Set<String> = []
            while true {
                let services = service.isEmpty ? Folders.services(in: folders.taps) : service
                for name in services where known.insert(name).inserted {
                    let prefixes = showText ? ["\(name).", "full.\(name)."] : ["\(name)."]
                    let subscriber = try TapSubscriber(paths: [folders.tap(name)], prefixes: prefixes, context: zeroMQ)
                    tasks.addTask {
                        while let samples = await subscriber.inbox.next() { await viewer.show(samples) }
                        await subscriber.close()
                    }
                }
                if !isRead(STDOUT_FILENO) { return tasks.cancelAll() }
                if known.isEmpty { await viewer.say("no service has a tap yet; waiting") }
                try await Task.sleep(for: .seconds(1))
            }
        }
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
    let trace: String?

    init(_ command: TapCommand) {
        kinds = command.kind
        groups = command.group.compactMap(TapFilter.chatID)
        trace = command.trace
    }

    /// The bare id that topics hold, of any way to write one; nil for a name.
    static func chatID(_ text: String) -> String? {
        switch try? GroupReference(text) {
        case .chat(let chat)?: "\(chat.id)"
        case .number(let id)?: "\(id)"
        case .username?, .text?, nil: nil
        }
    }

    func admits(_ topic: Topic, _ payload: JSON) -> Bool {
        // Heartbeats are asked for by kind: every two seconds from every service, they would bury the rest.
        if topic.stage == "heartbeat", !kinds.contains(topic.kind) { return false }
        if !kinds.isEmpty, !kinds.contains(topic.kind) { return false }
        if !groups.isEmpty, !groups.contains(topic.group) { return false }
        if let trace, payload["trace"]?.string != trace, payload["trace"]?.integer.map({ String($0) }) != trace { return false }
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
    private var lastNotice = ""

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
            guard filter.admits(topic, payload) else { continue }
            output(json ? line(sample.topic, payload) : text(topic, payload))
        }
        if missed > 0 { notice("missed \(missed) events: this viewer is too slow") }
    }

    func say(_ text: String) {
        if text != lastNotice { notice(text) }
        lastNotice = text
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
