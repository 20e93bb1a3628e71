import Cryptography
import Primitives

/// Accounts and groups as a JSON file gives them:
/// `{"accounts": [{"phone", "first_name", "last_name"?, "username"?, "password"?}],
///   "groups": [{"kind": "basic"|"supergroup"|"channel", "title", "username"?, "creator": phone, "members"?: [phone]}]}`;
/// without `members` every account is one.
public struct Scenario: Sendable {
    private let json: JSON

    public init(_ json: JSON) { self.json = json }

    /// Why a scenario cannot be played.
    public enum ScenarioError: Error, Hashable {
        case missing(field: String)
        case unknownPhone(String)
        case unknownKind(String)
        case refused(Failure)
    }

    public func play(in world: inout World, now: UnixTime, using generator: inout some RandomNumberGenerator) throws(ScenarioError) {
        for account in json["accounts"]?.array ?? [] {
            world.addAccount(
                phone: try text("phone", account), firstName: try text("first_name", account), lastName: account["last_name"]?.string,
                username: account["username"]?.string,
                password: account["password"]?.string.map {
                    CloudPassword($0, salt1: generator.bytes(40), salt2: generator.bytes(16))
                })
        }
        for group in json["groups"]?.array ?? [] {
            let name = try text("kind", group)
            guard let kind = GroupKind(rawValue: name) else { throw .unknownKind(name) }
            let creator = try user(try text("creator", group), world)
            var members: [Int64] = []
            for phone in group["members"]?.array ?? [] { members.append(try user(phone.string ?? "", world)) }
            if group["members"] == nil { members = world.accountOrder }
            let title = try text("title", group)
            do throws(Failure) {
                try world.addGroup(
                    kind, title: title, username: group["username"]?.string, creator: creator, members: members, now: now)
            } catch { throw .refused(error) }
        }
        _ = world.takeChanges()
    }

    private func text(_ field: String, _ object: JSON) throws(ScenarioError) -> String {
        guard let value = object[field]?.string, !value.isEmpty else { throw .missing(field: field) }
        return value
    }

    private func user(_ phone: String, _ world: World) throws(ScenarioError) -> Int64 {
        guard let account = world.account(phone: phone) else { throw .unknownPhone(phone) }
        return account.id
    }
}
