import Primitives

extension Control {
    /// Faults of connections, sessions, packets and the clock.
    static func disturb(
        _ command: JSON, on endpoint: inout Endpoint, now: Endpoint.Moment, using generator: inout some RandomNumberGenerator
    ) throws -> JSON? {
        func user() throws -> Int64? { try optionalAccount(command, endpoint.server.world) }
        func told(_ name: String, _ count: Int) -> JSON { .object([.init("ok", true), .init(name, .integer(Int64(count)))]) }
        switch command["cmd"]?.string {
        case "cut": return told("connections", endpoint.cut(user: try user(), now: now))
        case "half_open": return told("connections", endpoint.halfOpen(user: try user()))
        case "new_session":
            let count = endpoint.renewSessions(
                of: try user(), losing: command["lose"]?.bool ?? true, now: now, using: &generator)
            return told("sessions", count)
        case "forge":
            guard let kind = Forgery(rawValue: command["kind"]?.string ?? "") else {
                throw Refusal("kind is \(Forgery.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            let user = try account(command, "account", endpoint.server.world)
            return told("packets", endpoint.forge(kind, to: user, now: now, using: &generator))
        case "latency": endpoint.server.faults.wire.latency = .milliseconds(try number(command, "milliseconds"))
        case "refuse": endpoint.server.faults.wire.refusesUntil = try now.instant + seconds(command)
        case "linger": endpoint.sessionLinger = try seconds(command)
        case "salts":
            endpoint.setSalts(
                periodSeconds: max(1, try number(command, "seconds")), acceptsPrevious: command["accept_previous"]?.bool ?? true)
        case "announce": endpoint.announceAnswers(above: command["bytes"]?.integer.map { Int($0) })
        case "age": return try age(command, on: &endpoint, now: now, seconds: try seconds(command))
        case "clock": endpoint.jump(by: try seconds(command), now: now)
        case "bad_message":
            endpoint.server.faults.wire.badMessages.append(
                WireFaults.BadMessage(
                    user: try user(), code: Int32(clamping: try number(command, "code")), remaining: try times(command) ?? 1))
        case "transport_error":
            let code = Int32(clamping: try number(command, "code"))
            guard code < 0 else { throw Refusal("a transport error's code is below 0") }
            endpoint.server.faults.wire.transportErrors.append(
                WireFaults.TransportError(user: try user(), code: code, remaining: try times(command) ?? 1))
        default: return nil
        }
        return ["ok": true]
    }

    /// How often a rule acts; nil, where nothing is said: for ever.
    static func times(_ command: JSON) throws -> Int? {
        guard let count = command["count"]?.integer else { return nil }
        guard count >= 1 else { throw Refusal("count is 1 or more") }
        return Int(count)
    }

    private static func seconds(_ command: JSON) throws -> Duration {
        guard let value = command["seconds"]?.double else { throw Refusal("missing: seconds") }
        guard abs(value) <= 1e9 else { throw Refusal("seconds are at most 1e9, some 30 years") }
        return .milliseconds(Int64(value * 1_000))
    }
}
