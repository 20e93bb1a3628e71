import Testing
@testable import BackfillCore
