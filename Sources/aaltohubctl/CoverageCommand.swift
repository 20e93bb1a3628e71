import ArgumentParser
import BackfillCore
import PostgreSQL
import Primitives
import ServiceKit
import Store
import WriterCore

struct CoverageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coverage", abstract: "Is anything missing? What is known to be complete, of one group or of all.",
        discussion: """
            Complete means: every message since backfill.days ago that existed when it was looked for is stored, what came since has come
            live, no gap is open and no dead letter waits. Ends with 0 when all is complete, with 1 when something is missing. Disabled
            groups count only where they are asked for by name.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The group (see `aaltohubctl groups --help`); default: all.")
    var group: String?

    func run() async throws {
        let days = try common.configuration().backfill.days
        let reference = try group.map { text throws(StoreError) in try GroupReference(text) }
        let now = SystemClock.unix
        let reports = try await common.withDatabase { database in
            let groups = GroupStore(database)
            let wanted = if let reference { [try await groups.find(reference)] } else { try await groups.list() }
            let past = try await Past(database)
            let since = UnixTime(seconds: now.seconds - Int64(days) * 86_400)
            return wanted.filter { $0.migratedTo == nil || reference != nil }.map { GroupCoverage($0, past, since: since, now: now) }
        }
        let isComplete = reports.allSatisfy { $0.isComplete || ($0.verdict == .disabled && reference == nil) }
        if common.json {
            output(
                JSON.object([
                    .init("complete", .bool(isComplete)), .init("groups", .array(reports.map(\.json))),
                ]).text)
        } else if reference != nil, let report = reports.first {
            show(report, now)
        } else {
            output(
                table(
                    ["GROUP", "COMPLETE SINCE", "IDS", "LIVE", "GAPS", "VERDICT"],
                    reports.map { report in
                        let newest = report.ranges.last
                        return [
                            report.title, newest?.since.map { minute(UnixTime(seconds: $0)) } ?? "-",
                            newest.map { "\($0.low)–\($0.high)" } ?? "-", newest?.isLive == true ? "yes" : "-",
                            report.gaps.isEmpty ? "-" : "\(report.gaps.count)", report.text,
                        ]
                    }))
        }
        if !isComplete { throw ExitCode(1) }
    }

    private func show(_ report: GroupCoverage, _ now: UnixTime) {
        output("\(report.group.chat) \(report.group.title ?? "")")
        output("verdict: \(report.text)")
        for range in report.ranges {
            output(
                "  ids \(range.low)–\(range.high)\(range.since.map { ", all since \(minute(UnixTime(seconds: $0)))" } ?? "")"
                    + (range.isLive ? ", and what comes after" : "") + ", seen \(ago(UnixTime(seconds: range.observedAt), now))")
        }
        for gap in report.gaps {
            output("  gap \(gap.gap.id) of \(gap.gap.account): \(gap.gap.reason), found \(ago(gap.gap.foundAt, now)), \(gap.filling)")
        }
        for job in report.jobs {
            output("  crawl \(job.id) (\(job.kind.rawValue), \(job.state.rawValue)): \(CrawlProgress.line(job, nil, now))")
        }
        if report.deadLetters > 0 { output("  \(report.deadLetters) messages could not be stored (dead letters)") }
    }
}

/// What the database knows of the past of all groups.
struct Past: Sendable {
    let coverage: [PostgresUUID: [CoverageRange]]
    let gaps: [OpenGap]
    let jobs: [CrawlJob]
    let deadLetters: [PostgresUUID: Int64]
    /// Whose copies of a basic group are stored where none was named.
    let firstAccount: String?

    init(_ database: Connection) async throws {
        let store = BackfillStore(database)
        coverage = try await store.coverage()
        gaps = try await store.openGaps()
        jobs = try await store.openJobs()
        deadLetters = try await store.deadLetters()
        firstAccount = try await AccountStore.list(database).map(\.name).min()
    }

    /// An open gap as one group sees it.
    struct GroupGap: Sendable {
        var gap: OpenGap
        /// The crawl of the group that fills it.
        var job: CrawlJob?

        var filling: String {
            job.map { "crawl \($0.id) \($0.state == .running ? "is filling it" : "will fill it")" } ?? "no crawl has taken it on yet"
        }

        var json: JSON {
            [
                "gap": .integer(gap.id), "account": .string(gap.account), "reason": .string(gap.reason),
                "found_at": .integer(gap.foundAt.seconds), "job": job.map { .integer($0.id) } ?? .null,
                "job_state": job.map { .string($0.state.rawValue) } ?? .null,
            ]
        }
    }

    /// The open gaps that concern a group: its channel's, or its account's common box.
    func gaps(of group: RegisteredGroup) -> [GroupGap] {
        gaps.filter { gap in
            switch (group.chat, gap.box) {
            case (.channel(let id), .channel(let other)): id == other
            case (.basicGroup, .common): gap.account == group.primaryAccount ?? firstAccount ?? gap.account
            default: false
            }
        }.map { gap in GroupGap(gap: gap, job: jobs.first { $0.group == group.id && $0.gaps.contains(gap.id) }) }
    }
}

/// The answer for one group.
struct GroupCoverage: Sendable {
    enum Verdict: String, Sendable {
        case complete, disabled
        /// Nothing of the wanted time is covered.
        case notCrawled = "not_crawled"
        /// It is not known from which id on.
        case tooShort = "too_short"
        case gaps
        /// Ids in between are not covered.
        case holes
        /// All is covered, but nobody follows what comes.
        case notLive = "not_live"
        case deadLetters = "dead_letters"
    }

    let group: RegisteredGroup
    let ranges: [CoverageRange]
    let gaps: [Past.GroupGap]
    let jobs: [CrawlJob]
    let deadLetters: Int64
    let since: UnixTime
    let verdict: Verdict
    let text: String

    var title: String { group.title ?? group.chat.description }
    var isComplete: Bool { verdict == .complete }

    init(_ group: RegisteredGroup, _ past: Past, since: UnixTime, now: UnixTime) {
        self.group = group
        self.since = since
        ranges = (past.coverage[group.id] ?? []).sorted { $0.low < $1.low }
        gaps = past.gaps(of: group)
        jobs = past.jobs.filter { $0.group == group.id }
        deadLetters = past.deadLetters[group.id] ?? 0
        let covered = Coverage(ranges.map { CoveredRange(low: $0.low, high: $0.high, since: $0.since, isLive: $0.isLive) })
        (verdict, text) = GroupCoverage.judge(group, covered, ranges, gaps, jobs, deadLetters, since, now)
    }

    private static func judge(
        _ group: RegisteredGroup, _ covered: Coverage, _ ranges: [CoverageRange], _ gaps: [Past.GroupGap], _ jobs: [CrawlJob],
        _ deadLetters: Int64, _ since: UnixTime, _ now: UnixTime
    ) -> (Verdict, String) {
        let wanted = "since \(minute(since))"
        let under = jobs.first { $0.state == .running } ?? jobs.first
        let help = under.map { ": \(CrawlProgress.line($0, nil, now))" } ?? ": no crawl is under way (`aaltohubctl crawl \(group.chat)`)"
        if !group.isEnabled { return (.disabled, "disabled: it is not captured") }
        if !gaps.isEmpty {
            let filled = gaps.count { $0.job != nil }
            return (
                .gaps,
                "incomplete: \(gaps.count == 1 ? "1 gap is" : "\(gaps.count) gaps are") open, \(filled) of them in the hands of a crawl"
            )
        }
        if ranges.isEmpty { return (.notCrawled, "incomplete: not crawled yet\(help)") }
        guard let start = covered.start(since: since.seconds) else {
            let from = ranges.compactMap(\.since).min().map { " (only since \(minute(UnixTime(seconds: $0))))" } ?? ""
            return (.tooShort, "incomplete: the beginning of the time \(wanted) is not covered\(from)\(help)")
        }
        if let missing = covered.firstMissing(from: start) {
            if missing > covered.top {
                let newest = ranges.last { $0.high == covered.top } ?? ranges[ranges.count - 1]
                if under != nil { return (.holes, "incomplete: complete up to id \(covered.top)\(help)") }
                return (
                    .notLive,
                    "complete up to id \(covered.top), seen \(ago(UnixTime(seconds: newest.observedAt), now)), but nobody follows what comes since"
                )
            }
            let next = ranges.map(\.low).filter { $0 > missing }.min() ?? missing
            return (.holes, "incomplete: ids \(missing)–\(max(missing, next - 1)) are not covered\(help)")
        }
        if deadLetters > 0 {
            return (.deadLetters, "incomplete: \(deadLetters == 1 ? "1 message" : "\(deadLetters) messages") could not be stored")
        }
        return (.complete, "complete \(wanted), and what comes is followed")
    }

    var json: JSON {
        guard case .object(let members) = group.json else { return .null }
        return .object(
            members + [
                .init("complete", .bool(isComplete)), .init("verdict", .string(verdict.rawValue)), .init("text", .string(text)),
                .init("since", .integer(since.seconds)),
                .init(
                    "ranges",
                    .array(
                        ranges.map { range in
                            [
                                "low": .integer(range.low), "high": .integer(range.high),
                                "since": range.since.map { .integer($0) } ?? .null, "live": .bool(range.isLive),
                                "observed_at": .integer(range.observedAt),
                            ]
                        })),
                .init("gaps", .array(gaps.map(\.json))), .init("crawls", .array(jobs.map(\.json))),
                .init("dead_letters", .integer(deadLetters)),
            ])
    }
}
