import Foundation
import Testing

@testable import ServiceKit

@Suite struct ConfigurationTests {
    private func error(_ yaml: String, _ environment: [String: String] = [:]) -> String? {
        do throws(ServiceError) {
            _ = try Configuration(yaml: yaml, file: "test.yaml", environment: environment)
            return nil
        } catch {
            #expect(error.status == .configuration)
            #expect(!error.message.contains("\n"))
            return error.message
        }
    }

    @Test func an_empty_file_gives_the_defaults() throws {
        #expect(try Configuration(yaml: "", file: "f") == Configuration())
        #expect(try Configuration(yaml: "# only a comment\nlink:\n", file: "f") == Configuration())
    }

    @Test func values_are_read_and_variables_override_them() throws {
        let yaml = """
            state_directory: /srv/x
            telegram:
              api_id: 17
              layer: 201
              servers:
                - "2 127.0.0.1:4430"
                - 4 [::1]:443
              transport: obfuscated
            link: {credit: 5}
            supervisor:
              listen: "[::1]:9"
            """
        let read = try Configuration(
            yaml: yaml, file: "f", environment: ["AALTOHUB_LINK_CREDIT": "7", "AALTOHUB_TELEGRAM_RSA_KEY_FILES": "/a.pem, /b.pem"])
        #expect(read.stateDirectory == "/srv/x")
        #expect(read.telegram.apiID == 17 && read.telegram.layer == 201 && read.telegram.transport == .obfuscated)
        #expect(read.telegram.servers == [.init(dc: 2, host: "127.0.0.1", port: 4430), .init(dc: 4, host: "::1", port: 443)])
        #expect(read.telegram.usableServers == [.init(dc: 2, host: "127.0.0.1", port: 4430)])
        #expect(read.link.credit == 7)
        #expect(read.telegram.rsaKeyFiles == ["/a.pem", "/b.pem"])
        #expect(read.supervisor.listen == .init(host: "::1", port: 9))
    }

    @Test func the_server_s_own_word_for_its_addresses_counts_while_nobody_named_others() throws {
        let named = "telegram:\n  servers:\n    - 2 127.0.0.1:4430\n"
        func usesTold(_ yaml: String) throws -> Bool { try Configuration(yaml: yaml, file: "f").telegram.usesConfigAddresses }
        #expect(try usesTold(""))
        #expect(try !usesTold(named))
        #expect(try usesTold(named + "  use_config_addresses: always\n"))
        #expect(try !usesTold("telegram:\n  use_config_addresses: never\n"))
    }

    @Test func an_unknown_key_is_an_error_with_the_place_and_the_nearest_key() {
        #expect(error("link:\n  credti: 5") == "test.yaml:2: unknown key link.credti; did you mean link.credit?")
        #expect(error("logging_level: info")?.contains("unknown key logging_level; did you mean logging.level?") == true)
        #expect(error("database:\n  api_id: 1")?.contains("did you mean telegram.api_id?") == true)
        #expect(error("zzzzzzzz: 1")?.contains("config show") == true)
        #expect(error("", ["AALTOHUB_LINK_CREDITS": "5"])?.contains("did you mean AALTOHUB_LINK_CREDIT?") == true)
        #expect(error("", ["AALTOHUB_BIN": "/x", "PATH": "/y"]) == nil)
    }

    @Test func a_bad_value_is_one_line_with_the_place() {
        #expect(error("telegram:\n  api_id: many") == "test.yaml:2: telegram.api_id: \"many\" does not fit: wanted a whole number")
        #expect(error("link:\n  credit: 0")?.hasPrefix("test.yaml:2: link.credit: \"0\" does not fit: wanted a number from 1") == true)
        #expect(error("logging: {level: loud}")?.contains("wanted one of trace, debug") == true)
        #expect(error("telegram:\n  servers: [\"2 host\"]")?.contains("dc host:port") == true)
        #expect(error("telegram:\n  servers: 2 host:1")?.contains("no value it could use") == true)
        #expect(error("telegram:\n  device_model:")?.contains("no value it could use") == true)
        #expect(error("state_directory: here")?.contains("an absolute path") == true)
        #expect(error("link: 5")?.contains("link holds keys with values") == true)
        #expect(error("link: {credit: 1}\nlink: {credit: 2}")?.contains("stands twice") == true)
        #expect(error("a: [")?.contains("this is not YAML") == true)
        #expect(error("", ["AALTOHUB_LINK_CREDIT": "x"])?.hasPrefix("environment variable AALTOHUB_LINK_CREDIT: link.credit") == true)
    }

    @Test func a_password_in_the_conninfo_is_refused_and_not_repeated() {
        for bad in [
            "host=a password=hunter2", "host=a password = hunter2", "host=a\\tpassword=hunter2", "host=a\\npassword= hunter2",
            "host=a sslpassword=hunter2", "postgresql://u:hunter2@h/d", "postgres://h/d?password=hunter2",
        ] {
            let message = error("database:\n  conninfo: \"\(bad)\"")
            #expect(message?.contains("database_password") == true)
            #expect(message?.contains("hunter2") == false)
        }
        #expect(error("database:\n  conninfo: \"host=a user=b\"")?.contains("database.user names it") == true)
        #expect(error("database:\n  conninfo: \"postgresql://h:5/d?sslmode=verify-full\"") == nil)
    }

    @Test func what_is_shown_reads_back_as_the_same() throws {
        var some = Configuration()
        some.telegram.servers = [.init(dc: 2, host: "::1", port: 1)]
        some.telegram.deviceModel = "a \"quoted\" \\ name: #1"
        some.telegram.languagePack = ""
        some.link.credit = 3
        some.telegram.rsaKeyFiles = ["/x y.pem"]
        #expect(try Configuration(yaml: some.yaml, file: "f") == some)
        #expect(Configuration().changes(to: some).needRestart.contains("link.credit"))
        some = Configuration()
        some.logging.level = .debug
        #expect(Configuration().changes(to: some).reloadable == ["logging.level"])
        #expect(Configuration().changes(to: some).needRestart.isEmpty)
    }

    @Test func the_shipped_file_is_what_the_keys_say() throws {
        let shipped = Configuration.shippedFile
        let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let bytes = try readFile(root.appending(path: "ops/aaltohub.yaml").path).get()
        #expect(String(decoding: bytes, as: UTF8.self) == shipped, "write `aaltohubctl config show --shipped` to ops/aaltohub.yaml")
        #expect(try Configuration(yaml: shipped, file: "f") == Configuration())
        // With every key uncommented it is the same again: the examples in it are valid.
        let names = Configuration.keys.map { String($0.name.split(separator: ".").last ?? "") }
        let uncommented = shipped.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let indent = String(line.prefix { $0 == " " })
            let text = String(line.dropFirst(indent.count + 2))
            let isKey = names.contains { text.hasPrefix("\($0): ") || text == "\($0):" }
            return line.contains("# ") && (isKey || text.hasPrefix("  - ")) ? indent + text : String(line)
        }
        #expect(try Configuration(yaml: uncommented.joined(separator: "\n"), file: "f") == Configuration())
        for key in Configuration.keys { #expect(!key.manual.isEmpty && !key.unit.isEmpty, "\(key.name)") }
    }

    @Test func a_stage_logs_in_as_its_own_role() {
        var database = Configuration.Database()
        database.user = "aaltohub_{stage}.it's"
        #expect(database.user(of: .writer) == "aaltohub_writer.it's")
        database.conninfo = "host=a dbname=b"
        #expect(database.conninfo(of: .writer) == #"host=a dbname=b user='aaltohub_writer.it\'s' connect_timeout='5'"#)
        database.conninfo = "postgresql://h/d"
        #expect(database.conninfo(of: .ctl) == "postgresql://h/d?user=aaltohub_ctl.it%27s&connect_timeout=5")
        database.conninfo = "postgresql://h/d?sslmode=require"
        #expect(database.conninfo(of: .ctl) == "postgresql://h/d?sslmode=require&user=aaltohub_ctl.it%27s&connect_timeout=5")
    }

    @Test func a_missing_named_file_says_so_and_a_missing_default_one_does_not() throws {
        #expect(throws: ServiceError.self) { try Configuration.load(path: "/nowhere/x.yaml", environment: [:]) }
    }
}
