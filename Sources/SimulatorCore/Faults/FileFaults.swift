/// What happens to downloads, and what was downloaded.
struct FileFaults: Sendable {
    enum Effect: Hashable, Sendable {
        /// The file's references expire; a new one comes with the message.
        case expire
        /// `FLOOD_PREMIUM_WAIT_n` for this part.
        case premiumWait(seconds: Int64)
        case fail(Failure)
        /// One byte of the part is another.
        case wrong
        /// Only so many bytes come.
        case short(Int)
    }

    struct Rule: Sendable {
        /// Nil: any file.
        var file: Int64?
        var effect: Effect
        /// Lets so many parts pass first.
        var skip = 0
        /// For so many parts; nil: until it is ended.
        var remaining: Int? = 1
        var probability = 1.0
    }

    /// A part as it was asked for.
    struct Part: Hashable, Sendable {
        var letter: String
        var offset: Int64
        var limit: Int64
    }

    /// What was answered of one file.
    struct Use: Sendable {
        /// How often each part came.
        var parts: [Part: Int] = [:]
        var bytes: Int64 = 0
    }

    var rules: [Rule] = []
    /// The error of an expired reference names a position, as `FILE_REFERENCE_0_EXPIRED`.
    var namesPosition = false
    private(set) var uses: [Int64: Use] = [:]

    func expired(_ file: Int64) -> Failure { .bad(namesPosition ? "FILE_REFERENCE_0_EXPIRED" : "FILE_REFERENCE_EXPIRED") }

    mutating func note(_ part: Part, of file: Int64, bytes: Int) {
        uses[file, default: Use()].parts[part, default: 0] += 1
        uses[file, default: Use()].bytes += Int64(bytes)
    }

    mutating func forgetUses() { uses = [:] }
}

extension Faults {
    /// What happens to the next part of the file.
    mutating func fileEffect(on file: Int64) -> FileFaults.Effect? {
        for at in files.rules.indices {
            let rule = files.rules[at]
            guard rule.file == nil || rule.file == file else { continue }
            if rule.skip > 0 {
                files.rules[at].skip -= 1
                continue
            }
            guard happens(rule.probability) else { continue }
            if let left = rule.remaining {
                files.rules[at].remaining = left - 1
                if left <= 1 { files.rules.remove(at: at) }
            }
            count(name(of: rule.effect))
            return rule.effect
        }
        return nil
    }

    private func name(of effect: FileFaults.Effect) -> String {
        switch effect {
        case .expire: "expired_references"
        case .premiumWait: "premium_waits"
        case .fail: "failed_parts"
        case .wrong: "wrong_parts"
        case .short: "short_parts"
        }
    }
}
