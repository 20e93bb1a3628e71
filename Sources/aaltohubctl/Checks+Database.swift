import PostgreSQL
import Primitives
import ServiceKit
import Store
import TelegramClient

extension Checks {
    /// How far two clocks of one system may be apart, in seconds.
    private static let clockTolerance = 5.0

    /// Whether the operator and each stage that needs the database can work with it.
    func database() async -> [Finding] {
        var findings: [Finding] = []
        do {
            let options = try options(of: .ctl)
            findings += await DatabaseDoctor.examine(options, role: "aaltohub_ctl").map {
                $0.isGood ? .ok($0.name, $0.text) : .wrong($0.name, $0.text, "", $0.isTemporary ? .temporary : .configuration)
            }
            guard findings.allSatisfy({ $0.level == .ok }) else { return findings }
            findings.append(await clockOfDatabase(options))
        } catch {
            return [.wrong("database", error)]
        }
        for stage in await stages() { findings += await database(of: stage) }
        return findings
    }

    /// The stages that need the database: backfill only where an account has a login for it.
    private func stages() async -> [Configuration.Database.Stage] {
        do {
            let connection = Connection(try options(of: .ctl))
            defer { Task { await connection.close() } }
            let accounts = try await AccountStore.list(connection)
            return [.listener, .writer] + (accounts.contains(where: \.hasBackfillSession) ? [.backfill] : [])
        } catch {
            // The check of the logins tells it.
            return [.listener, .writer]
        }
    }

    private func database(of stage: Configuration.Database.Stage) async -> [Finding] {
        let check = "database as \(configuration.database.user(of: stage))"
        do {
            let found = await DatabaseDoctor.examine(try options(of: stage), role: "aaltohub_\(stage.rawValue)")
            guard let bad = found.first(where: { !$0.isGood }) else { return [.ok(check, "logs in and has its rights")] }
            // Peer authentication asks for the system user of the stage, which this process is not.
            if bad.text.contains("Peer authentication") { return [.note(check, "only its own system user can try (peer authentication)")] }
            return [.wrong(check, bad.text, "", bad.isTemporary ? .temporary : .configuration)]
        } catch {
            return [.wrong(check, error)]
        }
    }

    private func options(of stage: Configuration.Database.Stage) throws -> ConnectionOptions {
        let keywords = [("dbname", configuration.database.conninfo(of: stage)), ("application_name", "aaltohubctl")]
        let password = try credentials.databasePassword(of: stage).map { [("password", $0.text)] } ?? []
        return try ConnectionOptions(
            keywords: keywords + password, statementTimeoutSeconds: configuration.database.statementTimeoutSeconds)
    }

    private func clockOfDatabase(_ options: ConnectionOptions) async -> Finding {
        let connection = Connection(options)
        defer { Task { await connection.close() } }
        do {
            let before = SystemClock.unix
            let theirs = try await connection.run { session in
                try session.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")[0].integer(0)
            }
            let off = (UnixTime(nanoseconds: theirs * 1000) - before).inSeconds
            return abs(off) <= Checks.clockTolerance
                ? .ok("clock of the database", "agrees with this machine's")
                : .wrong("clock of the database", "\(Int(off)) s from this machine's", "synchronise both clocks", .temporary)
        } catch {
            return .wrong("clock of the database", "\(error)", "", .temporary)
        }
    }

    /// Whether each account has a session that opens under the master key.
    func logins() async -> [Finding] {
        do {
            let connection = Connection(try options(of: .ctl))
            defer { Task { await connection.close() } }
            let accounts = try await AccountStore.list(connection)
            if accounts.isEmpty {
                return [.wrong("login", "no account is logged in", "run `aaltohubctl login --account main`", .loginNeeded)]
            }
            let store = AccountStore(connection, masterKey: try credentials.masterKey().bytes)
            var findings: [Finding] = []
            for account in accounts {
                let check = "login of \(account.name)"
                let again = "run `aaltohubctl login --account \(account.name)`"
                switch account.state {
                case .active where account.hasSession:
                    do {
                        _ = try await store.session(of: account.name)
                        findings.append(.ok(check, "its session opens"))
                    } catch { findings.append(.wrong(check, "\(error)", "give the services the master key that it was sealed under")) }
                case .revoked: findings.append(.wrong(check, "Telegram ended the session", again, .loginNeeded))
                case .banned, .duplicated, .frozen:
                    // The words are AccountTrouble's own.
                    let trouble = AccountTrouble(rawValue: account.state.rawValue)
                    findings.append(
                        .wrong(check, account.state.rawValue, trouble?.advice(account: account.name) ?? again, .loginNeeded))
                default: findings.append(.wrong(check, "the login was not finished (\(account.state.rawValue))", again, .loginNeeded))
                }
            }
            return findings
        } catch {
            // The database's and the key's own troubles are told by their own checks.
            return [.note("login", "cannot be looked at as long as the database or the master key is wrong")]
        }
    }
}
