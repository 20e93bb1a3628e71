import Hummingbird
import ServiceKit
import SupervisorCore

/// The document that describes the API.
func addDocumentRoutes(to router: Router<HTTPContext>, parts: Parts, document: APIDocument) {
    let text = document.json(version: ServiceVersion.number).text + "\n"
    router.group().add(middleware: Admit(.reader, parts.access)).get("openapi.json") { _, _ in
        Answer.text(.ok, "application/json", text)
    }
}
