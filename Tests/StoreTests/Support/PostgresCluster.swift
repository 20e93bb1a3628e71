import Foundation
import PostgreSQL

/// A private Postgres cluster, made once for all suites of this run, in a temporary folder.
///
/// A shell script makes it, starts it and waits for the end of its standard input: when this process ends, in whatever way, the script
/// stops the server and removes the folder. Postgres refuses root, so for root the script gives the rights away first.
final class PostgresCluster: Sendable {
    static let shared: Result<PostgresCluster, Failure> = Result { () throws(Failure) in try PostgresCluster() }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let folder: String
    let port: Int
    private let keeper: FileHandle
    private let names = Counter()

    private init() throws(Failure) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", PostgresCluster.script]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        do { try process.run() } catch { throw Failure(description: "bash cannot be started: \(error)") }
        keeper = input.fileHandleForWriting
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count == 3, words[0] == "ready", let port = Int(words[2]) else {
            throw Failure(description: "no private Postgres cluster: \(line)")
        }
        folder = String(words[1])
        self.port = port
    }

    /// Connection string of a superuser over the unix socket.
    func administrator(database: String = "postgres") -> String {
        "host=\(folder) port=\(port) user=postgres dbname=\(database)"
    }

    func string(user: String, database: String) -> String { "host=\(folder) port=\(port) user=\(user) dbname=\(database)" }

    /// Makes a database of its own for one test, empty unless it copies another, and returns its name.
    func makeDatabase(from template: String = "template0") throws -> String {
        let name = "test_\(ProcessInfo.processInfo.processIdentifier)_\(names.next())"
        let session = try Session(ConnectionOptions(administrator(), applicationName: "tests"))
        try session.script("CREATE DATABASE \(name) TEMPLATE \(template)")
        session.close()
        return name
    }

    func options(user: String = "postgres", database: String) throws -> ConnectionOptions {
        try ConnectionOptions(string(user: user, database: database), applicationName: "tests")
    }

    private final class Counter: @unchecked Sendable {
        private let lock = NSLock()
        private var value = 0
        func next() -> Int {
            lock.withLock {
                value += 1
                return value
            }
        }
    }

    private static let script = #"""
        set -e
        exec 3>&1 1>&2
        bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
        dir=$(mktemp -d /tmp/aaltohub-pg.XXXXXX)
        as=()
        if [ "$(id -u)" = 0 ]; then chown postgres:postgres "$dir"; as=(setpriv --reuid=postgres --regid=postgres --clear-groups); fi
        chmod 755 "$dir"
        cd "$dir"
        trap '"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
        trap '' INT TERM HUP PIPE
        "${as[@]}" "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >initdb.log 2>&1
        openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=test-authority >/dev/null 2>&1
        openssl req -newkey rsa:2048 -nodes -keyout data/server.key -out server.csr -subj /CN=localhost >/dev/null 2>&1
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out data/server.crt \
            -extfile <(echo subjectAltName=DNS:localhost) >/dev/null 2>&1
        chmod 600 data/server.key
        if [ "$(id -u)" = 0 ]; then chown postgres:postgres data/server.key data/server.crt; fi
        printf 'local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n' >data/pg_hba.conf
        for try in 1 2 3 4 5; do
            port=$((20000 + RANDOM))
            if "${as[@]}" "$bin/pg_ctl" -D data -w -l data/log start -o "-p $port -c unix_socket_directories=$dir -c listen_addresses=127.0.0.1 \
                -c ssl=on -c fsync=off -c max_connections=400 -c shared_buffers=64MB -c log_min_messages=warning" >/dev/null 2>&1; then break; fi
            port=
        done
        if [ -z "$port" ]; then echo "$(tail -3 data/log | tr '\n' ' ')" >&3; exit 1; fi
        echo "ready $dir $port" >&3
        exec 3>&-
        cat >/dev/null
        """#
}
