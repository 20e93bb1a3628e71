import Primitives
import TL
import TelegramClient

/// The small JSON texts of a message: what people and archives read, without keys to anything (access hashes, file references).
public enum CompactJSON {
    private static func text(_ body: (inout JSONText) -> Void) -> String {
        var json = JSONText()
        body(&json)
        return json.text
    }

    static func object(_ body: (inout JSONText) -> Void) -> String { text { $0.object(body) } }

    /// `[{"type":"bold","offset":0,"length":4}, …]`; offsets and lengths in UTF-16 units, as Telegram counts. Empty if none.
    static func entities(_ entities: [API.MessageEntity]) -> String {
        if entities.isEmpty { return "" }
        return text { json in
            json.array { json in
                for entity in entities {
                    json.object { json in
                        json.member("type", entity.kind.word)
                        json.member("offset", entity.offset)
                        json.member("length", entity.length)
                        json.member("url", entity.url)
                        json.member("language", entity.language)
                        json.member("user_id", entity.userID)
                        json.member("document_id", entity.documentID)
                        json.member("date", entity.date)
                        json.flag("collapsed", entity.collapsed)
                    }
                }
            }
        }
    }

    /// Where it was forwarded from.
    static func forward(_ header: API.MessageFwdHeader) -> String {
        object { json in
            json.member("from_id", header.fromID.flatMap(PeerBook.Key.init)?.marked)
            json.member("from_name", header.fromName)
            json.member("post_author", header.postAuthor)
            json.member("date", header.date)
            json.member("channel_post", header.channelPost)
            json.member("saved_from_peer", header.savedFromPeer.flatMap(PeerBook.Key.init)?.marked)
            json.member("saved_from_msg_id", header.savedFromMsgID)
            json.member("saved_from_id", header.savedFromID.flatMap(PeerBook.Key.init)?.marked)
            json.member("saved_from_name", header.savedFromName)
            json.member("saved_date", header.savedDate)
            json.member("psa_type", header.psaType)
            json.flag("imported", header.imported)
        }
    }

    /// What the id of the answered message does not say: which part of it is quoted, and in which other chat or story it is. Empty: nothing.
    static func reply(_ header: API.MessageReplyHeader) -> String {
        let isElsewhere = header.replyToPeerID != nil
        let json = object { json in
            json.member("reply_to_peer_id", header.replyToPeerID.flatMap(PeerBook.Key.init)?.marked)
            if isElsewhere { json.member("reply_to_msg_id", header.replyToMsgID) }
            json.member("quote_text", header.quoteText)
            // In UTF-16 units of the answered text.
            if header.quoteText?.isEmpty == false { json.member("quote_offset", header.quoteOffset) }
            json.member("peer", header.peer.flatMap(PeerBook.Key.init)?.marked)
            json.member("story_id", header.storyID)
        }
        return json == "{}" ? "" : json
    }

    /// `[{"emoji":"👍","count":3}, …]`. Who reacted is not kept: only some of them are ever told.
    public static func reactions(_ reactions: API.MessageReactions) -> String {
        text { json in
            json.array { json in
                for result in reactions.results {
                    json.object { json in
                        switch result.reaction {
                        case .reactionEmoji(let reaction): json.member("emoji", reaction.emoticon)
                        case .reactionCustomEmoji(let reaction): json.member("document_id", reaction.documentID)
                        case .reactionPaid: json.member("type", "paid")
                        case .reactionEmpty: json.member("type", "empty")
                        case .other: json.member("type", "unknown")
                        }
                        json.member("count", result.count)
                    }
                }
            }
        }
    }

    // MARK: the rare, from its dynamic form

    /// `messageEntityTextUrl` without its prefix, in snake_case: `text_url`.
    static func kind(_ name: String, without prefix: String) -> String {
        var out = ""
        for character in name.dropFirst(name.hasPrefix(prefix) ? prefix.count : 0) {
            if character.isUppercase, !out.isEmpty { out.append("_") }
            out.append(Character(character.lowercased()))
        }
        return out
    }

    /// Any object as JSON with "type" first, without keys and bytes.
    static func plain(_ object: TLObject, without prefix: String, depth: Int = 0) -> JSON {
        var members = [JSON.Member("type", .string(kind(object.name, without: prefix)))]
        for field in object.fields.keys.sorted() {
            guard let value = object.fields[field], let json = plain(field, value, depth: depth) else { continue }
            members.append(.init(field, json))
        }
        return .object(members)
    }

    /// What gives access to something, is nobody's business here, or is no text.
    private static let secrets: Set<String> = [
        "access_hash", "file_reference", "bytes", "payload", "sizes", "video_sizes", "thumbs", "waveform", "slug", "credentials",
        "phone_number", "phone", "vcard",
    ]
    /// Deeper things are left out: an action holds at most a photo or a gift.
    private static let depthMost = 4

    private static func plain(_ field: String, _ value: TLValue, depth: Int) -> JSON? {
        if secrets.contains(field) || depth > depthMost { return nil }
        switch value {
        case .integer(let v): return .integer(v)
        case .double(let v): return .double(v)
        case .bool(let v): return .bool(v)
        case .bytes(let v): return String(validating: v, as: UTF8.self).map(JSON.string)
        case .vector(let values): return .array(values.compactMap { plain(field, $0, depth: depth + 1) })
        case .object(let object):
            if let key = PeerBook.Key(API.Peer(object)) { return .integer(key.marked) }
            return plain(object, without: "", depth: depth + 1)
        }
    }
}

extension API.MessageEntity.Kind {
    /// Telegram's name in snake_case, without what all of them begin with.
    fileprivate var word: String {
        switch self {
        case .messageEntityPre: "pre"
        case .messageEntityTextUrl: "text_url"
        case .messageEntityMentionName, .inputMessageEntityMentionName: "mention_name"
        case .messageEntityCustomEmoji: "custom_emoji"
        case .messageEntityBlockquote: "blockquote"
        case .messageEntityFormattedDate: "formatted_date"
        case .messageEntityBankCard: "bank_card"
        case .messageEntityBold: "bold"
        case .messageEntityBotCommand: "bot_command"
        case .messageEntityCashtag: "cashtag"
        case .messageEntityCode: "code"
        case .messageEntityDiffDelete: "diff_delete"
        case .messageEntityDiffInsert: "diff_insert"
        case .messageEntityDiffReplace: "diff_replace"
        case .messageEntityEmail: "email"
        case .messageEntityHashtag: "hashtag"
        case .messageEntityItalic: "italic"
        case .messageEntityMention: "mention"
        case .messageEntityPhone: "phone"
        case .messageEntitySpoiler: "spoiler"
        case .messageEntityStrike: "strike"
        case .messageEntityUnderline: "underline"
        case .messageEntityUrl: "url"
        case .messageEntityUnknown, .other: "unknown"
        }
    }
}
