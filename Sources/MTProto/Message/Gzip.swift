import CZlib

/// Why compressed bytes were refused.
public enum GzipError: Error, Hashable {
    /// No gzip stream, damaged, or cut short.
    case damaged
    /// It inflates to more than `Gzip.maximumInflated`.
    case tooLarge
}

/// Gzip as `gzip_packed` uses it, bounded: https://core.telegram.org/mtproto/service_messages#packed-object
public enum Gzip {
    /// The most bytes that a packed object may inflate to. A page of history is below 1 MiB.
    public static let maximumInflated = 16 << 20
    /// Bodies up to this many bytes are sent as they are: nothing would be saved.
    public static let smallestWorthPacking = 512
    private static let chunk = 32 << 10

    /// The packed bytes, inflated piece by piece up to the limit.
    public static func inflate(_ packed: [UInt8], limit: Int = maximumInflated) throws(GzipError) -> [UInt8] {
        var stream = z_stream()
        precondition(shim_inflateInit_gzip(&stream) == Z_OK, "zlib has no memory for a stream")
        defer { inflateEnd(&stream) }
        var input = packed
        var out: [UInt8] = []
        var status = Z_OK
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            while status == Z_OK, out.count <= limit {
                let piece = [UInt8](unsafeUninitializedCapacity: min(chunk, max(1, limit + 1 - out.count))) { buffer, initialized in
                    stream.next_out = buffer.baseAddress
                    stream.avail_out = UInt32(buffer.count)
                    status = CZlib.inflate(&stream, Z_NO_FLUSH)
                    initialized = buffer.count - Int(stream.avail_out)
                }
                if piece.isEmpty, status == Z_OK { status = Z_BUF_ERROR }
                out += piece
            }
        }
        if out.count > limit { throw .tooLarge }
        guard status == Z_STREAM_END else { throw .damaged }
        return out
    }

    /// The bytes packed, or nil when that is not shorter. `level` is zlib's, 1 (fast) to 9 (short).
    public static func deflate(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8]? {
        var stream = z_stream()
        precondition(shim_deflateInit_gzip(&stream, level) == Z_OK, "zlib has no memory for a stream")
        defer { deflateEnd(&stream) }
        var input = bytes
        var finished = false
        let out = input.withUnsafeMutableBufferPointer { input in
            [UInt8](unsafeUninitializedCapacity: max(64, bytes.count)) { buffer, initialized in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(buffer.count)
                finished = CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END
                initialized = buffer.count - Int(stream.avail_out)
            }
        }
        return finished && out.count < bytes.count ? out : nil
    }

    /// The body, or `gzip_packed` around it when that is shorter.
    static func packed(_ body: [UInt8]) -> [UInt8] {
        guard body.count > smallestWorthPacking, let packed = deflate(body) else { return body }
        var out: [UInt8] = []
        out.append(uint32: Constructor.gzipPacked)
        out.append(string: packed)
        return out.count < body.count ? out : body
    }

    /// What `gzip_packed` in front of `body` holds, or the body itself when it is not packed.
    static func unpacked(_ body: [UInt8], _ budget: inout InflationBudget) throws(GzipError) -> [UInt8] {
        var reader = ByteReader(body)
        guard let constructor = try? reader.uint32(), constructor == Constructor.gzipPacked else { return body }
        guard let packed = try? reader.string() else { throw .damaged }
        let inflated = try inflate(packed, limit: min(maximumInflated, budget.bytes))
        budget.bytes -= inflated.count
        return inflated
    }
}

/// What all packed objects of one packet may inflate to together: a packet may hold a thousand small bombs.
struct InflationBudget: Sendable {
    /// tdesktop's limit for a packet. Real answers inflate about tenfold, and a packet is at most 4 MiB.
    static let maximum = 64 << 20

    var bytes = InflationBudget.maximum
}
