import AccountStage
import Primitives
import ProducerCore
import ServiceKit
import Store
import TL
import TelegramClient

/// What this authorisation knows of users and chats, kept in the database.
actor Peers {
    /// A chat as the server last described it.
    struct Description: Hashable, Sendable {
        var title: String?
        /// nil: it was not told.
        var username: String?
        var isForum: Bool
        var isLeft: Bool
        var migratedTo: Int64?
    }

    private(set) var book = PeerBook()
    private var chats: [PeerBook.Key: Description] = [:]
    private let store: EntityStore
    private let context: ServiceContext

    init(_ store: EntityStore, context: ServiceContext) {
        self.store = store
        self.context = context
    }

    func restore(_ entities: [Entity]) {
        for entity in entities {
            let kind: PeerBook.Kind =
                switch entity.type {
                case .user: .user
                case .channel: .channel
                case .group: .basicGroup
                }
            book.restore(.init(kind, entity.id), .init(accessHash: entity.accessHash, username: entity.username))
        }
    }

    func learn(users: [TLObject], chats: [TLObject]) {
        book.merge(users: users, chats: chats)
        for chat in chats { describe(chat) }
    }

    /// What a page of history told.
    func learn(_ page: HistoryPage) {
        for told in page.peers {
            book.merge(told.key, told.peer, isMin: told.isMin)
            guard !told.isMin, told.key == PeerBook.Key(page.chat), let info = page.info else { continue }
            chats[told.key] = Description(
                title: info.hasTitle ? info.title : nil, username: info.hasUsername && told.key.kind == .channel ? info.username : nil,
                isForum: info.forum, isLeft: told.peer.isLeft, migratedTo: told.peer.migratedTo)
        }
    }

    private func describe(_ chat: TLObject) {
        guard let id = chat["id"]?.int, chat["min"]?.bool != true else { return }
        let key = PeerBook.Key(chat.name.hasPrefix("channel") ? .channel : .basicGroup, id)
        guard chat.name == "channel" || chat.name == "chat" else {
            // Forbidden ones tell nothing but a title.
            chats[key] = Description(title: chat["title"]?.string, username: nil, isForum: false, isLeft: true, migratedTo: nil)
            return
        }
        chats[key] = Description(
            title: chat["title"]?.string, username: chat.name == "channel" ? chat["username"]?.string ?? "" : nil,
            isForum: chat["forum"]?.bool ?? false, isLeft: chat["left"]?.bool ?? false,
            migratedTo: chat["migrated_to"]?.object?["channel_id"]?.int)
    }

    func description(of key: PeerBook.Key) -> Description? { chats[key] }

    /// The account reaches this chat no more: what was said of it before does not count.
    func lost(_ key: PeerBook.Key) { chats[key]?.isLeft = true }

    /// The `InputPeer` of a group; nil for a channel whose access hash is not known.
    func input(of key: PeerBook.Key) -> TLObject? {
        switch key.kind {
        case .basicGroup: TLObject("inputPeerChat", ["chat_id": .integer(key.id)])
        case .channel: book.inputPeer(of: TLObject("peerChannel", ["channel_id": .integer(key.id)]))
        case .user: book.inputPeer(of: TLObject("peerUser", ["user_id": .integer(key.id)]))
        }
    }

    /// The server refused the hash of this channel: it is not offered again.
    func refused(_ key: PeerBook.Key) async {
        guard let hash = book[key]?.accessHash else { return }
        book.refuse(key, hash: hash)
        do {
            try await store.markRefused(EntityType(key.kind), key.id, hash: hash)
        } catch {
            context.logger.warning("a refused access hash could not be marked: \(DatabaseDoctor.remedy(error))")
        }
    }

    /// Stores what changed; what cannot be stored is learnt again.
    func save() async {
        let entities = book.takeChanged().compactMap { key, peer -> Entity? in
            let type = EntityType(key.kind)
            if type != .group, peer.accessHash == nil { return nil }
            return Entity(type: type, id: key.id, accessHash: peer.accessHash, username: peer.username)
        }
        guard !entities.isEmpty else { return }
        do {
            try await store.save(entities)
        } catch {
            context.logger.warning("what was learnt of peers could not be stored: \(DatabaseDoctor.remedy(error))")
        }
    }
}
