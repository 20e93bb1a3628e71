import ArgumentParser
import Primitives
import ServiceKit
import Store
import WriterCore

struct GroupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups", abstract: "The chats whose messages are captured.",
        discussion: """
            A group is named by -1001234 or channel:1234 (a supergroup or channel), -1234 or group:1234 (a basic group), a plain id,
            @name, its title, or the beginning of its uuid. Listeners take a change over within five seconds.
            """,
        subcommands: [GroupsList.self, GroupsAdd.self, GroupsEnable.self, GroupsDisable.self], defaultSubcommand: GroupsList.self)
}

struct GroupsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the registered groups.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let groups = try await common.withDatabase { try await GroupStore($0).list() }
        if common.json {
            output(JSON.object([.init("groups", .array(groups.map(\.json)))]).text)
            return
        }
        let now = SystemClock.unix
        output(
            table(
                ["GROUP", "STATUS", "ACCOUNT", "LAST MESSAGE", "NAME", "TITLE", "ID"],
                groups.map { group in
                    [
                        group.chat.description, group.isEnabled ? group.status : "inactive", group.primaryAccount ?? "-",
                        group.lastMessageAt.map { "\(age(now.seconds - $0.seconds)) ago" } ?? "-", group.username.map { "@\($0)" } ?? "-",
                        group.title ?? "-", String(group.id.description.prefix(8)),
                    ]
                }))
    }
}

struct GroupsAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Registers a group and captures its messages from now on.")

    enum Kind: String, ExpressibleByArgument, CaseIterable { case channel, group }

    @OptionGroup var common: CommonOptions
    @Argument(help: "The group: see `aaltohubctl groups --help`. A @name must have been seen by a listener.")
    var group: String
    @Option(help: "What a plain id means: channel (also supergroups) or group (basic groups).")
    var type: Kind?
    @Option(help: "Its title, until a listener learns it.")
    var title: String?
    @Option(help: ArgumentHelp("The account whose copies of a basic group are stored.", valueName: "name"))
    var account: String?

    func run() async throws {
        let reference = try GroupReference(group)
        let (row, isNew) = try await common.withDatabase { connection in
            let store = GroupStore(connection)
            let (chat, username) = try await chat(of: reference, store)
            return try await store.add(chat, title: title, username: username, account: account)
        }
        show(row, common, isNew ? "added" : "already registered; enabled")
        if case .basicGroup = row.chat, row.primaryAccount == nil {
            notice("several accounts may see this basic group under different ids: name the one to store with --account")
        }
    }

    private func chat(of reference: GroupReference, _ store: GroupStore) async throws -> (ChatKey, username: String?) {
        switch reference {
        case .chat(let chat):
            if let type, (type == .group) != (chat.isBasicGroup) { throw ServiceError.usage("\(group) is no \(type.rawValue)'s id") }
            return (chat, nil)
        case .number(let id): return (type == .group ? .basicGroup(id) : .channel(id), nil)
        case .username(let name):
            guard let chat = try await store.chat(ofUsername: name) else {
                throw ServiceError.data("@\(name) was not seen by any listener yet: join it with the account, or add it by its id")
            }
            return (chat, name)
        case .text: throw ServiceError.usage("\(group) is neither an id nor a @name: a new group is added by one of these")
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
    show(row, common, isEnabled ? "enabled" : "disabled")
}

private func show(_ group: RegisteredGroup, _ common: CommonOptions, _ done: String) {
    output(common.json ? group.json.text : "\(group.chat) \(group.title ?? ""): \(done)")
}

extension ChatKey {
    fileprivate var isBasicGroup: Bool { if case .basicGroup = self { true } else { false } }
}
