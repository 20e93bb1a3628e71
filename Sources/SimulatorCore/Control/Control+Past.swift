import Primitives

extension Control {
    /// The most actions of one `age`: each takes some microseconds, and clients wait for them.
    private static let actionsMost: Int64 = 1_000_000

    /// `age`: the clock jumps forward, and in the time between all of that happened.
    static func age(
        _ command: JSON, on endpoint: inout Endpoint, now: Endpoint.Moment, seconds: Duration
    ) throws -> JSON {
        guard seconds > .zero else { throw Refusal("seconds must be above 0: time only goes forward") }
        func count(_ field: String) throws -> Int {
            let value = command[field]?.integer ?? 0
            guard (0...actionsMost).contains(value) else { throw Refusal("\(field) is 0 to \(actionsMost)") }
            return Int(value)
        }
        var ageing = Ageing()
        ageing.messages = try count("messages")
        ageing.edits = try count("edits")
        ageing.deletes = try count("deletes")
        ageing.counters = try count("counters")
        ageing.seed = UInt64(bitPattern: command["seed"]?.integer ?? 1)
        for place in command["groups"]?.array ?? [] { ageing.places.append(try peer(place, endpoint.server.world)) }
        endpoint.jump(by: seconds, now: now)
        let done = ageing.pass(from: now.time, to: now.time + seconds, in: &endpoint.server)
        return [
            "ok": true, "messages": .integer(Int64(done.messages)), "edits": .integer(Int64(done.edits)),
            "deletes": .integer(Int64(done.deletes)), "counters": .integer(Int64(done.counters)),
            "now": .integer((now.time + seconds).seconds),
        ]
    }
}
