import CLibzmq
import Glibc

/// An eventfd with which any thread wakes the one that polls.
public final class Wakeup: Sendable {
    let descriptor: Int32

    public init() {
        descriptor = eventfd(0, AALTOHUB_EFD_FLAGS)
        precondition(descriptor >= 0, "eventfd fails only without descriptors: raise LimitNOFILE")
    }

    deinit { close(descriptor) }

    public func signal() {
        // Fails only when the counter is full, and then the thread is woken anyway.
        eventfd_write(descriptor, 1)
    }

    func clear() {
        var value: eventfd_t = 0
        eventfd_read(descriptor, &value)
    }
}

/// Waits until a socket can be read, the wakeup was signalled, or the time is over.
///
/// - Parameters:
///   - sockets: those to read from; more than a handful is not this system's use.
///   - milliseconds: −1 waits without end.
/// - Returns: for each socket whether it can be read. Signals are cleared.
public func poll(_ sockets: [Socket], _ wakeup: Wakeup, milliseconds: Int) throws(ZeroMQError) -> [Bool] {
    var items = sockets.map { zmq_pollitem_t(socket: $0.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0) }
    items.append(zmq_pollitem_t(socket: nil, fd: wakeup.descriptor, events: Int16(ZMQ_POLLIN), revents: 0))
    guard zmq_poll(&items, Int32(items.count), milliseconds) >= 0 || zmq_errno() == EINTR else { throw ZeroMQError(last: "zmq_poll") }
    if items[sockets.count].revents != 0 { wakeup.clear() }
    return items.dropLast().map { $0.revents & Int16(ZMQ_POLLIN) != 0 }
}
