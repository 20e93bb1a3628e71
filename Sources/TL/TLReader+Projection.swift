/// What generated projections read with.
extension TLReader {
    /// A place among a constructor's steps.
    struct Walk {
        var step: UnsafePointer<Schema.Step>
        var left: Int32
        var flags: UInt64 = 0
        var shift: UInt64 = 0
    }

    /// Reads a boxed object's id: the index of its constructor.
    @inline(__always)
    mutating func open() throws(TLError) -> Int {
        let id = try constructor()
        let index = schema.index(of: id)
        if index < 0 { throw .unknownConstructor(id: id, offset: offset - 4) }
        return index
    }

    /// The number of the case that the constructor has in the projection of that number; -1 when it is none of it.
    @inline(__always)
    func variant(of index: Int, in projection: Int16) -> Int {
        let c = schema.constructors.baseAddress.unsafelyUnwrapped + index
        return c.pointee.projection == projection ? Int(c.pointee.variant) : -1
    }

    @inline(__always)
    mutating func walk(_ index: Int) throws(TLError) -> Walk {
        try enter()
        let c = schema.constructors.baseAddress.unsafelyUnwrapped + index
        return Walk(step: schema.steps.baseAddress.unsafelyUnwrapped + Int(c.pointee.firstStep), left: c.pointee.stepCount)
    }

    /// Steps over what nobody asked for: the slot of the next field that is there and asked for, or -1 at the object's end.
    mutating func next(_ walk: inout Walk) throws(TLError) -> Int {
        while walk.left > 0 && undecoded == nil {
            let step = walk.step.pointee
            walk.step += 1
            walk.left -= 1
            if step.condition != Schema.Step.always && walk.flags >> UInt64(step.condition) & 1 == 0 { continue }
            if step.slot >= 0 { return Int(step.slot) }
            if step.kind == .flags {
                walk.flags |= UInt64(try constructor()) << walk.shift
                walk.shift += 32
            } else {
                try skip(step.kind, type: Int(step.type))
            }
        }
        leave()
        return -1
    }

    @inline(__always)
    mutating func text() throws(TLError) -> String { String(decoding: try string(), as: UTF8.self) }

    @inline(__always)
    mutating func blob() throws(TLError) -> [UInt8] { [UInt8](try string()) }

    @inline(__always)
    mutating func vector<T>(minimum: Int, _ read: (inout TLReader) throws(TLError) -> T) throws(TLError) -> [T] {
        let count = try vectorCount(boxed: true, minimumElementSize: minimum)
        try enter()
        var out: [T] = []
        // Reserve little ahead: a struct is larger than its bytes, and the count is only the peer's word.
        out.reserveCapacity(min(count, 128))
        var i = 0
        while i < count && undecoded == nil {
            out.append(try read(&self))
            i += 1
        }
        leave()
        return out
    }

    /// A vector of which the part before the first element with an unknown constructor counts. The length of such an element is unknown, so
    /// nothing behind it can be read: the rest is left in `undecoded`, and every object around ends there.
    @inline(__always)
    mutating func resilientVector<T>(minimum: Int, _ read: (inout TLReader) throws(TLError) -> T) throws(TLError) -> [T] {
        let count = try vectorCount(boxed: true, minimumElementSize: minimum)
        try enter()
        let inside = depth
        var out: [T] = []
        out.reserveCapacity(min(count, 128))
        var i = 0
        while i < count && undecoded == nil {
            let start = offset
            do throws(TLError) {
                out.append(try read(&self))
            } catch {
                switch error {
                case .unknownConstructor, .unexpectedConstructor:
                    undecoded = start..<end
                    offset = end
                    depth = inside
                default: throw error
                }
            }
            i += 1
        }
        leave()
        return out
    }
}
