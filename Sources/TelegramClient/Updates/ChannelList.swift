import Primitives

/// The tracked channels, ascending by id, with what they want first: a change of one channel costs its logarithm, not a walk through all.
struct ChannelList: RandomAccessCollection, Sendable {
    private var boxes: [ChannelBox] = []
    /// A binary tree: node 1 is the root, the children of n are 2n and 2n + 1, the leaves from `width` on are the channels.
    private var tree: [ChannelDues] = [ChannelDues(), ChannelDues()]
    /// Leaves: a power of two.
    private var width = 1
    /// Written to since the tree was made up.
    private var touched: [Int] = []
    private var isStale = false

    /// Writes beyond which the whole tree is made up anew, since it costs no more.
    private static let touchedMost = 64

    var startIndex: Int { 0 }
    var endIndex: Int { boxes.count }

    subscript(i: Int) -> ChannelBox {
        _read { yield boxes[i] }
        _modify {
            touch(i)
            yield &boxes[i]
        }
    }

    mutating func append(_ channel: ChannelBox) { insert(channel, at: boxes.count) }

    mutating func insert(_ channel: ChannelBox, at i: Int) {
        boxes.insert(channel, at: i)
        isStale = true
    }

    mutating func removeAll(where isGone: (ChannelBox) -> Bool) {
        boxes.removeAll(where: isGone)
        isStale = true
    }

    /// What the channels want first, whatever was written since `settle`.
    var dues: ChannelDues { isSettled ? tree[1] : walkedDues }

    /// The same from all channels, one after the other.
    var walkedDues: ChannelDues { boxes.reduce(into: ChannelDues()) { $0.merge(ChannelDues($1)) } }

    /// Nothing was written since the tree was made up.
    var isSettled: Bool { !isStale && touched.isEmpty }

    /// Brings the tree up to date.
    mutating func settle() {
        if isStale {
            rebuild()
        } else if !touched.isEmpty {
            for i in touched { climb(i) }
        }
        isStale = false
        touched.removeAll(keepingCapacity: true)
    }

    private mutating func touch(_ i: Int) {
        if isStale || touched.last == i { return }
        if touched.count < ChannelList.touchedMost { touched.append(i) } else { isStale = true }
    }

    private mutating func climb(_ i: Int) {
        var node = width + i
        var dues = ChannelDues(boxes[i])
        while tree[node] != dues {
            tree[node] = dues
            if node == 1 { return }
            dues.merge(tree[node ^ 1])
            node /= 2
        }
    }

    private mutating func rebuild() {
        width = 1
        while width < boxes.count { width *= 2 }
        tree = Array(repeating: ChannelDues(), count: 2 * width)
        for i in boxes.indices { tree[width + i] = ChannelDues(boxes[i]) }
        for node in stride(from: width - 1, to: 0, by: -1) {
            tree[node] = tree[2 * node]
            tree[node].merge(tree[2 * node + 1])
        }
    }
}
