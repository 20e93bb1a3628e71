import ArgumentParser
import ServiceKit

/// The past of one Telegram account's groups: crawls, gap fills, media.
@main
struct Backfill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aaltohub-backfill", abstract: "Fetches what the live stream did not bring, and sends it to the writer.",
        version: ServiceVersion.text)
}
