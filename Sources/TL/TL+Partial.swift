extension TL {
    /// What could be read of an object although one of its vectors holds something that the table does not know.
    public struct Partial: Sendable {
        /// An element that could not be read.
        public struct Undecoded: Sendable, Hashable {
            /// The vector's field: `updates`, `new_messages`, `chats` …
            public var field: String
            /// Its bytes in the input; up to the input's end when its own end could not be found.
            public var range: Range<Int>
            /// Its own constructor where the table knows that one, and only something inside it is unknown.
            public var name: String?
            public var error: TLError
        }

        /// Without the elements that could not be read.
        public var object: TLObject
        public var undecoded: [Undecoded]
        /// The end of the last undecoded element was not found: the elements and fields behind it are missing.
        public var isTruncated: Bool
    }

    /// The boxed object that the bytes are, going on behind elements of its own vectors that hold unknown constructors.
    ///
    /// The length of such an element is unknown; its end is the one place from where the rest of the object reaches exactly to the end of
    /// the bytes. Throws when the object itself cannot be read, or bytes are wrong in another way.
    public static func decodePartly(_ bytes: [UInt8], limits: TLLimits = .standard) throws(TLError) -> Partial {
        do throws(TLError) {
            return Partial(object: try decode(bytes, limits: limits), undecoded: [], isTruncated: false)
        } catch {
            guard error.isUnknownConstructor else { throw error }
        }
        return try bytes.withUnsafeBufferPointer { (buffer) throws(TLError) -> Partial in
            var decoder = TLDecoder(try TLReader(buffer, at: 0, limits: limits))
            return try decoder.partialObject()
        }
    }
}

extension TLError {
    /// The bytes may be right, only too new for the table.
    var isUnknownConstructor: Bool {
        switch self {
        case .unknownConstructor, .unexpectedConstructor: true
        default: false
        }
    }
}

extension TLDecoder {
    /// Reads an object that fills the input.
    mutating func partialObject() throws(TLError) -> TL.Partial {
        let index = try reader.open()
        let schema = reader.schema
        var walk = try reader.walk(index)
        var partial = TL.Partial(object: TLObject(name: schema.constructors[index].name, fields: [:]), undecoded: [], isTruncated: false)
        while walk.left > 0, !reader.isTruncated {
            let step = walk.step.pointee
            walk.step += 1
            walk.left -= 1
            if step.condition != Schema.Step.always && walk.flags >> UInt64(step.condition) & 1 == 0 { continue }
            if step.kind == .flags {
                walk.flags |= UInt64(try reader.constructor()) << walk.shift
                walk.shift += 32
                continue
            }
            let name = schema.words[Int(step.name)]
            let element = step.kind == .vector ? schema.types[Int(step.type)].argument : -1
            if element >= 0, schema.types[element].kind == .object {
                partial.object.fields[name] = try partialVector(of: element, field: name, walk, &partial)
            } else {
                partial.object.fields[name] = try value(step.kind, type: Int(step.type))
            }
        }
        reader.leave()
        partial.isTruncated = reader.isTruncated
        if reader.remaining != 0 { throw .trailingBytes(offset: reader.offset) }
        return partial
    }

    private mutating func partialVector(
        of element: Int, field: String, _ walk: TLReader.Walk, _ partial: inout TL.Partial
    ) throws(TLError) -> TLValue {
        let count = try reader.vectorCount(boxed: true, minimumElementSize: reader.schema.types[element].minimumSize)
        try reader.enter()
        let inside = reader.depth
        var out: [TLValue] = []
        out.reserveCapacity(min(count, 256))
        var i = 0
        while i < count, !reader.isTruncated {
            let start = reader.offset
            do throws(TLError) {
                out.append(try value(.object, type: element))
            } catch {
                guard error.isUnknownConstructor else { throw error }
                reader.depth = inside
                reader.offset = start
                let own = reader.schema.index(of: try reader.constructor())
                if let next = reader.resume(behind: start, left: count - i - 1, of: element, then: walk) {
                    reader.offset = next
                } else {
                    reader.offset = reader.end
                    reader.isTruncated = true
                }
                partial.undecoded.append(
                    .init(
                        field: field, range: start..<reader.offset, name: own < 0 ? nil : reader.schema.constructors[own].name, error: error
                    ))
            }
            i += 1
        }
        reader.leave()
        return .vector(out)
    }
}
