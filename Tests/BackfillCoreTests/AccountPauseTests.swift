import BackfillCore
import Testing

/// When a paused backfill lets go of Telegram, and when it takes it up again.
@Suite struct AccountPauseTests {
    @Test func the_connection_is_closed_when_the_last_piece_of_work_was_left() {
        var pause = AccountPause()
        #expect(pause.begin == [.connect])
        pause.began()
        pause.began()
        #expect(pause.ended() == [])
        #expect(pause.set(true) == [.leave])
        #expect(pause.phase == .leaving && pause.isPaused)
        #expect(pause.set(true) == [], "said once")
        #expect(pause.ended() == [.disconnect])
        #expect(pause.phase == .paused)
        #expect(pause.set(false) == [.connect])
        #expect(pause.set(false) == [])
    }

    @Test func with_nothing_under_way_it_hangs_up_at_once() {
        var pause = AccountPause()
        #expect(pause.set(true) == [.leave, .disconnect])
    }

    @Test func paused_at_the_start_it_does_not_even_connect() {
        var pause = AccountPause(isPaused: true)
        #expect(pause.begin == [] && pause.phase == .paused)
        #expect(pause.set(false) == [.connect])
    }

    @Test func going_on_while_it_leaves_keeps_the_connection() {
        var pause = AccountPause()
        pause.began()
        _ = pause.set(true)
        #expect(pause.set(false) == [.connect])
        #expect(pause.ended() == [], "the work that was left is over; nobody hangs up")
        #expect(pause.phase == .working)
    }

    /// Whatever comes in whatever order: it hangs up only while nothing is under way, and connects after each hang-up before it works.
    @Test func no_order_of_events_hangs_up_under_work() {
        for bits in 0..<(1 << 10) {
            var pause = AccountPause()
            var isConnected = true
            var under = 0
            for step in 0..<5 {
                var actions: [AccountPause.Action] = []
                switch bits >> (2 * step) & 3 {
                case 0 where !pause.isPaused:
                    #expect(isConnected)
                    pause.began()
                    under += 1
                case 1 where under > 0:
                    under -= 1
                    actions = pause.ended()
                case 2: actions = pause.set(true)
                default: actions = pause.set(false)
                }
                for action in actions where action != .leave {
                    isConnected = action == .connect
                    if action == .disconnect { #expect(under == 0) }
                }
                #expect(isConnected == (pause.phase != .paused))
            }
        }
    }
}
