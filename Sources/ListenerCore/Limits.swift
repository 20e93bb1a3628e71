/// Every bound of the listener's core, with its unit and the reason for it.
public enum ListenerLimits {
    /// A box whose updates are filtered out still tells its position after at most this long …
    public static let positionEvery: Duration = .seconds(10)
    /// … or so many filtered updates, whichever is first: the next record must not look like a hole.
    public static let filteredMost: UInt32 = 100
}
