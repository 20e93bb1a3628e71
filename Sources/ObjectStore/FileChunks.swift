import Dispatch
import Glibc
import NIOCore

/// A range of a file as buffers, read one at a time as they are asked for: bounded memory, and no blocking in the pool of tasks.
public struct FileChunks: AsyncSequence, Sendable {
    public typealias Element = ByteBuffer
    /// Bytes of one buffer.
    static let chunkBytes = 256 << 10
    private static let queue = DispatchQueue(label: "aaltohub.file-chunks", attributes: .concurrent)

    struct ReadFailure: Error, CustomStringConvertible { let description: String }

    private let file: Handle
    private let range: Range<Int64>

    init(path: String, range: Range<Int64>) { self.init(Handle(path), range) }

    init(_ file: Handle, _ range: Range<Int64>) {
        self.file = file
        self.range = range
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: file, position: range.lowerBound, end: range.upperBound) }

    /// An open file, closed with its last user.
    final class Handle: Sendable {
        let path: String
        let descriptor: Int32
        init(_ path: String) {
            self.path = path
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
        }
        /// Takes the descriptor over.
        init(_ path: String, owning descriptor: Int32) {
            self.path = path
            self.descriptor = descriptor
        }
        deinit { if descriptor >= 0 { close(descriptor) } }

        func read(_ count: Int, at offset: Int64) -> Result<ByteBuffer, ReadFailure> {
            var buffer = ByteBufferAllocator().buffer(capacity: count)
            let read = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) {
                Swift.max(0, pread(descriptor, $0.baseAddress, count, off_t(offset)))
            }
            if read > 0 { return .success(buffer) }
            return .failure(ReadFailure(description: "\(path) cannot be read at \(offset): \(String(cString: strerror(errno)))"))
        }
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let file: Handle
        var position: Int64
        let end: Int64

        public mutating func next() async throws -> ByteBuffer? {
            guard position < end else { return nil }
            let (file, position, count) = (file, position, Int(Swift.min(end - position, Int64(FileChunks.chunkBytes))))
            let result = await withCheckedContinuation { done in
                FileChunks.queue.async { done.resume(returning: file.read(count, at: position)) }
            }
            let buffer = try result.get()
            self.position += Int64(buffer.readableBytes)
            return buffer
        }
    }
}
