import AsyncHTTPClient
import HTTPS
import NIOCore
import NIOHTTP1
import Primitives
import SupervisorCore

/// The broadcast endpoint of a Supabase project, or of a Realtime server of one's own: messages in one request, an answer for all of them.
///
/// https://supabase.com/docs/guides/realtime/broadcast, and supabase/realtime's broadcast_controller.ex for the answers.
public struct SupabaseBroadcast: Sendable {
    public struct Options: Sendable {
        /// `https://PROJECT.supabase.co/realtime/v1/api/broadcast`.
        public var url: String
        /// The service key: a secret.
        public var key: String
        /// The channel's name, without the prefix `realtime:` that subscribers use.
        public var channel: String
        public var isPrivate: Bool

        public init(url: String, key: String, channel: String, isPrivate: Bool) {
            self.url = url
            self.key = key
            self.channel = channel
            self.isPrivate = isPrivate
        }
    }

    /// One event with its row.
    public struct Message: Sendable {
        public var id: Int64
        public var event: Change.Event
        /// A JSON object.
        public var row: [UInt8]

        public init(id: Int64, event: Change.Event, row: [UInt8]) {
            self.id = id
            self.event = event
            self.row = row
        }
    }

    enum Limits {
        /// To make a TCP and TLS connection.
        static let connect = Duration.seconds(5)
        /// From the request's first byte to the answer's last; below the time that a stop has.
        static let request = Duration.seconds(10)
        /// Bytes of an answer that are read: errors are short.
        static let answerBytes = 16 << 10
    }

    private let options: Options
    private let client: HTTPClient

    public init(_ options: Options) {
        self.options = options
        client = HTTPS.client(connectTimeout: Limits.connect)
    }

    /// Ends the connections. Call it once, after the last `post`.
    public func close() async {
        // Its failure would only say that it is closed already.
        try? await client.shutdown()
    }

    /// Sends the messages, and tells what became of them, and the answer's status: nil when there was none.
    public func post(_ messages: [Message]) async -> (answer: BroadcastAnswer, status: Int?) {
        var request = HTTPClientRequest(url: options.url)
        request.method = .POST
        // Newer keys (sb_secret_…) are no tokens: the gateway takes those as apikey and wants no other beside them.
        if !options.key.hasPrefix("sb_") { request.headers.add(name: "authorization", value: "Bearer \(options.key)") }
        request.headers.add(name: "apikey", value: options.key)
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(Self.body(messages, options))
        do {
            let response = try await client.execute(request, timeout: .nanoseconds(Limits.request.inNanoseconds))
            let status = Int(response.status.code)
            return (BroadcastAnswer(status: status, body: try await Self.read(response)), status)
        } catch {
            return (.unavailable(HTTPS.reason(error)), nil)
        }
    }

    /// What there is of a body; one that is too long says nothing more.
    private static func read(_ response: HTTPClientResponse) async throws -> [UInt8] {
        do {
            return Array(try await response.body.collect(upTo: Limits.answerBytes).readableBytesView)
        } catch is NIOTooManyBytesError {
            return []
        }
    }

    /// `{"messages":[{"topic":…,"event":…,"payload":{row},"private":false,"id":"…"}]}`. The id reaches subscribers as `meta.id`.
    static func body(_ messages: [Message], _ options: Options) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(messages.reduce(20) { $0 + $1.row.count + 150 })
        let topic = JSON.string(options.channel).text
        out += "{\"messages\":[".utf8
        for (i, message) in messages.enumerated() {
            if i > 0 { out.append(UInt8(ascii: ",")) }
            out += "{\"topic\":\(topic),\"event\":\"\(message.event.rawValue)\",\"private\":\(options.isPrivate)".utf8
            out += ",\"id\":\"\(message.id)\",\"payload\":".utf8
            out += message.row
            out.append(UInt8(ascii: "}"))
        }
        out += "]}".utf8
        return out
    }
}
