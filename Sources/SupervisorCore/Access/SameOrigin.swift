/// Whether a browser sent a request from a page of ours.
public enum SameOrigin {
    /// Throws `crossSite` when the browser says that another site asks.
    ///
    /// - Parameters:
    ///   - origin: the header `Origin`, which browsers send with everything that changes something.
    ///   - fetchSite: the header `Sec-Fetch-Site`.
    ///   - host: the header `Host`.
    ///   - publicURL: the address under which browsers know this server, as behind a proxy; empty: the host that they ask.
    public static func check(origin: String?, fetchSite: String?, host: String?, publicURL: String) throws(AccessRefusal) {
        if let fetchSite, fetchSite != "same-origin", fetchSite != "none" { throw .crossSite("another site may not do this") }
        guard let origin else { return }
        let expected = publicURL.isEmpty ? host.map { ["http://\($0)", "https://\($0)"] } ?? [] : [self.origin(of: publicURL)]
        guard expected.contains(where: { $0.lowercased() == origin.lowercased() }) else {
            throw .crossSite("another site may not do this: the page's origin is not this server's")
        }
    }

    /// Scheme, host and port of an address: `https://example.org` of `https://example.org/path`.
    public static func origin(of url: String) -> String {
        guard let slashes = url.firstRange(of: "://") else { return url }
        return String(url[..<slashes.upperBound] + url[slashes.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" })
    }
}
