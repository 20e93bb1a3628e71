import ArgumentParser
import ServiceKit

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Names each thing that would keep a service from working, and what to do about it.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let checks = Checks(configuration: try common.configuration(), credentials: common.credentials)
        try report(await checks.run(Checks.Topic.allCases), json: common.json)
    }
}
