import Primitives
import TL

extension TelegramServer {
    /// How an answer reaches its caller.
    public enum Manner: Sendable, Hashable {
        case plain
        /// Only announced, until the client asks for it.
        case announced
        /// Not at all.
        case swallowed
        case delayed(Duration)
        /// After the connection broke.
        case cut
    }

    public struct Reply: Sendable {
        public var answer: Answer
        public var manner = Manner.plain
    }

    /// Answers one request. `body` is the boxed method, with its wrappers; `dataCentre` is where it was made.
    public mutating func answer(
        _ body: [UInt8], from session: SessionID, at dataCentre: Int32 = TelegramServer.dataCentre, now: UnixTime,
        using generator: inout some RandomNumberGenerator
    ) -> Answer {
        reply(to: body, from: session, at: dataCentre, now: now, using: &generator).answer
    }

    /// The same, and how the answer is to be brought.
    public mutating func reply(
        to body: [UInt8], from session: SessionID, at dataCentre: Int32 = TelegramServer.dataCentre, now: UnixTime,
        using generator: inout some RandomNumberGenerator
    ) -> Reply {
        do {
            return reply(to: try TL.decode(body), from: session, at: dataCentre, now: now, using: &generator)
        } catch {
            let id = TL.id(of: body) ?? 0
            notice("undecodable request \(String(id, radix: 16)): \(error)")
            return Reply(answer: .failure(.bad("INPUT_METHOD_INVALID_\(id)")))
        }
    }

    private mutating func reply(
        to wrapped: TLObject, from session: SessionID, at dataCentre: Int32, now: UnixTime,
        using generator: inout some RandomNumberGenerator
    ) -> Reply {
        if authorisations[session.authKey] == nil {
            authorisations[session.authKey] = Authorisation(dataCentre: dataCentre, layer: settings.layer, made: now)
        }
        let request = unwrap(wrapped, session)
        calls[request.name, default: 0] += 1
        let user = authorisations[session.authKey]?.user
        authorisations[session.authKey]?.active = now
        let caller = Caller(
            session: session, user: user ?? 0, dataCentre: authorisations[session.authKey]?.dataCentre ?? dataCentre, now: now,
            entropy: generator.bytes(32))
        let violations = faults.calls.violationCount
        let effect = faults.effect(on: request.name, by: caller.user, about: place(of: request), now: now)
        let isViolation = faults.calls.violationCount != violations
        let reply = answer(request, caller, effect)
        if log.isOn {
            var outcome = "ok"
            if case .failure(let failure) = reply.answer { outcome = failure.name }
            log.note(request, by: caller, about: place(of: request), outcome: outcome, isViolation: isViolation)
        }
        return reply
    }

    private mutating func answer(_ request: TLObject, _ caller: Caller, _ effect: CallFaults.Effect?) -> Reply {
        let (session, now) = (caller.session, caller.now)
        let user = authorisations[session.authKey]?.user
        do {
            defer { publish(excluding: session, now: now) }
            try admit(request, caller)
            if case .fail(let failure)? = effect { throw failure }
            if user != nil && TelegramServer.makesActive(request.name) { touch(session) }
            if effect != .unknown, let bytes = try encodedAnswer(request, caller) {
                return Reply(answer: .result(bytes), manner: manner(effect))
            }
            guard let value = try dispatch(request, caller) else {
                if unknownCalls[request.name] == nil { notice("method not implemented: \(request.name)") }
                unknownCalls[request.name, default: 0] += 1
                throw Failure.bad("METHOD_NOT_IMPLEMENTED")
            }
            if effect == .unknown { return Reply(answer: .result(ObjectFaults.unknownConstructor + Array(caller.entropy.prefix(8)))) }
            let bytes = try faults.encodeResult(value, of: request.name, layer: layer(of: session))
            return Reply(answer: .result(bytes), manner: manner(effect))
        } catch let failure as Failure {
            return Reply(answer: .failure(failure))
        } catch {
            notice("cannot encode the answer to \(request.name): \(error)")
            return Reply(answer: .failure(Failure(500, "INTERNAL_ENCODING")))
        }
    }

    private func manner(_ effect: CallFaults.Effect?) -> Manner {
        switch effect {
        case .announce: .announced
        case .swallow: .swallowed
        case .delay(let time): .delayed(time)
        case .cut: .cut
        case .fail, .flood, .unknown, nil: .plain
        }
    }

    /// The channel, group or user that a call is about.
    private func place(of request: TLObject) -> Peer? {
        guard let input = (request["channel"] ?? request["peer"])?.object else { return nil }
        if let id = input["channel_id"]?.int { return .channel(id) }
        if let id = input["chat_id"]?.int { return .chat(id) }
        return input["user_id"]?.int.map { .user($0) }
    }

    /// Takes off the wrappers and notes what they say.
    private mutating func unwrap(_ wrapped: TLObject, _ session: SessionID) -> TLObject {
        var request = wrapped
        if sessions[session] == nil { sessions[session] = Session() }
        while let query = request["query"]?.object {
            switch request.name {
            case "invokeWithLayer":
                let declared = Int32(clamping: request["layer"]?.int ?? 0)
                authorisations[session.authKey]?.layer = min(declared, settings.layer)
            case "initConnection": authorisations[session.authKey]?.device = Device(request)
            case "invokeWithoutUpdates": sessions[session]?.refusesUpdates = true
            default: break
            }
            request = query
        }
        return request
    }

    /// Refuses what the caller may not do at all, or not here.
    private func admit(_ request: TLObject, _ caller: Caller) throws(Failure) {
        if caller.user == 0 {
            if !TelegramServer.isOpenToStrangers(request.name) {
                throw authorisations[caller.session.authKey]?.loss ?? .authKeyUnregistered
            }
            return
        }
        let standing = world.accounts[caller.user]?.standing ?? .good
        if standing == .banned { throw .userDeactivatedBan }
        if case .frozen(let methods) = standing, methods.contains(request.name) { throw .frozenMethodInvalid }
        if let home = elsewhere(world.accounts[caller.user]?.home ?? caller.dataCentre, than: caller.dataCentre),
            TelegramServer.makesActive(request.name)
        {
            throw .migrate("USER", to: home)
        }
    }

    private mutating func dispatch(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLValue? {
        switch request.name.prefix(while: { $0 != "." }) {
        case "help": try answerHelp(request, caller)
        case "auth": try answerAuth(request, caller)
        case "account": try answerAccount(request, caller)
        case "users": try answerUsers(request, caller)
        case "contacts": try answerContacts(request, caller)
        case "messages": try answerMessages(request, caller)
        case "channels": try answerChannels(request, caller)
        case "updates": try answerUpdates(request, caller)
        case "upload": try answerUpload(request, caller)
        default: nil
        }
    }

    /// What may be called before login.
    private static func isOpenToStrangers(_ method: String) -> Bool {
        switch method {
        case "help.getConfig", "help.getNearestDc", "help.getAppConfig", "help.getCdnConfig", "auth.sendCode", "auth.resendCode",
            "auth.cancelCode", "auth.signIn", "auth.signUp", "auth.checkPassword", "auth.importAuthorization", "auth.exportLoginToken",
            "auth.importLoginToken", "account.getPassword":
            true
        default: false
        }
    }

    /// File transfer and set-up do not ask for updates, and may be called in any data centre.
    private static func makesActive(_ method: String) -> Bool {
        !method.hasPrefix("upload.") && !method.hasPrefix("help.") && !method.hasPrefix("auth.")
    }

    func layer(of session: SessionID) -> Int32 { authorisations[session.authKey]?.layer ?? settings.layer }
}
