"""Our client at a Telegram server that is not ours: login, live updates and everything that interrupts them, row by row."""
import signal

import pytest

from independent_harness import CODE, FIRST, PASSWORD, SECOND
from independent_pipeline import CHATS, Whole
from stack import until


@pytest.fixture(scope="module")
def whole(stack):
    made = Whole(stack, FIRST)
    yield made
    made.server.close()


def test_new_edited_and_deleted_messages_of_three_kinds_of_chats(whole):
    whole.something_happens("live")
    whole.equals()
    counters = whole.server.report()["counters"]
    assert counters["pushes"] and counters["containers"] and counters["key exchanges"] == 1, counters  # the login's
    rows = whole.rows()
    for name in CHATS:
        assert any(row[7] for row in rows[name].values()), f"no entities in the {name}"


def test_a_login_with_a_password_and_its_refusals(whole):
    login = ("login", "--account", "second", "--phone", SECOND)
    wrong_code = whole.stack.ctl(*login, stdin="54321\n", check=False)
    wrong_password = whole.stack.ctl(*login, "--restart", stdin=f"{CODE}\nnot this one\n", check=False)
    assert (wrong_code.returncode, wrong_password.returncode) == (77, 77), wrong_code.stderr + wrong_password.stderr
    assert "code is wrong" in wrong_code.stderr and "password is wrong" in wrong_password.stderr
    done = whole.stack.ctl(*login, "--restart", "--json", stdin=f"{CODE}\n{PASSWORD}\n")
    assert '"user_id":702' in done.stdout.replace(" ", "")


def test_connections_that_break(whole):
    for round in range(3):
        for name in CHATS:
            whole.server.fill(name, 3, text=f"unheard {round}", silently=True)
        whole.server.drop_connections()
        whole.something_happens(f"while away {round}")
        whole.listens()
        whole.something_happens(f"after break {round}")
        whole.equals()


def test_sessions_that_the_server_forgot(whole):
    whole.server.drop_connections(forget=True)
    whole.something_happens("while forgotten")
    whole.listens()
    whole.something_happens("in the new session")
    whole.equals()


def test_salts_that_change(whole):
    for round in range(3):
        whole.server.change_salt()
        whole.something_happens(f"salt {round}")
        whole.server.drop_connections()
        whole.listens()
    whole.equals()
    assert whole.server.report()["counters"]["bad_server_salt"]


def test_messages_that_were_never_pushed_are_found_behind_the_next_one(whole):
    for name in CHATS:
        numbers = whole.server.fill(name, 12, text="never pushed", silently=True)
        whole.server.edit(name, numbers[3], "edited, never pushed", silently=True)
        whole.server.delete(name, numbers[4:6], silently=True)
        whole.server.post(name, "the next one")
    whole.equals()


def test_answers_that_are_only_announced_are_asked_for(whole):
    whole.server.settings(announcements=4)
    for name in CHATS:
        whole.server.fill(name, 12, text="behind an announcement", silently=True)
        whole.server.post(name, "the next one")
    whole.equals()
    assert whole.server.report()["counters"]["msg_resend_req"]


def test_a_bare_note_that_there_is_something(whole):
    for name in CHATS:
        whole.server.fill(name, 5, text="only noted", silently=True)
    whole.server.nudge("supergroup")
    whole.server.nudge("channel")
    whole.server.nudge()
    whole.equals()


@pytest.mark.parametrize("within", [False, True])
def test_an_object_of_no_layer_loses_nothing_beside_it(whole, within):
    for name in CHATS:
        whole.server.fill(name, 2, text="before the unknown")
        whole.server.fill(name, 2, text="lost with the unknown", silently=True)
    whole.server.push_unknown(within=within)
    for name in CHATS:
        whole.server.post(name, "behind the unknown")
    whole.equals()


def test_packets_that_come_twice_or_are_not_ours(whole):
    whole.something_happens("twice")
    whole.server.repeat_everything()
    whole.equals()
    for session_id in (False, True):
        whole.server.garble(session_id=session_id)
        whole.something_happens(f"after garble {session_id}")
        whole.listens()
        whole.server.post("group", "and on")
        whole.equals()


def test_a_time_offline(whole):
    assert whole.stack.kill("listener", signal.SIGTERM) == 0
    for name in CHATS:
        whole.server.fill(name, 40, text="while offline")
    whole.something_happens("offline too")
    whole.stack.start("listener")
    whole.equals()
    counters = whole.server.report()["counters"]
    assert counters["differenceSlice"] and counters["channelDifference not final"]
    assert whole.gaps() == 0


def test_the_server_s_clock_jumps(whole):
    for offset in (7200, -7200, 0):
        whole.server.set_clock(offset)
        whole.server.drop_connections()
        whole.listens()
        whole.something_happens(f"clock {offset}")
        whole.equals(60)


def test_nothing_of_private_chats_is_kept_and_no_fault_was_found(whole):
    tables = whole.stack.query("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('public', 'aaltohub')")
    for (table,) in tables:
        found = whole.stack.query(f"select count(*) from {table} t where t::text like '%secretly%'")
        assert found == [(0,)], f"{table} holds content of a private chat"
    assert whole.gaps() == 0
    whole.is_without_fault(229)


def test_what_the_server_no_longer_keeps_is_a_recorded_gap(whole):
    assert whole.stack.kill("listener", signal.SIGTERM) == 0
    for name in CHATS:
        whole.server.fill(name, 120, text="too many")
    whole.server.window(20)
    whole.stack.start("listener")
    for name in CHATS:
        whole.server.post(name, "after the gap")
    last = {name: max(messages) for name, messages in whole.truth().items()}
    until(lambda: all(last[name] in rows for name, rows in whole.rows().items()), 30, "the messages after the gaps")
    until(lambda: whole.gaps() >= 3, 30, "a gap for the common box and for each channel")
    counters = whole.is_without_fault(229)
    assert counters["channelDifferenceTooLong"] and counters["differenceTooLong"]


@pytest.mark.parametrize("transport", ["abridged", "intermediate", "padded", "full", "obfuscated"])
def test_a_login_over_every_transport(whole, transport):
    kind = "obfuscated intermediate" if transport == "obfuscated" else transport
    before = whole.server.report()["counters"].get(kind, 0)
    text = whole.stack.config.read_text()
    try:
        whole.stack.config.write_text(text.replace("telegram:\n", f"telegram:\n  transport: {transport}\n", 1))
        whole.stack.ctl("login", "--account", transport, "--phone", FIRST, stdin=f"{CODE}\n")
    finally:
        whole.stack.config.write_text(text)
    report = whole.server.report()
    assert report["counters"][kind] > before and report["violations"] == []


def test_a_key_that_the_server_forgot_ends_the_listener_and_asks_for_a_login(whole):
    whole.server.forget_keys()
    process = whole.stack.processes["listener"]
    assert process.wait(60) == 77
    assert "aaltohubctl login" in whole.stack.log("listener")[-2000:]
