import Primitives
import TL

extension TelegramServer {
    /// The authorisation that stands for the caller's device: its own, or in another data centre the one it came from.
    func device(of caller: Caller) -> Int64 { authorisations[caller.session.authKey]?.origin ?? caller.session.authKey }

    /// The user's devices by authorisation key, the newest first.
    func devices(of user: Int64) -> [Int64] {
        authorisations.filter { $0.value.user == user && $0.value.origin == nil }
            .sorted { ($0.value.made, $0.key) > ($1.value.made, $1.key) }.map(\.key)
    }

    /// Telegram's name for a device; 0 is the caller's own.
    func deviceHash(_ key: Int64) -> Int64 { Int64(bitPattern: scramble(world.secret ^ 0xDE71CE ^ UInt64(bitPattern: key))) | 1 }

    func deviceList(_ caller: Caller) -> TLObject {
        let list = devices(of: caller.user).compactMap { key -> TLObject? in
            guard let authorisation = authorisations[key] else { return nil }
            let isCurrent = key == device(of: caller)
            return TLObject(
                "authorization",
                [
                    "hash": .integer(isCurrent ? 0 : deviceHash(key)), "current": flag(isCurrent),
                    "device_model": .string(authorisation.device.model), "platform": "", "api_id": .integer(authorisation.device.apiID),
                    "system_version": .string(authorisation.device.system), "app_name": "App",
                    "app_version": .string(authorisation.device.version), "date_created": .integer(authorisation.made.seconds),
                    "date_active": .integer(authorisation.active.seconds), "ip": "127.0.0.1", "country": "Finland", "region": "",
                ])
        }
        return TLObject("account.authorizations", ["authorization_ttl_days": 180, "authorizations": .objects(list)])
    }

    mutating func resetDevice(_ hash: Int64, _ caller: Caller) throws(Failure) {
        guard let key = devices(of: caller.user).first(where: { deviceHash($0) == hash && $0 != device(of: caller) }) else {
            throw .hashInvalid
        }
        revoke(authKey: key)
    }
}
