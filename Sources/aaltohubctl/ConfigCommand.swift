import ArgumentParser
import Primitives
import ServiceKit

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Checks and shows the configuration.", subcommands: [ConfigCheck.self, ConfigShow.self])
}

struct ConfigShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows every key with the value in force. Secrets are credentials and never shown.")

    @OptionGroup var common: CommonOptions
    @Flag(help: "Show the file as it is shipped: every key with its meaning, unit and default.")
    var shipped = false

    func run() throws {
        if shipped {
            output(String(Configuration.shippedFile.dropLast()))
            return
        }
        let configuration = try common.configuration()
        if common.json {
            output(
                JSON.object(
                    Configuration.keys.map { key in
                        let texts = key.texts(of: configuration).map { JSON.string($0) }
                        return JSON.Member(key.name, key.isList ? .array(texts) : texts.first ?? "")
                    }
                ).text)
        } else {
            output(String(configuration.yaml.dropLast()))
        }
    }
}

struct ConfigCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Reads the configuration as a service would, and tries to reach what it names.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let configuration = try common.configuration()
        let checks = Checks(configuration: configuration, credentials: common.credentials)
        let findings = await checks.run([.files, .credentials, .database, .telegram])
        try report(findings, json: common.json)
    }
}
