import Glibc

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
            if hides {
                var quiet = old
                quiet.c_lflag &= ~tcflag_t(ECHO)
                tcsetattr(STDIN_FILENO, TCSANOW, &quiet)
            }
            let line = readLine(strippingNewline: true)
            if hides {
                tcsetattr(STDIN_FILENO, TCSANOW, &old)
                prompt("\n")
            }
            return line
        }
    }
}
