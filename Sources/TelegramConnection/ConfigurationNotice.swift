import MTProto
import TL

/// What an update says of the server's configuration, beside the numbered boxes: https://core.telegram.org/api/config
public enum ConfigurationNotice: Hashable, Sendable {
    /// updateConfig: what help.getConfig answered no longer holds.
    case changed
    /// updateDcOptions: these ways to data centres are new, or have changed.
    case options([DataCenterOption])

    private static let names = ["updateConfig", "updateDcOptions"]
    /// Their constructors, the same in every layer that has them.
    private static let words = names.compactMap { TL.constructorID($0) }

    /// What serialised `Updates` say of it; almost always nothing, which is seen without decoding them.
    ///
    /// One that may say something but cannot be read counts as `.changed`: asking costs a call.
    public static func read(in updates: [UInt8]) -> [ConfigurationNotice] {
        guard mayHold(updates) else { return [] }
        let envelope: TLObject
        do {
            envelope = try TL.decode(updates)
        } catch {
            return [.changed]
        }
        let single = envelope["update"]?.object.map { [$0] }
        return (single ?? (envelope["updates"]?.vector ?? []).compactMap(\.object)).compactMap { update in
            switch update.name {
            case "updateConfig": .changed
            case "updateDcOptions": .options((update["dc_options"]?.vector ?? []).compactMap { $0.object.flatMap(DataCenterOption.init) })
            default: nil
            }
        }
    }

    /// Whether one of the constructors stands on one of the places where a constructor may stand.
    private static func mayHold(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            for at in stride(from: 0, to: buffer.count & ~3, by: 4) {
                let word = UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: at, as: UInt32.self))
                if words.contains(word) { return true }
            }
            return false
        }
    }
}
