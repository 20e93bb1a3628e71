import AccountStage
import EventLink
import PostgreSQL
import Primitives
import ServiceKit
import Store
import TelegramClient
import TelegramConnection

/// What an operator may ask of this login over the control socket, so that no second process has to use its key.
func accountCommands(
    _ context: ServiceContext, _ api: TelegramAPI, _ loop: ListenerLoop, _ names: UsernameStore
) -> [String: ControlServer.Handler] {
    let commands = AccountCommands(api) { await loop.called($0) }
    var handlers: [String: ControlServer.Handler] = [:]
    for name in AccountCommands.Name.allCases {
        let handler: ControlServer.Handler = { (request) async throws(ControlFailure) -> JSON in
            context.logger.notice("asked: \(name.rawValue)", metadata: ["actor": "\(request.actor)"])
            if await loop.isAccountPaused {
                throw ControlFailure("the account is paused, nothing is asked of Telegram: `aaltohubctl accounts resume` lets it go on")
            }
            guard name == .logOut else { return try await answer(name, request.arguments, names, commands) }
            await loop.beginLogout()
            do throws(ControlFailure) {
                let answer = try await answer(name, request.arguments, names, commands)
                // The process ends beside the answer, which is sent before the control socket closes.
                Task { await loop.endLogout(isLoggedOut: true) }
                return answer
            } catch {
                await loop.endLogout(isLoggedOut: false)
                throw error
            }
        }
        handlers[name.rawValue] = handler
    }
    return handlers
}

private func answer(
    _ name: AccountCommands.Name, _ arguments: JSON, _ names: UsernameStore, _ commands: AccountCommands
) async throws(ControlFailure) -> JSON {
    if name == .resolveUsername { return try await resolve(arguments["name"]?.string ?? "", names, commands) }
    do throws(AccountCommands.Failure) {
        return try await commands.run(name, arguments)
    } catch {
        throw ControlFailure("\(error)")
    }
}

/// The table of names first: the server is asked once for ever.
private func resolve(_ name: String, _ names: UsernameStore, _ commands: AccountCommands) async throws(ControlFailure) -> JSON {
    do {
        return try await names.resolve(name, asking: commands)?.json ?? .null
    } catch {
        throw ControlFailure("\(error)")
    }
}

/// How often registered channels without an access hash are looked at.
private let unresolvedInterval = Duration.seconds(5)

/// Asks by name for registered channels that are not among the account's dialogs, or whose hash the server refused. The answer goes to
/// the machine, and to the table of names for ever.
func resolveByName(
    _ account: String, _ loop: ListenerLoop, _ database: Connection, _ names: UsernameStore, _ api: TelegramAPI,
    failed: @Sendable (any Error) -> Void
) async {
    let commands = AccountCommands(api) { await loop.called($0) }
    var questions = NameQuestions()
    while !Task.isCancelled {
        let due = questions.due(among: await loop.unresolved, now: SystemClock.now)
        var asked: Int64?
        if !due.isEmpty {
            do {
                for group in try await GroupStore(database).captured(by: account) {
                    guard case .channel(let id) = group.chat, due.contains(id), let name = group.username else { continue }
                    asked = id
                    _ = try await names.resolve(name, needsHash: true, asking: commands)
                    questions.answered(id, now: SystemClock.now)
                }
            } catch {
                // A wait, a spent budget or an absent database: the dialogs are still walked through.
                let cause: CallFailure? = if case .call(let failure)? = error as? AccountCommands.Failure { failure } else { nil }
                questions.failed(asked, cause, now: SystemClock.now)
                failed(error)
            }
        }
        do { try await Task.sleep(for: unresolvedInterval) } catch { return }
    }
}
