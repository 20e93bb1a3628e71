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
    ]

    static let media = [
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
            .error(409, "links are not signed here (media.access)"))
    ]

    static let changes = [
        APIOperation(
            "get", "/changes", tag: "changes", "What changed in the messages, in the order of the commits", role: .reader,
            parameters: [
                .query("after", ["type": "integer", "minimum": 0], "after this change; without it only where one begins from now on"),
                .query("limit", APISchema.limit, "at most so many"),
            ],
            .json(200, "the oldest first", APISchema.object(["changes": APISchema.list(APISchema.anything)])),
            .json(410, "that is not kept any more: begin anew", APISchema.anything))
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
