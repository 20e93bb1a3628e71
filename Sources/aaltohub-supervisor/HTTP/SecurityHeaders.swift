import Hummingbird

/// The name of a header; the module of the type itself is a dependency of a dependency.
typealias HeaderName = HTTPFields.Element.Name

/// What browsers are told with every answer.
enum SecurityHeaders {
    /// For everything that sets no others: an answer of the API is never a page.
    static let always: [(HeaderName, String)] = [
        (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'"),
        (.xContentTypeOptions, "nosniff"),
        (HeaderName("Referrer-Policy")!, "no-referrer"),  // a token of RFC 9110
        (HeaderName("Cross-Origin-Resource-Policy")!, "same-origin"),  // likewise
    ]

    /// Content-Security-Policy of our pages: scripts, styles, data and forms come from here and from nowhere else, and nothing inline runs.
    ///
    /// - Parameter media: origins beside ours from which pictures, sound and films of messages may come.
    static func pagePolicy(media: [String] = []) -> String {
        let files = (["'self'"] + media).joined(separator: " ")
        return "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; img-src \(files) data:; "
            + "media-src \(files); form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    }
}
