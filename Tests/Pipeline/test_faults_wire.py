"""Messages refused, answers announced, packets forged, salts and clocks moved, connections broken: the listener stays and loses nothing."""
import time

import pytest

from faults import CRAWLER, Faulty
from stack import still, until


@pytest.fixture(scope="module")
def faulty(stack):
    return Faulty(stack)


@pytest.fixture(autouse=True)
def healed(faulty):
    """Each test begins with a table that is right, leaves no fault behind and gives nothing up."""
    faulty.ask("faults", end=True, end_waits=True)
    faulty.equals()
    before = faulty.gaps()
    yield
    faulty.ask("faults", end=True, end_waits=True)
    assert faulty.gaps() == before


def hole(faulty, names=None, rounds=3):
    """Pushes that never come: what is told after them leads to a difference."""
    faulty.ask("pushes", lose=1)
    faulty.something_happens(rounds, names=names)
    faulty.ask("faults", end=True)


def shown(faulty):
    for name in faulty.chats:
        faulty.send(name, "shows the gap")


CODES = [16, 17, 18, 19, 20, 32, 33, 34, 35, 48, 64]


@pytest.mark.parametrize("code", CODES)
def test_a_message_is_refused_with_code(faulty, code):
    before = faulty.count("bad_messages")
    hole(faulty)
    faulty.ask("bad_message", code=code, account=CRAWLER)
    shown(faulty)
    faulty.equals(20)
    assert faulty.count("bad_messages") == before + 1


def test_defect_01_answers_that_are_only_announced(faulty):
    hole(faulty, rounds=10)
    for method in ("updates.getDifference", "updates.getChannelDifference"):
        faulty.ask("calls", method=method, effect="announce", count=2)
    shown(faulty)
    faulty.equals(15)
    assert faulty.count("announced_answers") >= 3


def test_every_answer_is_only_announced(faulty):
    faulty.ask("announce", bytes=1)
    for _ in range(3):
        hole(faulty)
        shown(faulty)
        faulty.equals(15)
    faulty.ask("announce", bytes=None)


def test_defect_02_a_new_session_in_the_middle_of_it(faulty):
    hole(faulty)
    faulty.ask("new_session", account=CRAWLER, lose=False)
    faulty.equals(15)  # nothing else shows the gap


def test_a_session_that_the_server_lost(faulty):
    faulty.ask("new_session", account=CRAWLER)
    faulty.something_happens(3)
    hole(faulty)
    faulty.ask("cut", account=CRAWLER)
    faulty.equals(20)


@pytest.mark.parametrize("hours", [3, -3])
def test_defect_03_the_clock_jumps(faulty, hours):
    faulty.something_happens(2)
    faulty.ask("clock", seconds=hours * 3600)
    pid = faulty.stack.processes["listener"].pid
    for _ in range(3):
        hole(faulty)
        shown(faulty)
        faulty.equals(30)
    assert faulty.stack.processes["listener"].pid == pid and faulty.stack.processes["listener"].poll() is None


def forged(faulty, kind):
    assert faulty.ask("forge", account=CRAWLER, kind=kind)["packets"] >= 1
    faulty.something_happens(3)
    faulty.heal()
    faulty.equals(20)
    assert faulty.stack.query("select count(*) from messages where text = 'forged'") == [(0,)]


def test_defect_04_a_packet_of_a_foreign_session(faulty):
    forged(faulty, "session")


def test_defect_05_a_message_key_that_does_not_fit(faulty):
    forged(faulty, "msg_key")


@pytest.mark.parametrize("kind", ["padding", "long_padding"])
def test_defect_06_too_little_and_too_much_padding(faulty, kind):
    forged(faulty, kind)


@pytest.mark.parametrize("kind", ["length", "msg_id"])
def test_other_packets_that_a_server_would_not_send(faulty, kind):
    forged(faulty, kind)


def test_defect_13_the_salt_changes_every_other_second(faulty):
    faulty.ask("salts", seconds=2, accept_previous=False)
    # The first refusal makes the client ask for all of them, however short ago it asked.
    first = faulty.count("bad_salts")
    faulty.ask("push", what="too_long")
    until(lambda: faulty.count("bad_salts") > first, 10, "a refused packet")
    hole(faulty, rounds=1)
    shown(faulty)
    faulty.equals(10)
    before, calls = faulty.count("bad_salts"), faulty.calls("updates.getChannelDifference")
    end = time.monotonic() + 10
    while time.monotonic() < end:
        hole(faulty, rounds=1)
        shown(faulty)
        faulty.equals(10)
    refused = faulty.count("bad_salts") - before
    faulty.ask("salts", seconds=1800)
    assert faulty.calls("updates.getChannelDifference") >= calls + 10
    # Five changes, and all salts were known before: at most a packet that meets the very change is refused.
    assert refused <= 1


def test_connections_are_cut_again_and_again(faulty):
    for _ in range(6):
        faulty.ask("cut", account=CRAWLER)
        faulty.something_happens(2)
    faulty.heal()
    faulty.equals()


def test_a_call_goes_out_at_once_after_each_reconnect_though_none_was_waiting(faulty):
    """Until there is one the server pushes nothing. Polls of channels are no such call here, and the heartbeat is a minute away."""
    def calls():
        return sum(faulty.calls(f"updates.{name}") for name in ("getState", "getDifference"))

    for _ in range(3):
        faulty.send("basic", "the heartbeat is a minute away")
        faulty.equals()
        before = calls()
        faulty.ask("cut", account=CRAWLER)
        until(lambda: calls() > before, 5, "a call after the reconnect")
        faulty.listens()


def test_the_connection_breaks_before_the_answer(faulty):
    hole(faulty)
    faulty.ask("calls", method="updates.getDifference", effect="cut", count=2)
    faulty.ask("calls", method="updates.getChannelDifference", effect="cut", count=2)
    shown(faulty)
    faulty.equals()
    assert faulty.count("cut_answers") >= 3


def test_the_server_is_away_for_a_while(faulty):
    faulty.ask("refuse", seconds=3)
    faulty.ask("cut", account=CRAWLER)
    faulty.something_happens(3)
    faulty.equals()


@pytest.mark.parametrize("code", [-429, -404])
def test_a_transport_error(faulty, code):
    hole(faulty)
    faulty.ask("transport_error", code=code, account=CRAWLER)
    shown(faulty)
    faulty.equals()


def test_a_slow_line(faulty):
    faulty.ask("latency", milliseconds=400)
    faulty.ask("pushes", lose=0.2, double=0.2)
    faulty.something_happens(6)
    faulty.ask("faults", end=True)
    shown(faulty)
    faulty.equals(20)


def test_a_connection_that_is_half_open(faulty):
    assert faulty.ask("half_open", account=CRAWLER)["connections"] >= 1
    faulty.something_happens(3)
    faulty.equals(100)


CALLS = ["updates.getDifference", "updates.getChannelDifference"]


FAILURES = [(500, "RPC_CALL_FAIL"), (-503, "Timeout"), (500, "PERSISTENT_TIMESTAMP_OUTDATED"), (500, "WORKER_BUSY_TOO_LONG_RETRY")]


@pytest.mark.parametrize("code,name", FAILURES)
def test_calls_that_fail_for_a_while(faulty, code, name):
    hole(faulty)
    for method in CALLS:
        faulty.ask("calls", method=method, effect="fail", code=code, name=name, count=2)
    shown(faulty)
    faulty.equals(40)


def test_flood_waits_are_heeded(faulty):
    before = faulty.ask("stats")
    # Of one channel only: calls for two would be under way together, and the second one's wait is no fault.
    hole(faulty, names=["basic", "supergroup"])
    for method in CALLS:
        faulty.ask("calls", method=method, effect="flood", seconds=3, count=1)
    for name in ("basic", "supergroup"):
        faulty.send(name, "shows the gap")
    faulty.equals(40)
    after = faulty.ask("stats")
    assert after["faults"]["flood_waits"] >= before["faults"].get("flood_waits", 0) + 2
    assert after["violations"] == before["violations"]


def test_defect_16_one_channel_of_a_frozen_account(faulty):
    place, before = faulty.chats["supergroup"], faulty.count("failed_calls")
    faulty.ask("calls", method="updates.getChannelDifference", effect="fail", code=400, name="FROZEN_PARTICIPANT_MISSING", **place)
    faulty.ask("pushes", lose=1)
    faulty.something_happens(3)
    for box in ("common", faulty.chats["channel"], place):
        faulty.ask("push", what="too_long", **({} if box == "common" else box))
    until(lambda: all(key[0] == "supergroup" for key, *_ in faulty.differences()), 20, "the others equal")
    assert any(key[0] == "supergroup" for key, *_ in faulty.differences())
    # Each word of the channel is worth one call (paced, perhaps, by a wait of before); then it is left alone, not tried again and again.
    until(lambda: faulty.count("failed_calls") > before, 30, "the channel's own call refused")
    still(lambda: faulty.count("failed_calls"), what="the number of refused calls")
    # It thaws: the next word of the channel brings what was missed.
    faulty.heal()
    faulty.equals(60)


def test_defect_24_an_answer_of_an_unknown_constructor(faulty):
    hole(faulty)
    for method in CALLS:
        faulty.ask("calls", method=method, effect="unknown", count=1)
    shown(faulty)
    faulty.equals(40)
    assert faulty.count("unknown_answers") >= 2
