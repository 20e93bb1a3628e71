import Primitives
import Testing

@testable import SimulatorCore

@Suite struct PagingTests {
    /// The documented meaning, step by step over the whole list.
    private func naive(_ newestFirst: [(id: Int32, date: Int32)], _ request: PageRequest, most: Int) -> [Int32] {
        let list = newestFirst.filter { (request.maxID == 0 || $0.id < request.maxID) && (request.minID == 0 || $0.id > request.minID) }
        var start = 0
        if request.offsetID > 0 {
            start = list.filter { $0.id >= request.offsetID }.count
        } else if request.offsetDate > 0 {
            start = list.filter { $0.date >= request.offsetDate }.count
        }
        start += Int(request.addOffset)
        let wanted = start..<(start + min(Int(request.limit), most))
        return list.indices.filter { wanted.contains($0) }.map { list[$0].id }
    }

    @Test(arguments: 1...10) func pages_are_what_the_naive_reading_gives(seed: UInt64) throws {
        var fixture = try WorldFixture()
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 { fixture.act(using: &generator) }
        let user = fixture.users[0]
        for peer in [Peer.chat(fixture.chat), .channel(fixture.supergroup), .user(fixture.users[1])] {
            let list = fixture.world.ids(in: peer, for: user).reversed().map { id in
                (id, fixture.world.key(of: id, in: peer, for: user).map { Int32(fixture.world.contents[$0].date.seconds) } ?? 0)
            }
            let top = list.first?.0 ?? 0
            for _ in 0..<300 {
                var request = PageRequest()
                func maybe(_ range: ClosedRange<Int32>) -> Int32 {
                    Bool.random(using: &generator) ? 0 : Int32.random(in: range, using: &generator)
                }
                request.offsetID = maybe(0...top + 5)
                request.maxID = maybe(0...top + 5)
                request.minID = maybe(0...top + 5)
                request.addOffset = maybe(-20...20)
                request.limit = Int32.random(in: 0...150, using: &generator)
                request.offsetDate = list.randomElement(using: &generator).map { maybe($0.1 - 2...$0.1 + 2) } ?? 0
                let page = fixture.world.history(of: peer, for: user, request)
                #expect(page.ids == naive(list, request, most: 100), "\(request)")
                #expect(page.total == list.count)
                if let first = page.ids.first { #expect(list.firstIndex { $0.0 == first } == page.offset) }
            }
        }
    }

    @Test func walking_down_page_by_page_gives_everything_once() throws {
        var fixture = try WorldFixture()
        for i in 0..<350 { try fixture.world.send(by: fixture.users[0], to: .channel(fixture.supergroup), Draft("\(i)"), now: fixture.now) }
        var seen: [Int32] = []
        var request = PageRequest()
        while true {
            let page = fixture.world.history(of: .channel(fixture.supergroup), for: fixture.users[1], request)
            guard let last = page.ids.last else { break }
            seen += page.ids
            request.offsetID = last
        }
        #expect(seen == fixture.world.ids(in: .channel(fixture.supergroup), for: fixture.users[1]).reversed())
    }
}
