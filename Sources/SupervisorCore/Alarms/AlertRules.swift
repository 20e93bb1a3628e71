import Primitives

/// The rules as a file for Prometheus: `ops/alerts.yaml`, which a test holds against this.
///
/// https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
public enum AlertRules {
    public static var yaml: String {
        var text = """
            # Alert rules for Prometheus: the conditions of the supervisor's own alarms (Sources/SupervisorCore/Alarms/AlarmRule.swift), printed.
            # `rule_files:` in prometheus.yml names this file; the supervisor is scraped at /metrics with a reader's token.
            groups:
              - name: aaltohub
                rules:

            """
        for rule in AlarmRule.all {
            text += """
                      - alert: \(rule.name)
                        expr: '\(rule.promQL)'
                        for: \(rule.holdsFor.components.seconds)s
                        labels:
                          severity: \(rule.severity.rawValue)
                        annotations:
                          summary: '\(template(rule.summary))'
                          runbook_url: '\(rule.runbookLink)'

                """
        }
        return text
    }

    /// `{service}` as `{{ $labels.service }}`.
    private static func template(_ summary: String) -> String {
        summary.map { $0 == "{" ? "{{ $labels." : $0 == "}" ? " }}" : "\($0)" }.joined()
    }
}
