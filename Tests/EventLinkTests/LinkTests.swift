import Events
import Foundation
import Testing
import ZeroMQ

@testable import EventLink

/// The link over real sockets.
@Suite(.serialized) struct LinkTests {
    @Test func frames_go_both_ways_and_the_route_leads_back() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let writer = try WriterLink(path: folder.socket("writer"), context: context)
        let producer = try ProducerLink(path: folder.socket("writer"), role: "listener", account: "main", context: context)
        let (received, events) = (Taker(writer.inbox), Taker(producer.inbox))
        try await within {
            #expect(try await events.next().name == "connected")
            #expect(try producer.send(ping(1)))
            let question = try await received.next()
            #expect(question.route == Array("listener@main".utf8))
            #expect(try question.frame.get() == ping(1))
            writer.send(pong(1), to: question.route)
            #expect(try await events.next().name == "PONG")
        }
        #expect(writer.statistics.received == 1)
        await producer.close()
        await writer.close()
    }

    @Test func a_producer_that_starts_first_connects_when_the_writer_comes_and_comes_back_after_its_restart() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let producer = try ProducerLink(path: folder.socket("writer"), role: "listener", account: "main", context: context)
        let events = Taker(producer.inbox)
        // Without a connection nothing is sent: HELLO must be the first frame of each.
        #expect(try producer.send(ping(1)))
        for life in 1...3 {
            let writer = try WriterLink(path: folder.socket("writer"), context: context)
            let received = Taker(writer.inbox)
            try await within {
                let event = try await events.next()
                #expect(event.name == "connected")
                _ = try producer.send(ping(UInt64(life) * 10))
                let first = try await received.next()
                #expect(try first.frame.get() == ping(UInt64(life) * 10))
            }
            await writer.close()
            let event = try await within { try await events.next() }
            #expect(event.name == "disconnected")
            // Part of no connection: the next life must not see it before HELLO.
            #expect(try producer.send(ping(99)))
        }
        await producer.close()
    }

    /// Answers each PING where it was read.
    private actor Answerer {
        nonisolated let thread: SocketThread
        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.unownedExecutor }

        init(_ thread: SocketThread) { self.thread = thread }

        var place: pthread_t { pthread_self() }

        /// The threads on which it woke up.
        func answer(_ link: WriterLink) async -> Set<pthread_t> {
            var places: Set<pthread_t> = []
            while let frames = await link.inbox.nextHere() {
                places.insert(place)
                for frame in frames { link.send(pong(1), to: frame.route) }
            }
            return places.union([place])
        }
    }

    @Test func an_actor_runs_on_the_links_thread_before_it_beside_it_and_after_it() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let (isOver, over) = AsyncStream.makeStream(of: Void.self)
        do {
            let answerer = Answerer(SocketThread(named: "answerer", ended: { over.finish() }))
            let place = try await within { await answerer.place }
            let link = try WriterLink(path: folder.socket("writer"), context: context, on: answerer.thread)
            let work = Task(executorPreference: answerer.thread.taskExecutor) { await answerer.answer(link) }
            let producer = try ProducerLink(path: folder.socket("writer"), role: "listener", account: "main", context: context)
            let events = Taker(producer.inbox)
            let first = try await within { try await events.next() }
            #expect(first.name == "connected")
            for _ in 1...3 {
                #expect(try producer.send(ping(1)))
                let answer = try await within { try await events.next() }
                #expect(answer.name == "PONG")
            }
            await producer.close()
            // The actor hears of the end though nobody else wakes its thread.
            await link.close()
            let places = try await within { await work.value }
            #expect(places == [place])
            let last = try await within { await answerer.place }
            #expect(last == place)
        }
        // It ends with its last owner.
        try await within { for await _ in isOver {} }
    }

    @Test func a_link_that_cannot_be_opened_leaves_its_thread_to_the_others() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let first = try WriterLink(path: folder.socket("writer"), context: context)
        let answerer = Answerer(SocketThread(named: "answerer"))
        #expect(throws: LinkError.self) { try WriterLink(path: folder.socket("writer"), context: context, on: answerer.thread) }
        let places = try await within { [await answerer.place, await answerer.place] }
        #expect(places[0] == places[1])
        #expect(places[0] != pthread_self())
        await first.close()
    }

    @Test func a_second_writer_is_refused_and_the_first_goes_on() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let writer = try WriterLink(path: folder.socket("writer"), context: context)
        let error = #expect(throws: LinkError.self) { try WriterLink(path: folder.socket("writer"), context: context) }
        guard case .inUse(_, let holder) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(holder != nil)
        let producer = try ProducerLink(path: folder.socket("writer"), role: "listener", account: "main", context: context)
        let event = try await within { try await Taker(producer.inbox).next() }
        #expect(event.name == "connected")
        await producer.close()
        await writer.close()
        // Freed, it can be had again.
        await (try WriterLink(path: folder.socket("writer"), context: context)).close()
    }

    @Test func who_looks_whether_a_path_is_taken_keeps_nobody_from_taking_it() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let path = folder.socket("writer")
        await (try WriterLink(path: path, context: context)).close()
        let look = open(path + ".lock", O_RDWR | O_CLOEXEC)
        #expect(flock(look, LOCK_SH | LOCK_NB) == 0)
        Thread {
            var pause = timespec(tv_sec: 0, tv_nsec: 20_000_000)
            nanosleep(&pause, nil)
            close(look)
        }.start()
        await (try WriterLink(path: path, context: context)).close()
    }

    @Test func a_path_that_is_no_path_is_a_typed_error() throws {
        let context = Context()
        #expect(throws: LinkError.self) { try WriterLink(path: "/nowhere/at/all.sock", context: context) }
        let long = "/tmp/" + String(repeating: "x", count: 120)
        #expect(throws: LinkError.pathTooLong(path: long, limit: 107)) { try WriterLink(path: long, context: context) }
        #expect(throws: LinkError.pathTooLong(path: long, limit: 107)) {
            try ProducerLink(path: long, role: "listener", account: "a", context: context)
        }
    }

    @Test func a_new_connection_under_the_same_name_takes_the_answers_over() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let writer = try WriterLink(path: folder.socket("writer"), context: context)
        let received = Taker(writer.inbox)
        let old = try ProducerLink(path: folder.socket("writer"), role: "listener", account: "main", context: context)
        let oldEvents = Taker(old.inbox)
        let route = try await within {
            _ = try await oldEvents.next()
            _ = try old.send(ping(1))
            return try await received.next().route
        }
        let new = try ProducerLink(path: folder.socket("writer"), role: "listener", account: "main", context: context)
        let newEvents = Taker(new.inbox)
        try await within {
            _ = try await newEvents.next()
            _ = try new.send(ping(2))
            #expect(try await received.next().route == route)
            writer.send(pong(7), to: route)
            #expect(try await newEvents.next().name == "PONG")
        }
        await old.close()
        await new.close()
        await writer.close()
    }

    @Test func an_answer_to_nobody_is_counted_and_harms_nothing() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let writer = try WriterLink(path: folder.socket("writer"), context: context)
        writer.send(pong(1), to: Array("listener@gone".utf8))
        let producer = try ProducerLink(path: folder.socket("writer"), role: "listener", account: "main", context: context)
        let (received, events) = (Taker(writer.inbox), Taker(producer.inbox))
        try await within {
            _ = try await events.next()
            _ = try producer.send(ping(1))
            writer.send(pong(1), to: try await received.next().route)
            #expect(try await events.next().name == "PONG")
        }
        #expect(writer.statistics.undeliverable == 1)
        await producer.close()
        await writer.close()
    }

    @Test func ten_thousand_frames_wait_for_a_writer_that_does_not_take_and_arrive_in_order() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let writer = try WriterLink(path: folder.socket("writer"), context: context)
        let producer = try ProducerLink(path: folder.socket("writer"), role: "listener", account: "main", context: context)
        let (received, events) = (Taker(writer.inbox), Taker(producer.inbox))
        let count = UInt64(Contract.defaultCredit)
        try await within {
            _ = try await events.next()
            for id in 1...count { #expect(try producer.send(ping(id))) }
            var expected: UInt64 = 1
            while expected <= count {
                #expect(try await received.next().frame.get().ping.id == expected)
                expected += 1
            }
        }
        await producer.close()
        await writer.close()
    }

    @Test func what_is_no_frame_arrives_as_an_error_with_its_route() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let writer = try WriterLink(path: folder.socket("writer"), context: context)
        let received = Taker(writer.inbox)
        let raw = try Socket(context, .dealer)
        try raw.set(.linger, Int32(0))
        try raw.set(.routingID, Array("rogue".utf8))
        try raw.connect("ipc://\(folder.socket("writer"))")
        #expect(try raw.send([[0xFF, 0xFF]]))
        let message = try await within { try await received.next() }
        #expect(message.route == Array("rogue".utf8))
        #expect(throws: ContractError.undecodable) { try message.frame.get() }
        // More parts than the contract knows are dropped, and the thread lives on.
        #expect(try raw.send([[1], [2], [3]]))
        #expect(try raw.send([try ping(3).encoded()]))
        let good = try await within { try await received.next() }
        #expect(try good.frame.get() == ping(3))
        await writer.close()
    }

    @Test func a_message_above_the_limit_closes_the_connection_it_came_on() async throws {
        let folder = try SocketFolder()
        let context = Context()
        let writer = try WriterLink(path: folder.socket("writer"), context: context)
        let raw = try Socket(context, .dealer)
        try raw.set(.linger, Int32(0))
        try raw.connect("ipc://\(folder.socket("writer"))")
        #expect(try raw.send([[UInt8](repeating: 0, count: Contract.maximumFrameBytes + 1)]))
        let producer = try ProducerLink(path: folder.socket("writer"), role: "listener", account: "main", context: context)
        let (received, events) = (Taker(writer.inbox), Taker(producer.inbox))
        try await within {
            _ = try await events.next()
            _ = try producer.send(ping(1))
            #expect(try await received.next().frame.get() == ping(1))
        }
        #expect(writer.statistics.received == 1)
        await producer.close()
        await writer.close()
    }

    @Test func what_is_queued_without_a_connection_is_not_kept() throws {
        let context = Context()
        let socket = try Socket(context, .dealer)
        let outbox = Outbox<[UInt8]>(limit: 10)
        var role = DealerRole(
            socket: socket, monitor: try SocketMonitor(context, of: socket, name: "nobody"),
            inbox: Inbox(elementLimit: 10, costLimit: 10) {}, outbox: outbox)
        for _ in 0..<3 {
            for n in 0..<10 { #expect(outbox.put([UInt8(n)])) }
            try role.wake()
        }
        #expect(role.pending.isEmpty)
        #expect(outbox.take().isEmpty)
    }

    @Test func a_taker_that_is_cancelled_stops_waiting() async throws {
        let folder = try SocketFolder()
        let writer = try WriterLink(path: folder.socket("writer"), context: Context())
        let waiting = Task { await writer.inbox.next() }
        waiting.cancel()
        #expect(try await within { await waiting.value } == nil)
        await writer.close()
        #expect(await writer.inbox.next() == nil)
    }
}
