import Glibc
import Primitives
import ServiceKit

/// Writes a line of data. When nobody reads any more (`| head`), the command is done: exit 0.
func output(_ line: String) { print(line: line, to: STDOUT_FILENO) }

/// Writes a line to a descriptor at once, or ends: quietly when the reader is gone, with status 74 when the disk is full.
func print(line: String, to descriptor: Int32) {
    let bytes = Array((line + "\n").utf8)
    bytes.withUnsafeBytes { buffer in
        var rest = buffer[...]
        while !rest.isEmpty {
            let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                ServiceMain.leave(errno == EPIPE ? .success : .io)
            }
        }
    }
}

/// Rows under headings, each column as wide as its widest cell.
func table(_ headings: [String], _ rows: [[String]]) -> String {
    let all = [headings] + rows
    let widths = headings.indices.map { column in all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return all.map { row in
        var line = row.enumerated().map { column, cell in cell + String(repeating: " ", count: widths[column] - cell.count) }
            .joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }.joined(separator: "\n")
}

/// `3 s`, `12 min`, `5 h`, `2 d`.
func age(_ seconds: Int64) -> String {
    switch seconds {
    case ..<120: "\(seconds) s"
    case ..<7200: "\(seconds / 60) min"
    case ..<172_800: "\(seconds / 3600) h"
    default: "\(seconds / 86_400) d"
    }
}
