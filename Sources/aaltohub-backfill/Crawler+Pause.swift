import AccountStage
import BackfillCore
import ServiceKit
import TelegramConnection

/// An operator has the account paused, or lets it go on.
extension Crawler {
    /// Whatever is under way ends at its next step.
    var mustLeave: Bool { isStopping || accountPause.isPaused }

    /// The first word; `files` is told when the account is paused, and when it goes on.
    func begin(files: @escaping @Sendable (Bool) async -> Void) {
        onAccountPause = files
        perform(accountPause.begin)
    }

    /// Reads whether the account is paused, and does what follows.
    func lookAtPause() async {
        do {
            let isPaused = try await ledger.isAccountPaused()
            guard isPaused != accountPause.isPaused, !isStopping else { return }
            context.logger.notice(isPaused ? "the account is paused: Telegram is left alone" : "the account goes on")
            perform(accountPause.set(isPaused))
            report()
        } catch {
            // The look that follows says that the database is away.
            context.logger.debug("whether the account is paused is not known: \(error)")
        }
    }

    func perform(_ actions: [AccountPause.Action]) {
        for action in actions {
            let (files, connection) = (onAccountPause, api.connection)
            switch action {
            case .leave:
                // A wait that Telegram asked for is not sat out; that it was asked for stays known.
                for (_, task) in sleepers { task.cancel() }
                connecting = Task { [connecting] in
                    await connecting.value
                    await files(true)
                }
            case .disconnect:
                isConnected = false
                connecting = Task { [connecting] in
                    await connecting.value
                    await connection.suspend()
                }
            case .connect:
                connecting = Task { [connecting] in
                    await connecting.value
                    await connection.resume()
                    await files(false)
                }
            }
        }
    }
}
