import Primitives
import TL

extension World {
    func user(_ id: Int64, for viewer: Int64, min: Bool = false) -> TLObject {
        guard let account = accounts[id] else { return TLObject("userEmpty", ["id": .integer(id)]) }
        return TLObject(
            "user",
            [
                "id": .integer(id), "access_hash": .integer(accessHash(of: .user(id), for: viewer, min: min)),
                "first_name": .string(account.firstName), "last_name": account.lastName.map { .string($0) },
                "username": account.username.map { .string($0) }, "phone": id == viewer && !account.isBot ? .string(account.phone) : nil,
                "status": .object(TLObject("userStatusRecently")), "self": flag(id == viewer),
                "contact": flag(account.isContactOf.contains(viewer)), "min": flag(min), "bot": flag(account.isBot),
                "bot_info_version": account.isBot ? 1 : nil,
            ])
    }

    func chat(_ id: Int64, for viewer: Int64) -> TLObject {
        guard let chat = chats[id] else { return TLObject("chatEmpty", ["id": .integer(id)]) }
        if !chat.has(viewer) { return TLObject("chatForbidden", ["id": .integer(id), "title": .string(chat.title)]) }
        return TLObject(
            "chat",
            [
                "id": .integer(id), "title": .string(chat.title), "photo": .object(TLObject("chatPhotoEmpty")),
                "participants_count": .int(chat.members.count), "date": .integer(chat.date.seconds), "version": .int(chat.version),
                "creator": flag(chat.creator == viewer), "default_banned_rights": .object(World.noRestrictions),
                "deactivated": flag(chat.migratedTo != nil),
                "migrated_to": chat.migratedTo.map { channel in
                    .object(
                        TLObject(
                            "inputChannel",
                            [
                                "channel_id": .integer(channel),
                                "access_hash": .integer(accessHash(of: .channel(channel), for: viewer)),
                            ]))
                },
            ])
    }

    func channel(_ id: Int64, for viewer: Int64) -> TLObject {
        guard let channel = channels[id] else { return TLObject("chatEmpty", ["id": .integer(id)]) }
        let hash = TLValue.integer(accessHash(of: .channel(id), for: viewer))
        if channel.banned.contains(viewer) || (!channel.has(viewer) && channel.username == nil) {
            return TLObject(
                "channelForbidden",
                [
                    "id": .integer(id), "access_hash": hash, "title": .string(channel.title),
                    "broadcast": flag(channel.isBroadcast), "megagroup": flag(!channel.isBroadcast),
                ])
        }
        let member = channel.members[viewer]
        return TLObject(
            "channel",
            [
                "id": .integer(id), "access_hash": hash, "title": .string(channel.title),
                "username": channel.username.map { .string($0) }, "photo": .object(TLObject("chatPhotoEmpty")),
                "date": .integer((member?.date ?? channel.date).seconds), "creator": flag(channel.creator == viewer),
                "left": flag(member == nil), "broadcast": flag(channel.isBroadcast), "megagroup": flag(!channel.isBroadcast),
                "admin_rights": channel.isAdmin(viewer) ? .object(World.allRights) : nil,
                "default_banned_rights": channel.isBroadcast ? nil : .object(World.noRestrictions),
                "participants_count": .int(channel.members.count), "forum": flag(channel.isForum),
                "signatures": flag(channel.hasSignatures),
            ])
    }

    static let allRights = TLObject(
        "chatAdminRights",
        [
            "change_info": true, "post_messages": true, "edit_messages": true, "delete_messages": true, "ban_users": true,
            "invite_users": true, "pin_messages": true, "add_admins": true, "other": true,
        ])

    static let noRestrictions = TLObject("chatBannedRights", ["until_date": 0])

    /// `chatParticipants`
    func participants(of id: Int64, _ mentioned: inout Mentioned) -> TLObject {
        guard let chat = chats[id] else { return TLObject("chatParticipantsForbidden", ["chat_id": .integer(id)]) }
        var list: [TLObject] = []
        for member in chat.members {
            mentioned.insert(.user(member.user))
            if member.user == chat.creator {
                list.append(TLObject("chatParticipantCreator", ["user_id": .integer(member.user)]))
            } else {
                list.append(
                    TLObject(
                        "chatParticipant",
                        [
                            "user_id": .integer(member.user), "inviter_id": .integer(member.inviter),
                            "date": .integer(member.date.seconds),
                        ]))
            }
        }
        return TLObject(
            "chatParticipants", ["chat_id": .integer(id), "participants": .objects(list), "version": .int(chat.version)])
    }

    /// A `ChannelParticipant`.
    func participant(_ user: Int64, of channel: Channel, for viewer: Int64) -> TLObject {
        guard let member = channel.members[user] else { return TLObject("channelParticipantLeft", ["peer": tl(.user(user))]) }
        let id = TLValue.integer(user)
        let date = TLValue.integer(member.date.seconds)
        if user == channel.creator {
            return TLObject("channelParticipantCreator", ["user_id": id, "admin_rights": .object(World.allRights)])
        }
        if member.isAdmin {
            return TLObject(
                "channelParticipantAdmin",
                [
                    "user_id": id, "promoted_by": .integer(channel.creator), "date": date, "admin_rights": .object(World.allRights),
                    "self": flag(user == viewer), "inviter_id": user == viewer ? .integer(member.inviter) : nil,
                ])
        }
        if user == viewer {
            return TLObject("channelParticipantSelf", ["user_id": id, "inviter_id": .integer(member.inviter), "date": date])
        }
        return TLObject("channelParticipant", ["user_id": id, "date": date])
    }
}
