import Hummingbird
import PostgreSQL
import Primitives
import Store
import SupervisorCore

/// Dead letters: what came and could not be stored.
func addFailedMessageRoutes(to router: Router<HTTPContext>, parts: Parts) {
    let readers = router.group().add(middleware: Admit(.reader, parts.access))
    readers.get("admin/failed-messages") { request, _ in
        let (isResolved, group, limit) = (try request.flag("resolved"), try request.uuid("group_id"), try request.limit())
        return Answer.raw(
            try await parts.database.use {
                try await AdminTables($0).failedMessages(isResolved: isResolved, group: group, limit: limit)
            })
    }
    let admins = router.group().add(middleware: Admit(.admin, parts.access))
    admins.post("admin/failed-messages/{id}/retry") { _, context in
        let id = try context.uuid("id")
        let answer = try await parts.audit.record("retry", "\(id)", by: context.admitted) {
            guard try await parts.database.use(.requests, { try await AdminTables($0).hasFailedMessage(id) }) else {
                throw StoreError.notFound("the dead letter \(id)")
            }
            // The writer alone stores messages.
            let told = try await parts.control.ask(
                "writer", "retry", ["ids": .array([.string(id.description)])], by: context.admitted.actor, patience: .seconds(60))
            guard let letter = told["letters"]?.array?.first else { throw Refusal.unavailable("writer: an answer without the letter") }
            return letter
        }
        return Answer.json(answer)
    }
}
