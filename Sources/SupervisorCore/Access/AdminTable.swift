/// The table of admins as it was read last.
///
/// Two readings may be under way at once, one of them begun before a change and finished after the other: the one that was begun last counts.
public struct AdminTable: Sendable {
    /// By subject; nil: never read.
    private var roles: [String: Role]?
    private var begun = 0
    private var taken = 0

    public init() {}

    /// A reading begins. Returns its number, for `take`.
    public mutating func begin() -> Int {
        begun += 1
        return begun
    }

    /// What a reading has found. Returns whether it counts.
    @discardableResult
    public mutating func take(_ roles: [String: Role], reading: Int) -> Bool {
        guard reading > taken else { return false }
        taken = reading
        self.roles = roles
        return true
    }

    /// The row of everybody whose tokens have this role of Supabase's.
    static func row(ofRole name: String) -> String { "role:\(name)" }

    /// Who somebody is here: by their own row, or by the one of all who have their role, which makes readers, whatever stands in it.
    ///
    /// - Parameters:
    ///   - role: Supabase's, of which they have proof.
    ///   - isAnonymous: Supabase let them in without any; then there must be a row of their own.
    /// - Returns: `everybodys` names the role where a row of all who have it admitted them.
    public func admit(
        subject: String?, role: String?, isAnonymous: Bool = false
    ) throws(AccessRefusal) -> (subject: String, role: Role, everybodys: String?) {
        guard let roles else { throw .unavailable("the table of admins has not been read yet: the database is away") }
        if let subject, let own = roles[subject] { return (subject, own, nil) }
        guard let role, !isAnonymous, roles[Self.row(ofRole: role)] != nil else { throw .notAdmitted }
        return (subject ?? Self.row(ofRole: role), .reader, role)
    }
}
