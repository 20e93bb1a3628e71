import Primitives

/// A condition that somebody should know of: the same for the supervisor's own alarms and for Prometheus, whose rules
/// (`ops/alerts.yaml`) are printed from these.
public struct AlarmRule: Hashable, Sendable {
    public enum Severity: String, Hashable, Sendable, CaseIterable {
        /// Messages are late or will be lost: somebody has to come.
        case critical
        /// It works, and will not for long, or not wholly.
        case warning
    }

    /// The samples of a family whose labels say this; `quantile` and the like are labels too.
    public struct Selector: Hashable, Sendable {
        public struct Match: Hashable, Sendable {
            var name: String
            var value: String
            var isEqual = true
        }
        let family: String
        var matches: [Match] = []

        init(_ family: String, _ equal: KeyValuePairs<String, String> = [:], not unequal: KeyValuePairs<String, String> = [:]) {
            self.family = family
            matches = equal.map { Match(name: $0.key, value: $0.value) }
            matches += unequal.map { Match(name: $0.key, value: $0.value, isEqual: false) }
        }
    }

    /// What must be true of a sample, each on its own.
    public enum Expression: Hashable, Sendable {
        case above(Selector, Double)
        case equal(Selector, Double)
        /// The first divided by the second of the same labels.
        case shareAbove(Selector, of: Selector, Double)
        /// There is no such sample.
        case absent(Selector)
    }

    public let name: String
    public let severity: Severity
    public let expression: Expression
    /// How long it must be true without a break.
    public let holdsFor: Duration
    /// One line for a person; `{label}` is replaced by the sample's label of that name.
    public let summary: String

    init(_ name: String, _ severity: Severity, _ expression: Expression, for holdsFor: Duration, _ summary: String) {
        self.name = name
        self.severity = severity
        self.expression = expression
        self.holdsFor = holdsFor
        self.summary = summary
    }

    /// Where the remedy stands: each rule has a heading of its name there.
    public static let runbook = "ops/RUNBOOK.md"
    public var runbookLink: String { "\(AlarmRule.runbook)#\(name.lowercased())" }
}

extension AlarmRule {
    /// Every rule, the gravest first.
    public static let all: [AlarmRule] = [
        AlarmRule(
            "AaltoHubStageDown", .critical, .equal(Selector("up"), 0), for: .seconds(30),
            "{service} does not run, or does not tell that it does"),
        // Only an observer from outside can see it.
        AlarmRule(
            "AaltoHubSupervisorDown", .critical, .absent(Selector("up", ["service": "supervisor"])), for: .seconds(60),
            "the supervisor does not run, and nobody watches the others"),
        AlarmRule(
            "AaltoHubNotConnected", .critical, .equal(Selector("connected"), 0), for: .seconds(120),
            "{service} has no connection to Telegram"),
        AlarmRule(
            "AaltoHubLoginNeeded", .critical, .equal(Selector("account_active"), 0), for: .seconds(60),
            "the account {account} is not logged in"),
        AlarmRule(
            "AaltoHubCircuitOpen", .critical, .equal(Selector("circuit_open"), 1), for: .seconds(60),
            "{service} cannot commit: what comes waits in the spools"),
        AlarmRule(
            "AaltoHubDatabaseDown", .critical, .equal(Selector("database_up"), 0), for: .seconds(60),
            "the supervisor cannot read the database"),
        AlarmRule(
            "AaltoHubSpoolFilling", .critical, .shareAbove(Selector("spool_bytes"), of: Selector("spool_limit_bytes"), 0.8),
            for: .seconds(60), "the spool of {service} is nearly full; beyond it Telegram is not read"),
        AlarmRule(
            "AaltoHubSpoolOld", .warning, .above(Selector("spool_oldest_seconds"), 300), for: .seconds(60),
            "{service} holds records that nobody has committed for five minutes"),
        AlarmRule(
            "AaltoHubNotReady", .warning, .equal(Selector("service_state", not: ["state": "ready"]), 1), for: .seconds(300),
            "{service} is {state}, and has been for five minutes"),
        AlarmRule(
            "AaltoHubRestarting", .warning, .above(Selector("service_recent_restarts"), 3), for: .seconds(0),
            "{service} started again more than three times within 15 minutes"),
        AlarmRule(
            "AaltoHubCommitLag", .warning,
            .above(Selector("receive_to_commit_recent_seconds", ["way": "push", "quantile": "0.99"]), 1), for: .seconds(300),
            "one live message in a hundred takes more than a second from its receipt to its row"),
        AlarmRule(
            "AaltoHubBroadcastLag", .warning, .above(Selector("commit_to_broadcast_recent_seconds", ["quantile": "0.99"]), 5),
            for: .seconds(300), "one change in a hundred reaches the {to} more than five seconds after its commit"),
        AlarmRule(
            "AaltoHubBroadcastRefused", .warning, .equal(Selector("broadcast_refusing"), 1), for: .seconds(300),
            "the realtime endpoint refuses what it is sent, or does not answer"),
        AlarmRule("AaltoHubDeadLetters", .warning, .above(Selector("dead_letters"), 0), for: .seconds(300), "messages could not be stored"),
        AlarmRule(
            "AaltoHubGapOpen", .warning, .above(Selector("open_gap_oldest_seconds"), 7200), for: .seconds(600),
            "a gap has been open for two hours, and no crawl has filled it"),
        AlarmRule(
            "AaltoHubGroupError", .warning, .above(Selector("registered_groups", ["status": "error"]), 0), for: .seconds(600),
            "a group cannot be read: access is lost, or three crawls failed"),
        AlarmRule(
            "AaltoHubFloodWait", .warning, .above(Selector("telegram_flood_wait_left_seconds"), 300), for: .seconds(0),
            "Telegram lets {service} wait for more than five minutes before its next {method}"),
        AlarmRule(
            "AaltoHubMediaStuck", .warning, .above(Selector("media_oldest_seconds"), 86_400), for: .seconds(600),
            "a file has waited for a day to be fetched"),
        AlarmRule(
            "AaltoHubTapDead", .warning, .equal(Selector("tap_failed"), 1), for: .seconds(60),
            "{service} shows nothing of what passes through it"),
    ]
}
