import Foundation
import Testing

/// Rules of the house that a machine can check. A failure names the file, the line and the rule.
@Suite struct TidyTests {
    /// Targets that decide and never act: no I/O, clock, environment, randomness of their own, task or lock.
    static let cores = [
        "Primitives", "TL", "Cryptography", "MTProto", "Events", "TelegramClient", "ProducerCore", "ListenerCore", "BackfillCore",
        "WriterCore", "SupervisorCore",
        "SimulatorCore",
    ]

    /// Each with its reason beside it in the file.
    static let allowed: Set<String> = [
        "Sources/TL/Schema.swift @unchecked Sendable", "Sources/Cryptography/SecretBytes.swift nonisolated(unsafe)",
    ]

    static let rows: [[String]] = [
        ["Primitives", "Cryptography", "TL"],
        ["MTProto"],
        ["Events"],
        ["TelegramClient"],
        ["ProducerCore"],
        ["ListenerCore", "BackfillCore", "WriterCore", "SupervisorCore", "SimulatorCore"],
        ["POSIX"],
        ["ZeroMQ", "PostgreSQL", "HTTPS"],
        ["TelegramConnection", "EventLink", "Store", "ServiceKit", "Spool", "ObjectStore", "AdminPages", "Broadcast", "RealtimeServer"],
        ["AccountStage"],
        [
            "aaltohub-listener", "aaltohub-backfill", "aaltohub-writer", "aaltohub-supervisor", "aaltohubctl", "telegram-simulator",
            "tl-import",
        ],
    ]

    private func imports(_ file: Repository.File) -> [String] {
        file.lines.compactMap { line in
            let words = code(line).split(separator: " ")
            guard let at = words.firstIndex(of: "import"), at <= 2, at + 1 < words.count else { return nil }
            guard words[..<at].allSatisfy({ $0.hasPrefix("@") || $0 == "public" || $0 == "internal" }) else { return nil }
            return String(words[words.count > at + 2 && ["struct", "enum", "class", "func"].contains(words[at + 1]) ? at + 2 : at + 1])
        }
    }

    @Test func every_import_points_to_a_lower_row() {
        let row = Dictionary(uniqueKeysWithValues: Self.rows.enumerated().flatMap { i, names in names.map { ($0, i) } })
        var seen = 0
        for target in Set(Repository.files.compactMap { $0.path.hasPrefix("Sources/") ? $0.path.split(separator: "/")[1] : nil }) {
            let name = String(target)
            #expect(row[name] != nil || name.hasPrefix("C") || name == "README.md", "\(name) stands in no row")
        }
        for (name, own) in row {
            #expect(Repository.exists("Sources/\(name)"), "\(name) is no target")
            for file in Repository.swift(under: "Sources/\(name)") {
                for target in imports(file) {
                    guard let theirs = row[target] else { continue }
                    seen += 1
                    let ground = own == 0 && target == "Primitives"
                    #expect(theirs < own || ground, "\(file.path) imports \(target), which is not in a lower row")
                }
            }
        }
        #expect(seen > 20, "the imports were not found")
    }

    @Test func cores_import_no_platform() {
        for core in Self.cores {
            let files = Repository.swift(under: "Sources/\(core)")
            #expect(!files.isEmpty, "\(core) has no sources")
            for file in files {
                for name in imports(file) where ["Foundation", "Glibc", "Dispatch", "Synchronization", "NIOCore", "Logging"].contains(name)
                {
                    // protoc's output wants Foundation
                    #expect(file.isGenerated && name == "Foundation", "\(file.path): a core may not import \(name)")
                }
            }
        }
    }

    @Test func cores_have_no_clock_randomness_task_or_lock() {
        let banned = [
            "SystemRandomNumberGenerator", "ContinuousClock", "SuspendingClock", "Date()", "Task {", "Task.", " async ", "await ", "Mutex",
            "NSLock", "print(", "getenv", "ProcessInfo", "@unchecked Sendable", "nonisolated(unsafe)", ".randomElement()", ".shuffled()",
            ".shuffle()",
        ]
        for core in Self.cores {
            for file in Repository.swift(under: "Sources/\(core)") where !file.isGenerated {
                for (i, line) in file.lines.enumerated() {
                    let text = code(line)
                    for word in banned
                    where text.contains(word) && !Self.allowed.contains("\(file.path) \(word)") {
                        Issue.record("\(file.path):\(i + 1): a core may not use \(word)")
                    }
                    if text.contains(".random(in:") && !text.contains("using:") {
                        Issue.record("\(file.path):\(i + 1): randomness is an argument (using:)")
                    }
                }
            }
        }
    }

    @Test func nothing_is_forced_or_swallowed() {
        for file in Repository.swift(under: "Sources") where !file.isGenerated {
            for (i, line) in file.lines.enumerated() {
                let text = code(line)
                for word in ["try!", " as!", "fatalError()"] where text.contains(word) {
                    Issue.record("\(file.path):\(i + 1): \(word)")
                }
                if text.contains("catch {}") || text.contains("catch { }") {
                    Issue.record("\(file.path):\(i + 1): an error is swallowed")
                }
            }
        }
    }

    @Test func no_test_sleeps() {
        for file in Repository.swift(under: "Tests") where !file.path.contains("TidyTests") {
            for (i, line) in file.lines.enumerated() {
                let text = code(line)
                // Task.sleep stays for deadlines and for polling what gives no signal.
                for word in ["Thread.sleep", "usleep("] where text.contains(word) {
                    Issue.record("\(file.path):\(i + 1): wait for a signal, not for time")
                }
            }
        }
    }

    @Test func nothing_unfinished_is_committed() {
        let words = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
        for file in Repository.files where !file.isGenerated {
            for (i, line) in file.lines.enumerated() {
                for word in words where line.split(whereSeparator: { !$0.isLetter }).contains(Substring(word)) {
                    Issue.record("\(file.path):\(i + 1): \(word)")
                }
            }
        }
    }

    @Test func files_stay_small() {
        var sizes: [Int] = []
        for file in Repository.swift(under: "Sources") where !file.isGenerated {
            let lines = file.lines.count
            sizes.append(lines)
            #expect(lines <= 600, "\(file.path) has \(lines) lines: is it one thing?")
        }
        sizes.sort()
        #expect(sizes[sizes.count / 2] <= 200, "the median file has \(sizes[sizes.count / 2]) lines")
    }

    @Test func every_folder_explains_itself() {
        for path in ["README.md", "Sources/README.md", "Tests/README.md", "systemd/README.md", "ops/README.md"] {
            #expect(Repository.exists(path), "\(path) is missing")
        }
    }

    /// A path in backquotes, or as a link, that starts with a folder of the project must exist.
    @Test func every_path_in_a_readme_exists() throws {
        let pattern = try Regex(#"(?:`|\()((?:Sources|Tests|systemd|ops|\.ci)/[A-Za-z0-9_@./+-]+)"#)
        var seen = 0
        for file in Repository.files where file.path.hasSuffix("README.md") {
            for match in file.text.matches(of: pattern) {
                guard let range = match.output[1].range else { continue }
                var path = String(file.text[range])
                while let last = path.last, ".,)".contains(last) { path.removeLast() }
                seen += 1
                #expect(Repository.exists(path), "\(file.path) names \(path), which does not exist")
            }
        }
        #expect(seen > 10, "the paths were not found")
    }

    @Test func the_plan_and_the_readme_name_the_same_dependencies() throws {
        let package = try #require(Repository.files.first { $0.path == "Package.swift" })
        let readme = try #require(Repository.files.first { $0.path == "Sources/README.md" })
        let pattern = try Regex(#"\.package\(url: "[^"]*/([^"/]+)", exact:"#)
        let names = package.text.matches(of: pattern).compactMap { $0.output[1].substring }
        #expect(names.count >= 5)
        for name in names { #expect(readme.text.contains("`\(name)`"), "Sources/README.md does not say what \(name) is for") }
    }

    /// The defects of other clients that Tests/README.md lists: each is a test with its number in its name.
    @Test func every_known_defect_of_others_has_its_test() throws {
        let readme = try #require(Repository.files.first { $0.path == "Tests/README.md" }).text
        let after = try #require(readme.range(of: "## The defects of others")).upperBound
        let section = readme[after...].prefix(
            upTo: readme.range(of: "\n## ", range: after..<readme.endIndex)?.lowerBound ?? readme.endIndex)
        let rows = section.matches(of: try Regex(#"(?m)^\| (\d+) \| (.*) \| (.*) \|$"#))
        let numbers = rows.compactMap { $0.output[1].substring.flatMap { Int($0) } }
        #expect(numbers == Array(1...24), "Tests/README.md lists the defects 1 to 24")
        let tests = Repository.files.filter { $0.path.hasPrefix("Tests/") && !$0.path.contains("TidyTests") }.map(\.text)
        for row in rows where row.output[3].substring?.hasPrefix("not yet") != true {
            let number = Int(row.output[1].substring ?? "") ?? 0
            let name = number < 10 ? "defect_0\(number)_" : "defect_\(number)_"
            #expect(tests.contains { $0.contains(name) }, "no test is called \(name)…")
        }
    }

    @Test func no_path_of_a_machine_is_committed() {
        for file in Repository.files where !file.isGenerated {
            for (i, line) in file.lines.enumerated() {
                for word in ["/wo" + "rk/", "/opt/sw" + "ift"] where line.contains(word) {
                    Issue.record("\(file.path):\(i + 1): \(word)")
                }
            }
        }
    }
}
