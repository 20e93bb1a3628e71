import Primitives
import Store
import TelegramConnection

extension UsernameStore {
    /// Resolves by this login's own call where the table has no answer.
    public func resolve(_ name: String, needsHash: Bool = false, asking commands: AccountCommands) async throws -> Owner? {
        try await resolve(name, needsHash: needsHash) { name in
            guard let found = try await commands.resolve(name), let type = EntityType(rawValue: found.type) else { return nil }
            return (Owner(type: type, id: found.id, title: found.title), found.accessHash)
        }
    }
}

extension UsernameStore.Owner {
    public var json: JSON { ["type": .string(type.rawValue), "id": .integer(id), "title": title.map { .string($0) } ?? .null] }
}
