import UnixSignals

/// Returns at SIGINT or SIGTERM, for a command that is to end in order, or when the task is cancelled.
public func untilInterrupted() async {
    for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
}
