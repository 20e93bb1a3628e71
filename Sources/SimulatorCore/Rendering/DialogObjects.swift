import Primitives
import TL

extension World {
    /// The peers of the user's dialogs, the one with the newest message first.
    func dialogs(of user: Int64) -> [(peer: Peer, top: Int32, date: Int64)] {
        guard let account = accounts[user] else { return [] }
        var list: [(peer: Peer, top: Int32, date: Int64)] = []
        for (peer, dialog) in account.dialogs {
            guard let top = dialog.ids.last, let entry = account.entry(top) else { continue }
            list.append((peer, top, contents[entry.key].date.seconds))
        }
        for id in account.channels {
            guard let channel = channels[id] else { continue }
            let top = channel.ids.last ?? 0
            let date = channel.key(top).map { contents[$0].date } ?? channel.date
            list.append((.channel(id), top, date.seconds))
        }
        return list.sorted { ($0.date, $0.peer) > ($1.date, $1.peer) }
    }

    /// A `dialog`; its top message goes into `messages`.
    func dialog(_ peer: Peer, of user: Int64, messages: inout [TLObject], _ mentioned: inout Mentioned) -> TLObject {
        mentioned.insert(peer)
        let top = ids(in: peer, for: user).last ?? 0
        if top != 0 { messages.append(message(top, in: peer, for: user, &mentioned)) }
        var pts: TLValue?
        var readOutbox: Int32 = 0
        if case .channel(let id) = peer {
            pts = .int(channels[id]?.box.pts ?? 1)
            readOutbox = top
        } else {
            readOutbox = accounts[user]?.dialogs[peer]?.readOutboxMaxID ?? 0
        }
        return TLObject(
            "dialog",
            [
                "peer": tl(peer), "top_message": .int(top), "read_inbox_max_id": .int(readInboxMaxID(of: user, in: peer)),
                "read_outbox_max_id": .int(readOutbox), "unread_count": .int(unread(of: user, in: peer)), "unread_mentions_count": 0,
                "unread_reactions_count": 0, "unread_poll_votes_count": 0,
                "notify_settings": .object(TLObject("peerNotifySettings")), "pts": pts,
            ])
    }

    /// `messages.messages`, `messages.messagesSlice` or `messages.channelMessages`.
    ///
    /// With `isWhole` it says that the page is all that there is, though its messages may be missing from it.
    func messages(_ page: Page, in peer: Peer, for user: Int64, isWhole: Bool = false) -> TLObject {
        var mentioned = Mentioned()
        mentioned.insert(peer)
        let list = page.ids.map { message($0, in: peer, for: user, &mentioned) }
        var object = TLObject(
            "messages.messages",
            [
                "messages": .objects(list), "topics": [], "chats": chats(mentioned, for: user), "users": users(mentioned, for: user),
            ])
        if case .channel(let id) = peer {
            object.name = "messages.channelMessages"
            object["pts"] = .int(channels[id]?.box.pts ?? 1)
        } else if page.ids.count < page.total && !isWhole {
            object.name = "messages.messagesSlice"
        } else {
            return object
        }
        object["count"] = .int(page.total)
        object["offset_id_offset"] = .int(page.offset)
        return object
    }
}
