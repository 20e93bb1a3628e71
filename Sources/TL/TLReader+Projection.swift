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
        while walk.left > 0 && !isTruncated {
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

    /// A `double`, where older forms have an `int`. The walk has just passed the field's own step.
    @inline(__always)
    mutating func number(_ walk: Walk) throws(TLError) -> Double {
        (walk.step - 1).pointee.kind == .int ? Double(try int()) : try double()
    }

    /// Text with entities, where older forms have a `string`. The walk has just passed the field's own step.
    mutating func textWithEntities(_ walk: Walk) throws(TLError) -> API.TextWithEntities {
        if (walk.step - 1).pointee.kind == .object { return try API.TextWithEntities(&self) }
        return API.TextWithEntities(text: try text())
    }

    @inline(__always)
    mutating func vector<T>(minimum: Int, _ read: (inout TLReader) throws(TLError) -> T) throws(TLError) -> [T] {
        let count = try vectorCount(boxed: true, minimumElementSize: minimum)
        try enter()
        var out: [T] = []
        // Reserve little ahead: a struct is larger than its bytes, and the count is only the peer's word.
        out.reserveCapacity(min(count, 128))
        var i = 0
        while i < count && !isTruncated {
            out.append(try read(&self))
            i += 1
        }
        leave()
        return out
    }

    /// A vector that goes on behind elements with unknown constructors where that is possible.
    ///
    /// The length of such an element is unknown. But in an object that fills the input its end can be found: it is the one place from where
    /// the other elements and the object's remaining fields (`walk`) reach exactly to the end of the bytes. Where none is found the rest is
    /// left, and every object around ends there.
    mutating func resilientVector<T>(
        minimum: Int, _ walk: Walk, _ read: (inout TLReader) throws(TLError) -> T
    ) throws(TLError) -> [T] {
        let count = try vectorCount(boxed: true, minimumElementSize: minimum)
        // The walk has just passed the vector's own step.
        let element = schema.types[Int((walk.step - 1).pointee.type)].argument
        try enter()
        let inside = depth
        var out: [T] = []
        out.reserveCapacity(min(count, 128))
        var i = 0
        while i < count && !isTruncated {
            let start = offset
            do throws(TLError) {
                out.append(try read(&self))
            } catch {
                switch error {
                case .unknownConstructor, .unexpectedConstructor: break
                default: throw error
                }
                depth = inside
                if let next = resume(behind: start, left: count - i - 1, of: element, then: walk) {
                    offset = next
                } else {
                    offset = end
                    isTruncated = true
                }
                let own = schema.index(of: UInt32(littleEndian: base.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
                undecoded.append(
                    TL.Partial.Undecoded(
                        field: schema.words[Int((walk.step - 1).pointee.name)], range: start..<offset,
                        name: own < 0 ? nil : schema.constructors[own].name, error: error))
            }
            i += 1
        }
        leave()
        return out
    }

    /// How far behind an unknown element its end is looked for, in bytes: real updates and messages are far shorter.
    private static let resumeWindow = 1 << 18
    /// How many places are tried in earnest for the end of one element, and for the ends of all that are unknown, so that bytes made to
    /// look like many beginnings cost little.
    private static let resumeTries = 64
    private static let resumeTriesOfAll = 512

    /// Where `left` more elements of the type begin from which, with the rest of the walk, the bytes end exactly.
    func resume(behind start: Int, left: Int, of element: Int, then walk: Walk) -> Int? {
        var budget = TLReader.resumeTriesOfAll
        return resume(behind: start, left: left, of: element, then: walk, &budget)
    }

    private func resume(behind start: Int, left: Int, of element: Int, then walk: Walk, _ budget: inout Int) -> Int? {
        var tries = 0
        var place = start + 4
        while place <= min(end, start + TLReader.resumeWindow) && tries < TLReader.resumeTries && budget > 0 {
            if canBegin(left > 0 ? element : nil, at: place) {
                tries += 1
                budget -= 1
                if reachesEnd(from: place, left: left, of: element, then: walk, &budget) { return place }
            }
            place += 4
        }
        return nil
    }

    /// Whether a constructor of that type stands there. Without a type: anything may.
    private func canBegin(_ element: Int?, at place: Int) -> Bool {
        guard let element else { return place == end || end - place >= 4 && isVector(at: place) || end - place < 256 }
        if end - place < 4 { return false }
        let index = schema.index(of: UInt32(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
        return index >= 0 && Int(schema.constructors[index].result) == element
    }

    private func isVector(at place: Int) -> Bool {
        UInt32(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt32.self)) == Schema.vector
    }

    private func reachesEnd(from place: Int, left: Int, of element: Int, then walk: Walk, _ budget: inout Int) -> Bool {
        var probe = self
        probe.offset = place
        do throws(TLError) {
            for i in 0..<left {
                let start = probe.offset
                do throws(TLError) {
                    try probe.skipObject()
                } catch {
                    // One more that is unknown: whether everything behind it fits is for the search of its own end to say.
                    guard error.isUnknownConstructor else { throw error }
                    return resume(behind: start, left: left - i - 1, of: element, then: walk, &budget) != nil
                }
            }
            var step = walk.step
            var flags = walk.flags
            for _ in 0..<walk.left {
                defer { step += 1 }
                if step.pointee.condition != Schema.Step.always && flags >> UInt64(step.pointee.condition) & 1 == 0 { continue }
                if step.pointee.kind == .flags {
                    flags |= UInt64(try probe.constructor()) << walk.shift
                } else {
                    try probe.skip(step.pointee.kind, type: Int(step.pointee.type))
                }
            }
            return probe.offset == end
        } catch {
            return false
        }
    }
}
