import Glibc
import Primitives
import ServiceKit
import Store

/// Shows how a crawl goes on, until it ends.
struct CrawlProgress {
    /// How often the table is looked at.
    private static let interval = Duration.seconds(1)
    /// Over so long the rate is taken: pages come in bursts.
    private static let memory = Duration.seconds(20)
    /// Without a terminal a line is written this often.
    private static let quiet = Duration.seconds(10)

    private let id: Int64
    private let store: BackfillStore
    private let isJSON: Bool

    init(_ id: Int64, _ store: BackfillStore, isJSON: Bool) {
        self.id = id
        self.store = store
        self.isJSON = isJSON
    }

    /// The crawl as it was at its end. With JSON each change is a line on stdout; else a line on stderr, in place on a terminal.
    func follow() async throws -> CrawlJob {
        let isTerminal = isatty(STDERR_FILENO) == 1
        if isTerminal, !isJSON { notice("Ctrl-C ends the watching, not the crawl") }
        var meter = RateMeter(memory: Self.memory)
        var last: CrawlJob?
        var written = Instant?.none
        while true {
            guard let job = try await store.job(id) else { throw StoreError.notFound("crawl \(id)") }
            let now = SystemClock.now
            meter.note(job.messages, at: now)
            if isJSON {
                if job != last { output(job.json.text) }
            } else if isTerminal {
                await Terminal.show([CrawlProgress.line(job, meter.perSecond, SystemClock.unix)])
            } else if job != last, !job.isOpen || written.map({ now - $0 >= Self.quiet }) ?? true {
                notice(CrawlProgress.line(job, meter.perSecond, SystemClock.unix))
                written = now
            }
            guard job.isOpen else { return job }
            last = job
            try await Task.sleep(for: Self.interval)
        }
    }

    /// `crawl 3: 4,500 of about 12,000 messages (38 %), 133/s, 56 s left`.
    static func line(_ job: CrawlJob, _ rate: Double?, _ now: UnixTime) -> String {
        var text = "crawl \(job.id): "
        if job.state == .queued && job.pages == 0 {
            text += "waits for its turn"
        } else {
            text +=
                job.total > 0 && job.isOpen
                ? "\(grouped(job.messages)) of about \(grouped(max(job.total, job.messages))) messages"
                    + " (\(min(100, job.messages * 100 / max(1, job.total))) %)"
                : "\(grouped(job.messages)) messages"
        }
        if let wait = job.notBefore, wait > now, job.isOpen { return text + ", goes on in \(age(wait.seconds - now.seconds))" }
        guard job.isOpen else { return text + ", \(job.state.rawValue)" }
        if let rate, rate > 0 {
            text += ", \(grouped(Int64(rate.rounded())))/s"
            if job.total > job.messages { text += ", \(age(Int64((Double(job.total - job.messages) / rate).rounded(.up)))) left" }
        }
        return text
    }
}

/// How fast a count grows, over the last seconds.
struct RateMeter {
    private let memory: Duration
    private var seen: [(at: Instant, count: Int64)] = []

    init(memory: Duration) { self.memory = memory }

    mutating func note(_ count: Int64, at now: Instant) {
        seen.append((now, count))
        // One that is older stays, so that the whole time is covered.
        while seen.count > 2, now - seen[1].at >= memory { seen.removeFirst() }
    }

    /// Nil before there is anything to compare.
    var perSecond: Double? {
        guard let first = seen.first, let last = seen.last, last.at > first.at else { return nil }
        return Double(last.count - first.count) / (last.at - first.at).inSeconds
    }
}
