import ArgumentParser
import Foundation

/// `tl-import table`
struct TableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Make the schema table from published schema files.",
        discussion: """
            Reads the list of sources (layer, distribution, version, path) and, below the folder, NAME-VERSION/PATH for each: unpack
            the source distributions there. Every id is checked against the CRC32 of its declaration. Nothing is written when a
            declaration is refused.
            """)

    @Argument(help: "The folder with the unpacked source distributions.") var folder: String
    @Option(help: "The list of sources.") var sources = "Sources/tl-import/Schema.sources"
    @Option(help: "The file to write.") var output = "Sources/TL/Generated/SchemaTable.swift"

    func run() throws {
        var union = SchemaUnion()
        var provenance = ""
        let list = try String(contentsOfFile: sources, encoding: .utf8)
        for line in list.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 4, words[0] == "service" || Int(words[0]) != nil else { throw ImportError("\(sources): \(line)") }
            let path = "\(folder)/\(words[1])-\(words[2])/\(words[3])"
            do {
                let file = try SchemaFile(try String(contentsOfFile: path, encoding: .utf8), service: words[0] == "service")
                try union.add(file, layer: Int(words[0]))
                provenance += "//   \(words[0]): \(words[1]) \(words[2]), \(words[3]), \(file.declarations.count) declarations\n"
            } catch let error as ImportError {
                throw ImportError("\(path): \(error)")
            }
        }
        guard let newest = union.layers.max() else { throw ImportError("\(sources) names no layer") }
        var writer = TableWriter()
        let text = try writer.text(of: union)
        let file = """
            // Made by `tl-import table`; do not edit. \(union.entries.count) constructors and methods, every id checked, of these schemas:
            \(provenance)// swift-format-ignore-file

            enum SchemaTable {
                static let newestLayer: Int32 = \(newest)

                /// The format is described at `SchemaParser`.
                static let text: StaticString = #\"\"\"
            \(text)
            \"\"\"#
            }

            """
        try file.write(toFile: output, atomically: true, encoding: .utf8)
        print(
            "\(output): \(union.entries.count) constructors and methods, \(text.utf8.count) bytes of table, layers \(union.layers.sorted())"
        )
    }
}
