import AccountStage
import ArgumentParser
import PostgreSQL
import Primitives
import ServiceKit
import Store
import TelegramConnection
import WriterCore
import ZeroMQ

struct GroupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups", abstract: "The chats whose messages are captured.",
        discussion: """
            A group is named by -1001234 or channel:1234 (a supergroup or channel), -1234 or group:1234 (a basic group), a plain id,
            @name, its title, or the beginning of its uuid. The listeners of this host take a change over at once, others within
            five seconds.
            """,
        subcommands: [GroupsList.self, GroupsAdd.self, GroupsEnable.self, GroupsDisable.self], defaultSubcommand: GroupsList.self)
}

struct GroupsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the registered groups.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let groups = try await common.withDatabase { try await GroupStore($0).list() }
        let now = SystemClock.unix
        common.list(
            groups, as: "groups", json: \.json, ["GROUP", "STATUS", "ACCOUNT", "LAST MESSAGE", "NAME", "TITLE", "ID"]
        ) { group in
            [
                group.chat.description, group.isEnabled ? group.status : "inactive", group.primaryAccount ?? "-",
                ago(group.lastMessageAt, now), group.username.map { "@\($0)" } ?? "-", group.title ?? "-",
                String(group.id.description.prefix(8)),
            ]
        }
    }
}

struct GroupsAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Registers a group and captures its messages from now on.",
        discussion: """
            A @name that is not known yet is asked for at Telegram, once for ever: over the account's running listener, or with the
            account's login while no listener runs. An account only sees groups that it is in: --join has it enter one first, by its
            invite link or public name. Telegram limits how many groups an account may enter in a day.
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable { case channel, group }

    @OptionGroup var common: CommonOptions
    @Argument(help: "The group: an id, a @name, or a link (t.me/name, t.me/c/1234/5, an invite of a chat that the account is in).")
    var group: String
    @Option(help: "What a plain id means: channel (also supergroups) or group (basic groups).")
    var type: Kind?
    @Option(help: "Its title, until a listener learns it.")
    var title: String?
    @Option(help: ArgumentHelp("The account whose copies of a basic group are stored.", valueName: "name"))
    var account: String?
    @Flag(help: "Have the account enter the group first, by an invite link or a public name.")
    var join = false

    func run() async throws {
        let (row, isNew) = try await common.withDatabase { connection in
            let store = GroupStore(connection)
            if let hash = ChatLink.invite(group) {
                let found = try await ask(join ? .join : .checkInvite, ["hash": .string(hash)], connection)
                guard let chat = ChatKey(told: found) else { throw ServiceError.data("\(group): the link is of no group") }
                return try await store.add(chat, title: title ?? found["title"]?.string, username: nil, account: account)
            }
            let (chat, username, told) = try await chat(of: try GroupReference(ChatLink.plain(group)), store, connection)
            return try await store.add(chat, title: title ?? told, username: username, account: account)
        }
        await tellListeners(try Folders(common.configuration()))
        show(row, common, isNew ? "added" : "already registered; enabled")
        if case .basicGroup = row.chat, row.primaryAccount == nil {
            notice("several accounts may see this basic group under different ids: name the one to store with --account")
        }
    }

    private func chat(
        of reference: GroupReference, _ store: GroupStore, _ connection: Connection
    ) async throws -> (ChatKey, username: String?, title: String?) {
        switch reference {
        case .chat where join, .number where join:
            throw ServiceError.usage("\(group) is an id, by which nobody can enter a group: give an invite link or a @name")
        case .chat(let chat):
            if let type, (type == .group) != (chat.isBasicGroup) { throw ServiceError.usage("\(group) is no \(type.rawValue)'s id") }
            return (chat, nil, nil)
        case .number(let id): return (type == .group ? .basicGroup(id) : .channel(id), nil, nil)
        case .username(let name):
            if !join, let chat = try await store.chat(ofUsername: name) { return (chat, name, nil) }
            let found = try await ask(join ? .join : .resolveUsername, ["name": .string(name)], connection)
            if found == .null { throw ServiceError.data("nobody at Telegram has the name @\(name)") }
            guard let chat = ChatKey(told: found) else { throw ServiceError.data("@\(name) is a person or a bot, no group") }
            return (chat, name, found["title"]?.string)
        case .text: throw ServiceError.usage("\(group) is neither an id nor a @name: a new group is added by one of these")
        }
    }

    /// Asks Telegram with the login of the account that is named, or of one that is logged in: one whose listener runs first.
    private func ask(_ command: AccountCommands.Name, _ arguments: JSON, _ connection: Connection) async throws -> JSON {
        let able = try await AccountStore.list(connection).filter { $0.hasSession && $0.state == .active }.map(\.name)
        let running = Folders.services(in: Folders(try common.configuration()).controls)
        let first = able.first { running.contains("listener@\($0)") } ?? able.first
        guard let asker = account ?? first else {
            throw ServiceError.loginNeeded(
                "\(group) is not known yet, and no account is logged in that could ask for it: run `aaltohubctl login`")
        }
        return try await common.access(asker, connection).run(command, arguments)
    }
}

/// Links to chats, in the forms that Telegram's apps give.
enum ChatLink {
    private static let hosts = ["https://t.me/", "http://t.me/", "t.me/", "https://telegram.me/", "telegram.me/"]

    /// The path of a link; nil when it is none.
    private static func path(_ text: String) -> Substring? {
        if let host = hosts.first(where: { text.lowercased().hasPrefix($0) }) { return text.dropFirst(host.count).prefix { $0 != "?" } }
        return nil
    }

    /// What invites to a chat without a name: `t.me/+HASH`, `t.me/joinchat/HASH`, `tg://join?invite=HASH`.
    static func invite(_ text: String) -> String? {
        for start in ["tg://join?invite="] where text.hasPrefix(start) { return String(text.dropFirst(start.count)) }
        guard let path = path(text) else { return nil }
        for start in ["+", "joinchat/"] where path.hasPrefix(start) {
            let hash = path.dropFirst(start.count).prefix { $0 != "/" }
            return hash.isEmpty ? nil : String(hash)
        }
        return nil
    }

    /// `t.me/name/5` as `@name`, `t.me/c/1234/5` as `channel:1234`; everything else as it is.
    static func plain(_ text: String) -> String {
        let resolve = "tg://resolve?domain="
        if text.hasPrefix(resolve) { return "@" + text.dropFirst(resolve.count).prefix { $0 != "&" } }
        guard let parts = path(text)?.split(separator: "/"), let first = parts.first else { return text }
        if first == "c", parts.count > 1 { return "channel:\(parts[1])" }
        // A preview of a channel: t.me/s/name.
        return "@\(first == "s" && parts.count > 1 ? parts[1] : first)"
    }
}

extension ChatKey {
    /// A channel or group that an account's login told of; nil for a person.
    fileprivate init?(told: JSON) {
        guard let id = told["id"]?.integer else { return nil }
        switch told["type"]?.string {
        case "channel": self = .channel(id)
        case "group": self = .basicGroup(id)
        default: return nil
        }
    }
}

struct GroupsEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Captures a group again; what was missed meanwhile is recorded as a gap.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The group: see `aaltohubctl groups --help`.")
    var group: String

    func run() async throws { try await set(true, group, common) }
}

struct GroupsDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Stops capturing a group; what is stored stays.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The group: see `aaltohubctl groups --help`.")
    var group: String

    func run() async throws { try await set(false, group, common) }
}

/// Writes marked ids (`-1001234`, `-1234`) so that the parser does not take them for options.
func readable(_ arguments: some Sequence<String>) -> [String] {
    arguments.map { argument in
        guard argument.hasPrefix("-"), Int64(argument) != nil, case .chat(let chat)? = try? GroupReference(argument) else {
            return argument
        }
        return chat.description
    }
}

private func set(_ isEnabled: Bool, _ name: String, _ common: CommonOptions) async throws {
    let reference = try GroupReference(name)
    let row = try await common.withDatabase { try await GroupStore($0).setEnabled(isEnabled, reference) }
    await tellListeners(try Folders(common.configuration()))
    show(row, common, isEnabled ? "enabled" : "disabled")
}

private func tellListeners(_ folders: Folders) async {
    let stages = StageReload(folders: folders, zeroMQ: Context())
    _ = await stages.tell(stages.running("listener@"), by: operatorName())
}

private func show(_ group: RegisteredGroup, _ common: CommonOptions, _ done: String) {
    output(common.json ? group.json.text : "\(group.chat) \(group.title ?? ""): \(done)")
}

extension ChatKey {
    fileprivate var isBasicGroup: Bool { if case .basicGroup = self { true } else { false } }
}
