import Foundation
import TelegramClient
import TelegramConnection

/// What is kept, sealed, between asking for the code and getting it.
public struct PendingLogin: Sendable {
    public var ticket: LoginTicket
    public var session: AccountSession

    init(ticket: LoginTicket, session: AccountSession) {
        self.ticket = ticket
        self.session = session
    }

    private struct Kept: Codable {
        var ticket: LoginTicket
        var session: Data
    }

    /// nil when the bytes are of another build: then the login begins anew.
    init?(bytes: [UInt8]) {
        guard let kept = try? JSONDecoder().decode(Kept.self, from: Data(bytes)), let session = AccountSession(bytes: Array(kept.session))
        else { return nil }
        self.init(ticket: kept.ticket, session: session)
    }

    func bytes() throws -> [UInt8] { Array(try JSONEncoder().encode(Kept(ticket: ticket, session: Data(session.bytes)))) }
}
