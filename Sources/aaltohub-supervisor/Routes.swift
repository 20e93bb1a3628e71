import Hummingbird

/// What is answered over HTTP. Each part adds its own routes; a path has one owner.
func routes(_ parts: Parts) -> Router<HTTPContext> {
    let router = Router(context: HTTPContext.self)
    // First, so that it sees the errors of all the others and of paths that do not exist.
    router.add(middleware: Failures(context: parts.context))
    addHealthRoutes(to: router, parts: parts)
    addLiveCrawlerRoutes(to: router, parts: parts)
    return router
}
