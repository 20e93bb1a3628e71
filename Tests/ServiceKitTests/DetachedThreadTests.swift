import POSIX
import Primitives
import Testing

@testable import ServiceKit

@Suite struct DetachedThreadTests {
    @Test(arguments: [("spool", "spool"), ("a name of more than fifteen", "a name of more ")])
    func it_goes_by_its_name_as_far_as_the_kernel_keeps_one(given: String, kept: String) async {
        let shown = await withCheckedContinuation { continuation in
            detachThread(named: given) { continuation.resume(returning: readFile("/proc/thread-self/comm")) }
        }
        #expect(shown == .success(Array("\(kept)\n".utf8)))
    }
}
