import ServiceKit
import SupervisorCore

func watchTaps(into watch: Watch, _ context: ServiceContext) async throws {
    while true { try await Task.sleep(for: .seconds(1)); context.watchdog.beat() }
}
