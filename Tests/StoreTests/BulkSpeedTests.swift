import Events
import Foundation
import PostgreSQL
import Primitives
import Store
import Testing
import WriterCore

/// How fast a crawl's pages are committed, Postgres included, every row new. Build with `-c release`; in debug it says nothing.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["AALTOHUB_SLOW"] != nil, "slow: set AALTOHUB_SLOW=1"))
struct BulkSpeedTests {
    /// Pages of 100 messages in one transaction: alone, as many as the batcher's limits allow, or beside live messages.
    @Test(arguments: [20, 2]) func pages_of_a_crawl(pagesAtOnce: Int) async throws {
        let database = try TestDatabase()
        try database.administrator.script(
            """
            INSERT INTO public.groups (telegram_id, title, chat_type) SELECT 1000 + i, 'g' || i, 'channel' FROM generate_series(1, 200) i;
            INSERT INTO public.crawler_status (group_id, status) SELECT id, 'active' FROM public.groups WHERE telegram_id > 1000;
            """)
        let writer = try database.writer()
        var producer = TestProducer(writer, role: "backfill", seed: 5)
        try await producer.hello()
        let pages = 600
        let records = try (0..<pages).map { try record(page($0)) }
        // Warm: statements are prepared, tables have their first pages.
        try await producer.send([try record([message(1), message(2)])])
        let (clock, cpu) = (ContinuousClock.now, clock())
        for first in stride(from: 0, to: pages, by: pagesAtOnce) {
            let done = try await producer.send(Array(records[first..<min(pages, first + pagesAtOnce)]))
            #expect(done.failed.isEmpty)
        }
        let seconds = (ContinuousClock.now - clock) / .seconds(1)
        let ours = Double(Glibc.clock() - cpu) / Double(CLOCKS_PER_SEC)
        let rows = try database.integer("SELECT count(*) FROM public.messages")
        #expect(rows == Int64(pages * 100 + 2))
        print(
            "\(pagesAtOnce) pages at once: \(Int(Double(rows) / seconds)) rows/s, \(Int(ours * 1e6 / Double(rows))) us of this process a row"
        )
        await writer.close()
    }

    private func page(_ n: Int) -> [WireChange] {
        let chat = WireChat.with {
            $0.kind = .channel
            $0.id = Int64(1001 + n % 200)
        }
        let first = Int64(n / 200 * 100 + 1)
        return (first..<first + 100).map { id in
            message(id, "A message of a student about this and that, with the usual length of some eighty characters \(id)", in: chat) {
                $0.senderID = 5_000_000 + id % 97
                $0.senderName = "Sender \(id % 97)"
                $0.settled = true
                $0.views = id
                if id % 5 == 0 { $0.entities = #"[{"type":"bold","offset":0,"length":4}]"# }
                if id % 4 == 0 { $0.replyTo = max(1, id - 3) }
                if id % 10 == 0 {
                    $0.mediaType = "photo"
                    $0.mediaKind = "photo"
                    $0.mediaID = UInt64(n * 1_000) + UInt64(id)
                    $0.media = #"{"width":1280,"height":720,"size":123456}"#
                }
            }
        } + [
            .with {
                $0.progress = .with {
                    $0.chat = chat
                    $0.low = first
                    $0.high = first + 99
                    $0.fetchedAt = 1_700_000_500
                    $0.nextID = first + 100
                    $0.state = .running
                    $0.pages = 1
                }
            }
        ]
    }
}
