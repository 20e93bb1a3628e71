import Foundation
import Primitives
import Testing

@testable import SupervisorCore

/// The files of the repository that name metrics and alarms, held against what there is.
@Suite struct CatalogueTests {
    private static let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: CatalogueTests.root.appending(path: path), encoding: .utf8)
    }

    /// Whether a family of this name may be on the page; `name` may be that of one of its series.
    private func exists(_ name: String) -> Bool {
        let endings = ["_bucket", "_sum", "_count"]
        let names = [name] + endings.compactMap { name.hasSuffix($0) ? String(name.dropLast($0.count)) : nil }
        return names.contains { MetricCatalogue.knows($0) || !MetricCatalogue.help($0).hasPrefix("Told by a service") }
    }

    /// Names in an expression, without the prefix.
    private func metrics(in text: String) throws -> [String] {
        text.matches(of: try Regex("aaltohub_([a-z0-9_]+)")).compactMap { $0.output[1].substring.map(String.init) }
    }

    @Test func the_file_of_the_alert_rules_is_what_the_alarms_say() throws {
        let file = try text("ops/alerts.yaml")
        if file != AlertRules.yaml, ProcessInfo.processInfo.environment["AALTOHUB_WRITE"] != nil {
            try AlertRules.yaml.write(to: CatalogueTests.root.appending(path: "ops/alerts.yaml"), atomically: true, encoding: .utf8)
        }
        #expect(file == AlertRules.yaml, "AALTOHUB_WRITE=1 swift test --filter alert_rules writes it anew")
    }

    @Test func each_rule_has_its_remedy_and_looks_at_what_there_is() throws {
        let runbook = try text("ops/RUNBOOK.md")
        #expect(Set(AlarmRule.all.map(\.name)).count == AlarmRule.all.count)
        for rule in AlarmRule.all {
            #expect(runbook.contains("\n## \(rule.name)\n"), "ops/RUNBOOK.md has no heading \(rule.name)")
            for family in rule.families { #expect(exists(family), "\(rule.name): no metric is called \(family)") }
        }
    }

    @Test func every_expression_of_the_dashboard_and_of_the_tests_of_the_rules_names_metrics_that_exist() throws {
        for path in ["ops/grafana-dashboard.json", "ops/alerts_test.yaml"] {
            let names = try metrics(in: try text(path))
            #expect(names.count > 15, "\(path) names no metrics")
            for name in Set(names).sorted() { #expect(exists(name), "\(path): no metric is called \(name)") }
        }
    }

    @Test func the_dashboard_is_json_and_each_of_its_panels_asks_for_something() throws {
        let dashboard = try JSONDecoder().decode(JSON.self, from: Data(try text("ops/grafana-dashboard.json").utf8))
        let panels = (dashboard["panels"]?.array ?? []).filter { $0["type"] != "row" }
        #expect(panels.count > 10)
        for panel in panels {
            let expressions = (panel["targets"]?.array ?? []).compactMap { $0["expr"]?.string }
            #expect(!expressions.isEmpty && expressions.allSatisfy { $0.contains("aaltohub_") }, "\(panel["title"]?.string ?? "?")")
        }
    }

    private static let services = [
        "aaltohub-listener", "aaltohub-backfill", "aaltohub-writer", "aaltohub-supervisor", "AccountStage", "Broadcast", "RealtimeServer",
    ]

    /// What the services count, by the literals in their sources.
    @Test func every_metric_of_a_service_is_explained() throws {
        let pattern = try Regex(#"[^A-Za-z_](?:count|total|gauge|observe)\(\s*"([a-z][a-z0-9_]*)""#)
        let sources = CatalogueTests.root.appending(path: "Sources")
        var seen = 0
        for case let url as URL in try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        where url.pathExtension == "swift" && Self.services.contains(where: { url.path.contains("/\($0)/") }) {
            let text = try String(contentsOf: url, encoding: .utf8)
            for match in text.matches(of: pattern) {
                guard let name = match.output[1].substring.map(String.init) else { continue }
                seen += 1
                #expect(exists(name), "\(url.lastPathComponent): MetricCatalogue says nothing of \(name)")
            }
        }
        #expect(seen > 60, "the names were not found")
    }

    @Test func names_are_of_prometheus_form() {
        for name in MetricCatalogue.names {
            #expect(MetricName(name) != nil && !name.hasPrefix(MetricPage.prefix) && !MetricCatalogue.help(name).contains("\n"), "\(name)")
        }
        #expect(MetricCatalogue.help("receive_to_commit_recent_seconds").hasSuffix("over the last five minutes."))
        #expect(MetricCatalogue.help("receive_to_commit_life_seconds").hasSuffix("since the service started."))
        #expect(MetricCatalogue.help("nobody_knows").hasPrefix("Told by a service"))
    }
}
