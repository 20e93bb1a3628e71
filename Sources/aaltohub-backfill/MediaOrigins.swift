import BackfillCore
import Primitives
import TL
import TelegramClient
import TelegramConnection

/// Fetches the messages that files came with, a hundred a call, for their fresh references.
actor MediaOrigins {
    /// Where a file came from.
    struct Origin: Hashable, Sendable {
        var chat: PeerBook.Key
        var message: Int64
    }

    enum Answer: Sendable {
        case file(RemoteFile)
        /// The message does not give it (any more), and why.
        case gone(String)
        case failed(CallFailure)
    }

    /// Ids of one call, as the method allows. Source: https://core.telegram.org/method/channels.getMessages
    private static let idsMost = 100
    /// How long the first of several waits for the others: files of one album are wanted at the same moment.
    private static let gathering = Duration.milliseconds(20)

    private let api: TelegramAPI
    private let peers: Peers
    private var waiting: [PeerBook.Key: [(message: Int64, waiter: CheckedContinuation<Result<TLObject?, Refusal>, Never>)]] = [:]

    private enum Refusal: Error {
        case gone(String)
        case failed(CallFailure)
    }

    init(api: TelegramAPI, peers: Peers) {
        self.api = api
        self.peers = peers
    }

    func fetch(_ kind: RemoteFile.Kind, _ id: Int64, from origin: Origin) async -> Answer {
        let result = await withCheckedContinuation { waiter in
            waiting[origin.chat, default: []].append((origin.message, waiter))
            if waiting[origin.chat]?.count == 1 { Task { await self.gather(origin.chat) } }
        }
        switch result {
        case .failure(.gone(let why)): return .gone(why)
        case .failure(.failed(let failure)): return .failed(failure)
        case .success(let message):
            guard let message else { return .gone("its message was deleted") }
            guard let file = RemoteFile(kind, id: id, in: message) else { return .gone("its message does not have it any more") }
            return .file(file)
        }
    }

    private func gather(_ chat: PeerBook.Key) async {
        // A cancelled wait is over at once, which is as good.
        try? await Task.sleep(for: Self.gathering)
        var all = waiting.removeValue(forKey: chat) ?? []
        while !all.isEmpty {
            let some = Array(all.prefix(Self.idsMost))
            all.removeFirst(some.count)
            do throws(Refusal) {
                let messages = try await ask(chat, Set(some.map(\.message)).sorted())
                for (message, waiter) in some { waiter.resume(returning: .success(messages[message])) }
            } catch {
                for (_, waiter) in some { waiter.resume(returning: .failure(error)) }
            }
        }
    }

    private func ask(_ chat: PeerBook.Key, _ ids: [Int64]) async throws(Refusal) -> [Int64: TLObject] {
        let list = TLValue.vector(ids.map { .object(TLObject("inputMessageID", ["id": .integer($0)])) })
        let call: TLObject
        if chat.kind == .channel {
            guard let input = await peers.input(of: chat), let id = input["channel_id"], let hash = input["access_hash"] else {
                // The walk through the dialogs brings it; the message may well be there.
                throw .failed(.rpc(.init(code: 500, message: "the access hash of its channel is not known yet")))
            }
            let channel = TLObject("inputChannel", ["channel_id": id, "access_hash": hash])
            call = TLObject("channels.getMessages", ["channel": .object(channel), "id": list])
        } else {
            call = TLObject("messages.getMessages", ["id": list])
        }
        do {
            let answer = try await api.once(call)
            var out: [Int64: TLObject] = [:]
            for message in answer.object?["messages"]?.vector ?? [] {
                // Emptied ones are deleted.
                guard let object = message.object, object.name == "message", let id = object["id"]?.int else { continue }
                out[id] = object
            }
            return out
        } catch {
            if case .rpc(let rpc) = error, rpc.kind == .lostAccess || rpc.kind == .forbidden { throw .gone(rpc.message) }
            throw .failed(error)
        }
    }
}
