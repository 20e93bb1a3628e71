/// Runs the body now and after each interval, until the task is cancelled.
public func every(_ interval: Duration, _ body: () async -> Void) async {
    while !Task.isCancelled {
        await body()
        do { try await Task.sleep(for: interval) } catch { return }
    }
}
