extension TL {
    /// The `int` and `long` fields of the boxed object at `offset` that stand before anything in it that cannot be read, by name; empty when
    /// its own constructor is unknown.
    public static func leadingIntegers(_ bytes: [UInt8], at offset: Int) -> [String: Int64] {
        bytes.withUnsafeBufferPointer { buffer in
            var out: [String: Int64] = [:]
            do throws(TLError) {
                var reader = try TLReader(buffer, at: offset, limits: .standard)
                let index = try reader.open()
                var flags: UInt64 = 0
                var shift: UInt64 = 0
                for step in reader.schema.steps(of: index) {
                    if step.condition != Schema.Step.always && flags >> UInt64(step.condition) & 1 == 0 { continue }
                    switch step.kind {
                    case .flags:
                        flags |= UInt64(try reader.constructor()) << shift
                        shift += 32
                    case .int: out[reader.schema.words[Int(step.name)]] = Int64(try reader.int())
                    case .long: out[reader.schema.words[Int(step.name)]] = try reader.long()
                    default: try reader.skip(step.kind, type: Int(step.type))
                    }
                }
            } catch {
                // Here it begins to be unreadable: what came before counts.
            }
            return out
        }
    }
}
