/// What a client asks for when it opens a WebSocket: `GET /realtime/v1/websocket?apikey=…&vsn=…`.
public struct RealtimeHandshake: Hashable, Sendable {
    /// Where the supervisor speaks the protocol; Supabase's gateway has it there, too.
    public static let path = "/realtime/v1/websocket"

    public let version: RealtimeVersion
    /// Secret.
    public let key: String

    /// - Parameters:
    ///   - target: the request's target, with its query.
    ///   - header: the value of `apikey` or `x-api-key`, for clients that keep keys out of addresses.
    public init(target: String, header: String?) throws(RealtimeRefusal) {
        let query = RealtimeHandshake.query(of: target)
        guard let version = RealtimeVersion(parameter: query.first { $0.name == "vsn" }?.value) else { throw .unknownVersion }
        guard let key = query.first(where: { $0.name == "apikey" })?.value ?? header, !key.isEmpty else { throw .missing }
        guard key.utf8.count <= RealtimeLimits.keyBytes else { throw .malformed }
        self.version = version
        self.key = key
    }

    /// Whether a request's target is the WebSocket's, whatever its query.
    public static func isMeant(by target: String) -> Bool {
        target.prefix { $0 != "?" } == path[...]
    }

    /// The parameters of the query, in order; what is not UTF-8 when decoded is left out.
    static func query(of target: String) -> [(name: String, value: String)] {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return [] }
        return target.utf8[target.utf8.index(after: mark)...].split(separator: UInt8(ascii: "&")).compactMap { pair in
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0]), let value = decoded(parts.count > 1 ? parts[1] : "".utf8[...]) else { return nil }
            return (name, value)
        }
    }

    /// Undoes the encoding of a form (https://url.spec.whatwg.org/#urlencoded-parsing).
    private static func decoded(_ text: Substring.UTF8View) -> String? {
        func digit(_ byte: UInt8) -> UInt8? {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        let bytes = Array(text)
        var out: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count, let high = digit(bytes[at + 1]), let low = digit(bytes[at + 2]) {
                out.append(high << 4 | low)
                at += 3
            } else {
                out.append(bytes[at] == UInt8(ascii: "+") ? UInt8(ascii: " ") : bytes[at])
                at += 1
            }
        }
        return String(validating: out, as: UTF8.self)
    }
}
