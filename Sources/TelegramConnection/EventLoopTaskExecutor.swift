import NIOCore

/// Resumes tasks on an event loop. An actor of that loop needs it beside the loop's own executor: a wait that ends elsewhere goes through
/// its task's executor first, and that would be the pool's.
final class EventLoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
