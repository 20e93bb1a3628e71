import Primitives

extension AlarmBoard {
    /// What the alarm command reads on its standard input: `{"version":1,"alarms":[…]}`. No text of a message and no person's name is in it.
    public static func document(_ notices: [Notice], at time: UnixTime) -> JSON {
        ["version": 1, "at": .integer(time.seconds), "alarms": .array(notices.map(\.json))]
    }

    /// The alarms that fire now, for `GET /admin/alarms` and the status.
    public var json: JSON {
        .array(
            firing.map { alarm in
                let hit = AlarmRule.Hit(labels: alarm.labels, value: alarm.value)
                return [
                    "name": .string(alarm.rule.name), "severity": .string(alarm.rule.severity.rawValue),
                    "summary": .string(alarm.rule.summary(of: hit)), "labels": AlarmBoard.labels(alarm.labels),
                    "value": .double(alarm.value), "since": .integer(alarm.since.seconds), "runbook": .string(alarm.rule.runbookLink),
                ]
            })
    }

    static func labels(_ text: String) -> JSON {
        .object(MetricPage.pairs(text).map { JSON.Member($0.name, .string($0.value)) })
    }
}

extension AlarmBoard.Notice {
    public var json: JSON {
        [
            "name": .string(rule.name), "status": .string(status.rawValue), "severity": .string(rule.severity.rawValue),
            "summary": .string(summary), "labels": AlarmBoard.labels(labels), "value": .double(value), "since": .integer(since.seconds),
            "reminder": .bool(isReminder), "suppressed": .integer(Int64(suppressed)), "runbook": .string(rule.runbookLink),
        ]
    }
}
