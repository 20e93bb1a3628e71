import ArgumentParser
import Primitives
import ServiceKit
import Store

struct AccountsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accounts", abstract: "Lists the Telegram accounts; sessions are never shown.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let accounts = try await common.withDatabase { try await AccountStore.list($0) }
        if common.json {
            output(JSON.object([.init("accounts", .array(accounts.map(\.json)))]).text)
            return
        }
        let now = SystemClock.unix
        output(
            table(
                ["ACCOUNT", "STATE", "PHONE", "USER", "DC", "CHANGED"],
                accounts.map { account in
                    [
                        account.name, account.state.rawValue, account.phoneMasked ?? "-", account.userID.map(String.init) ?? "-",
                        account.dcID.map(String.init) ?? "-", "\(age(now.seconds - account.updatedAt.seconds)) ago",
                    ]
                }))
    }
}
