import TL

extension TelegramServer {
    func answerUsers(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLValue? {
        switch request.name {
        case "users.getUsers":
            var list: [TLObject] = []
            for input in request["id"]?.vector ?? [] { list.append(world.user(try user(input, caller), for: caller.user)) }
            return .objects(list)
        case "users.getFullUser":
            let id = try user(request["id"], caller)
            let full = TLObject(
                "userFull",
                [
                    "id": .integer(id), "settings": .object(TLObject("peerSettings")),
                    "notify_settings": .object(TLObject("peerNotifySettings")), "common_chats_count": 0,
                ])
            var mentioned = Mentioned()
            mentioned.insert(.user(id))
            return .object(with(mentioned, caller, TLObject("users.userFull", ["full_user": .object(full)])))
        default: return nil
        }
    }

    mutating func answerContacts(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLValue? {
        var mentioned = Mentioned()
        switch request.name {
        case "contacts.resolveUsername":
            let peer = try world.resolve(username: request.text("username"))
            mentioned.insert(peer)
            return .object(with(mentioned, caller, TLObject("contacts.resolvedPeer", ["peer": world.tl(peer)])))
        case "contacts.resolvePhone":
            guard let account = world.account(phone: request.text("phone")) else { throw .bad("PHONE_NOT_OCCUPIED") }
            mentioned.insert(.user(account.id))
            return .object(with(mentioned, caller, TLObject("contacts.resolvedPeer", ["peer": world.tl(.user(account.id))])))
        case "contacts.getContacts":
            var list: [TLObject] = []
            for id in world.accountOrder where world.accounts[id]?.isContactOf.contains(caller.user) == true {
                mentioned.insert(.user(id))
                list.append(TLObject("contact", ["user_id": .integer(id), "mutual": false]))
            }
            let object = TLObject("contacts.contacts", ["contacts": .objects(list), "saved_count": .int(list.count)])
            return .object(with(mentioned, caller, object))
        case "contacts.importContacts":
            var imported: [TLObject] = []
            for contact in request["contacts"]?.vector ?? [] {
                guard let phone = contact["phone"]?.string, let account = world.account(phone: phone) else { continue }
                world.addContact(account.id, of: caller.user)
                mentioned.insert(.user(account.id))
                imported.append(
                    TLObject("importedContact", ["user_id": .integer(account.id), "client_id": .integer(contact["client_id"]?.int ?? 0)]))
            }
            let object = TLObject(
                "contacts.importedContacts", ["imported": .objects(imported), "popular_invites": [], "retry_contacts": []])
            return .object(with(mentioned, caller, object))
        case "contacts.addContact":
            let id = try user(request["id"], caller)
            world.addContact(id, of: caller.user)
            mentioned.insert(.user(id))
            var envelope = publishOwn(caller)
            envelope["users"] = world.users(mentioned, for: caller.user)
            return .object(envelope)
        default: return nil
        }
    }
}
