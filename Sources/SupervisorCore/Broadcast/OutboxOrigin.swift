/// Tells whether the outbox that is read is still the same one: a database that was restored from an older backup has had fewer changes, and
/// from the writer's first visit on, before any change of its own, another epoch.
public struct OutboxOrigin: Hashable, Sendable {
    public private(set) var epoch: Int64
    /// The outbox went back, and the writer has not renewed the epoch since.
    private var awaitsRenewal = false

    public init(epoch: Int64) { self.epoch = epoch }

    /// Whether what was read, up to `position`, was another outbox than the one that says this of itself. It says so once for each.
    ///
    /// - Parameter newest: the newest change that there was.
    public mutating func isAnother(epoch: Int64, newest: Int64, position: Int64) -> Bool {
        let isRenewed = epoch != self.epoch
        self.epoch = epoch
        if newest < position {
            awaitsRenewal = !isRenewed
            return true
        }
        defer { if isRenewed { awaitsRenewal = false } }
        return isRenewed && !awaitsRenewal
    }
}
