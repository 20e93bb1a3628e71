import Events
import PostgreSQL
import Primitives
import Store
import Testing
import WriterCore

/// Files: queued with their messages, leased, stored, and the url that reaches every message.
@Suite struct MediaStoreTests {
    let database: TestDatabase
    let writer: WriterStore
    let store: MediaStore

    init() throws {
        database = try TestDatabase()
        writer = try database.writer()
        store = MediaStore(Connection(try database.options("aaltohub_backfill")))
    }

    private func backfill() async throws -> TestProducer {
        let producer = TestProducer(writer, role: "backfill", seed: 7)
        try await producer.hello()
        return producer
    }

    private func picture(_ id: Int64, file: UInt64, type: String = "photo", size: Int64 = 10, in chat: WireChat = channel) -> WireChange {
        message(id, in: chat) {
            $0.mediaType = type
            $0.mediaKind = type
            $0.mediaID = file
            $0.media = #"{"size":\#(size),"mime_type":"x/y"}"#
        }
    }

    private func stored(_ file: UInt64, photo: Bool, url: String = "https://x/1") -> WireChange {
        .with {
            $0.mediaStored = .with {
                $0.mediaID = file
                $0.photo = photo
                $0.key = "k"
                $0.url = url
                $0.size = 11
                $0.sha256 = .init([UInt8](repeating: 1, count: 32))
            }
        }
    }

    private func lease(_ limit: Int32 = 10, holder: String = "h") async throws -> [MediaFile] {
        try await store.lease(account: "a", holder: holder, limit: limit, seconds: 60)
    }

    @Test func a_file_is_queued_once_with_its_messages_and_its_url_reaches_all_of_them() async throws {
        var producer = try await backfill()
        // Photo and document 7 are two files; a web page has none.
        try await producer.send([
            try record([
                picture(1, file: 7), picture(2, file: 7), picture(3, file: 7, type: "video"),
                message(4) { $0.mediaKind = "web_page" },
            ])
        ])
        let files = try await lease()
        #expect(files.map(\.kind.rawValue).sorted() == ["document", "photo"])
        let photo = try #require(files.first { $0.kind == .photo })
        #expect(photo.id == 7)
        #expect(photo.size == 10)
        #expect(photo.mimeType == "x/y")
        #expect(photo.chat == .channel(100))
        #expect(photo.messageID == 1)
        #expect(try await lease().isEmpty)
        #expect(try await store.origins(photo).map(\.messageID).sorted() == [1, 2])

        let done = try await producer.send([try record([stored(7, photo: true)])])
        #expect(done.changes.map(\.messageID).sorted() == [1, 2])
        #expect(try database.integer("SELECT count(*) FROM public.messages WHERE media_url = 'https://x/1'") == 2)
        // Insert announcements of four, updates of two.
        #expect(try database.integer("SELECT count(*) FROM aaltohub.outbox WHERE event = 'update'") == 2)
        #expect(try await store.list(.done).map(\.url) == ["https://x/1"])
        #expect(try await store.renew(photo, holder: "h", seconds: 60) == false)

        // A message that shows a stored file has its url at once; one whose file was changed loses the old one.
        try await producer.send([try record([picture(5, file: 7, in: basicGroup)])])
        #expect(try database.text("SELECT media_url FROM public.messages WHERE telegram_message_id = 5") == "https://x/1")
        try await producer.send([
            try record([
                message(1) {
                    $0.editDate = 1_700_000_009
                    $0.mediaType = "photo"
                    $0.mediaID = 8
                }
            ])
        ])
        #expect(try database.text("SELECT media_url FROM public.messages WHERE telegram_message_id = 1") == nil)
        #expect(try await lease().map(\.id) == [8])
        let counts = try await store.counts()
        #expect(counts[.done]?.files == 1)
        #expect(counts[.done]?.bytes == 11)
        #expect(counts[.leased]?.files == 2)
    }

    @Test func a_lease_is_one_holders_until_it_runs_out_and_failures_are_counted() async throws {
        var producer = try await backfill()
        try await producer.send([try record((1...3).map { picture($0, file: UInt64($0), size: $0 * 100) })])
        #expect(try await lease(1).map(\.id) == [1])
        let rest = try await lease(1, holder: "i")
        #expect(rest.map(\.id) == [2])
        #expect(try await store.renew(rest[0], holder: "h", seconds: 60) == false)
        #expect(try await store.renew(rest[0], holder: "i", seconds: -1))
        // Run out: somebody else takes it.
        #expect(try await lease(holder: "j").map(\.id).sorted() == [2, 3])
        #expect(try await store.release(rest[0], holder: "i") == false)
        #expect(try await store.release(rest[0], holder: "j"))

        for attempt in 1...2 {
            let again = try #require(try await lease().first)
            #expect(again.attempts == Int64(attempt - 1))
            #expect(try await store.fail(again, holder: "h", error: "x", limit: 2, notBefore: UnixTime(seconds: 1)))
        }
        #expect(try await store.list(.failed).map(\.id) == [2])
        #expect(try await store.retry() == 1)
        #expect(try await lease().map(\.attempts) == [0])
    }

    @Test func a_file_that_is_not_wanted_is_left_out_until_the_configuration_wants_it_and_one_that_a_person_left_out_stays() async throws {
        var producer = try await backfill()
        try await producer.send([
            try record(
                (1...3).map { picture($0, file: UInt64($0), size: $0 * 100) } + [picture(4, file: 4, type: "video"), picture(5, file: 5)])
        ])
        let files = try await lease()
        let left = files.filter { $0.id != 1 }.map { (file: $0, size: $0.id == 3 ? Int64(350) : nil, reason: "not \($0.id)") }
        #expect(try await store.skip(left, holder: "somebody else") == 0)
        #expect(try await store.skip(left, holder: "h") == 4)
        #expect(try await store.skip(left, holder: "h") == 0)
        let skipped = try await store.list(.skipped).sorted { $0.id < $1.id }
        #expect(skipped.map(\.error) == ["not 2", "not 3", "not 4", "not 5"])
        // The size that was learnt since is kept.
        #expect(skipped.map(\.size) == [200, 350, 10, 10])
        #expect(skipped.allSatisfy { $0.leasedBy == nil && $0.leasedUntil == nil })
        #expect(try await lease().isEmpty)

        #expect(try await store.retry([.skipped], only: 5) == 1)
        #expect(try await store.drop(only: 5, reason: "dropped") == 1)
        #expect(try await store.reconsider(types: ["photo"], maximumBytes: 199) == 0)
        #expect(try await store.reconsider(types: ["photo"], maximumBytes: 349) == 1)
        #expect(try await lease().map(\.id) == [2])
        #expect(try await store.reconsider(types: ["photo", "video"], maximumBytes: 350) == 2)
        #expect(try await store.list(.queued).map(\.error) == [nil, nil])
        #expect(try await store.list(.skipped).map(\.id) == [5])
    }

    @Test func a_file_that_the_account_cannot_reach_waits_for_one_that_can() async throws {
        try database.administrator.script("INSERT INTO aaltohub.accounts (name) VALUES ('a'), ('b')")
        var producer = try await backfill()
        try await producer.send([try record([picture(1, file: 1), picture(1, file: 2, in: basicGroup)])])
        let channelGroup = try database.administrator.query("SELECT id FROM public.groups WHERE telegram_id = 100")[0].uuid(0)
        _ = try await BackfillStore(Connection(try database.options("aaltohub_backfill"))).setAccess(channelGroup, account: "a", .lost)
        #expect(try await lease().map(\.id) == [2])
        #expect(try await store.lease(account: "b", holder: "b", limit: 10, seconds: 60).map(\.id) == [1])
    }

    @Test func no_file_is_queued_for_a_message_that_is_deleted() async throws {
        var producer = try await backfill()
        // Told before the message itself came.
        try await producer.send([try record([deletion([1], in: channel)])])
        try await producer.send([try record([picture(1, file: 5), picture(2, file: 6)])])
        #expect(try await lease().map(\.id) == [6])
    }

    @Test func a_stored_photo_is_no_document_of_the_same_number() async throws {
        var producer = try await backfill()
        try await producer.send([try record([picture(1, file: 7), picture(2, file: 7, type: "video"), picture(3, file: 8)])])
        let done = try await producer.send([try record([stored(7, photo: false)])])
        #expect(done.changes.map(\.messageID) == [2])
        #expect(try await store.list(.done).map(\.kind) == [.document])
        #expect(try await store.list(.done).map(\.size) == [11])
        // Who says it once more changes nothing.
        let again = try await producer.send([try record([stored(7, photo: false)])])
        #expect(again.changes.isEmpty)
        // A later message that shows the photo has no URL of the document's.
        try await producer.send([try record([picture(4, file: 7)])])
        #expect(try database.integer("SELECT count(*) FROM public.messages WHERE media_url IS NOT NULL") == 1)
    }

    @Test func no_file_is_queued_for_a_copy_that_lost() async throws {
        var producer = try await backfill()
        try await producer.send([try record([message(1) { $0.editDate = 1_700_000_009 }])])
        try await producer.send([try record([picture(1, file: 5)])])
        #expect(try await lease().isEmpty)
    }
}
