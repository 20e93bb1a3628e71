/// The ids received of late, so that no message counts twice:
/// https://core.telegram.org/mtproto/security_guidelines#checking-msg-id
struct ReceivedMessageIDs: Sendable {
    /// Ids remembered at least; what is below all of them counts as known.
    static let remembered = 1000

    /// Sorted; up to twice `remembered`, then the lower half goes.
    private var ids: [Int64] = []
    /// Everything up to here counts as received.
    private(set) var floor = Int64.min

    enum Standing: Hashable, Sendable {
        case unknown
        case received
        /// Too old to know.
        case forgotten
    }

    func standing(of id: Int64) -> Standing {
        if id <= floor { return .forgotten }
        let i = position(of: id)
        return i < ids.count && ids[i] == id ? .received : .unknown
    }

    /// Remembers the id; false when it is known already or below all that are remembered.
    mutating func insert(_ id: Int64) -> Bool {
        if id <= floor { return false }
        let i = position(of: id)
        if i < ids.count, ids[i] == id { return false }
        ids.insert(id, at: i)
        if ids.count == 2 * Self.remembered {
            floor = ids[Self.remembered - 1]
            ids.removeFirst(Self.remembered)
        }
        return true
    }

    var highest: Int64? { ids.last }

    private func position(of id: Int64) -> Int {
        if let last = ids.last, last < id { return ids.count }
        var low = 0, high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
