import Primitives

/// One operation of the API, as its document tells it: https://spec.openapis.org/oas/v3.1.0.html#operation-object
public struct APIOperation: Sendable {
    /// In lower case.
    public var method: String
    /// With parameters in braces.
    public var path: String
    public var tag: String
    public var summary: String
    /// Who may; nil: anybody.
    public var role: Role?
    public var parameters: [Parameter] = []
    /// JSON Schema of the body; nil: it has none.
    public var body: JSON?
    public var isBodyRequired = false
    public var answers: [Answer]

    public struct Parameter: Sendable {
        public var name: String
        /// query or path.
        public var place: String
        public var schema: JSON
        public var summary: String

        public static func path(_ name: String, _ schema: JSON, _ summary: String) -> Parameter {
            Parameter(name: name, place: "path", schema: schema, summary: summary)
        }

        public static func query(_ name: String, _ schema: JSON, _ summary: String) -> Parameter {
            Parameter(name: name, place: "query", schema: schema, summary: summary)
        }
    }

    public struct Answer: Sendable {
        public var status: Int
        public var summary: String
        /// JSON Schema of the body; nil: it is no JSON.
        public var schema: JSON?
        /// Empty: there is no body.
        public var type: String

        public static func json(_ status: Int = 200, _ summary: String, _ schema: JSON) -> Answer {
            Answer(status: status, summary: summary, schema: schema, type: "application/json")
        }

        public static func text(_ status: Int = 200, _ summary: String, type: String = "text/plain") -> Answer {
            Answer(status: status, summary: summary, schema: nil, type: type)
        }

        public static func empty(_ status: Int, _ summary: String) -> Answer {
            Answer(status: status, summary: summary, schema: nil, type: "")
        }

        /// An error: `{"error": "…"}`.
        public static func error(_ status: Int, _ summary: String) -> Answer { .json(status, summary, APISchema.error) }
    }

    public init(
        _ method: String, _ path: String, tag: String, _ summary: String, role: Role?, parameters: [Parameter] = [], body: JSON? = nil,
        isBodyRequired: Bool = false, _ answers: Answer...
    ) {
        self.method = method
        self.path = path
        self.tag = tag
        self.summary = summary
        self.role = role
        self.parameters = parameters
        self.body = body
        self.isBodyRequired = isBodyRequired
        self.answers = answers
    }

    /// The answers that follow from what it takes and who may, beside its own.
    var allAnswers: [Answer] {
        var all = answers
        func add(_ status: Int, _ summary: String) {
            if !all.contains(where: { $0.status == status }) { all.append(.error(status, summary)) }
        }
        if role != nil {
            add(401, "nothing was presented, or it is no token of ours, or it has expired")
            add(403, "the role is missing, or a page of another site asks")
            add(429, "too many wrong tokens from this address: Retry-After tells the seconds")
            add(503, "the database, a stage or the table of admins is away")
        }
        if body != nil || parameters.contains(where: { $0.place == "query" }) { add(400, "a parameter or the body is not of its form") }
        if body != nil {
            add(413, "the body is too large")
            add(415, "the body is not application/json")
        }
        if parameters.contains(where: { $0.place == "path" }) { add(404, "there is nothing of this name") }
        return all.sorted { $0.status < $1.status }
    }

    var json: JSON {
        var members: [JSON.Member] = [
            .init("operationId", .string(operationID)), .init("tags", .array([.string(tag)])), .init("summary", .string(summary)),
        ]
        if !parameters.isEmpty {
            members.append(
                .init(
                    "parameters",
                    .array(
                        parameters.map { parameter in
                            [
                                "name": .string(parameter.name), "in": .string(parameter.place),
                                "required": .bool(parameter.place == "path"),
                                "description": .string(parameter.summary), "schema": parameter.schema,
                            ]
                        })))
        }
        if let body {
            members.append(
                .init("requestBody", ["required": .bool(isBodyRequired), "content": ["application/json": ["schema": body]]]))
        }
        members.append(.init("responses", .object(allAnswers.map { .init("\($0.status)", $0.json) })))
        members.append(.init("security", role == nil ? [] : [["bearer": []], ["session": []]]))
        if let role { members.append(.init("x-role", .string(role.rawValue))) }
        return .object(members)
    }

    private var operationID: String {
        ([method] + path.split { !$0.isLetter && !$0.isNumber }.map(String.init)).joined(separator: "_")
    }
}

extension APIOperation.Answer {
    var json: JSON {
        var members: [JSON.Member] = [.init("description", .string(summary))]
        let content: JSON = schema.map { ["schema": $0] } ?? ["schema": ["type": "string"]]
        if !type.isEmpty { members.append(.init("content", .object([.init(type, content)]))) }
        if status == 429 || status == 503 {
            members.append(
                .init("headers", ["Retry-After": ["description": "seconds", "schema": ["type": "integer"]]]))
        }
        return .object(members)
    }
}
