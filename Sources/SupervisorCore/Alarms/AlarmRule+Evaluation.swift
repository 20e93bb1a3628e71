extension AlarmRule {
    /// A sample for which the rule's expression is true.
    public struct Hit: Hashable, Sendable {
        public let labels: String
        /// What was measured: the sample, or the share.
        public let value: Double
    }

    /// The samples for which it is true, by their labels.
    public func hits(in page: MetricPage) -> [Hit] {
        let found: [Hit]
        switch expression {
        case .above(let selector, let limit):
            found = selector.samples(in: page).filter { $0.value > limit }
        case .equal(let selector, let value):
            found = selector.samples(in: page).filter { $0.value == value }
        case .shareAbove(let part, let whole, let limit):
            let wholes = Dictionary(whole.samples(in: page).map { ($0.labels, $0.value) }, uniquingKeysWith: { first, _ in first })
            found = part.samples(in: page).compactMap { sample in
                guard let of = wholes[sample.labels], sample.value / of > limit else { return nil }
                return Hit(labels: sample.labels, value: sample.value / of)
            }
        case .absent(let selector):
            found = selector.samples(in: page).isEmpty ? [Hit(labels: selector.equalLabels, value: 1)] : []
        }
        return found.sorted { $0.labels < $1.labels }
    }

    /// The summary for one of its hits.
    public func summary(of hit: Hit) -> String {
        var text = summary
        for (name, value) in MetricPage.pairs(hit.labels) {
            text = text.split(separator: "{\(name)}", omittingEmptySubsequences: false).joined(separator: value)
        }
        return text
    }

    /// The expression as Prometheus writes it: https://prometheus.io/docs/prometheus/latest/querying/operators/
    public var promQL: String {
        switch expression {
        case .above(let selector, let limit): "\(selector.promQL) > \(prometheus(limit))"
        case .equal(let selector, let value): "\(selector.promQL) == \(prometheus(value))"
        case .shareAbove(let part, let whole, let limit): "\(part.promQL) / \(whole.promQL) > \(prometheus(limit))"
        case .absent(let selector): "absent(\(selector.promQL))"
        }
    }

    /// The families that it looks at, without the prefix.
    public var families: [String] {
        switch expression {
        case .above(let selector, _), .equal(let selector, _), .absent(let selector): [selector.family]
        case .shareAbove(let part, let whole, _): [part.family, whole.family]
        }
    }
}

extension AlarmRule.Selector {
    func samples(in page: MetricPage) -> [AlarmRule.Hit] {
        page.samples(of: family).compactMap { sample in
            let pairs = MetricPage.pairs(sample.labels)
            let fits = matches.allSatisfy { match in
                pairs.contains { $0.name == match.name && $0.value == match.value } == match.isEqual
            }
            return fits ? AlarmRule.Hit(labels: sample.labels, value: sample.value.double) : nil
        }
    }

    var promQL: String {
        let conditions = matches.map { "\($0.name)\($0.isEqual ? "=" : "!=")\"\(escaped($0.value))\"" }.joined(separator: ",")
        return MetricPage.prefix + family + (conditions.isEmpty ? "" : "{\(conditions)}")
    }

    var equalLabels: String {
        matches.filter(\.isEqual).map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }
}
