import Primitives

extension LoginDesk.Login {
    /// The login as the API tells it. The link is for the one who asked: it is neither logged nor kept.
    ///
    /// - Parameter code: rows of the link's QR code, `1` for a dark module, as the caller draws it.
    public func json(code: (String) -> [String]? = { _ in nil }) -> JSON {
        var members: [JSON.Member] = [
            .init("account", .string(account)), .init("for", .string(purpose)), .init("state", .string(state.name)),
            .init("wrong_passwords", .integer(Int64(wrongPasswords))), .init("started_by", .string(actor)),
        ]
        switch state {
        case .waiting(let link, let expires):
            members.append(.init("link", .string(link)))
            members.append(.init("expires_at", .double(Double(expires.nanoseconds / 1_000_000) / 1000)))
            if let rows = code(link) { members.append(.init("qr", .array(rows.map { .string($0) }))) }
        case .passwordNeeded(let hint): members.append(.init("hint", hint.map { .string($0) } ?? .null))
        case .done(let userID, let logins, let note):
            members.append(.init("user_id", .integer(userID)))
            members.append(.init("logins", .array(logins.map { .string($0) })))
            members.append(.init("note", note.map { .string($0) } ?? .null))
        case .failed(let reason): members.append(.init("reason", .string(reason)))
        case .connecting, .checking, .cancelled: break
        }
        return .object(members)
    }
}

extension LoginDesk.State {
    /// The word of the API.
    public var name: String {
        switch self {
        case .connecting: "connecting"
        case .waiting: "waiting"
        case .passwordNeeded: "password_needed"
        case .checking: "checking"
        case .done: "done"
        case .failed: "failed"
        case .cancelled: "cancelled"
        }
    }
}
