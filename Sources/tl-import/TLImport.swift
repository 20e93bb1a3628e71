import ArgumentParser

/// Makes the TL module's generated code, and shows TL bytes to people and tests.
@main
struct TLImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tl-import",
        abstract: "Make the TL module's generated code; turn TL bytes into JSON and back.",
        subcommands: [
            TableCommand.self, ProjectionsCommand.self, DeclarationsCommand.self, DecodeCommand.self, EncodeCommand.self,
            ProjectCommand.self,
            BenchCommand.self,
        ])
}
