import ArgumentParser
import Foundation
import Primitives
import TL

/// `tl-import declarations`
struct DeclarationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "declarations",
        abstract: "Print the table in the type language, a declaration a line, methods after `---functions---`.")

    @Option(help: "Only what stands in this layer.") var layer: Int32?

    func run() {
        let all = TL.declarations.filter { layer == nil || $0.layers.contains(layer ?? 0) }
        for d in all where !d.isMethod { print(d.text) }
        print("---functions---")
        for d in all where d.isMethod { print(d.text) }
    }
}

/// `tl-import decode`
struct DecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Turn TL objects, one in hexadecimal a line on standard input, into JSON, one a line.",
        discussion: """
            {"_": name, field: value, …}: text is a string; bytes, int128, int256 and text that is not UTF-8 are {"$hex": "…"}; doubles
            that JSON cannot say are {"$double": "bits"}. A line that is no object of any layer gives {"error": "…"}.
            """)

    func run() {
        answerLines { line in
            guard let wire = bytes(hex: line) else { return failure("not hexadecimal") }
            do throws(TLError) { return try TL.decode(wire).json.text } catch { return failure("\(error)") }
        }
    }
}

/// `tl-import encode`
struct EncodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encode",
        abstract: "Turn JSON objects as `decode` prints them, one a line on standard input, into hexadecimal TL, one a line.")

    @Option(help: "The layer whose constructors are written.") var layer = TL.newestLayer

    func run() {
        answerLines { line in
            guard let json = try? JSONDecoder().decode(JSON.self, from: Data(line.utf8)), let object = TLObject(json: json) else {
                return failure("not an object")
            }
            do throws(TLError) { return hex(try TL.encode(object, layer: layer)) } catch { return failure("\(error)") }
        }
    }
}

/// `tl-import project`
struct ProjectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "project",
        abstract: "Turn lines `TYPE HEX` into what the projection of that type gives, as JSON.",
        discussion: "An enum is {\"case\": name, \"value\": {…}}; an absent field is null; bytes are hexadecimal.")

    func run() {
        answerLines { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let wire = bytes(hex: words[1]) else { return failure("not TYPE HEX") }
            do throws(TLError) {
                guard let value = try API.value(of: String(words[0]), decoding: wire) else { return failure("not projected: \(words[0])") }
                return reflection(of: value).text
            } catch {
                return failure("\(error)")
            }
        }
    }
}

private func failure(_ text: String) -> String { JSON.object([JSON.Member("error", .string(text))]).text }

private func answerLines(_ answer: (String) -> String) {
    while let line = readLine() { print(answer(line)) }
}

/// A projected value as JSON, by reflection: for tools and tests, not for the hot path.
private func reflection(of value: Any) -> JSON {
    switch value {
    case let v as Bool: return .bool(v)
    case let v as Int32: return .integer(Int64(v))
    case let v as Int64: return .integer(v)
    case let v as UInt32: return .integer(Int64(v))
    case let v as Double: return .double(v)
    case let v as String: return .string(v)
    // Not `as`: every empty array would be one of bytes.
    case let v where type(of: v) == [UInt8].self: return .string(hex(v as? [UInt8] ?? []))
    case let v as Range<Int>: return .array([.integer(Int64(v.lowerBound)), .integer(Int64(v.upperBound))])
    default: break
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.map { reflection(of: $0.value) } ?? .null
    case .collection: return .array(mirror.children.map { reflection(of: $0.value) })
    case .enum:
        guard let child = mirror.children.first else { return .object([JSON.Member("case", .string("\(value)"))]) }
        return .object([JSON.Member("case", .string(child.label ?? "")), JSON.Member("value", reflection(of: child.value))])
    default: return .object(mirror.children.map { JSON.Member($0.label ?? "", reflection(of: $0.value)) })
    }
}
