import ArgumentParser
import EventLink
import Primitives
import ServiceKit
import Store
import WriterCore
import ZeroMQ

struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "What waits where: spools, the writer's queue, dead letters; by group and age.",
        discussion: """
            Asks each stage and the database; what does not answer is named, and the rest is shown all the same. A column of the tables
            counts what is younger than it says, and not in the column before.
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let folders = Folders(try common.configuration())
        let services = await askAll(folders).filter {
            $0.name == "writer" || $0.name.hasPrefix("listener@") || $0.name.hasPrefix("backfill@")
        }
        if let error = services.lazy.compactMap(\.misconfigured).first { throw error }
        var stages: [Stage] = []
        for service in services { stages.append(await Stage(service, folders)) }
        let letters: Result<[DeadLetterStore.Ages], any Error>
        do {
            letters = .success(try await common.withDatabase { try await DeadLetterStore($0).ages() })
        } catch {
            letters = .failure(error)
        }
        if common.json { return output(json(stages, letters).text) }
        output(table(["STAGE", "STATE", "WAITING", "OLDEST", "CIRCUIT", "DETAIL"], stages.map(\.cells)))
        let now = SystemClock.unix
        let waiting = stages.flatMap { stage in stage.waiting.map { ["\($0.group) (\(stage.name))"] + $0.cells(now) } }
        if !waiting.isEmpty {
            output("\nwaiting to be stored")
            output(table(Row.headings, waiting))
        }
        switch letters {
        case .success([]): output("\nno dead letters")
        case .success(let ages):
            output("\ndead letters")
            output(table(Row.headings, ages.map { [$0.group?.name ?? "-"] + Row($0).cells(now) }))
        case .failure(let error):
            notice("the dead letters are not known, since the database does not answer: \(ServiceMain.serviceError(error).message)")
        }
        for stage in stages where stage.problem != nil { notice("\(stage.name): \(stage.problem ?? "")") }
    }

    private func json(_ stages: [Stage], _ letters: Result<[DeadLetterStore.Ages], any Error>) -> JSON {
        var members: [JSON.Member] = [
            .init("stages", .array(stages.map(\.json))), .init("age_buckets", .array(AgeBucket.names.map { .string($0) })),
        ]
        switch letters {
        case .success(let ages):
            let rows = ages.map { entry -> JSON in
                .object([.init("group", entry.group?.json ?? .null)] + Row(entry).members)
            }
            members += [
                .init("database", ["reachable": true]),
                .init(
                    "dead_letters",
                    ["count": .integer(ages.reduce(0) { $0 + $1.counts.reduce(0, +) }), "groups": .array(rows)]),
            ]
        case .failure(let error):
            members += [
                .init("database", ["reachable": false, "error": .string(ServiceMain.serviceError(error).message)]),
                .init("dead_letters", .null),
            ]
        }
        return .object(members)
    }
}

/// One line of a table of ages.
private struct Row {
    static let headings = ["GROUP", "TOTAL"] + AgeBucket.names + ["OLDEST"]

    var count: Int64
    /// By `AgeBucket`.
    var ages: [Int64]
    /// Unix seconds.
    var oldestAt: Double?

    init(_ letters: DeadLetterStore.Ages) {
        count = letters.counts.reduce(0, +)
        ages = letters.counts
        oldestAt = letters.oldestAt.map { Double($0.seconds) }
    }

    /// What a stage tells; one that does not count by age has everything where its oldest belongs.
    init?(_ entry: JSON, now: UnixTime) {
        guard let count = entry["count"]?.integer else { return nil }
        self.count = count
        oldestAt = entry["oldest_at"]?.double
        let told = entry["ages"]?.array?.compactMap(\.integer) ?? []
        if told.count == AgeBucket.names.count {
            ages = told
        } else {
            ages = [Int64](repeating: 0, count: AgeBucket.names.count)
            ages[AgeBucket.index(seconds: now.seconds - Int64(oldestAt ?? Double(now.seconds)))] = count
        }
    }

    func cells(_ now: UnixTime) -> [String] {
        ["\(count)"] + ages.map { $0 == 0 ? "-" : "\($0)" } + [oldestAt.map { age(max(0, now.seconds - Int64($0))) } ?? "-"]
    }

    var members: [JSON.Member] {
        [
            .init("count", .integer(count)), .init("ages", .array(ages.map { .integer($0) })),
            .init("oldest_at", oldestAt.map { .double($0) } ?? .null),
        ]
    }
}

/// What one stage tells of what waits in it.
private struct Stage {
    struct Group {
        var group: String
        var row: Row
        func cells(_ now: UnixTime) -> [String] { row.cells(now) }
    }

    let name: String
    private let status: JSON?
    /// nil: it does not count by group, or does not run.
    private var answer: JSON?
    /// Why something of it is not known.
    private(set) var problem: String?
    private(set) var waiting: [Group] = []

    init(_ service: Answer, _ folders: Folders) async {
        name = service.name
        status = service.status
        guard status != nil else {
            problem = service.problem
            return
        }
        do {
            let answer = try await ControlClient(context: Context()).ask(folders.control(service.name), "queue", actor: operatorName())
            let now = SystemClock.unix
            waiting = (answer["waiting"]?.array ?? []).compactMap { entry in
                guard let group = entry["group"]?.string, let row = Row(entry, now: now) else { return nil }
                return Group(group: group, row: row)
            }
            self.answer = answer
        } catch let failure as ControlFailure where failure.reason.hasPrefix("unknown command") {
            // A stage that keeps nothing, or one of an older build.
        } catch {
            problem = "what waits in it is not known: \(error)"
        }
    }

    private func gauge(_ name: String) -> Double? { status?["gauges"]?[name]?.double }
    private func fact(_ name: String) -> JSON { status?["facts"]?[name] ?? .null }

    /// Records taken in and not committed.
    private var records: Double? { gauge("unacknowledged_records") ?? gauge("queue_records") }

    /// Seconds.
    private var oldest: Int64? {
        if let seconds = gauge("spool_oldest_seconds"), seconds > 0 { return Int64(seconds) }
        let now = SystemClock.unix.seconds
        return waiting.compactMap(\.row.oldestAt).min().map { max(0, now - Int64($0)) }
    }

    private var spool: String? {
        guard let bytes = gauge("spool_bytes") else { return nil }
        let limit = gauge("spool_limit_bytes").map { " of \(size(Int64($0)))" } ?? ""
        return "spool \(size(Int64(bytes)))\(limit), \(Int(gauge("spool_segments") ?? 0)) segments"
    }

    /// The cells of the table of stages.
    var cells: [String] {
        guard let status else { return [name, "down", "-", "-", "-", problem ?? "-"] }
        let details = [spool, status["detail"]?.string].compactMap { $0 }.filter { !$0.isEmpty }
        return [
            name, status["state"]?.string ?? "?", records.map { grouped(Int64($0)) } ?? "-", oldest.map { age($0) } ?? "-",
            fact("circuit").string ?? "-", details.joined(separator: "; "),
        ]
    }

    var json: JSON {
        guard let status else { return ["stage": .string(name), "state": "down", "problem": .string(problem ?? "")] }
        let gauges = [
            "unacknowledged_records", "queue_records", "queue_bytes", "credit", "spool_bytes", "spool_limit_bytes", "spool_segments",
            "spool_oldest_seconds",
        ]
        var members: [JSON.Member] = [
            .init("stage", .string(name)), .init("state", status["state"] ?? .null), .init("detail", status["detail"] ?? .null),
            .init("problem", problem.map { .string($0) } ?? .null), .init("circuit", fact("circuit")), .init("hold", fact("hold")),
        ]
        members += gauges.compactMap { name in gauge(name).map { .init(name, .integer(Int64($0))) } }
        members.append(
            .init("waiting", .array(waiting.map { .object([.init("group", .string($0.group))] + $0.row.members) })))
        return .object(members)
    }
}
