import Hummingbird
import SupervisorCore

/// What is answered over HTTP. Each part adds its own routes; a path has one owner.
func routes(_ parts: Parts) throws -> Router<HTTPContext> {
    let router = Router(context: HTTPContext.self, options: .autoGenerateHeadEndpoints)
    // First, so that it sees the errors of all the others and of paths that do not exist.
    let document = APIDocument()
    router.add(middleware: Failures(context: parts.context, document: document))
    router.add(middleware: Pages(parts))
    addDocumentRoutes(to: router, parts: parts, document: document)
    addHealthRoutes(to: router, parts: parts)
    addLiveCrawlerRoutes(to: router, parts: parts)
    addStatusRoutes(to: router, parts: parts)
    try addMediaRoutes(to: router, parts: parts)
    addCrawlerStatusRoutes(to: router, parts: parts)
    addFailedMessageRoutes(to: router, parts: parts)
    addAdminRoutes(to: router, parts: parts)
    addSessionRoutes(to: router, parts: parts)
    addLoginRoutes(to: router, parts: parts)
    addChangeRoutes(to: router, parts: parts)
    addRealtimeRoutes(to: router, parts: parts)
    addPageRoutes(to: router, parts: parts)
    return router
}
