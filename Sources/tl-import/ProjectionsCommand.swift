import ArgumentParser
import Foundation
import TL

/// `tl-import projections`
struct ProjectionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "projections",
        abstract: "Make the typed structs of what a crawler reads, from the list of types and fields and the schema table.")

    @Option(help: "The list.") var list = "Sources/tl-import/Projections.list"
    @Option(help: "The file to write.") var output = "Sources/TL/Generated/APITypes.swift"
    @Flag(help: "Say which fields older layers have in another type.") var verbose = false

    func run() throws {
        let text = try String(contentsOfFile: list, encoding: .utf8)
        let projections = try ProjectionList(text)
        let writer = ProjectionWriter(projections)
        let file = """
            // Made by `tl-import projections` from Projections.list; do not edit.
            // swift-format-ignore-file

            enum ProjectionTable {
                /// CRC-32 of Projections.list: a test compares it.
                static let listChecksum: UInt32 = 0x\(String(crc32(Array(text.utf8)), radix: 16))

                /// A constructor a line: number of its type, number of its case, name, then slot:field:type of what is read.
                static let text: StaticString = \"\"\"
            \(writer.table)
            \"\"\"
            }
            \(writer.code)
            """
        try file.write(toFile: output, atomically: true, encoding: .utf8)
        if verbose { for note in projections.notes { print(note) } }
        print("\(output): \(projections.projections.count) types, \(file.split(separator: "\n").count) lines")
    }
}
