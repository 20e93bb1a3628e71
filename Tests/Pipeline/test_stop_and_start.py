"""Each stage stops in order within its time, whatever signals come, reads its configuration again, and is soon ready with 200 groups."""
import json, os, re, signal, time

import pytest

from crawls import Crawled, settings
from faults import CRAWLER, KINDS, WRITER
from stack import ACCOUNT, until

GROUPS = 200
READY = 3.0  # seconds from the start of the process
DRAIN, STOP = 15.0, 30.0
STAGES = ("writer", "listener", "backfill", "supervisor")
PHASES = ["stop taking in", "finish in flight", "close clients", "drain", "disconnect"]
# What each stage has to do at its end.
OF_STAGE = {
    "listener": PHASES, "backfill": PHASES, "writer": ["stop taking in", "finish in flight", "drain", "disconnect"],
    "supervisor": ["stop taking in", "close clients", "disconnect"],
}


def configured(level="info", batch=50, store="none", pace=0):
    return settings(interval_seconds=3600, pace_milliseconds_per_page=pace) + (
        f"media:\n  store: {store}\nlogging:\n  level: {level}\n  format: json\nlink:\n  batch: {batch}\n")


@pytest.fixture(scope="module")
def running(stack):
    # A past so small that its crawl is soon over, in as many groups as there are.
    crawled = Crawled(
        stack, "--history-groups", GROUPS, "--history-messages", GROUPS, "--history-days", 1, extra=configured(), register=False, stages=())
    user = crawled.user()
    with stack.cluster.connect("aaltohub") as connection:
        for group in crawled.ask("groups")["groups"]:
            if user in group.get("members", [user]):
                name, kind = f"{group['kind']} {group['id']}", KINDS[group["kind"]]
                crawled.chats[name] = {"kind": group["kind"], "id": group["id"]}
                connection.execute(
                    "insert into groups (telegram_id, chat_type, title, primary_account) values (%s, %s, %s, %s)",
                    (group["id"], kind, name, ACCOUNT if kind == "group" else None))
    assert len(crawled.chats) >= GROUPS
    for stage in STAGES:
        stack.start(stage)
    crawled.listens()
    until(crawled.is_covered, 120, "coverage of every group")
    return crawled


def entries(stack, stage, since=0):
    """The lines of a stage's log, as JSON."""
    return [json.loads(line) for line in stack.log(stage)[since:].splitlines() if line.startswith("{")]


def start(stack, stage):
    """Starts a stage and returns how long it took until READY=1."""
    began = time.monotonic()
    stack.start(stage)
    return time.monotonic() - began


def stop(stack, stage, number=signal.SIGTERM, more=()):
    """Ends a stage; returns the exit status, the seconds that it took and those of each phase."""
    at, process, began = len(stack.log(stage)), stack.processes[stage], time.monotonic()
    process.send_signal(number)
    for other in more:
        other(process)
    status = stack.kill(stage, 0)  # 0 sends nothing: it waits
    took = time.monotonic() - began
    lines = entries(stack, stage, at)
    phases = {line["phase"]: float(line["seconds"]) for line in lines if "phase" in line}
    last = [line for line in lines if line["message"] == "stopped"]
    assert status == 0, stack.log(stage)[-2000:]
    assert len(last) == 1 and float(last[0]["seconds"]) <= took, lines[-3:]
    return took, phases


def has_row(stack, text, seconds=30):
    until(lambda: stack.query("select 1 from messages where text = %s", text), seconds, f"the row of {text!r}")


def pending(process):
    """Whether a signal was sent that the process has not taken yet."""
    with open(f"/proc/{process.pid}/status") as lines:
        return any(int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd", "ShdPnd")))


@pytest.mark.timeout(400)
def test_every_stage_is_ready_within_three_seconds_and_stops_phase_by_phase(running):
    stack, took = running.stack, {}
    for stage in STAGES:
        spent, phases = stop(stack, stage, signal.SIGINT if stage == "supervisor" else signal.SIGTERM)
        assert list(phases) == OF_STAGE[stage], (stage, phases)
        assert phases.get("finish in flight", 0) + phases.get("drain", 0) <= DRAIN and spent <= STOP, (stage, phases)
        assert spent >= sum(phases.values()) - 0.1
        # The others wait for the writer, so it is there again before they are measured.
        took[stage] = start(stack, stage)
    print(f"seconds until READY with {GROUPS} groups: {took}")
    assert all(seconds <= READY for seconds in took.values()), took
    running.send(next(iter(running.chats)), "after every stage was stopped and started")
    has_row(stack, "after every stage was stopped and started")


def test_a_second_signal_does_not_break_the_drain(running):
    """A transaction that waits for a lock is waited for, whatever signal comes meanwhile; then its record is acknowledged."""
    stack, name, text = running.stack, next(iter(running.chats)), "while the table is locked"
    with stack.cluster.connect("aaltohub") as connection:
        connection.autocommit = False
        connection.execute("lock table messages in access exclusive mode")

        def again(process):
            stack.notify["writer"].wait("STOPPING=1", process, 10)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
                process.send_signal(number)
                until(lambda: not pending(process), 10, "the signal to be taken")  # Signals of one kind that come together are one.
            # Asked over its socket, it still lives: a signal that kills needs a moment.
            assert status(stack, "writer")["state"] in ("draining", "stopping") and process.poll() is None
            connection.rollback()

        running.send(name, text)
        until(lambda: stack.query("select 1 from pg_stat_activity where wait_event_type = 'Lock'"), 20, "a transaction that waits")
        spent, phases = stop(stack, "writer", more=(again,))
    assert list(phases) == OF_STAGE["writer"] and spent <= STOP, phases
    has_row(stack, text, 0)
    until(lambda: status(stack, "listener")["gauges"]["unacknowledged_records"] == 0, 10, "the acknowledgement that left before the end")
    stack.start("writer")


def test_a_writer_ends_under_load_and_the_next_one_goes_on(running):
    stack, chat = running.stack, next(chat for chat in running.chats.values() if chat["kind"] == "supergroup")

    def rows():
        return stack.query(
            "select count(*) from messages m join groups g on g.id = m.group_id where telegram_id = %s", chat["id"])[0][0]

    def sent():
        return sum((line["kind"], line["chat"]) == (chat["kind"], chat["id"]) for line in running.ask("dump", account=CRAWLER)["lines"])

    before, past = rows(), sent()
    running.ask("load", rate=300, seconds=4, mix="1:0:0", groups=[chat], seed=1)
    until(lambda: rows() > before + 100, 30, "a load under way")
    spent, phases = stop(stack, "writer", more=(lambda process: process.send_signal(signal.SIGTERM),))
    assert list(phases) == OF_STAGE["writer"] and spent < DRAIN, (spent, phases)
    stack.start("writer")
    until(lambda: not running.ask("load_status")["running"], 30, "the end of the load")
    new = sent() - past
    assert new > 500
    until(lambda: rows() == before + new, 30, f"{new} rows of the load")
    assert stack.query("select count(*) from aaltohub.gaps where closed_at is null") == [(0,)]


def status(stack, stage):
    name = stage if stage in ("writer", "supervisor") else f"{stage}@{ACCOUNT}"
    return next(s for s in json.loads(stack.ctl("status", "--json").stdout)["services"] if s["service"] == name)


def test_sighup_takes_over_what_can_be_taken_over_and_says_what_needs_a_restart(running):
    stack = running.stack
    pids = {stage: stack.processes[stage].pid for stage in STAGES}
    # A group that is registered behind the stages' backs is known at once, not at the next poll.
    made = running.ask("create_group", kind="supergroup", title="new", creator=WRITER, members=[CRAWLER, WRITER], username=None)
    marks = {stage: len(stack.log(stage)) for stage in STAGES}
    groups = status(stack, "listener")["machine"]["groups"]
    stack.write_config(extra=configured("debug", 7, "local", pace=2_000))
    running.register(made["group"])
    running.chats["new"] = {"kind": "supergroup", "id": made["group"]["id"]}
    for stage in STAGES:
        stack.notify[stage].forget()
        os.kill(pids[stage], signal.SIGHUP)

    def told(stage):
        lines = [line for line in entries(stack, stage, marks[stage]) if line["message"] == "configuration read again"]
        return lines[0] if lines else None

    for stage in STAGES:
        line = until(lambda: told(stage), 20, f"the reload of the {stage}")
        assert {"logging.level", "link.batch"} <= set(line["taken_over"].split()), line
        assert "media.store" in line["needs_restart"].split(), line
        # To a service manager a reload begins with this and ends with READY=1.
        for word in ("RELOADING=1", "READY=1"):
            stack.notify[stage].wait(word, stack.processes[stage], 20)
    assert status(stack, "listener")["machine"]["groups"] == groups + 1, "the groups were not read again"
    running.send("new", "in the group that SIGHUP made known")
    has_row(stack, "in the group that SIGHUP made known")
    until(
        lambda: any(line["level"] == "debug" for line in entries(stack, "listener", marks["listener"])), 20, "an entry of the new level")
    # The pace that a crawl is planned with, and what a crawl is told it would take.
    asked = ("crawl", f"channel:{made['group']['id']}", "--dry-run", "--json")
    estimate = until(lambda: json.loads(stack.ctl(*asked, check=False).stdout or "null"), 30, "an estimate")
    assert estimate["seconds"] == 2 * estimate["calls"] > 0, estimate
    # What is wrong is said, and what was goes on.
    stack.config.write_text("logging:\n  level: loud\n")
    mark = len(stack.log("writer"))
    os.kill(pids["writer"], signal.SIGHUP)
    until(lambda: re.search("configuration not taken over.*loud", stack.log("writer")[mark:]), 20, "the complaint")
    stack.write_config(extra=configured())
    assert {stage: stack.processes[stage].pid for stage in STAGES} == pids
    assert all(stack.processes[stage].poll() is None for stage in STAGES)
