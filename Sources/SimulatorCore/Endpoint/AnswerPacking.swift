import MTProto
import TL

/// Packs large answers as real servers do, but not files; what was packed before is not packed again: a page of history that many ask for
/// costs its compression once.
struct AnswerPacking: Sendable {
    /// Packed bytes that are kept. The pages of some 300,000 messages take a tenth of it.
    private static let most = 256 << 20
    /// Compression as fast as it gets: the server's time is not what tests measure.
    private static let level: Int32 = 1
    private static let file = TL.constructorID("upload.file") ?? 0
    private static let gzipPacked = TL.constructorID("gzip_packed") ?? 0x3072_CFA1

    private struct Key: Hashable {
        var hash: Int
        var count: Int
    }

    private var kept: [Key: [UInt8]] = [:]
    private var bytes = 0

    /// The answer, or `gzip_packed` around it when that is shorter.
    mutating func pack(_ answer: [UInt8]) -> [UInt8] {
        guard answer.count > Gzip.smallestWorthPacking, TL.id(of: answer) != AnswerPacking.file else { return answer }
        var hasher = Hasher()
        answer.withUnsafeBytes { hasher.combine(bytes: $0) }
        let key = Key(hash: hasher.finalize(), count: answer.count)
        if let known = kept[key] { return known }
        var packed = answer
        if let deflated = Gzip.deflate(answer, level: AnswerPacking.level) {
            packed = []
            packed.reserveCapacity(deflated.count + 8)
            withUnsafeBytes(of: AnswerPacking.gzipPacked.littleEndian) { packed += $0 }
            if deflated.count < 254 {
                packed.append(UInt8(deflated.count))
            } else {
                withUnsafeBytes(of: (UInt32(deflated.count) << 8 | 254).littleEndian) { packed += $0 }
            }
            packed += deflated
            while packed.count % 4 != 0 { packed.append(0) }
            if packed.count >= answer.count { packed = answer }
        }
        if bytes + packed.count > AnswerPacking.most {
            kept = [:]
            bytes = 0
        }
        kept[key] = packed
        bytes += packed.count
        return packed
    }
}
