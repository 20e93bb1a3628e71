import Primitives
import TL

extension Control {
    /// Faults of pushes, calls and objects.
    static func disturb(_ command: JSON, _ server: inout TelegramServer, now: UnixTime) throws -> JSON? {
        switch command["cmd"]?.string {
        case "faults":
            if command["end"]?.bool == true { server.faults.end() }
            if command["end_waits"]?.bool == true { server.faults.calls.endWaits() }
            if let seed = command["seed"]?.integer { server.faults.seed = UInt64(bitPattern: seed) }
            return ["ok": true]
        case "pushes": server.faults.pushes.rules.append(try pushRule(command, server.world))
        case "silence", "unsilence":
            let silence = PushFaults.Silence(
                channel: try channel(command, server.world), user: try optionalAccount(command, server.world),
                isWhole: command["whole"]?.bool ?? true)
            server.faults.pushes.silent.removeAll { $0.channel == silence.channel && $0.user == silence.user }
            if command["cmd"]?.string == "silence" { server.faults.pushes.silent.append(silence) }
        case "calls": server.faults.calls.rules.append(try callRule(command, server.world))
        case "limit":
            guard let method = command["method"]?.string else { throw Refusal("missing: method") }
            let (calls, seconds) = (try number(command, "calls"), try number(command, "seconds"))
            guard calls >= 1, seconds >= 1 else { throw Refusal("calls and seconds are 1 or more") }
            server.faults.calls.limits.removeAll { $0.method == method }
            server.faults.calls.limits.append(CallFaults.Limit(method: method, calls: Int(calls), time: .seconds(seconds)))
        case "flood_rules": server.setFloodRules(scale: command["scale"]?.double)
        case "forget":
            if command["account"] != nil {
                server.world.forgetEvents(ofUser: try account(command, "account", server.world))
            } else {
                server.world.forgetEvents(of: try channel(command, server.world))
            }
        case "hide":
            let place = try peer(command, server.world)
            guard case .channel(let id) = place, let key = server.world.channels[id]?.key(Int32(clamping: try number(command, "message")))
            else { throw Refusal("no such message: of a supergroup or channel") }
            if command["on"]?.bool ?? true { server.world.unlisted.insert(key) } else { server.world.unlisted.remove(key) }
        case "old_objects":
            let layer = Int32(clamping: try number(command, "layer"))
            server.faults.objects.layer = layer > 0 ? layer : nil
            server.faults.objects.probability = command["probability"]?.double ?? 1
        case "push": return try push(command, &server, now)
        default: return nil
        }
        return ["ok": true]
    }

    private static func pushRule(_ command: JSON, _ world: World) throws -> PushFaults.Rule {
        var rule = PushFaults.Rule()
        rule.user = try optionalAccount(command, world)
        switch command["box"] {
        case nil: rule.scope = .everything
        case .string("common"): rule.scope = .common
        case .some(let box): rule.scope = .channel(try channel(box, world))
        }
        rule.lose = command["lose"]?.double ?? 0
        rule.double = command["double"]?.double ?? 0
        rule.delay = command["delay"]?.double ?? 0
        rule.reorder = command["reorder"]?.double ?? 0
        rule.shorten = command["shorten"]?.double ?? 0
        rule.unknown = command["unknown"]?.double ?? 0
        rule.unknownEnvelope = command["unknown_envelope"]?.double ?? 0
        if let range = command["delay_ms"]?.array?.compactMap(\.integer) {
            guard range.count == 2, range[0] >= 0, range[0] <= range[1] else { throw Refusal("delay_ms is [least, most]") }
            rule.delayMilliseconds = range[0]...range[1]
        }
        rule.remaining = try times(command)
        return rule
    }

    private static func callRule(_ command: JSON, _ world: World) throws -> CallFaults.Rule {
        guard let method = command["method"]?.string else { throw Refusal("missing: method, or * for all") }
        let effect: CallFaults.Effect
        switch command["effect"]?.string {
        case "fail":
            guard let name = command["name"]?.string else { throw Refusal("missing: name, of the error") }
            effect = .fail(Failure(Int32(clamping: command["code"]?.integer ?? 400), name))
        case "flood": effect = .flood(seconds: try number(command, "seconds"))
        case "announce": effect = .announce
        case "unknown": effect = .unknown
        case "swallow": effect = .swallow
        case "delay": effect = .delay(.milliseconds(try number(command, "milliseconds")))
        case "cut": effect = .cut
        default: throw Refusal("effect is fail, flood, announce, unknown, swallow, delay or cut")
        }
        var rule = CallFaults.Rule(method: method, effect: effect)
        rule.user = try optionalAccount(command, world)
        if command["id"] != nil { rule.place = try peer(command, world) }
        rule.skip = Int(command["skip"]?.integer ?? 0)
        rule.remaining = try times(command)
        rule.probability = command["probability"]?.double ?? 1
        return rule
    }

    /// Sends one update to the account, or to all that are online, which nothing in the world caused.
    private static func push(_ command: JSON, _ server: inout TelegramServer, _ now: UnixTime) throws -> JSON {
        let users = try optionalAccount(command, server.world).map { [$0] } ?? server.onlineUsers
        var sent: Int64 = 0
        for user in users {
            let update: TLObject
            switch command["what"]?.string {
            case "too_long" where command["id"] == nil: update = TLObject("updatesTooLong")
            case "too_long": update = server.channelTooLong(try channel(command, server.world), for: user, now: now)
            case "config": update = short(TLObject("updateConfig"), now)
            case "dc_options": update = short(TLObject("updateDcOptions", ["dc_options": .objects(server.dcOptions())]), now)
            case nil:
                guard let given = command["update"].flatMap(TLObject.init(json:)) else { throw Refusal("missing: what, or update as JSON") }
                update = given.name.hasPrefix("updates") || given.name.hasPrefix("updateShort") ? given : short(given, now)
            default: throw Refusal("what is too_long, config or dc_options")
            }
            for session in server.listeners(of: user) {
                server.push(update, to: session)
                sent += 1
            }
        }
        return ["ok": true, "pushed": .integer(sent)]
    }

    private static func short(_ update: TLObject, _ now: UnixTime) -> TLObject {
        TLObject("updateShort", ["update": .object(update), "date": .integer(now.seconds)])
    }
}
