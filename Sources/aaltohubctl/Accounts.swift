import AccountStage
import ArgumentParser
import Primitives
import ServiceKit
import Store
import TelegramConnection

struct AccountsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accounts", abstract: "The Telegram accounts; sessions are never shown.",
        discussion: """
            An account is active, or says why not: revoked (somebody ended the session), banned (Telegram deleted the account),
            duplicated (two programs used one login at once), frozen (it may only read until its owner appeals). A paused one is left alone by
            its stages until it is resumed.
            """,
        subcommands: [
            AccountsList.self, AccountsPause.self, AccountsResume.self, AccountsAuthorizations.self, AccountsLogout.self,
            AccountsRotateKey.self,
        ],
        defaultSubcommand: AccountsList.self)
}

struct AccountsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the accounts.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let accounts = try await common.withDatabase { try await AccountStore.list($0) }
        let now = SystemClock.unix
        common.list(
            accounts, as: "accounts", json: \.json, ["ACCOUNT", "STATE", "PHONE", "USER", "DC", "BACKFILL", "CHANGED", "WHY"]
        ) { account in
            [
                account.name, account.state.rawValue + (account.pausedAt == nil ? "" : ", paused"), account.phoneMasked ?? "-",
                account.userID.map(String.init) ?? "-", account.dcID.map(String.init) ?? "-", account.hasBackfillSession ? "yes" : "-",
                ago(account.updatedAt, now),
                account.stateReason ?? "-",
            ]
        }
    }
}

/// Which login of an account a command is about.
struct LoginOptions: ParsableArguments {
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Which login: the listener's, or backfill's, which is a device of its own.", valueName: "process"))
    var purpose = LoginPurpose.listener
}

extension LoginPurpose: ExpressibleByArgument {}

struct AccountsAuthorizations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authorizations", abstract: "Lists an account's devices that are ours, or ends one of them.",
        discussion: "Ours are those made with telegram.api_id. Other devices are ended in an official app.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The account's name.")
    var account: String
    @Flag(help: "List the account's other devices too.")
    var all = false
    @Option(help: ArgumentHelp("End this device of ours.", valueName: "hash"))
    var revoke: String?

    func run() async throws {
        if let revoke, UInt64(revoke, radix: 16) == nil {
            throw ServiceError.usage("\(revoke) is no device's hash: `accounts authorizations` lists them")
        }
        let answer = try await common.withDatabase { database in
            let access = try common.access(account, database)
            return if let revoke {
                try await access.run(.revokeAuthorization, ["hash": .string(revoke)])
            } else {
                try await access.run(.authorizations)
            }
        }
        if revoke != nil {
            output(common.json ? answer.text : "\(account): ended \(answer["app"]?.string ?? "the device")")
            return
        }
        let devices = (answer.array ?? []).filter { all || $0["ours"]?.bool == true }
        let now = SystemClock.unix
        common.list(
            devices, as: "authorizations", json: { $0 }, ["HASH", "OURS", "DEVICE", "APP", "COUNTRY", "MADE", "ACTIVE"]
        ) { device in
            func text(_ name: String) -> String { device[name]?.string ?? "" }
            func seen(_ name: String) -> String { ago(device[name]?.integer.map { UnixTime(seconds: $0) }, now) }
            return [
                device["current"]?.bool == true ? "(this login)" : text("hash"), device["ours"]?.bool == true ? "yes" : "-",
                text("device"), text("app"), text("country"), seen("created_at"), seen("active_at"),
            ]
        }
    }
}

struct AccountsLogout: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Ends a login at Telegram and forgets its session.",
        discussion: """
            The account's listener ends with status 77. Groups and messages stay. Telegram forgets the login's key, too; where that
            cannot be had in time the key is left behind, and opens nothing any more.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var login: LoginOptions
    @Argument(help: "The account's name.")
    var account: String

    func run() async throws {
        let isKeyGone = try await common.withDatabase { database in
            let access = try common.access(account, database)
            let answer = try await access.run(.logOut, for: login.purpose)
            try await AccountStore(database, masterKey: common.credentials.masterKey().bytes).forgetSession(of: account, for: login.purpose)
            return answer["key_destroyed"]?.bool ?? false
        }
        if common.json {
            return output(
                JSON.object([
                    .init("account", .string(account)), .init("logged_out", .string(login.purpose.rawValue)),
                    .init("key_destroyed", .bool(isKeyGone)),
                ]).text)
        }
        output("\(account): the \(login.purpose.rawValue)'s login is ended")
        if !isKeyGone { notice("Telegram did not say that it forgot the login's key; it opens nothing any more") }
    }
}

struct AccountsRotateKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-key", abstract: "Seals every session under a new master key.",
        discussion: """
            Reads the new key (32 bytes, as base64 or hexadecimal digits) from standard input, and the present one from the credential
            master_key. All is sealed anew in one transaction, or nothing. Then put the new key in the credential's place and restart
            the services: until that is done keep both keys.
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let present = try common.credentials.masterKey().bytes
        guard let line = await Terminal.ask("The new master key", hidden: true), let new = Credentials.masterKey(of: Array(line.utf8))
        else {
            throw ServiceError.data(
                "standard input holds no master key: 32 bytes as base64 or 64 hexadecimal digits (`head -c 32 /dev/urandom | base64`)"
            )
        }
        let done = try await common.withDatabase { database in
            try await AccountStore(database, masterKey: present).rotate(to: new.bytes) {
                var random = SystemRandomNumberGenerator()
                return random.bytes(Seal.nonceLength)
            }
        }
        if common.json {
            output(
                JSON.object([
                    .init("sessions", .integer(Int64(done.sessions))), .init("pending_logins", .integer(Int64(done.pendingLogins))),
                    .init("quarantined", .integer(Int64(done.quarantined))), .init("left", .integer(Int64(done.left))),
                ]).text)
        } else {
            output(
                "sealed anew: \(done.sessions) sessions, \(done.pendingLogins) half-done logins, \(done.quarantined) quarantined objects")
            notice("now put the new key into the credential master_key and restart the services; the old one opens nothing here any more")
        }
    }
}
