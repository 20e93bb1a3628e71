import Primitives
import TL
import TelegramClient

extension AccountCommands {
    /// Enters the chat of an invite link; the chat, also when the account is in it already.
    ///
    /// https://core.telegram.org/method/messages.importChatInvite
    func join(hash: String) async throws(Failure) -> JSON {
        do {
            // Said twice it does no harm: the second time the account is in the chat already.
            try await entered(try await ask(TLObject("messages.importChatInvite", ["hash": .string(hash)])))
        } catch {
            guard case .call(.rpc(let rpc)) = error else { throw error }
            switch rpc.message {
            case "USER_ALREADY_PARTICIPANT": break
            case "INVITE_REQUEST_SENT":
                throw .refused("the account has asked to be let in: an admin of that chat decides; add the group when that is done")
            case "INVITE_HASH_EXPIRED": throw .refused("the invite link is no longer valid")
            case "INVITE_HASH_INVALID", "INVITE_HASH_EMPTY": throw .refused("that is no invite link")
            default: throw error
            }
        }
        return try await invite(hash)
    }

    /// Enters a public channel or supergroup; the chat, also when the account is in it already. Nobody has the name: null.
    ///
    /// https://core.telegram.org/method/channels.joinChannel
    func join(name: String) async throws(Failure) -> JSON {
        guard let owner = try await resolve(name) else { return .null }
        guard owner.type == "channel" else { throw .refused("@\(name) is a person or a bot, no group") }
        guard let hash = owner.accessHash else { throw .refused("Telegram does not let the account address @\(name)") }
        let channel = TLObject("inputChannel", ["channel_id": .integer(owner.id), "access_hash": .integer(hash)])
        do {
            try await entered(try await ask(TLObject("channels.joinChannel", ["channel": .object(channel)])))
        } catch {
            guard case .call(.rpc(let rpc)) = error else { throw error }
            switch rpc.message {
            case "USER_ALREADY_PARTICIPANT": break
            case "INVITE_REQUEST_SENT":
                throw .refused("the account has asked to be let in: an admin of @\(name) decides; add the group when that is done")
            case "CHANNEL_PRIVATE": throw .refused("@\(name) does not let the account in")
            default: throw error
            }
        }
        return owner.json
    }

    /// The answer's updates are for the others of this account; whose chats they are of is worth knowing at once.
    private func entered(_ answer: TLValue) async throws(Failure) {
        guard let updates = answer.object else { throw .refused("an answer without updates") }
        await learnt?(
            TLObject("updates", ["updates": .vector([]), "users": updates["users"], "chats": updates["chats"], "date": 0, "seq": 0]))
    }
}
