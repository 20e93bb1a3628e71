import Primitives

/// What frontends, watchers and the accounts' page ask.
extension APIOperation {
    static let status = [
        APIOperation(
            "get", "/admin/status", tag: "status", "Everything: stages, groups, queues, gaps", role: .reader,
            .json(200, "now", APISchema.object([:]))),
        APIOperation(
            "get", "/admin/alarms", tag: "status", "The alarms that fire", role: .reader,
            .json(200, "now", APISchema.object(["alarms": APISchema.anything]))),
        APIOperation(
            "get", "/admin/history", tag: "status", "Rates and lags of the last hour", role: .reader,
            parameters: [.query("after", APISchema.integer, "only what is newer: unix seconds")],
            .json(200, "the oldest first", APISchema.anything)),
        APIOperation(
            "get", "/admin/stream", tag: "status",
            "Server-sent events: status every two seconds, groups and audit when there is news, change for each change of a message",
            role: .reader,
            parameters: [
                .query(
                    "after", ["type": "integer", "minimum": 0], "the last change that was seen; a browser says it in Last-Event-ID")
            ],
            .text(200, "without an end", type: "text/event-stream"), .error(503, "too many pages are open, or the supervisor ends")),
    ]

    /// What Supabase's Realtime answers of an error.
    private static let said = APISchema.object(["message": APISchema.text])
    private static func broadcast(_ path: String, _ summary: String, parameters: [Parameter] = [], body: JSON) -> APIOperation {
        APIOperation(
            "post", path, tag: "realtime", summary, role: .admin, parameters: parameters, body: body, isBodyRequired: true,
            .empty(202, "sent to whoever listens"), .json(400, "the body is no JSON", said), .json(401, "no token, or none of ours", said),
            .json(403, "the token is no admin's and not of Supabase's service_role", said), .json(413, "the body is too large", said),
            .json(415, "the body is of another type", said),
            .json(422, "what is wrong, by field", APISchema.object(["errors": APISchema.anything])),
            .json(429, "too many a second, or too many at once", said), .json(503, "tokens cannot be checked now", said))
    }

    static let realtime = [
        APIOperation(
            "get", "/realtime/v1/websocket", tag: "realtime",
            "Supabase Realtime's WebSocket, vsn 1.0.0 and 2.0.0: with apikey and the headers of an upgrade", role: nil,
            .empty(101, "a WebSocket"), .error(426, "the request asks for none")),
        broadcast(
            "/realtime/v1/api/broadcast", "Broadcasts messages, all of them or none; Supabase's service_role may, too",
            body: APISchema.object([
                "messages": [
                    "type": "array", "minItems": 1, "maxItems": .integer(Int64(RealtimeLimits.messagesPerRequest)),
                    "items": APISchema.object(["topic": word, "event": word, "payload": ["type": "object"]]),
                ]
            ])),
        broadcast(
            "/realtime/v1/api/broadcast/{topic}/events/{event}", "Broadcasts the body; Supabase's service_role may, too",
            parameters: [
                .path("topic", word, "the channel"), .path("event", word, "the event"),
                .query("private", APISchema.text, "true: only to those who joined privately"),
            ], body: ["type": "object"]),
    ]

    /// How long it may be is counted in bytes, which a schema cannot say.
    private static let word: JSON = ["type": "string", "minLength": 1]

    static let media = [
        APIOperation(
            "get", "/media/{key}", tag: "media",
            "A file of the local store; its key has slashes. Where media.access is signed, a link does for a token; public: for anybody",
            role: .reader,
            parameters: [
                .path("key", word, "as in media_url"), .query("expires", APISchema.text, "of a signed link"),
                .query("signature", APISchema.text, "likewise"),
            ],
            .text(200, "its bytes", type: "*/*"), .text(206, "those of the header Range", type: "*/*"),
            .empty(304, "those of the header If-None-Match"), .error(412, "not those of the header If-Match"),
            .error(416, "none of those of the header Range")),
        APIOperation(
            "post", "/media/links", tag: "media", "Addresses of files that work without a token for a while", role: .reader,
            body: APISchema.body(["keys": ["type": "array", "items": APISchema.text, "maxItems": 500]], required: ["keys"]),
            isBodyRequired: true,
            .json(
                200, "in the order of the keys",
                APISchema.object([
                    "links": APISchema.list(
                        APISchema.object(["key": APISchema.text, "url": APISchema.text, "expires": APISchema.integer]))
                ])),
            .error(409, "links are not signed here (media.access)")),
    ]

    static let changes = [
        APIOperation(
            "get", "/changes", tag: "changes", "What changed in the messages, in the order of the commits", role: .reader,
            parameters: [
                .query("after", ["type": "integer", "minimum": 0], "after this change; without it only where one begins from now on"),
                .query("limit", APISchema.limit, "at most so many"),
                .query("epoch", APISchema.integer, "as the last answer told it: 410 when the database was restored since"),
            ],
            .json(
                200, "the oldest first",
                APISchema.object([
                    "changes": APISchema.list(APISchema.anything), "last": APISchema.integer, "more": APISchema.flag,
                    "oldest": APISchema.integer, "epoch": APISchema.integer,
                ])),
            .json(
                410, "that is not kept any more, or another database had it: read the messages anew and follow from newest",
                APISchema.object([
                    "error": APISchema.text, "oldest": APISchema.integer, "newest": APISchema.integer, "epoch": APISchema.integer,
                ])))
    ]

    private static let name = Parameter.path("name", ["type": "string", "minLength": 1], "the account")
    private static let login = APISchema.object(["state": APISchema.text])

    static let accounts = [
        APIOperation(
            "get", "/admin/accounts", tag: "accounts", "The Telegram accounts", role: .reader,
            .json(
                200, "by name",
                APISchema.object([
                    "accounts": APISchema.list(
                        APISchema.object(["name": APISchema.text, "state": APISchema.text, "paused": APISchema.flag]))
                ]))),
        APIOperation(
            "post", "/admin/accounts/{name}/login", tag: "accounts", "Begins a login by QR code", role: .admin, parameters: [name],
            body: ["type": "object", "properties": ["for": APISchema.orNull(APISchema.words("listener", "backfill"))]],
            .json(202, "begun", login),
            .error(409, "another login is under way, or the account cannot be logged in so")),
        APIOperation(
            "get", "/admin/accounts/{name}/login", tag: "accounts", "The login that is under way, with its code", role: .admin,
            parameters: [name], .json(200, "now", login)),
        APIOperation(
            "delete", "/admin/accounts/{name}/login", tag: "accounts", "Ends the login that is under way", role: .admin,
            parameters: [name], .json(200, "ended", login), .error(409, "it has ended")),
        APIOperation(
            "post", "/admin/accounts/{name}/login/password", tag: "accounts", "The account's 2FA password", role: .admin,
            parameters: [name], body: APISchema.object(["password": ["type": "string", "minLength": 1]]),
            isBodyRequired: true, .json(202, "tried", login), .error(409, "no password is asked for")),
        APIOperation(
            "post", "/admin/accounts/{name}/pause", tag: "accounts", "Has its stages leave Telegram alone", role: .admin,
            parameters: [name], .json(200, "as it is now", APISchema.anything)),
        APIOperation(
            "post", "/admin/accounts/{name}/resume", tag: "accounts", "Has its stages work again", role: .admin, parameters: [name],
            .json(200, "as it is now", APISchema.anything)),
    ]
}
