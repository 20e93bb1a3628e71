import Dispatch
import Glibc
import Synchronization

/// Questions to the person at the terminal, or lines of standard input where there is none.
enum Terminal {
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 }

    private static func prompt(_ text: String) {
        let bytes = Array(text.utf8)
        // A prompt that cannot be written asks nobody; the answer is read all the same.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    /// Asks on stderr and reads a line; nil at the end of input. A hidden answer is not echoed.
    static func ask(_ question: String, hidden: Bool = false) async -> String? {
        await offPool {
            let interactive = isInteractive
            if interactive {
                prompt("\(question): ")
            }
            var old = termios()
            let hides = hidden && interactive && tcgetattr(STDIN_FILENO, &old) == 0
            guard hides else { return readLine(strippingNewline: true) }
            var quiet = old
            quiet.c_lflag &= ~tcflag_t(ECHO)
            let restoring = restoring(old)
            tcsetattr(STDIN_FILENO, TCSANOW, &quiet)
            let line = readLine(strippingNewline: true)
            tcsetattr(STDIN_FILENO, TCSANOW, &old)
            for source in restoring { source.cancel() }
            for number in ends { signal(number, SIG_DFL) }
            prompt("\n")
            return line
        }
    }

    /// What ends a process from outside: Ctrl-C, Ctrl-\, a service manager, a terminal that is closed.
    private static let ends = [SIGINT, SIGQUIT, SIGTERM, SIGHUP]

    /// One of these at a hidden question: the terminal echoes again before the process ends. Returns once they are watched, which until
    /// then end the process as ever.
    private static func restoring(_ old: termios) -> [any DispatchSourceSignal] {
        ends.map { number in
            let watched = DispatchSemaphore(value: 0)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setRegistrationHandler { watched.signal() }
            source.setEventHandler {
                var old = old
                tcsetattr(STDIN_FILENO, TCSANOW, &old)
                prompt("\n")
                _exit(128 + number)
            }
            source.resume()
            watched.wait()
            return source
        }
    }

    /// Lines on stderr; on a terminal they take the place of the ones that were shown last.
    static func show(_ lines: [String]) async {
        let isTerminal = isatty(STDERR_FILENO) == 1
        var text = isTerminal && shown.withLock({ $0 }) > 0 ? "\u{1B}[\(shown.withLock { $0 })A\u{1B}[J" : ""
        // White on black whatever the terminal's colours are, or readers see the code's negative.
        text += lines.map { isTerminal && $0.contains("█") ? "\u{1B}[97;40m\($0)\u{1B}[0m" : $0 }.joined(separator: "\n") + "\n"
        shown.withLock { $0 = lines.count }
        prompt(text)
    }

    /// Lines that `show` wrote last.
    private static let shown = Mutex(0)
}
