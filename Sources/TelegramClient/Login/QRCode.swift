/// A QR code (ISO/IEC 18004) for a short text: byte mode, error correction L, versions 1 to 12.
public struct QRCode: Sendable, Equatable {
    /// Modules in a row, and rows.
    public private(set) var size: Int
    /// Rows of dark modules, without the quiet zone.
    private var dark: [Bool]
    /// Modules that belong to patterns and are not masked.
    private var isFixed: [Bool]

    /// Per version from 1: bytes of error correction in a block, and blocks.
    private static let corrections = [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24]
    private static let blocks = [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4]
    /// Light modules around a code that readers need.
    public static let quietZone = 4

    /// - Parameter mask: 0 to 7; nil takes the one that readers like best.
    /// - Returns: nil for more than 367 bytes.
    public init?(_ text: [UInt8], mask: Int? = nil) {
        guard let version = (1...QRCode.blocks.count).first(where: { QRCode.capacity($0) >= text.count }) else { return nil }
        size = 17 + 4 * version
        dark = [Bool](repeating: false, count: size * size)
        isFixed = dark
        drawPatterns(version)
        draw(codewords: QRCode.interleaved(QRCode.codewords(text, version), version))
        let plain = self
        var best: (penalty: Int, code: QRCode)?
        for mask in mask.map({ [$0] }) ?? Array(0..<8) {
            var code = plain
            code.apply(mask)
            let penalty = code.penalty
            if best.map({ penalty < $0.penalty }) ?? true { best = (penalty, code) }
        }
        if let best { self = best.code }
    }

    public subscript(x: Int, y: Int) -> Bool {
        get { dark[y * size + x] }
        set { dark[y * size + x] = newValue }
    }

    // MARK: bytes

    /// Bytes of text that a version takes.
    static func capacity(_ version: Int) -> Int {
        let head = 4 + (version < 10 ? 8 : 16)
        return (dataBytes(version) * 8 - head) / 8
    }

    private static func rawBits(_ version: Int) -> Int {
        var bits = (16 * version + 128) * version + 64
        if version >= 2 {
            let alignments = version / 7 + 2
            bits -= (25 * alignments - 10) * alignments - 55
            if version >= 7 { bits -= 36 }
        }
        return bits
    }

    private static func dataBytes(_ version: Int) -> Int { rawBits(version) / 8 - corrections[version - 1] * blocks[version - 1] }

    /// Mode, length, text and filling.
    private static func codewords(_ text: [UInt8], _ version: Int) -> [UInt8] {
        var bits: [Bool] = []
        func append(_ value: Int, _ count: Int) {
            for i in stride(from: count - 1, through: 0, by: -1) { bits.append(value >> i & 1 == 1) }
        }
        append(4, 4)
        append(text.count, version < 10 ? 8 : 16)
        for byte in text { append(Int(byte), 8) }
        let room = dataBytes(version) * 8
        append(0, min(4, room - bits.count))
        append(0, (8 - bits.count % 8) % 8)
        var filling = 0xEC
        while bits.count < room {
            append(filling, 8)
            filling ^= 0xEC ^ 0x11
        }
        return stride(from: 0, to: bits.count, by: 8).map { at in (0..<8).reduce(0) { $0 << 1 | (bits[at + $1] ? 1 : 0) } }
    }

    /// The blocks with their corrections, byte by byte in turn; the last blocks are one byte longer where they do not divide evenly.
    private static func interleaved(_ data: [UInt8], _ version: Int) -> [UInt8] {
        let count = blocks[version - 1]
        let corrected = corrections[version - 1]
        let short = data.count / count
        let shortBlocks = count - data.count % count
        let divisor = ReedSolomon.divisor(corrected)
        var parts: [(data: [UInt8], correction: [UInt8])] = []
        var at = 0
        for block in 0..<count {
            let length = short + (block < shortBlocks ? 0 : 1)
            let part = Array(data[at..<at + length])
            at += length
            parts.append((part, ReedSolomon.remainder(part, divisor)))
        }
        var out: [UInt8] = []
        for i in 0...short { for part in parts where i < part.data.count { out.append(part.data[i]) } }
        for i in 0..<corrected { for part in parts { out.append(part.correction[i]) } }
        return out
    }

    // MARK: modules

    private mutating func fix(_ x: Int, _ y: Int, _ isDark: Bool) {
        self[x, y] = isDark
        isFixed[y * size + x] = true
    }

    private mutating func drawPatterns(_ version: Int) {
        for i in 0..<size {
            fix(6, i, i % 2 == 0)
            fix(i, 6, i % 2 == 0)
        }
        for (x, y) in [(3, 3), (size - 4, 3), (3, size - 4)] { drawFinder(x, y) }
        let places = QRCode.alignments(version, size)
        for (i, x) in places.enumerated() {
            for (j, y) in places.enumerated() {
                let isFinder = (i == 0 && j == 0) || (i == 0 && j == places.count - 1) || (i == places.count - 1 && j == 0)
                if !isFinder { for dx in -2...2 { for dy in -2...2 { fix(x + dx, y + dy, max(abs(dx), abs(dy)) != 1) } } }
            }
        }
        drawFormat(0)
        if version >= 7 { drawVersion(version) }
    }

    private mutating func drawFinder(_ x: Int, _ y: Int) {
        for dx in -4...4 {
            for dy in -4...4 where (0..<size).contains(x + dx) && (0..<size).contains(y + dy) {
                let distance = max(abs(dx), abs(dy))
                fix(x + dx, y + dy, distance != 2 && distance != 4)
            }
        }
    }

    private static func alignments(_ version: Int, _ size: Int) -> [Int] {
        if version == 1 { return [] }
        let count = version / 7 + 2
        let step = (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2
        return [6] + (0..<count - 1).map { size - 7 - $0 * step }.reversed()
    }

    /// Correction level L (1) and the mask, twice, with a BCH code of their own.
    private mutating func drawFormat(_ mask: Int) {
        let data = 1 << 3 | mask
        var remainder = data
        for _ in 0..<10 { remainder = remainder << 1 ^ (remainder >> 9) * 0x537 }
        let bits = (data << 10 | remainder) ^ 0x5412
        func bit(_ i: Int) -> Bool { bits >> i & 1 == 1 }
        for i in 0...5 { fix(8, i, bit(i)) }
        fix(8, 7, bit(6))
        fix(8, 8, bit(7))
        fix(7, 8, bit(8))
        for i in 9..<15 { fix(14 - i, 8, bit(i)) }
        for i in 0..<8 { fix(size - 1 - i, 8, bit(i)) }
        for i in 8..<15 { fix(8, size - 15 + i, bit(i)) }
        fix(8, size - 8, true)
    }

    private mutating func drawVersion(_ version: Int) {
        var remainder = version
        for _ in 0..<12 { remainder = remainder << 1 ^ (remainder >> 11) * 0x1F25 }
        let bits = version << 12 | remainder
        for i in 0..<18 {
            let isDark = bits >> i & 1 == 1
            fix(size - 11 + i % 3, i / 3, isDark)
            fix(i / 3, size - 11 + i % 3, isDark)
        }
    }

    /// In columns of two from the right, upwards and downwards in turn.
    private mutating func draw(codewords: [UInt8]) {
        var bit = 0
        for right in stride(from: size - 1, through: 1, by: -2) {
            let right = right <= 6 ? right - 1 : right
            for step in 0..<size {
                for x in [right, right - 1] {
                    let y = (right + 1) & 2 == 0 ? size - 1 - step : step
                    if isFixed[y * size + x] || bit >= codewords.count * 8 { continue }
                    self[x, y] = codewords[bit >> 3] >> (7 - bit & 7) & 1 == 1
                    bit += 1
                }
            }
        }
    }

    private mutating func apply(_ mask: Int) {
        for y in 0..<size {
            for x in 0..<size where !isFixed[y * size + x] {
                let isFlipped =
                    switch mask {
                    case 0: (x + y) % 2 == 0
                    case 1: y % 2 == 0
                    case 2: x % 3 == 0
                    case 3: (x + y) % 3 == 0
                    case 4: (x / 3 + y / 2) % 2 == 0
                    case 5: x * y % 2 + x * y % 3 == 0
                    case 6: (x * y % 2 + x * y % 3) % 2 == 0
                    default: ((x + y) % 2 + x * y % 3) % 2 == 0
                    }
                if isFlipped { self[x, y].toggle() }
            }
        }
        drawFormat(mask)
    }

    /// How badly a reader would like it: long runs, squares, what looks like a finder, too much of one shade.
    private var penalty: Int {
        var sum = 0
        for isColumn in [false, true] {
            for line in 0..<size {
                let row = (0..<size).map { isColumn ? self[line, $0] : self[$0, line] }
                var run = 1
                for i in 1...size {
                    if i < size, row[i] == row[i - 1] {
                        run += 1
                    } else {
                        if run >= 5 { sum += run - 2 }
                        run = 1
                    }
                }
                let finder = [true, false, true, true, true, false, true]
                for i in 0...size - 7 where Array(row[i..<i + 7]) == finder {
                    func isLight(_ range: Range<Int>) -> Bool { range.allSatisfy { !row.indices.contains($0) || !row[$0] } }
                    if isLight(i - 4..<i) { sum += 40 }
                    if isLight(i + 7..<i + 11) { sum += 40 }
                }
            }
        }
        for y in 0..<size - 1 {
            for x in 0..<size - 1 where self[x, y] == self[x + 1, y] && self[x, y] == self[x, y + 1] && self[x, y] == self[x + 1, y + 1] {
                sum += 3
            }
        }
        let darkness = dark.count { $0 } * 20
        return sum + abs(darkness - dark.count * 10) / dark.count * 10
    }

    // MARK: drawing

    /// Lines of half blocks, quiet zone included: what is light in the code is lit, as terminals with a dark ground show it right.
    public var lines: [String] {
        let range = -QRCode.quietZone..<size + QRCode.quietZone
        func isLight(_ x: Int, _ y: Int) -> Bool { !((0..<size).contains(x) && (0..<size).contains(y) && self[x, y]) }
        return stride(from: range.lowerBound, to: range.upperBound, by: 2).map { y in
            String(
                range.map { x -> Character in
                    switch (isLight(x, y), y + 1 < range.upperBound && isLight(x, y + 1)) {
                    case (true, true): "█"
                    case (true, false): "▀"
                    case (false, true): "▄"
                    case (false, false): " "
                    }
                })
        }
    }
}

/// Error correction over the field of 256 elements with the polynomial 0x11D.
enum ReedSolomon {
    /// The generator of that many bytes of correction, highest power first, its leading one left out.
    static func divisor(_ degree: Int) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: degree - 1) + [1]
        var root: UInt8 = 1
        for _ in 0..<degree {
            for i in 0..<degree {
                out[i] = multiply(out[i], root)
                if i + 1 < degree { out[i] ^= out[i + 1] }
            }
            root = multiply(root, 2)
        }
        return out
    }

    static func remainder(_ data: [UInt8], _ divisor: [UInt8]) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: divisor.count)
        for byte in data {
            let factor = byte ^ out.removeFirst()
            out.append(0)
            for i in divisor.indices { out[i] ^= multiply(divisor[i], factor) }
        }
        return out
    }

    static func multiply(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var product = 0
        for i in stride(from: 7, through: 0, by: -1) {
            product = product << 1 ^ (product >> 7) * 0x11D
            product ^= Int(b >> UInt8(i) & 1) * Int(a)
        }
        return UInt8(truncatingIfNeeded: product)
    }
}
