import Primitives
import ServiceKit
import SupervisorCore

/// Between two judgements: half of the shortest time that a rule wants, and the step of the history.
private let lookInterval = Duration.seconds(5)
/// Bundles of notices that wait while the command runs; the newest are kept.
private let mostBundles = 16

/// Judges the alarms until the stop, writes into the log what begins and ends, and hands it to the configured command.
func watchAlarms(_ watch: Watch, _ context: ServiceContext) async {
    let command = context.configuration.alarms.command
    let (bundles, sink) = AsyncStream.makeStream(of: [AlarmBoard.Notice].self, bufferingPolicy: .bufferingNewest(mostBundles))
    await withTaskGroup { group in
        group.addTask {
            for await notices in bundles { await tell(notices, command, context) }
        }
        while !Task.isCancelled, !context.isStopping {
            let notices = watch.look()
            for notice in notices { log(notice, context) }
            if !notices.isEmpty, !command.isEmpty { sink.yield(notices) }
            do { try await Task.sleep(for: lookInterval) } catch { break }
        }
        sink.finish()
        group.cancelAll()
    }
}

private func log(_ notice: AlarmBoard.Notice, _ context: ServiceContext) {
    let line = notice.status == .resolved ? "alarm over: \(notice.summary)" : "alarm: \(notice.summary)"
    context.logger.log(
        level: notice.status == .resolved ? .notice : notice.rule.severity == .critical ? .error : .warning, "\(line)",
        metadata: [
            "alarm": "\(notice.rule.name)", "status": "\(notice.status.rawValue)", "severity": "\(notice.rule.severity.rawValue)",
            "runbook": "\(notice.rule.runbookLink)",
        ])
}

/// Runs the command with the notices on its standard input.
private func tell(_ notices: [AlarmBoard.Notice], _ command: [String], _ context: ServiceContext) async {
    let document = AlarmBoard.document(notices, at: SystemClock.unix).text + "\n"
    let outcome = await CommandRun.run(command, input: Array(document.utf8))
    context.status.count("alarm_commands_total", ["result": outcome == .exited(0) ? "done" : "failed"])
    if outcome != .exited(0) { context.logger.error("the alarm command \(command[0]) \(outcome)") }
}
