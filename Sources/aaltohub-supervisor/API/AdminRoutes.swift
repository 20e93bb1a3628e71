import Hummingbird
import Primitives
import Store
import SupervisorCore

/// Who may, and who did what.
func addAdminRoutes(to router: Router<HTTPContext>, parts: Parts) {
    let admins = router.group().add(middleware: Admit(.admin, parts.access))
    admins.get("admin/admins") { _, _ in
        Answer.json(.array(try await parts.database.use { try await AdminStore($0).list() }.map(\.json)))
    }
    admins.put("admin/admins/{subject}") { request, context in
        let (subject, caller) = (try context.text("subject"), context.admitted)
        let body = try await request.jsonObject()
        try body.allow("role", "note")
        guard let role = try body.optional("role", \.string, "admin or reader") else {
            throw Refusal.badRequest("role is missing: admin or reader")
        }
        let note = try body.optional("note", \.string, "a text")
        let (admin, isNew) = try await parts.audit.record("admin_set", subject, by: caller, details: ["role": .string(role)]) {
            try refuseSelf(caller, subject)
            return try await parts.database.use { try await AdminStore($0).set(subject, role: role, note: note, by: caller.subject) }
        }
        try await parts.access.reload(parts.database)
        return Answer.json(admin.json, isNew ? .created : .ok)
    }
    admins.delete("admin/admins/{subject}") { _, context in
        let (subject, caller) = (try context.text("subject"), context.admitted)
        try await parts.audit.record("admin_remove", subject, by: caller) {
            try refuseSelf(caller, subject)
            try await parts.database.use { try await AdminStore($0).remove(subject) }
        }
        try await parts.access.reload(parts.database)
        return Answer.json(["removed": .string(subject)])
    }
    admins.get("admin/audit-log") { request, _ in
        let (before, limit) = (try request.position("before"), try request.limit())
        return Answer.raw(try await parts.database.use { try await AuditStore($0).list(before: before, limit: limit) })
    }
}

/// Nobody changes what they themselves may: another admin does.
private func refuseSelf(_ caller: Caller, _ subject: String) throws {
    guard caller.subject != subject else { throw Refusal(.forbidden, "nobody changes their own role: ask another admin") }
}
