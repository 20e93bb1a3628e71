import Foundation
import Glibc
import POSIX
import Primitives
import Testing

@testable import ServiceKit

/// A manager's end of the notify socket.
final class NotifyReceiver {
    let folder: TemporaryFolder
    let descriptor: Int32
    var path: String { "\(folder.path)/notify" }

    init() throws {
        folder = try TemporaryFolder()
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(folder.path)/notify".utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard bound == 0 else { throw SystemCallError() }
    }

    deinit { close(descriptor) }

    /// What has arrived; a unix datagram is there once it was sent.
    func next() -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count >= 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}

@Suite struct NotifierTests {
    @Test func states_reach_the_manager_and_a_status_only_when_it_changed() throws {
        let receiver = try NotifyReceiver()
        let notifier = Notifier(environment: ["NOTIFY_SOCKET": receiver.path])
        notifier.ready()
        notifier.status("one\nline")
        notifier.status("one\nline")
        notifier.extendTimeout(.seconds(3))
        notifier.stopping()
        #expect(receiver.next() == "READY=1")
        #expect(receiver.next() == "STATUS=one line")
        #expect(receiver.next() == "EXTEND_TIMEOUT_USEC=3000000")
        #expect(receiver.next() == "STOPPING=1")
        #expect(receiver.next() == nil)
    }

    @Test func beats_are_thinned_out_and_only_sent_when_somebody_watches() throws {
        let receiver = try NotifyReceiver()
        let notifier = Notifier(environment: ["NOTIFY_SOCKET": receiver.path])
        let watchdog = Watchdog(notifier: notifier, environment: ["WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "\(getpid())"])
        #expect(watchdog.interval == .seconds(10))
        #expect(watchdog.longestWait == .seconds(2))
        for tick in 0..<100 { watchdog.beat(now: Instant(nanoseconds: 1) + .milliseconds(tick * 100)) }
        var beats = 0
        while receiver.next() == "WATCHDOG=1" { beats += 1 }
        #expect(beats == 5)
        let other = Watchdog(notifier: notifier, environment: ["WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"])
        other.beat(now: Instant(nanoseconds: 1))
        #expect(other.interval == nil && receiver.next() == nil)
    }

    @Test func without_a_manager_nothing_happens() {
        let notifier = Notifier(environment: [:])
        notifier.ready()
        #expect(Watchdog(notifier: notifier, environment: [:]).interval == nil)
    }
}

@Suite struct FileLockTests {
    @Test func a_second_holder_is_told_who_the_first_is() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/a.lock"
        do {
            let first = try FileLock(path: path, purpose: "write")
            #expect(LockedFile.isHeld(path) && LockedFile.holder(of: path) == getpid())
            let error = #expect(throws: ServiceError.self) { try FileLock(path: path, purpose: "write") }
            #expect(error?.status == .unavailable)
            #expect(error?.message.contains("process \(getpid()) already has the right to write") == true)
            withExtendedLifetime(first) {}
        }
        #expect(!LockedFile.isHeld(path))
        chmod(path, 0o640)
        _ = try FileLock(path: path, purpose: "write")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o660, "the group's stages lock it, too")
        let missing = #expect(throws: ServiceError.self) { try FileLock(path: "/nowhere/x.lock", purpose: "write") }
        #expect(missing?.status == .io)
    }

    @Test func who_looks_whether_it_is_held_keeps_nobody_from_taking_it() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/a.lock"
        _ = try FileLock(path: path, purpose: "write")
        // Nobody holds it: whoever sees it held has seen another who looks.
        let seen = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<2 { group.addTask { (0..<5_000).count { _ in LockedFile.isHeld(path) } } }
            return await group.reduce(0, +)
        }
        #expect(seen == 0)
        // One who looks stays in the middle of it for a moment.
        let look = open(path, O_RDWR | O_CLOEXEC)
        #expect(flock(look, LOCK_SH | LOCK_NB) == 0 && !LockedFile.isHeld(path))
        let started = Thread {
            var pause = timespec(tv_sec: 0, tv_nsec: 20_000_000)
            nanosleep(&pause, nil)
            close(look)
        }
        started.start()
        let lock = try FileLock(path: path, purpose: "write")
        #expect(LockedFile.isHeld(path))
        withExtendedLifetime(lock) {}
    }
}

@Suite struct StopSignalTests {
    @Test func waiters_and_handlers_hear_of_it_once_and_late_ones_at_once() async {
        let stop = StopSignal()
        await withTaskGroup { group in
            for _ in 0..<3 { group.addTask { await stop.wait() } }
            await confirmation { heard in
                stop.onRequest { heard() }
                stop.request()
                stop.request()
            }
            await group.waitForAll()
        }
        await stop.wait()
        #expect(stop.isRequested)
    }

    @Test func a_cancelled_waiter_returns() async {
        let stop = StopSignal()
        let task = Task { await stop.wait() }
        task.cancel()
        await task.value
        #expect(!stop.isRequested)
    }
}

@Suite struct ServiceStatusTests {
    @Test func a_latency_on_a_bound_counts_below_it_as_prometheus_says() {
        let status = ServiceStatus(service: "writer", startedAt: UnixTime(seconds: 100), started: .zero)
        status.observe("wait_seconds", Latency.bounds[3])
        status.observe("wait_seconds", Latency.bounds[3].nextUp)
        let counts = status.json(at: UnixTime(seconds: 107), now: .zero)["histograms"]?["wait_seconds"]?["counts"]?.array
        #expect(counts?[3] == 1 && counts?[4] == 1)
    }

    @Test func a_total_that_somebody_else_keeps_is_set_and_not_added() {
        let status = ServiceStatus(service: "listener@main", startedAt: UnixTime(seconds: 100), started: .zero)
        for value: Int64 in [3, 7] { status.total("calls_total", ["method": "m"], value) }
        #expect(status.counter("calls_total", ["method": "m"]) == 7)
    }

    @Test func a_heartbeat_tells_counters_with_labels_and_histograms() {
        let status = ServiceStatus(service: "writer", startedAt: UnixTime(seconds: 100), started: .zero)
        status.count("rows_total", ["way": "push", "kind": "a\"b"], by: 2)
        status.count("rows_total", ["kind": "a\"b", "way": "push"])
        status.gauge("queue_records", 1.5)
        status.observe("wait_seconds", 0.003)
        status.observe("wait_seconds", 99_999)
        status.fact("connected", true)
        status.state = .ready
        let json = status.json(at: UnixTime(seconds: 107), now: .zero + .seconds(7))
        #expect(json["counters"]?["rows_total{kind=\"a\\\"b\",way=\"push\"}"] == 3)
        #expect(json["gauges"]?["queue_records"] == 1.5)
        #expect(json["histograms"]?["wait_seconds"]?["count"] == 2)
        #expect(json["histograms"]?["wait_seconds"]?["counts"]?.array?[2] == 1)
        #expect(json["histograms"]?["wait_seconds"]?["counts"]?.array?.last == 1)
        #expect(json["uptime"] == 7.0 && json["state"] == "ready" && json["facts"]?["connected"] == true)
    }

    @Test func names_of_services_and_accounts() throws {
        #expect("\(try ServiceName.listener(account: "main"))" == "listener@main")
        for bad in ["", "a/b", "A", "-x", "a b", String(repeating: "a", count: 33)] {
            #expect(throws: ServiceError.self) { try ServiceName.listener(account: bad) }
        }
    }
}

@Suite struct ServiceVersionTests {
    @Test func the_commit_comes_from_the_stamp_beside_the_binary_or_from_the_checkout() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("version-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ path: String, _ text: String) throws {
            let file = folder.appendingPathComponent(path)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let executable = folder.appendingPathComponent("build/debug/x").path
        try write(".git/HEAD", "0123456789abcdef0123\n")
        #expect(ServiceVersion.commit(ofExecutable: executable) == "0123456789ab, checkout")
        try write(".git/HEAD", "ref: refs/heads/main\n")
        try write(".git/refs/heads/main", "fedcba9876543210\n")
        #expect(ServiceVersion.commit(ofExecutable: executable) == "fedcba987654, checkout")
        try write("build/share/aaltohub/commit", "stamped\n")
        #expect(ServiceVersion.commit(ofExecutable: executable) == "stamped")
        #expect(ServiceVersion.commit(ofExecutable: nil) == "unknown")
        #expect(ServiceVersion.commit(ofExecutable: "/nowhere/bin/x") == "unknown")
    }
}

@Suite struct FoldersTests {
    @Test func what_a_stage_keeps_is_its_own_and_sockets_are_the_groups() throws {
        let folder = try TemporaryFolder()
        var configuration = Configuration()
        configuration.runtimeDirectory = "\(folder.path)/run"
        configuration.stateDirectory = "\(folder.path)/state"
        let folders = Folders(configuration)
        let before = umask(0o007)
        defer { umask(before) }
        try folders.prepare(for: "listener@main")
        func mode(_ path: String) -> mode_t {
            var status = stat()
            return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
        }
        #expect(mode(folders.state("listener@main")) == 0o700)
        for path in [folders.controls, folders.taps, "\(folders.runtime)/link", "\(folders.runtime)/lock"] { #expect(mode(path) == 0o770) }
        // A second stage, and the same one again, find what is there.
        try folders.prepare(for: "writer")
        try folders.prepare(for: "listener@main")
    }
}
