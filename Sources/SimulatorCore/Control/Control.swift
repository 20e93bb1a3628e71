import Primitives

/// What can be asked of a running simulator from outside Telegram's protocol, apart from what needs its shell (load).
///
/// A command is one JSON object with `cmd`; the answer is some lines, the last of them with `ok`.
public struct Control {
    /// Why a command was refused.
    public struct Refusal: Error, Hashable {
        public var reason: String
        public init(_ reason: String) { self.reason = reason }
    }

    /// The answer's lines, or nil when the command is none of these.
    public static func run(_ command: JSON, on server: inout TelegramServer, now: UnixTime) throws(Refusal) -> [JSON]? {
        do {
            return try handle(command, on: &server, now: now)
        } catch let refusal as Refusal {
            throw refusal
        } catch let failure as Failure {
            throw Refusal(failure.name)
        } catch {
            throw Refusal("\(error)")
        }
    }

    /// The same with what is about connections, sessions and the clock.
    public static func run(
        _ command: JSON, on endpoint: inout Endpoint, now: Endpoint.Moment, using generator: inout some RandomNumberGenerator
    ) throws(Refusal) -> [JSON]? {
        do {
            if let answer = try disturb(command, on: &endpoint, now: now, using: &generator) { return [answer] }
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal("\(error)")
        }
        return try run(command, on: &endpoint.server, now: now.time)
    }

    private static func handle(_ command: JSON, on server: inout TelegramServer, now: UnixTime) throws -> [JSON]? {
        switch command["cmd"]?.string {
        case "ping": return [["ok": true]]
        case "accounts": return [accounts(server.world)]
        case "groups": return [["ok": true, "groups": .array(server.world.groups.map { describe($0, server.world) })]]
        case "stats": return [stats(server)]
        case "dump", "rows": return try dump(command, server.world)
        case "times": return times(since: Int(command["from"]?.integer ?? 0), server.world)
        case "window": return [window(command, &server)]
        case "private": return [try sendPrivately(command, &server, now)]
        case "migrate":
            guard case .chat(let chat) = try peer(command, server.world), let creator = server.world.chats[chat]?.creator else {
                throw Refusal("only a basic group can be migrated")
            }
            let made = try server.world.migrate(chat, by: creator, now: now)
            server.publish(now: now)
            return [["ok": true, "group": describe(.channel(made), server.world)]]
        case "create_group", "add_members", "remove_member", "send", "edit", "delete":
            let answer = try act(command, on: &server.world, now: now)
            server.publish(now: now)
            return [answer]
        case "warm":
            let count = try server.warm(layer: command["layer"]?.integer.map { Int32(clamping: $0) } ?? server.settings.layer)
            return [["ok": true, "messages": .integer(Int64(count))]]
        case "calls_log": return try callsLog(command, &server)
        default:
            if let lines = try files(command, on: &server, now: now) { return lines }
            if let answer = try groups(command, on: &server, now: now) { return [answer] }
            if let answer = try manageLogins(command, on: &server, now: now) { return [answer] }
            return try disturb(command, &server, now: now).map { [$0] }
        }
    }

    /// Each message in an envelope of its own, as if they had been typed.
    private static func sendPrivately(_ command: JSON, _ server: inout TelegramServer, _ now: UnixTime) throws -> JSON {
        let from = try account(command, "from", server.world)
        let to = try account(command, "to", server.world)
        let count = Int(command["count"]?.integer ?? 1)
        for index in 0..<count {
            try server.world.send(by: from, to: .user(to), Draft("private \(index)"), now: now)
            server.publish(now: now)
        }
        return ["ok": true, "count": .integer(Int64(count))]
    }

    private static func window(_ command: JSON, _ server: inout TelegramServer) -> JSON {
        var limits = server.world.limits
        if let size = command["size"]?.integer { limits.window = Int32(clamping: max(1, size)) }
        if let slice = command["difference_slice"]?.integer { limits.differenceSlice = Int(max(1, slice)) }
        if let slice = command["channel_difference_slice"]?.integer { limits.channelDifferenceSlice = Int(max(1, slice)) }
        if let wait = command["timeout_seconds"]?.integer { limits.channelDifferenceTimeoutSeconds = Int32(clamping: max(1, wait)) }
        if let most = command["channels"]?.integer { limits.channels = Int(max(0, most)) }
        if let fills = command["fill_pages"]?.bool { limits.fillsPages = fills }
        server.world.setLimits(limits)
        return ["ok": true, "size": .integer(Int64(limits.window))]
    }

    // MARK: Arguments

    /// The user whose phone the field names.
    static func account(_ command: JSON, _ field: String, _ world: World) throws -> Int64 {
        guard let phone = command[field]?.string else { throw Refusal("missing: \(field), a phone") }
        guard let account = world.account(phone: phone) else { throw Refusal("no account has the phone \(phone)") }
        return account.id
    }

    /// The same, where it may be left out.
    static func optionalAccount(_ command: JSON, _ world: World) throws -> Int64? {
        command["account"] == nil ? nil : try account(command, "account", world)
    }

    /// A count that must be given.
    static func number(_ command: JSON, _ field: String) throws -> Int64 {
        guard let value = command[field]?.integer else { throw Refusal("missing: \(field), a number") }
        return value
    }

    /// The channel that `kind` and `id` name.
    static func channel(_ command: JSON, _ world: World) throws -> Int64 {
        guard case .channel(let id) = try peer(command, world) else {
            throw Refusal("only supergroups and channels have a box of their own")
        }
        return id
    }

    /// The users whose phones `members` lists; all without it.
    static func members(_ command: JSON, _ world: World) throws -> [Int64] {
        guard let phones = command["members"]?.array else { return world.accountOrder }
        return try phones.map { phone in
            guard let account = world.account(phone: phone.string ?? "") else { throw Refusal("no account has the phone \(phone.text)") }
            return account.id
        }
    }

    /// The peer that `kind` and `id` name; a user also by `phone`.
    public static func peer(_ command: JSON, _ world: World) throws -> Peer {
        if command["phone"] != nil { return .user(try account(command, "phone", world)) }
        guard let id = command["id"]?.integer else { throw Refusal("missing: id") }
        switch command["kind"]?.string {
        case "basic" where world.chats[id] != nil: return .chat(id)
        case "supergroup" where world.channels[id] != nil, "channel" where world.channels[id] != nil: return .channel(id)
        case "private" where world.accounts[id] != nil: return .user(id)
        default: throw Refusal("no such peer: kind is basic, supergroup, channel or private")
        }
    }
}
