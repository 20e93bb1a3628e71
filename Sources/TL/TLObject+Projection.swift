/// What generated projections read dynamic forms with.
extension TLObject {
    /// An `int`.
    func int32(_ field: String) -> Int32? { fields[field]?.int.map { Int32(truncatingIfNeeded: $0) } }
}

extension API.TextWithEntities {
    /// Without entities.
    init(text: String) {
        self.text = text
    }

    /// The object, or the `string` that older forms have in its place.
    init?(value: TLValue) {
        switch value {
        case .object(let object): self.init(object)
        case .bytes(let bytes): self.init(text: String(decoding: bytes, as: UTF8.self))
        default: return nil
        }
    }
}
