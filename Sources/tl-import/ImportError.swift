/// What stops an import: a source that cannot be read, or says something that cannot be right.
struct ImportError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
