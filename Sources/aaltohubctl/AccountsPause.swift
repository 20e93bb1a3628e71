import AccountStage
import ArgumentParser
import Primitives
import ServiceKit
import ZeroMQ

struct AccountsPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Has an account's stages leave Telegram alone until it is resumed.",
        discussion: """
            They hang up and stay running; a restart does not wake them. Nothing is lost: what came meanwhile is fetched when the account goes
            on, as far as Telegram keeps it, and as a gap beyond that.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The account's name.")
    var account: String

    func run() async throws { try await order(true, account, common) }
}

struct AccountsResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Lets a paused account go on.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The account's name.")
    var account: String

    func run() async throws { try await order(false, account, common) }
}

private func order(_ isPaused: Bool, _ account: String, _ common: CommonOptions) async throws {
    let order = AccountSwitch(folders: Folders(try common.configuration()), zeroMQ: Context())
    let done = try await common.withDatabase { try await order.set(isPaused, account, by: operatorName(), $0) }
    if common.json { return output(done.json.text) }
    let stages = done.told.isEmpty ? "its stages see it when they run" : "\(done.told.joined(separator: " and ")) did it"
    output("\(account) \(isPaused ? "is paused" : "goes on")\(done.isNews ? "" : ", as before"); \(stages)")
}
