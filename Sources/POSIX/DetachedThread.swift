import Glibc

/// Runs the body on a thread of its own, for calls that block: they never occupy the cooperative pool.
///
/// - Parameter name: what `top -H` and `perf` call it; the kernel keeps 15 bytes.
public func detachThread(named name: String, _ run: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let result = pthread_create(
        &thread, nil,
        { raw in
            // pthread_create hands over what it was given, which is never null here.
            let body = Unmanaged<Body>.fromOpaque(raw!).takeRetainedValue()
            nameThisThread(body.name)
            body.run()
            return nil
        }, Unmanaged.passRetained(Body(name: name, run: run)).toOpaque())
    precondition(result == 0, "pthread_create failed with \(result)")
    pthread_detach(thread)
}

/// See proc(5). Where that is not to be had the thread goes by its process's name.
private func nameThisThread(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    let bytes = Array(name.utf8)
    write(file, bytes, bytes.count)
}

private final class Body {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }
}
