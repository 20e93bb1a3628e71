import Logging
import Primitives
import Synchronization
import TL
import TelegramClient

/// Calls by name over one connection: objects in, objects out, failures in families, flood waits remembered.
public struct TelegramAPI: Sendable {
    public let connection: TelegramConnection
    public let encoder: RequestEncoder
    private let floods = FloodBook()

    /// The memory that copies of one API share.
    private final class FloodBook: Sendable {
        let memory = Mutex(FloodMemory())
    }

    public init(connection: TelegramConnection, encoder: RequestEncoder) {
        self.connection = connection
        self.encoder = encoder
    }

    /// Makes the call once. A method that must still wait fails at once with the rest of its wait, without troubling the server.
    ///
    /// - Parameter isIdempotent: whether the session may send it again when it cannot tell if the server has it.
    public func once(
        _ call: TLObject, isIdempotent: Bool = true, deadline: Duration = RequestPolicy.deadline
    ) async throws(CallFailure) -> TLValue {
        if let wait = floods.memory.withLock({ $0.wait(.init(method: call.name), now: hostTime) }) {
            let seconds = max(1, Int(wait.inSeconds.rounded(.up)))
            throw .rpc(TelegramClient.RPCError(code: 420, message: "FLOOD_WAIT_\(seconds)"))
        }
        let body: [UInt8]
        do {
            body = try encoder.encode(call)
        } catch {
            throw .undecodable("\(call.name) cannot be written for layer \(encoder.layer): \(error)")
        }
        let answer: [UInt8]
        do {
            answer = try await connection.call(body, deadline: deadline, resending: isIdempotent ? .always : .onlyIfNotReceived)
        } catch {
            let failure = CallFailure(error)
            if case .rpc(let rpc) = failure, case .wait(_, let seconds) = rpc.kind {
                let until = hostTime + .seconds(max(1, seconds))
                floods.memory.withLock { $0.note(.init(method: call.name), until: until) }
            }
            throw failure
        }
        do {
            return try TL.decodeResult(answer, of: call.name, layer: encoder.layer)
        } catch {
            throw .undecodable("\(call.name): \(error)")
        }
    }

    /// Makes the call until it succeeds or `RequestPolicy` gives up. Waits are slept through; cancelling the task ends them.
    public func call(_ call: TLObject, isIdempotent: Bool = true) async throws(CallFailure) -> TLValue {
        var policy = RequestPolicy(isIdempotent: isIdempotent)
        var random = SystemRandomNumberGenerator()
        while true {
            do {
                return try await once(call, isIdempotent: isIdempotent)
            } catch {
                guard case .retry(let wait) = policy.failed(error, using: &random) else { throw error }
                do { try await Task.sleep(for: wait) } catch { throw CallFailure.disconnected }
            }
        }
    }

    /// Waits that were stored, and those to store.
    public func rememberFlood(method: String, until: UnixTime) {
        floods.memory.withLock { $0.note(.init(method: method), until: until) }
    }
    public var floodWaits: [(key: FloodMemory.Key, until: UnixTime)] { floods.memory.withLock { $0.entries } }
}

extension CallFailure {
    /// What a connection's error means to the one who called.
    public init(_ error: TelegramCallError) {
        self =
            switch error {
            case .rpc(let rpc): .rpc(.init(code: rpc.code, message: rpc.text))
            case .deadlineExceeded: .timeout
            case .keyRejected: .rpc(.init(code: 401, message: "AUTH_KEY_INVALID"))
            case .undecodable: .undecodable("a result that cannot be unpacked")
            case .outcomeUnknown, .overloaded, .cancelled, .closed: .disconnected
            case .tooLarge: .rpc(.init(code: 400, message: "REQUEST_TOO_LARGE"))
            }
    }
}
