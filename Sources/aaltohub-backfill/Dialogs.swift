import AccountStage
import BackfillCore
import Primitives
import ServiceKit
import Store
import TL
import TelegramClient
import TelegramConnection

/// Finds the groups that this login cannot address yet: walks through the account's dialogs, then asks by their names.
struct Dialogs: Sendable {
    /// The pause between two pages of a walk, which nobody waits for.
    private static let pause = Duration.milliseconds(500)
    /// How often it is looked whether a group is unknown.
    private static let glance = Duration.seconds(1)

    let account: String
    let api: TelegramAPI
    let peers: Peers
    let crawler: Crawler
    let names: UsernameStore
    let context: ServiceContext
    /// Between two walks.
    let interval: Duration

    /// Follows until the task is cancelled.
    func run() async {
        var walkedAt: Instant?
        var known: Set<String> = []
        while !Task.isCancelled {
            let unknown = await crawler.unknown
            let isNew = unknown.contains { !known.contains($0.id) }
            // The first walk also tells titles, names and what became a supergroup.
            let isDue = walkedAt.map { SystemClock.now - $0 >= interval } ?? true
            let hasCause = await crawler.hasLost || !unknown.isEmpty || walkedAt == nil
            if await crawler.isConnected, isNew || (isDue && hasCause) {
                known = Set(unknown.map(\.id))
                let isWhole = await walk()
                if isWhole { walkedAt = SystemClock.now }
                await askByName()
                await crawler.look()
                if isWhole {
                    await crawler.didWalk()
                    await crawler.giveUpRefused()
                }
                await crawler.describeAll()
            }
            do { try await Task.sleep(for: Dialogs.glance) } catch { return }
        }
    }

    private func walk() async -> Bool {
        do {
            try await Dialogs.walk(api, peers)
            return true
        } catch let failure as CallFailure {
            if case .rpc(let error) = failure, let trouble = AccountTrouble(error) {
                await crawler.end(.account(trouble, error.message))
                return false
            }
            context.logger.info("the dialogs could not be walked through: \(failure)")
            return false
        } catch {
            return false
        }
    }

    /// All dialogs, page by page; a wait is slept through and the walk goes on where it was. Throws `CallFailure`, or that the task is
    /// cancelled.
    static func walk(_ api: TelegramAPI, _ peers: Peers) async throws {
        var page = DialogsPage()
        for _ in 0..<UpdateLimits.dialogPages {
            let answer = try await api.call(UpdateRequest.getDialogs(page).call)
            guard let object = answer.object,
                case .dialogs(let found, let next, let users, let chats) = UpdateAnswer(object, receivedAt: SystemClock.unix)
            else { return }
            await peers.learn(users: users, chats: chats)
            guard let next, next != page, !found.isEmpty else { return }
            page = next
            try await Task.sleep(for: Dialogs.pause)
        }
    }

    private func askByName() async {
        let commands = AccountCommands(api) { object in
            await peers.learn(
                users: (object["users"]?.vector ?? []).compactMap(\.object), chats: (object["chats"]?.vector ?? []).compactMap(\.object))
        }
        for group in await crawler.unknown {
            guard let name = group.username, !name.isEmpty else { continue }
            do {
                _ = try await names.resolve(name, needsHash: true, asking: commands)
            } catch {
                context.logger.info("a channel could not be asked for by its name: \(error)")
            }
        }
    }
}

extension Crawler {
    /// Tells what changed of the groups that a walk through the dialogs described.
    func describeAll() async {
        for group in rows.values.sorted(by: { $0.id < $1.id }) where group.isEnabled && group.isOurs(account, facts.usable) {
            await describe(group)
        }
        // A chat that was lost and is among the dialogs again.
        for group in rows.values where group.access[account] == .lost {
            guard let now = await peers.description(of: group.key), !now.isLeft, await peers.input(of: group.key) != nil else { continue }
            await regain(group)
        }
    }
}
