"""What is not registered leaves no trace but its position; taps cost the pipeline nothing."""
import json, select, subprocess, time

import pytest

from stack import BIN, until

CRAWLER, OTHER = "9996610001", "9996610002"


@pytest.fixture(scope="module")
def running(stack):
    stack.start_simulator("--accounts", "2")
    stack.prepare(CRAWLER)
    group = stack.simulator(cmd="create_group", kind="basic", title="registered", creator=OTHER)["group"]
    stack.ctl("groups", "add", group["id"], "--type", "group", "--title", "registered", "--account", "main")
    stack.start("writer")
    stack.start("listener")
    return stack, group


def send(stack, group, text):
    return stack.simulator(cmd="send", **{"from": OTHER}, to={"kind": "basic", "id": group["id"]}, text=text)


def wait_for(stack, text):
    until(lambda: stack.query("select 1 from messages where text = %s", text), 30, f"the row of {text!r}")


def pts(stack):
    return next(a["pts"] for a in stack.simulator(cmd="accounts")["accounts"] if a["phone"] == CRAWLER)


def position(stack):
    rows = stack.query("select value from aaltohub.positions where box = 'common'")
    return rows[0][0] if rows else None


def test_private_messages_leave_only_their_position(running):
    stack, group = running
    send(stack, group, "before")
    wait_for(stack, "before")
    stack.simulator(cmd="private", **{"from": OTHER}, to=CRAWLER, count=10_000)
    send(stack, group, "after")
    wait_for(stack, "after")
    assert stack.query("select count(*) from aaltohub.gaps") == [(0,)]
    until(lambda: position(stack) == pts(stack), 30, "the newest position in the database")

    tables = stack.query(
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('public', 'aaltohub')"
    )
    for (table,) in tables:
        found = stack.query(f"select count(*) from {table} t where t::text like '%private 9%'")
        assert found == [(0,)], f"{table} holds content of a private chat"
    assert "private 9" not in stack.log("listener") + stack.log("writer")

    calls = stack.simulator(cmd="stats")["calls"].get("updates.getDifference", 0)
    stack.kill("listener")
    stack.start("listener")
    send(stack, group, "after the restart")
    wait_for(stack, "after the restart")
    assert stack.simulator(cmd="stats")["calls"]["updates.getDifference"] <= calls + 2, "the restart asked for a long difference"
    assert stack.query("select count(*) from aaltohub.gaps") == [(0,)]


def test_tap_shows_a_message_within_a_second(running):
    stack, group = running
    tap = subprocess.Popen(
        f"{BIN}/aaltohubctl tap --kind message --json --config {stack.config} | head -n 1", shell=True, stdout=subprocess.PIPE, env=stack.environment
    )
    try:
        def shown():
            send(stack, group, "for the tap")
            return select.select([tap.stdout], [], [], 1.0)[0]

        until(shown, 10, "a line of the tap within a second of a message")
        event = json.loads(tap.stdout.readline())
        assert "for the tap" not in json.dumps(event), "the text was shown without --show-text"
    finally:
        assert tap.wait(5) == 0


def test_a_stalled_tap_slows_nothing(running):
    stack, group = running
    stalled = subprocess.Popen(
        [str(BIN / "aaltohubctl"), "tap", "--show-text", "--config", str(stack.config)], stdout=subprocess.PIPE, env=stack.environment
    )  # nobody reads its output

    def is_watching():
        send(stack, group, "for the stalled tap")
        return select.select([stalled.stdout], [], [], 0.5)[0]

    try:
        until(is_watching, 10, "the tap that will stall")
        start = time.monotonic()
        stack.simulator(cmd="load", rate=200, seconds=5, mix="1:0:0", groups=[{"kind": "basic", "id": group["id"]}], wait=True)
        send(stack, group, "behind the load")
        wait_for(stack, "behind the load")
        assert time.monotonic() - start < 15
    finally:
        stalled.kill()
        stalled.wait()
