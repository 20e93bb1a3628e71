import Dispatch
import Glibc
import POSIX
import Primitives
import Synchronization

/// Runs a program that the operator chose: without a shell, with nothing of this process's environment, files or secrets, in a process group
/// of its own that ends with its time.
public enum CommandRun {
    /// How long it may take: somebody waits for the next notice.
    public static let timeout = Duration.seconds(30)
    /// Bytes of input that fit into a pipe at once, so that a program that does not read it holds nobody up.
    public static let mostInput = 60 << 10

    /// How it ended.
    public enum Outcome: Hashable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case killed(signal: Int32)
        case timedOut
        /// It could not be started.
        case failed(String)

        public var description: String {
            switch self {
            case .exited(let status): "ended with status \(status)"
            case .killed(let number): "was killed by signal \(number)"
            case .timedOut: "was ended: it took longer than its time"
            case .failed(let why): "could not be started: \(why)"
            }
        }
    }

    /// Blocking calls are made here and not in the pool of tasks.
    private static let queue = DispatchQueue(label: "aaltohub.command", attributes: .concurrent)
    private static let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]

    /// Runs it to its end. Its standard output and error go nowhere.
    ///
    /// - Parameters:
    ///   - command: an absolute path and the arguments.
    ///   - input: what it reads on its standard input; at most `mostInput` bytes, the rest is cut off.
    public static func run(_ command: [String], input: [UInt8], timeout: Duration = timeout) async -> Outcome {
        await withCheckedContinuation { done in
            queue.async { done.resume(returning: runBlocking(command, input: Array(input.prefix(mostInput)), timeout: timeout)) }
        }
    }

    private static func runBlocking(_ command: [String], input: [UInt8], timeout: Duration) -> Outcome {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return .failed(SystemCallError().text) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // It fits into the pipe: nothing of it waits for the reader.
        writeAll(input, to: ends[1])
        close(ends[1])
        defer { close(ends[0]) }
        var child: pid_t = 0
        let code = spawn(&child, command, input: ends[0])
        guard code == 0 else { return .failed(SystemCallError(code: code).text) }

        let (group, state) = (child, Ended())
        let deadline = DispatchWorkItem { if state.beginKill() { kill(-group, SIGKILL) } }
        DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(timeout.inNanoseconds)), execute: deadline)
        var status: Int32 = 0
        // Its end is noticed without its remains being taken away, so that the group's number still belongs to it when it is killed.
        var info = siginfo_t()
        while waitid(P_PID, id_t(child), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let isTimedOut = state.end()
        deadline.cancel()
        // What it left behind in its group goes too.
        kill(-group, SIGKILL)
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        if isTimedOut { return .timedOut }
        let number = status & 0x7f
        return number == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: number)
    }

    /// Which came first: the program's end or its deadline.
    private final class Ended: Sendable {
        private let state = Mutex((ended: false, killed: false))
        /// Whether the deadline came first.
        func end() -> Bool {
            state.withLock { state in
                state.ended = true
                return state.killed
            }
        }
        func beginKill() -> Bool {
            state.withLock { state in
                if state.ended { return false }
                state.killed = true
                return true
            }
        }
    }

    /// errno, or 0.
    private static func spawn(_ child: inout pid_t, _ command: [String], input: Int32) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        // One that is not open is passed over.
        for other in (STDERR_FILENO + 1)..<1024 { posix_spawn_file_actions_addclose(&actions, other) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Services ignore and hold back signals; a program that inherited that could not be stopped.
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        return posix_spawn(&child, command[0], &actions, &attributes, &arguments, &variables)
    }
}
