import Testing

@testable import ServiceKit

@Suite struct ExitStatusTests {
    @Test func a_service_error_is_one_line() {
        #expect(ServiceError.io("first\nsecond\r\nthird").message == "first second third")
        #expect(ServiceError.loginNeeded("x").status.rawValue == 77)
    }
}
