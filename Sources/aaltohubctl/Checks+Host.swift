import Foundation
import POSIX
import ServiceKit
import SupervisorCore

extension Checks {
    /// The least free space with which a host should go on, and the least with which it can: bytes.
    private static let lowDisk: UInt64 = 2 << 30
    private static let fullDisk: UInt64 = 200 << 20

    func files() -> [Finding] {
        var findings: [Finding] = []
        for (name, path) in [("runtime_directory", configuration.runtimeDirectory), ("state_directory", configuration.stateDirectory)] {
            var status = stat()
            if stat(path, &status) != 0 {
                findings.append(.note(name, "\(path) does not exist yet", "a service makes it, or `systemd-tmpfiles --create` does"))
            } else if status.st_mode & S_IFMT != S_IFDIR {
                findings.append(.wrong(name, "\(path) is no folder", "remove it, or change \(name)", .io))
            } else if access(path, R_OK | X_OK) != 0 {
                findings.append(.wrong(name, "\(path): \(SystemCallError())", "run this as root, or join the folder's group", .io))
            } else {
                findings.append(.ok(name, path))
            }
        }
        for path in configuration.telegram.rsaKeyFiles {
            switch readFile(path) {
            case .failure(let error):
                findings.append(.wrong("telegram.rsa_key_files", "\(path): \(error)", "name a PEM file that services can read"))
            case .success(let bytes):
                let isKey = String(decoding: bytes, as: UTF8.self).contains("PUBLIC KEY-----")
                findings.append(
                    isKey
                        ? .ok("telegram.rsa_key_files", path)
                        : .wrong("telegram.rsa_key_files", "\(path) holds no public key", "put the server's RSA public key there, as PEM"))
            }
        }
        return findings
    }

    /// Whether a time service keeps this machine's clock; Telegram refuses messages from clocks that are minutes off.
    func clock() async -> Finding {
        let said = await offPool { standardOutput(of: ["timedatectl", "show", "--property=NTPSynchronized", "--value"]) }
        return switch said {
        case "yes": .ok("clock", "kept by a time service")
        case "no": .note("clock", "no time service keeps it", "install one, such as chrony or systemd-timesyncd")
        default: .note("clock", "nothing here tells whether a time service keeps it", "compare it with another clock")
        }
    }

    func disk() -> [Finding] {
        [("state_directory", configuration.stateDirectory), ("runtime_directory", configuration.runtimeDirectory)].compactMap {
            name, path in
            var status = statvfs()
            guard statvfs(path, &status) == 0 else { return nil }
            let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
            let text = "\(path): \(free >> 20) MiB free"
            let isSmall = name == "runtime_directory"
            if free < (isSmall ? 1 << 20 : Checks.fullDisk) { return .wrong("disk", text, "free some space", .io) }
            if status.f_files > 0, status.f_favail < 1000 { return .wrong("disk", "\(path): no inodes left", "remove files", .io) }
            return !isSmall && free < Checks.lowDisk ? .note("disk", text, "free some space soon") : .ok("disk", text)
        }
    }

    func checkCredentials() -> [Finding] {
        var findings: [Finding] = []
        do {
            _ = try credentials.masterKey()
            findings.append(.ok("master_key", "32 bytes"))
        } catch { findings.append(.wrong("master_key", error)) }
        do {
            let hash = try credentials.require(.apiHash).text
            let isHash = hash.utf8.count == 32 && hash.allSatisfy(\.isHexDigit)
            findings.append(
                isHash
                    ? .ok("api_hash", "32 digits")
                    : .wrong("api_hash", "it is not 32 hexadecimal digits", "copy it again from https://my.telegram.org/apps"))
        } catch { findings.append(.wrong("api_hash", error)) }
        do {
            let token = try credentials.require(.adminToken).bytes.count
            findings.append(
                token >= 16
                    ? .ok("admin_token", "\(token) bytes")
                    : .wrong("admin_token", "it has \(token) bytes, 16 are the least", "make one with `openssl rand -hex 32`"))
        } catch { findings.append(.wrong("admin_token", error)) }
        for name in [Credentials.Name.adminTokenKey, .supabaseJWTSecret] {
            do {
                // Without one, tokens of that sort are not believed.
                guard let count = try credentials.find(name)?.bytes.count else { continue }
                findings.append(
                    count >= TokenKey.shortestSecret
                        ? .ok(name.rawValue, "\(count) bytes")
                        : .wrong(
                            name.rawValue, "it has \(count) bytes, \(TokenKey.shortestSecret) are the least", "give one that is longer"))
            } catch { findings.append(.wrong(name.rawValue, error)) }
        }
        do {
            if let storage = try configuration.storageAccess(credentials) {
                findings.append(.ok("media.store", "the bucket \(storage.bucket) of \(storage.url)"))
            }
        } catch { findings.append(.wrong("media.store", error)) }
        findings.append(
            configuration.telegram.apiID > 0
                ? .ok("telegram.api_id", "\(configuration.telegram.apiID)")
                : .wrong(
                    "telegram.api_id", "it is not set", "get your own at https://my.telegram.org/apps and put it into the configuration"))
        return findings
    }
}

extension Checks {
    /// Whether each service that has a control socket answers on it.
    func sockets() async -> [Finding] {
        let folders = Folders(configuration)
        let there = Set(Folders.services(in: folders.controls))
        guard !there.isEmpty else { return [.note("services", "none runs", "start them when nothing else is wrong")] }
        return await askAll(folders).filter { there.contains($0.name) }.map { answer in
            let check = "service \(answer.name)"
            guard let status = answer.status else {
                return LockedFile.isHeld(folders.control(answer.name) + ".lock")
                    ? .wrong(check, answer.problem, "it hangs: restart it", .unavailable)
                    : .note(check, "it does not run; it left its socket behind", "start it when nothing else is wrong")
            }
            let state = status["state"]?.string ?? "?"
            let text = "\(state): \(status["detail"]?.string ?? "")"
            return state == "ready" ? .ok(check, text) : .note(check, text)
        }
    }
}

/// The first line that a program prints, or nil when it is absent or fails.
private func standardOutput(of command: [String]) -> String? {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    // A program that is not there is a form of not knowing.
    guard (try? process.run()) != nil else { return nil }
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 ? text.split(separator: "\n").first.map(String.init) : nil
}
