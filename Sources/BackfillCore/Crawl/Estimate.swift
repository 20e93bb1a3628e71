/// What a scan will cost, before it is made.
public struct CrawlEstimate: Hashable, Sendable {
    /// At most so many messages; ids that are gone are among them.
    public var messages: Int64
    public var calls: Int64
    /// At the pace that is set.
    public var seconds: Double

    /// - Parameters:
    ///   - count: messages of the whole chat, as the server says with every page.
    ///   - newest: the newest id; 0 for an empty chat.
    ///   - before: the newest id before the scan's beginning; 0 when there is none.
    ///   - place: how many messages came after that one, where the server says it.
    ///   - areIDsOwn: whether the chat's ids are its own; a basic group shares them with the account's other chats.
    ///   - pace: milliseconds between two pages.
    public init(count: Int64, newest: Int64, before: Int64, place: Int64?, areIDsOwn: Bool, pace: Int) {
        var most = max(0, count)
        if let place { most = min(most, place) } else if areIDsOwn { most = min(most, max(0, newest - before)) }
        messages = most
        // A last page that is full does not say that it is the last.
        calls = most / Int64(BackfillLimits.pageMessages) + 1
        seconds = Double(calls) * Double(max(0, pace)) / 1000
    }
}
