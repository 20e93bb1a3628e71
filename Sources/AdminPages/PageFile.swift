/// A file of the web pages, embedded at compile time: what browsers get that open the supervisor's address.
public struct PageFile: Sendable {
    /// `app.js`; below `/assets/`, but for `index.html`, which is every page.
    public let name: String
    /// With its charset.
    public let type: String
    public let bytes: [UInt8]
}

extension PageFile {
    private static let script = "text/javascript; charset=utf-8"

    /// The document that stands for every page; its scripts look at the address.
    public static let document = PageFile(name: "index.html", type: "text/html; charset=utf-8", bytes: PackageResources.index_html)

    /// What the document loads. A new file is one of the folder Pages and a line here.
    public static let assets: [PageFile] = [
        PageFile(name: "app.css", type: "text/css; charset=utf-8", bytes: PackageResources.app_css),
        PageFile(name: "icon.svg", type: "image/svg+xml", bytes: PackageResources.icon_svg),
        PageFile(name: "accounts.js", type: script, bytes: PackageResources.accounts_js),
        PageFile(name: "api.js", type: script, bytes: PackageResources.api_js),
        PageFile(name: "app.js", type: script, bytes: PackageResources.app_js),
        PageFile(name: "audit.js", type: script, bytes: PackageResources.audit_js),
        PageFile(name: "charts.js", type: script, bytes: PackageResources.charts_js),
        PageFile(name: "deadletters.js", type: script, bytes: PackageResources.deadletters_js),
        PageFile(name: "dom.js", type: script, bytes: PackageResources.dom_js),
        PageFile(name: "feed.js", type: script, bytes: PackageResources.feed_js),
        PageFile(name: "gaps.js", type: script, bytes: PackageResources.gaps_js),
        PageFile(name: "groups.js", type: script, bytes: PackageResources.groups_js),
        PageFile(name: "limits.js", type: script, bytes: PackageResources.limits_js),
        PageFile(name: "live.js", type: script, bytes: PackageResources.live_js),
        PageFile(name: "login.js", type: script, bytes: PackageResources.login_js),
        PageFile(name: "overview.js", type: script, bytes: PackageResources.overview_js),
        PageFile(name: "qr.js", type: script, bytes: PackageResources.qr_js),
        PageFile(name: "stages.js", type: script, bytes: PackageResources.stages_js),
    ]
}
