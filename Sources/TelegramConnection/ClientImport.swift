import Logging
import MTProto
import Primitives
import TL
import TelegramClient

extension LoginRun {
    /// Takes over a login that another program made, after asking the server whom it belongs to.
    ///
    /// From then on that program must not use it: one key bears one user.
    public func imported(_ session: TelethonSession) async throws -> Outcome {
        var account = AccountSession(
            dc: session.dc, userID: 0, credentials: ConnectionCredentials(key: AuthorizationKey(session.key), salts: []))
        let connection = TelegramConnection(
            try settings.connection(dc: session.dc), credentials: account.credentials, logger: logger)
        await connection.start()
        // Nobody else takes them; what the session's client missed is none of ours yet.
        let events = Task { for await _ in connection.events {} }
        let api = TelegramAPI(connection: connection, encoder: settings.encoder(withoutUpdates: true))
        let user: TLObject
        do {
            let call = TLObject("users.getUsers", ["id": .vector([.object(TLObject("inputUserSelf"))])])
            guard let found = try await api.call(call).vector?.first?.object, found.name == "user", let id = found["id"]?.int else {
                throw Failure.refused(.unsupported("users.getUsers"))
            }
            user = found
            account.userID = id
        } catch {
            await connection.close()
            await events.value
            guard let failure = error as? CallFailure else { throw error }
            throw Failure.refused(.failed("\(failure)"))
        }
        await connection.close()
        await events.value
        return Outcome(session: account, user: user)
    }
}
