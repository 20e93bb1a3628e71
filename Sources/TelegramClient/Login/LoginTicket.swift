/// Where a login stands between its two invocations: the code was asked for, and somebody will come back with it.
///
/// Holds a phone number: keep it sealed like a session.
public struct LoginTicket: Hashable, Sendable, Codable {
    public var phone: String
    public var phoneCodeHash: String
    /// The data centre on which the code was asked for; the authorisation key belongs to it.
    public var dc: Int32
    /// Digits of the code, when the server says it.
    public var codeLength: Int?
    /// How the code was sent: app, sms, call, email, …
    public var codeBy: String
    /// The code was right and the second password is asked for: no code is wanted any more.
    public var wantsPassword: Bool?

    public init(phone: String, phoneCodeHash: String, dc: Int32, codeLength: Int?, codeBy: String) {
        self.phone = phone
        self.phoneCodeHash = phoneCodeHash
        self.dc = dc
        self.codeLength = codeLength
        self.codeBy = codeBy
    }
}
