import ListenerCore
import ServiceKit
import Spool

/// Reads what the spool holds; what cannot be used is set aside and told.
func openSpool(_ folder: SpoolFolder, account: String, _ context: ServiceContext) async throws -> SpoolScan {
    do throws(SpoolError) {
        try folder.make()
        let (notifier, watchdog) = (context.notifier, context.watchdog)
        let scan = try await folder.scan(account: account) { _ in
            // A spool of gigabytes takes a few seconds.
            watchdog.beat()
            notifier.extendTimeout(.seconds(30))
        }
        for file in scan.unusable {
            context.logger.error("segment \(file.name) of the spool is set aside: \(file.reason)")
            try folder.setAside(file.name)
        }
        for segment in scan.segments {
            guard let damage = segment.damage else { continue }
            context.logger.warning("segment \(segment.name) of the spool ends after record \(segment.last): \(damage)")
        }
        return scan
    } catch {
        throw ServiceError.io("\(error)")
    }
}

/// Takes the whole spool out of the way: it belongs to a database that is not there any more.
func setAside(_ folder: SpoolFolder, _ context: ServiceContext) throws {
    do throws(SpoolError) {
        let path = try folder.setAside(mark: "\(SystemClock.unix.nanoseconds / 1_000_000)")
        context.logger.error("the database was restored from a backup: what the spool held for it is set aside as \(path)")
    } catch {
        throw ServiceError.io("\(error)")
    }
}
