import Primitives
import ServiceKit

/// One thing that was looked at.
struct Finding: Sendable {
    enum Level: String, Sendable { case ok, note, wrong }

    let check: String
    let level: Level
    /// What was seen.
    let detail: String
    /// What to do, when something is wrong.
    var advice = ""
    /// With which status a service would end over it.
    var status = ExitStatus.configuration

    static func ok(_ check: String, _ detail: String) -> Finding { Finding(check: check, level: .ok, detail: detail) }
    static func note(_ check: String, _ detail: String, _ advice: String = "") -> Finding {
        Finding(check: check, level: .note, detail: detail, advice: advice)
    }
    static func wrong(_ check: String, _ detail: String, _ advice: String, _ status: ExitStatus = .configuration) -> Finding {
        Finding(check: check, level: .wrong, detail: detail, advice: advice, status: status)
    }

    /// A service error says both what is wrong and what to do.
    static func wrong(_ check: String, _ error: any Error) -> Finding {
        let error = ServiceMain.serviceError(error)
        return .wrong(check, error.message, "", error.status)
    }
}

/// Everything `doctor` and `config check` look at. Each check tells what it saw and changes nothing.
struct Checks: Sendable {
    enum Topic: Sendable, CaseIterable { case files, clock, disk, credentials, database, login, telegram, sockets, port }

    let configuration: Configuration
    let credentials: Credentials

    func run(_ topics: [Topic]) async -> [Finding] {
        var findings: [Finding] = []
        for topic in topics {
            switch topic {
            case .files: findings += files()
            case .clock: findings.append(await clock())
            case .disk: findings += disk()
            case .credentials: findings += checkCredentials()
            case .database: findings += await database()
            case .login: findings += await logins()
            case .telegram: findings += await telegram()
            case .sockets: findings += await sockets()
            case .port: findings.append(await port())
            }
        }
        return findings
    }
}

/// Prints the findings and ends with the status of the first that is wrong.
func report(_ findings: [Finding], json: Bool) throws {
    let wrong = findings.filter { $0.level == .wrong }
    if json {
        let rows = findings.map { finding -> JSON in
            [
                "check": .string(finding.check), "level": .string(finding.level.rawValue), "detail": .string(finding.detail),
                "advice": .string(finding.advice),
            ]
        }
        output(JSON.object([.init("ok", .bool(wrong.isEmpty)), .init("findings", .array(rows))]).text)
    } else {
        for finding in findings {
            let mark = finding.level == .wrong ? "WRONG" : finding.level.rawValue
            output("\(mark)\(String(repeating: " ", count: 6 - mark.count)) \(finding.check): \(finding.detail)")
            if !finding.advice.isEmpty { output("       → \(finding.advice)") }
        }
    }
    if let first = wrong.first {
        throw ServiceError(first.status, "\(wrong.count == 1 ? "1 thing is" : "\(wrong.count) things are") wrong")
    }
}
