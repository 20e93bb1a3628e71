/// MTProto's service messages as bytes: https://core.telegram.org/mtproto/service_messages
enum ServiceBody {
    /// Ids in one msgs_ack, msgs_state_req or msg_resend_req, the server's limit.
    static let maximumIDs = 8192

    static func acknowledgment(_ ids: [Int64]) -> [UInt8] { list(Constructor.msgsAck, ids) }
    static func stateRequest(_ ids: [Int64]) -> [UInt8] { list(Constructor.msgsStateReq, ids) }
    static func resendRequest(_ ids: [Int64]) -> [UInt8] { list(Constructor.msgResendReq, ids) }
    static func resendAnswersRequest(_ ids: [Int64]) -> [UInt8] { list(Constructor.msgResendAnsReq, ids) }

    static func stateInfo(request: Int64, states: [UInt8]) -> [UInt8] {
        var out = longs(Constructor.msgsStateInfo, request)
        out.append(string: states)
        return out
    }

    static func ping(_ id: Int64, disconnectAfterSeconds delay: Int32) -> [UInt8] {
        var out = longs(Constructor.pingDelayDisconnect, id)
        out.append(int32: delay)
        return out
    }

    static func pong(message: Int64, ping: Int64) -> [UInt8] { longs(Constructor.pong, message, ping) }
    static func dropAnswer(_ request: Int64) -> [UInt8] { longs(Constructor.rpcDropAnswer, request) }
    static func destroySession(_ id: Int64) -> [UInt8] { longs(Constructor.destroySession, id) }
    static var destroyKey: [UInt8] { longs(Constructor.destroyAuthKey) }

    static func getFutureSalts(_ count: Int32) -> [UInt8] {
        var out = longs(Constructor.getFutureSalts)
        out.append(int32: count)
        return out
    }

    /// The vector is bare.
    static func futureSalts(request: Int64, now: Int32, _ salts: [ServerSalt]) -> [UInt8] {
        var out = longs(Constructor.futureSalts, request)
        out.append(int32: now)
        out.append(int32: Int32(salts.count))
        for salt in salts {
            out.append(int32: Int32(truncatingIfNeeded: salt.validSince))
            out.append(int32: Int32(truncatingIfNeeded: salt.validUntil))
            out.append(int64: salt.value)
        }
        return out
    }

    static func futureSalts(from reader: inout ByteReader) throws(MalformedBytes) -> [ServerSalt] {
        _ = try reader.int32()
        let count = Int(try reader.int32())
        guard count >= 0, count <= reader.remaining / 16 else { throw .badCount }
        var salts: [ServerSalt] = []
        for _ in 0..<count {
            let since = try reader.int32(), until = try reader.int32()
            salts.append(ServerSalt(value: try reader.int64(), validSince: Int64(since), validUntil: Int64(until)))
        }
        return salts
    }

    static func badMessage(_ message: InnerMessage, code: Int32) -> [UInt8] {
        var out = longs(Constructor.badMsgNotification, message.id)
        out.append(int32: message.sequenceNumber)
        out.append(int32: code)
        return out
    }

    static func badSalt(_ message: InnerMessage, right: Int64) -> [UInt8] {
        var out = longs(Constructor.badServerSalt, message.id)
        out.append(int32: message.sequenceNumber)
        out.append(int32: BadMessageCode.wrongSalt)
        out.append(int64: right)
        return out
    }

    static func newSession(firstMessage: Int64, uniqueID: Int64, salt: Int64) -> [UInt8] {
        longs(Constructor.newSessionCreated, firstMessage, uniqueID, salt)
    }

    static func detailedInfo(request: Int64, answer: Int64, bytes: Int, status: Int32) -> [UInt8] {
        var out = longs(Constructor.msgDetailedInfo, request, answer)
        out.append(int32: Int32(bytes))
        out.append(int32: status)
        return out
    }

    static func newDetailedInfo(answer: Int64, bytes: Int, status: Int32) -> [UInt8] {
        var out = longs(Constructor.msgNewDetailedInfo, answer)
        out.append(int32: Int32(bytes))
        out.append(int32: status)
        return out
    }

    static func result(of request: Int64, _ body: [UInt8]) -> [UInt8] { longs(Constructor.rpcResult, request) + body }

    static func error(_ error: RPCError) -> [UInt8] {
        var out = longs(Constructor.rpcError)
        out.append(int32: error.code)
        out.append(string: Array(error.text.utf8))
        return out
    }

    static func longs(_ constructor: UInt32, _ values: Int64...) -> [UInt8] {
        var out: [UInt8] = []
        out.append(uint32: constructor)
        for value in values { out.append(int64: value) }
        return out
    }

    private static func list(_ constructor: UInt32, _ ids: [Int64]) -> [UInt8] {
        var out: [UInt8] = []
        out.append(uint32: constructor)
        out.append(vectorOfInt64: ids)
        return out
    }
}

/// The codes of `bad_msg_notification`: https://core.telegram.org/mtproto/service_messages_about_messages#notice-of-ignored-error-message
enum BadMessageCode {
    static let idTooLow: Int32 = 16
    static let idTooHigh: Int32 = 17
    static let idNotForClients: Int32 = 18
    static let containerIDUsed: Int32 = 19
    static let tooOldToKnow: Int32 = 20
    static let sequenceTooLow: Int32 = 32
    static let sequenceTooHigh: Int32 = 33
    static let evenExpected: Int32 = 34
    static let oddExpected: Int32 = 35
    static let wrongSalt: Int32 = 48
    static let badContainer: Int32 = 64
}

/// The server's answer that a call failed: https://core.telegram.org/api/errors
public struct RPCError: Error, Hashable, Sendable {
    /// Like an HTTP status; may be negative.
    public var code: Int32
    /// As the server wrote it, such as `FLOOD_WAIT_31`.
    public var text: String

    public init(code: Int32, text: String) {
        self.code = code
        self.text = text
    }

    /// The error that the body is, or nil when it is a result.
    init?(body: [UInt8]) {
        var reader = ByteReader(body)
        guard let constructor = try? reader.uint32(), constructor == Constructor.rpcError, let code = try? reader.int32(),
            let text = try? reader.string()
        else { return nil }
        self.init(code: code, text: String(decoding: text, as: UTF8.self))
    }
}
