import Primitives

extension Control {
    /// What a frozen account may not do, unless the command lists it: whatever writes, joins or finds strangers.
    private static let frozenMethods: Set<String> = [
        "messages.sendMessage", "messages.sendMedia", "messages.sendMultiMedia", "messages.editMessage", "messages.forwardMessages",
        "messages.createChat", "messages.addChatUser", "messages.importChatInvite", "messages.migrateChat", "channels.createChannel",
        "channels.joinChannel", "channels.inviteToChannel", "contacts.resolveUsername", "contacts.importContacts", "contacts.addContact",
    ]

    /// Logins and accounts.
    static func manageLogins(_ command: JSON, on server: inout TelegramServer, now: UnixTime) throws -> JSON? {
        switch command["cmd"]?.string {
        case "revoke":
            let user = try account(command, "account", server.world)
            let failure = command["name"]?.string.map { Failure(Int32(clamping: command["code"]?.integer ?? 401), $0) }
            return ["ok": true, "revoked": .integer(Int64(server.revoke(user: user, because: failure ?? .authKeyUnregistered)))]
        case "standing":
            let user = try account(command, "account", server.world)
            let methods = command["methods"]?.array.map { Set($0.compactMap(\.string)) }
            let standing: Account.Standing? =
                switch command["state"]?.string {
                case "good": .good
                case "banned": .banned
                case "frozen": .frozen(methods ?? frozenMethods)
                default: nil
                }
            guard let standing else { throw Refusal("state is good, banned or frozen") }
            server.world.setStanding(standing, of: user)
            return ["ok": true]
        case "home":
            let dataCentre = Int32(clamping: try number(command, "dc"))
            guard server.hasDataCentre(dataCentre) else { throw Refusal("there is no data centre \(dataCentre)") }
            server.world.setHome(dataCentre, of: try account(command, "account", server.world))
            return ["ok": true]
        case "accept_login":
            guard let token = command["token"]?.string.flatMap({ Base64URL.decode($0) }) else {
                throw Refusal("missing: token, as in tg://login?token=")
            }
            try server.acceptLoginToken(token, by: try account(command, "account", server.world), now: now)
            return ["ok": true]
        case "devices":
            let user = try account(command, "account", server.world)
            let list = server.devices(of: user).map { key -> JSON in
                let authorisation = server.authorisations[key]
                return [
                    "hash": .integer(server.deviceHash(key)), "model": .string(authorisation?.device.model ?? ""),
                    "api_id": .integer(authorisation?.device.apiID ?? 0), "dc": .integer(Int64(authorisation?.dataCentre ?? 0)),
                    "layer": .integer(Int64(authorisation?.layer ?? 0)),
                ]
            }
            return ["ok": true, "devices": .array(list)]
        default: return nil
        }
    }
}
