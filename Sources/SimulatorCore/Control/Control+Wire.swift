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
        case "refuse": endpoint.server.faults.wire.refusesUntil = now.instant + .milliseconds(Int64(try seconds(command) * 1_000))
        case "linger": endpoint.sessionLinger = .milliseconds(Int64(try seconds(command) * 1_000))
        case "salts":
            endpoint.setSalts(
                periodSeconds: max(1, try number(command, "seconds")), acceptsPrevious: command["accept_previous"]?.bool ?? true)
        case "announce": endpoint.announceAnswers(above: command["bytes"]?.integer.map { Int($0) })
        case "clock": endpoint.jump(by: .milliseconds(Int64(try seconds(command) * 1_000)), now: now)
        case "bad_message":
            endpoint.server.faults.wire.badMessages.append(
                WireFaults.BadMessage(
                    user: try user(), code: Int32(clamping: try number(command, "code")), remaining: Int(command["count"]?.integer ?? 1)))
        case "transport_error":
            let code = Int32(clamping: try number(command, "code"))
            guard code < 0 else { throw Refusal("a transport error's code is below 0") }
            endpoint.server.faults.wire.transportErrors.append(
                WireFaults.TransportError(user: try user(), code: code, remaining: Int(command["count"]?.integer ?? 1)))
        default: return nil
        }
        return ["ok": true]
    }

    private static func seconds(_ command: JSON) throws -> Double {
        guard let value = command["seconds"]?.double else { throw Refusal("missing: seconds") }
        return value
    }
}
