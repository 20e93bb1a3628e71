import EventLink
import Primitives
import ServiceKit

/// Which event to follow: a trace number, or a message by its group and id.
enum TracedEvent: Sendable {
    /// 16 hexadecimal digits.
    case trace(String)
    /// The chat's bare id.
    case message(group: String, id: Int64)

    /// nil: neither of both.
    init?(_ text: String) {
        if let slash = text.lastIndex(of: "/") {
            guard let id = Int64(text[text.index(after: slash)...]), id > 0, let group = TapFilter.chatID(String(text[..<slash])) else {
                return nil
            }
            self = .message(group: group, id: id)
        } else {
            let digits = text.lowercased()
            guard digits.utf8.count == 16, bytes(hex: digits) != nil else { return nil }
            self = .trace(digits)
        }
    }
}

/// Follows one event through the stages and prints each step as it comes, in the order of the pipeline.
///
/// The stages tell of an event twice by its trace (received or fetched, committed) and thrice by its place in a stream (spooled, sent,
/// acknowledged). A step that was missed, because the event passed it before somebody looked, is left out.
actor TraceViewer {
    private struct Step {
        let name: String
        let at: UnixTime
        let service: String
    }

    /// How long a step waits for the sample of the one before it, which may come over another socket.
    private static let patience = Duration.seconds(2)

    private let event: TracedEvent
    private let json: Bool
    private var trace: String?
    /// Where the record stands, once the producer's sample was seen.
    private var place: (service: String, stream: String, number: Int64)?
    private var before: Step?
    private var told: Set<String> = []
    /// Came before the step that they follow.
    private var early: [Step] = []
    private var isOver = false
    private var finisher: CheckedContinuation<Void, Never>?

    init(event: TracedEvent, json: Bool) {
        self.event = event
        self.json = json
    }

    /// Returns when the event is acknowledged, or the task is cancelled.
    func untilFollowed() async {
        await withTaskCancellationHandler {
            if !isOver { await withCheckedContinuation { finisher = $0 } }
        } onCancel: {
            Task { await end() }
        }
    }

    private func end() {
        isOver = true
        finisher?.resume()
        finisher = nil
    }

    func show(_ samples: [TapSample]) {
        for sample in samples {
            guard let topic = Topic(sample.topic), let payload = sample.json else { continue }
            switch topic.stage {
            case "received", "fetched", "commit": content(topic, payload)
            case "spooled", "sent", "acknowledged": progress(topic, payload)
            default: break
            }
        }
    }

    private func content(_ topic: Topic, _ payload: JSON) {
        guard let found = payload["trace"]?.string, admits(topic, payload, found) else { return }
        if trace == nil { begin(found, topic, payload) }
        if topic.stage == "commit" {
            guard let at = payload["committed_at"]?.integer else { return }
            arrived(Step(name: "committed", at: UnixTime(nanoseconds: at), service: topic.service))
        } else if place == nil, let stream = payload["stream"]?.string, let number = payload["n"]?.integer {
            place = (topic.service, stream, number)
        }
    }

    private func admits(_ topic: Topic, _ payload: JSON, _ found: String) -> Bool {
        if let trace { return found == trace }
        switch event {
        case .trace(let trace): return found == trace
        case .message(let group, let id):
            guard topic.group == group else { return false }
            return payload["message_id"]?.integer == id || payload["message_ids"]?.array?.contains(.integer(id)) == true
        }
    }

    /// What the first sample tells of the steps before it.
    private func begin(_ found: String, _ topic: Topic, _ payload: JSON) {
        trace = found
        let way = payload["way"]?.string ?? (topic.stage == "fetched" ? "history" : "?")
        notice("event \(found): \(topic.kind) of chat \(topic.group), by \(way)")
        // A page tells when its messages were written, not when Telegram sent them here.
        if way == "push" || way == "difference", let date = payload["date"]?.integer {
            tell(Step(name: "telegram", at: UnixTime(seconds: max(date, payload["edit_date"]?.integer ?? 0)), service: "telegram"))
        }
        if let at = payload["received_at"]?.integer {
            tell(Step(name: "received", at: UnixTime(nanoseconds: at), service: topic.stage == "commit" ? "-" : topic.service))
        }
    }

    private func progress(_ topic: Topic, _ payload: JSON) {
        guard let place, place.service == topic.service, payload["stream"]?.string == place.stream, let at = payload["at"]?.integer,
            let last = payload["last"]?.integer, last >= place.number, (payload["first"]?.integer ?? 0) <= place.number
        else { return }
        arrived(Step(name: topic.stage, at: UnixTime(nanoseconds: at), service: topic.service))
    }

    /// What must be told before it; the two that do not wait for each other need only the first.
    private static let follows = ["committed": "sent", "acknowledged": "committed"]

    private func arrived(_ step: Step) {
        guard let needed = Self.follows[step.name], !told.contains(needed) else {
            tell(step)
            return tellEarly()
        }
        guard !early.contains(where: { $0.name == step.name }) else { return }
        early.append(step)
        Task {
            do { try await Task.sleep(for: Self.patience) } catch { return }
            self.tellEarly(all: true)
        }
    }

    private func tellEarly(all: Bool = false) {
        early.sort { $0.at < $1.at }
        while let next = early.firstIndex(where: { all || Self.follows[$0.name].map(told.contains) ?? true }) {
            tell(early.remove(at: next))
        }
    }

    private func tell(_ step: Step) {
        // Sent again after a reconnect: the first time counts.
        guard told.insert(step.name).inserted else { return }
        let since = before.map { (step.at - $0.at).inSeconds }
        before = step
        if json {
            output(
                JSON.object([
                    .init("trace", trace.map(JSON.string) ?? .null), .init("step", .string(step.name)),
                    .init("service", .string(step.service)), .init("at", .integer(step.at.nanoseconds)),
                    .init("seconds_since_step_before", since.map(JSON.double) ?? .null),
                ]).text)
        } else {
            let difference = since.map { "\($0 < 0 ? "-" : "+")\(shown(seconds: abs($0)))" } ?? ""
            let rounding = step.name == "telegram" ? "  (whole seconds: up to 1 s earlier than it was)" : ""
            output("\(rfc3339(step.at))  \(padded(step.name, 12)) \(padded(difference, 10)) \(step.service)\(rounding)")
        }
        if step.name == "acknowledged" { end() }
    }

    private func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
}
