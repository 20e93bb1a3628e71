import Logging
import Primitives
import RealtimeServer
import ServiceKit
import SupervisorCore

/// The last whole second that a `UnixTime` holds, in 2262.
private let farthest = Int64.max / 1_000_000_000

extension RealtimeHub {
    /// The subscribers of this process: whoever is a reader or more may subscribe; an admin, and Supabase's service role, may broadcast.
    convenience init(_ context: ServiceContext, _ access: Access) {
        self.init(
            judge: { key, address in
                do throws(AccessRefusal) {
                    let caller = try access.caller(presenting: key, from: address, isRealtime: true)
                    let expires = caller.expiresAt.map { UnixTime(seconds: min($0, farthest)) }
                    return .accepted(RealtimeCaller(mayBroadcast: caller.role >= .admin, expires: expires))
                } catch {
                    access.refused(error)
                    return error.verdict(on: key)
                }
            },
            clock: Clock(now: { SystemClock.now }, time: { SystemClock.unix }),
            trustsForwardedFor: context.configuration.supervisor.trustForwardedFor, logger: context.logger)
    }
}

extension AccessRefusal {
    /// The refusal as subscribers know it.
    fileprivate func verdict(on key: String) -> RealtimeVerdict {
        switch self {
        case .anonymous: .refused(.missing)
        // A key of three parts is a JWT, whatever is wrong with it.
        case .badToken: .refused(key.utf8.count { $0 == UInt8(ascii: ".") } == 2 ? .badSignature : .malformed)
        case .expired: .refused(.expired)
        case .notYetValid: .refused(.malformed)
        case .notAdmitted, .needs, .crossSite: .refused(.forbidden)
        case .slowedDown: .refused(.tooManyFailures)
        case .unavailable: .unknown
        }
    }
}
