import Foundation
import Primitives

/// Remembers, in a file beside the one that is uploaded, where its resumable upload goes on after a restart.
final class UploadBookmark {
    private let path: String
    private let first: String
    private var isKept = false

    /// `place`: which bucket of which server; a bookmark of another one says nothing.
    init(of file: StorableFile, at place: String) {
        path = file.path + ".upload"
        first = "\(place) \(file.key) \(file.size)"
    }

    func read() -> String? {
        guard let text = FileManager.default.contents(atPath: path).map({ String(decoding: $0, as: UTF8.self) }) else { return nil }
        let lines = text.split(separator: "\n")
        return lines.count == 2 && lines[0] == first ? String(lines[1]) : nil
    }

    /// Its failure costs only that a restart uploads from the beginning.
    func write(_ location: String) { try? Data("\(first)\n\(location)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic) }

    func keep() { isKept = true }

    /// Removes it unless it is to be kept.
    func remove() {
        if isKept { return }
        // It may never have been there.
        try? FileManager.default.removeItem(atPath: path)
    }
}
