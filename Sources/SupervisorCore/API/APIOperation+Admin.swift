import Primitives

extension APIOperation {
    private static let groupID = Parameter.path("group_id", APISchema.uuid, "the group's row")
    private static let ofGroup = Parameter.query("group_id", APISchema.uuid, "only of this group")
    private static let limit = Parameter.query("limit", APISchema.limit, "at most so many rows")

    static let health = [
        APIOperation("get", "/healthz", tag: "health", "Whether this process answers", role: nil, .text(200, "it does")),
        APIOperation(
            "get", "/readyz", tag: "health", "Whether messages can flow", role: nil, .text(200, "they can"), .text(503, "they cannot")),
        APIOperation(
            "get", "/metrics", tag: "health", "Every stage's metrics for Prometheus", role: .reader,
            .text(200, "text format 0.0.4", type: "text/plain")),
        APIOperation("get", "/openapi.json", tag: "health", "This document", role: .reader, .json(200, "it", APISchema.anything)),
    ]

    static let liveCrawler = [
        APIOperation(
            "get", "/admin/live-crawler/status", tag: "stages", "What each stage does", role: .reader,
            .json(
                200, "the five fields of the predecessor, and the stages",
                APISchema.object([
                    "running": APISchema.flag, "connected": APISchema.flag, "groups_count": APISchema.integer,
                    "messages_received": APISchema.integer, "uptime": APISchema.integer, "ready": APISchema.flag,
                    "stages": APISchema.list(
                        APISchema.object(["service": APISchema.text, "up": APISchema.flag, "state": APISchema.text])),
                ]))),
        APIOperation(
            "post", "/admin/live-crawler/restart", tag: "stages",
            "Has a stage finish what it has in hand and exit; whoever supervises it (systemd, ops/run) starts it again", role: .admin,
            parameters: [
                .query(
                    "stage", ["type": "string", "pattern": "^(writer|supervisor|(listener|backfill)(@[a-z0-9_-]{1,32})?)$"],
                    "which; by default every listener")
            ],
            .json(202, "they were told", APISchema.object(["restarting": APISchema.list(APISchema.text)])),
            .error(409, "the stage refuses")),
    ]

    private static let crawlerStatus = APISchema.object([
        "group_id": APISchema.uuid, "status": APISchema.orNull(APISchema.text), "is_enabled": APISchema.orNull(APISchema.flag),
        "error_count": APISchema.orNull(APISchema.integer), "last_error": APISchema.orNull(APISchema.text),
        "initial_crawl_progress": APISchema.orNull(APISchema.integer), "initial_crawl_total": APISchema.orNull(APISchema.integer),
        "last_message_at": APISchema.orNull(APISchema.time), "updated_at": APISchema.orNull(APISchema.time),
        "title": APISchema.orNull(APISchema.text), "telegram_id": APISchema.integer, "failed_messages": APISchema.integer,
        "crawl": APISchema.orNull(APISchema.object(["id": APISchema.integer, "state": APISchema.text, "messages": APISchema.integer])),
    ])

    static let groups = [
        APIOperation(
            "get", "/admin/crawler-status", tag: "groups", "Every group, with its status and its newest crawl", role: .reader,
            .json(200, "by title", APISchema.list(crawlerStatus))),
        APIOperation(
            "post", "/admin/crawler-status/{group_id}/toggle", tag: "groups",
            "Turns a group off or on again; what is missed while it is off becomes a gap", role: .admin, parameters: [groupID],
            body: APISchema.body(["is_enabled": APISchema.flag]), .json(200, "as it is now", crawlerStatus)),
        APIOperation(
            "post", "/admin/crawler-status/{group_id}/crawl", tag: "groups",
            "Has a group's past fetched again; without a time: the days that are kept", role: .admin, parameters: [groupID],
            body: APISchema.body(
                [
                    "since": ["type": "integer", "minimum": 0, "description": "unix seconds"],
                    "days": ["type": "integer", "minimum": 1, "maximum": 3650],
                ], most: 1),
            .json(
                202, "ordered",
                APISchema.object(["job": APISchema.integer, "account": APISchema.text, "is_running": APISchema.flag])),
            .error(409, "it is disabled, has moved, is being crawled already, or no account reaches it")),
        APIOperation(
            "delete", "/admin/crawler-status/{group_id}/crawl", tag: "groups", "Ends a group's crawls; what is stored stays", role: .admin,
            parameters: [groupID], .json(200, "ended", APISchema.object(["cancelled": APISchema.list(APISchema.integer)])),
            .error(409, "it is not being crawled, or backfill refuses")),
        APIOperation(
            "get", "/admin/crawls", tag: "groups", "Crawls: open ones first, then the newest", role: .reader,
            parameters: [ofGroup, .query("open", APISchema.flag, "only those that are not over"), limit],
            .json(
                200, "rows of crawl_jobs",
                APISchema.list(APISchema.object(["id": APISchema.integer, "group_id": APISchema.uuid, "state": APISchema.text])))),
        APIOperation(
            "get", "/admin/gaps", tag: "groups", "What the live stream did not bring and nothing has filled yet", role: .reader,
            parameters: [limit],
            .json(
                200, "the oldest first",
                APISchema.list(
                    APISchema.object(["id": APISchema.integer, "reason": APISchema.text, "groups": APISchema.list(APISchema.anything)])))),
        APIOperation(
            "get", "/admin/coverage", tag: "groups", "What is known complete of each group's past", role: .reader,
            .json(
                200, "by title",
                APISchema.list(
                    APISchema.object([
                        "group_id": APISchema.uuid,
                        "ranges": APISchema.list(
                            APISchema.object(["low": APISchema.integer, "high": APISchema.integer, "is_live": APISchema.flag])),
                    ])))),
        APIOperation(
            "get", "/admin/limits", tag: "groups", "Waits that Telegram has imposed", role: .reader,
            .json(
                200, "those that are not over",
                APISchema.list(
                    APISchema.object(["account": APISchema.text, "method": APISchema.text, "seconds": APISchema.integer])))),
        APIOperation(
            "get", "/admin/messages", tag: "groups", "Messages, the newest first", role: .reader,
            parameters: [
                ofGroup, .query("before", ["type": "integer", "minimum": 0], "sent before these unix microseconds"),
                .query("text", APISchema.text, "with this in their text"), limit,
            ],
            .json(
                200, "rows of messages",
                APISchema.list(
                    APISchema.object([
                        "id": APISchema.uuid, "group_id": APISchema.uuid, "telegram_message_id": APISchema.integer,
                        "sent_at": APISchema.time, "is_deleted": APISchema.flag,
                    ])))),
    ]

    static let deadLetters = [
        APIOperation(
            "get", "/admin/failed-messages", tag: "dead letters", "What came and could not be stored, the newest first", role: .reader,
            parameters: [.query("resolved", APISchema.flag, "only resolved ones, or only those that wait"), ofGroup, limit],
            .json(
                200, "rows of failed_messages",
                APISchema.list(
                    APISchema.object([
                        "id": APISchema.uuid, "error_message": APISchema.orNull(APISchema.text),
                        "retry_count": APISchema.orNull(APISchema.integer), "resolved": APISchema.orNull(APISchema.flag),
                        "created_at": APISchema.orNull(APISchema.time),
                    ])))),
        APIOperation(
            "post", "/admin/failed-messages/{id}/retry", tag: "dead letters", "Has the writer try one again", role: .admin,
            parameters: [.path("id", APISchema.uuid, "its row")],
            .json(
                200, "what came of it",
                APISchema.object([
                    "id": APISchema.uuid, "result": APISchema.text, "error": APISchema.orNull(APISchema.text),
                ])), .error(409, "the writer refuses")),
    ]

    private static let admin = APISchema.object([
        "subject": APISchema.text, "role": APISchema.words("admin", "reader"), "note": APISchema.orNull(APISchema.text),
        "added_by": APISchema.text, "added_at": APISchema.integer,
    ])
    private static let subject = Parameter.path(
        "subject", ["type": "string", "minLength": 1, "maxLength": 200],
        "a token's subject; role:NAME for all with that role of Supabase's, who can only be readers")

    static let admins = [
        APIOperation(
            "get", "/admin/admins", tag: "who may", "Who may use this", role: .admin, .json(200, "by subject", APISchema.list(admin))),
        APIOperation(
            "put", "/admin/admins/{subject}", tag: "who may", "Admits somebody, or changes what they may; nobody does so for themselves",
            role: .admin, parameters: [subject],
            body: APISchema.body(
                ["role": APISchema.words("admin", "reader"), "note": ["type": "string", "maxLength": 500]], required: ["role"]),
            isBodyRequired: true, .json(200, "changed", admin), .json(201, "admitted", admin),
            .error(409, "nobody else would be an admin")),
        APIOperation(
            "delete", "/admin/admins/{subject}", tag: "who may", "Takes somebody out; nobody does so for themselves", role: .admin,
            parameters: [subject], .json(200, "done", APISchema.object(["removed": APISchema.text])),
            .error(400, "the subject is no text"), .error(409, "nobody else would be an admin")),
        APIOperation(
            "get", "/admin/audit-log", tag: "who may", "Who did what, the newest first", role: .admin,
            parameters: [.query("before", ["type": "integer", "minimum": 0], "only entries with a smaller id"), limit],
            .json(
                200, "rows of audit_log",
                APISchema.list(
                    APISchema.object([
                        "id": APISchema.integer, "at": APISchema.time, "actor": APISchema.text, "action": APISchema.text,
                        "target": APISchema.text, "outcome": APISchema.words("done", "refused", "failed"),
                    ])))),
    ]

    private static let session = APISchema.object([
        "subject": APISchema.text, "role": APISchema.words("admin", "reader"), "means": APISchema.text,
        "expires_at": APISchema.orNull(APISchema.integer), "csrf_token": APISchema.orNull(APISchema.text),
    ])

    static let sessions = [
        APIOperation(
            "post", "/admin/session", tag: "who may", "A page's login: a token for a cookie; the token may also stand in Authorization",
            role: nil, body: APISchema.body(["token": APISchema.text]), .json(201, "logged in: Set-Cookie", session),
            .error(401, "nothing was presented, or it is no token of ours"), .error(403, "not admitted, or a page of another site asks"),
            .error(429, "too many wrong tokens from this address"), .error(503, "the table of admins has not been read yet")),
        APIOperation("get", "/admin/session", tag: "who may", "Who asks", role: .reader, .json(200, "they", session)),
        APIOperation(
            "delete", "/admin/session", tag: "who may", "A page's logout", role: .reader,
            .json(200, "the cookie is worth nothing any more", APISchema.object(["ended": APISchema.flag]))),
    ]
}
