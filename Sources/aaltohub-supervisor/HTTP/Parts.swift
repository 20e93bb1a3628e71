import RealtimeServer
import ServiceKit
import SupervisorCore

/// What the routes are made of. Each part of the supervisor offers `addXRoutes(to:parts:)`, and what it has to share is a member here.
struct Parts: Sendable {
    let context: ServiceContext
    let watch: Watch
    let database: Database
    let access: Access
    let control: StageControl
    let audit: AuditLog
    let feed: ChangeFeed
    let logins: LoginService
    let realtime: RealtimeHub
    let pages = PageStream()
}
