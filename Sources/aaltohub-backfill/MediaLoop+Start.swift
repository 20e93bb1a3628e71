import PostgreSQL
import ServiceKit
import Store
import TelegramClient
import TelegramConnection

extension MediaLoop {
    /// The part of the stage that fetches files; `run` it beside the rest.
    ///
    /// - Parameters:
    ///   - session: the login's, of which `api` is the one connection.
    ///   - makeAPI: calls over a connection to another data centre, with the same flood memory and quarantine.
    static func make(
        _ settings: MediaSettings, _ context: ServiceContext, account: String, database: Connection, masterKey: [UInt8],
        session: AccountSession, client: ClientSettings, api: TelegramAPI, records: RecordLink, peers: Peers,
        makeAPI: @escaping @Sendable (TelegramConnection) -> TelegramAPI
    ) -> MediaLoop {
        let lines = MediaLines(
            home: session.dc, main: api, settings: client, context: context, owner: LoginPurpose.backfill.authorisation(of: account),
            seal: Seal(masterKey: masterKey), folder: context.folders.state("\(context.name)"), makeAPI: makeAPI)
        return MediaLoop(
            settings,
            Surroundings(
                context: context, account: account, database: database, api: api, lines: lines, peers: peers, records: records))
    }
}
