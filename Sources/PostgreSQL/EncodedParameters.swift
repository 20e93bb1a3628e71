/// The parameters of one call as libpq takes them: all bytes in one buffer, pointers into it while a call lasts.
struct EncodedParameters {
    private var types: [UInt32] = []
    private var buffer: [UInt8] = []
    /// Offset and length in `buffer`; nil for NULL.
    private var ranges: [(start: Int, length: Int)?] = []

    init(_ parameters: [Parameter]) throws(PostgresError) {
        for parameter in parameters {
            let start = buffer.count
            types.append(parameter.oid)
            let isValue = try parameter.encode(to: &buffer)
            guard buffer.count - start <= Int(Int32.max) else { throw .badParameter("a value of 2 GiB or more") }
            ranges.append(isValue ? (start, buffer.count - start) : nil)
        }
    }

    var count: Int { types.count }

    func withPointers<T>(
        _ body: (
            _ types: UnsafePointer<UInt32>?, _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ lengths: UnsafePointer<Int32>?,
            _ formats: UnsafePointer<Int32>?
        ) -> T
    ) -> T {
        let lengths = ranges.map { Int32($0?.length ?? 0) }
        let formats = [Int32](repeating: 1, count: ranges.count)
        // One spare byte gives an empty value an address: a null pointer would mean NULL.
        return (buffer + [0]).withUnsafeBytes { bytes in
            // The buffer holds at least the spare byte, so it has an address.
            let base = bytes.baseAddress!
            let values = ranges.map { range in range.map { (base + $0.start).assumingMemoryBound(to: CChar.self) } }
            return body(types, values, lengths, formats)
        }
    }
}
