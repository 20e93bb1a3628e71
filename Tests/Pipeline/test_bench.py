"""What ops/bench counts and when it says that all is well, and how the stand-in for the predecessor behaves."""
import asyncio
import datetime
import importlib.util
import json
import pathlib
import struct
import subprocess
import sys
import uuid
import xml.etree.ElementTree

import pytest

from stack import BIN

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "ops" / "benchmark"))


def module(name):
    spec = importlib.util.spec_from_file_location(f"bench_{name}", ROOT / "ops" / "benchmark" / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


crawl = module("crawl")
predecessor = module("predecessor")
live, live_report, observer = module("live"), module("live_report"), module("observer")


def row(number, text="a", deleted=False, sent_at=100):
    return {
        "kind": "supergroup", "chat": 1, "telegram_message_id": number, "text": text, "sender_id": 7, "media_type": None, "is_deleted": deleted,
        "sent_at": sent_at,
    }


def stored(number, text="a", deleted=False, sent_at=100):
    return {("channel", 1, number): (text, 7, None, sent_at, deleted)}


def test_equal_tables_differ_in_nothing():
    found = crawl.compare([row(1), row(2, "b")], stored(1) | stored(2, "b"), 0)
    assert found == {"wanted": 2, "missing": 0, "different": 0, "unknown": 0}


@pytest.mark.parametrize(
    "rows, name",
    [(stored(1), "missing"), (stored(1) | stored(2, "c"), "different"), (stored(1) | stored(2, "b", deleted=True), "different"),
     (stored(1) | stored(2, "b") | stored(9), "unknown")])
def test_what_differs_from_the_truth_is_counted(rows, name):
    found = crawl.compare([row(1), row(2, "b")], rows, 0)
    assert found[name] == 1 and sum(found.values()) == 3


def test_a_deleted_message_and_one_before_the_time_need_no_row():
    assert crawl.compare([row(1, deleted=True), row(2, sent_at=5)], {}, 10)["wanted"] == 0


def result(**changes):
    ours = {"wanted": 10, "missing": 0, "different": 0, "unknown": 0, "disordered": 0, "dead_letters": 0, "messages": 10, "rows": 10, "seconds": 1.0, "cpu_seconds": 0.1}
    return {
        "ours": ours | changes, "reader": {"messages": 10, "cpu_seconds": 0.05}, "telethon": {"messages": 10, "cpu_seconds": 1.0}, "fdatasync_ms": 1.0, "load": 1.0,
        "predecessor": {"rows": 4, "seconds": 2.0, "messages": 10, "dead_letters": 6},
    }


def test_only_rows_equal_to_the_truth_are_a_success():
    assert crawl.verdict([result()]) == 0
    assert crawl.verdict([]) == 1
    assert crawl.verdict([result(wanted=0)]) == 1
    for name in ("missing", "different", "unknown", "disordered", "dead_letters"):
        assert crawl.verdict([result(), result(**{name: 1})]) == 1, name


def test_ratios_are_medians_of_the_rounds():
    rounds = [result(), result(cpu_seconds=0.2), result(cpu_seconds=0.5)]
    alone, history, rows = crawl.summary(rounds)
    assert alone["ratio"] == {"median": 20, "least": 20, "most": 20}
    assert (history["ours"]["median"], history["theirs"]["median"]) == (50, 10)
    assert history["ratio"] == {"median": 5, "least": 2, "most": 10}
    assert rows["ratio"]["median"] == 5 and rows["beside"] == "predecessor"
    assert "60 (60–60) % of the messages" in "\n".join(crawl.table([alone, history, rows], rounds))


def test_a_download_is_told_with_and_without_what_is_done_beside_it():
    downloads = {
        "our_download": {"bytes": 8_000_000, "seconds": 4.0, "transfer_seconds": 2.0}, "telethon_download": {"bytes": 8_000_000, "seconds": 8.0}}
    bare, whole = crawl.summary([result() | downloads])[-2:]
    assert (bare["ours"]["median"], whole["ours"]["median"], whole["theirs"]["median"]) == (4, 2, 1)


@pytest.mark.parametrize("arguments", [
    [], ["nothing"], ["crawl", "--rounds", "x"], ["crawl", "--what"], ["live", "--rates", "100,"], ["live", "--messages", "5"],
    ["crawl", "--output", "x"], ["realtime", "--sync-milliseconds", "2"],
])
def test_wrong_input_is_told_in_one_line(arguments):
    done = subprocess.run([ROOT / "ops" / "bench", *arguments], capture_output=True, text=True)
    assert done.returncode == 64 and done.stderr.startswith("bench: ") and done.stderr.count("\n") == 1


# live


def point(side="ours", rate=100, **changes):
    return {
        "side": side, "rate": rate, "sent": 1000, "stored": 1000, "lost": 0, "duplicated": 0, "unseen": 0, "dead_letters": 0, "gaps": 0,
        "reached_rate": rate, "latency_ms": {"p50": 1.0, "p99": 4.0, "p99.9": 9.0, "most": 10.0}, "cpu_seconds": 0.5,
        "postgres_cpu_seconds": 0.25, "rss_mb": 80.0, "rss_anon_mb": 10.0, **changes,
    }


def of_round(*points, number=1):
    return {
        "round": number, "points": list(points), "search": [], "highest": {"ours": 8000, "theirs": 1000}, "load": 1.0, "fdatasync_us": 70.0,
        "fdatasync_us_after": 80.0, "alone": [alone("ours", 1.0, 0.5), alone("theirs", 8.0, 4.0)],
    }


def alone(side, seconds, cpu):
    return {"side": side, "sent": 1000, "came": 1000, "seconds": seconds, "cpu_seconds": cpu, "rss_mb": 40.0, "rss_anon_mb": 9.0}


def test_what_was_sent_is_stored_lost_or_twice_and_only_rows_have_a_latency():
    sent = {("g", 1): 1_000_000, ("g", 2): 2_000_000, ("g", 3): 3_000_000}
    seen = {("g", 1): [3_000_000], ("g", 2): [12_000_000, 13_000_000], ("g", 9): [1]}
    found = live.account(sent, seen, {("g", 1), ("g", 2), ("g", 9)})
    assert (found["sent"], found["stored"], found["lost"], found["duplicated"], found["unseen"]) == (3, 2, 1, 1, 0)
    assert found["latency_ms"]["p50"] == 2 and found["latency_ms"]["most"] == 10
    assert live.account(sent, {}, {("g", 1)})["unseen"] == 1


def test_a_percentile_is_the_value_that_so_many_are_not_above():
    values = list(range(1, 1001))
    assert [live.percentile(values, share) for share in (0.5, 0.99, 0.999, 1.0)] == [500, 990, 999, 1000]
    assert live.percentile(list(range(1, 151)), 0.99) == 149
    assert live.percentile([7], 0.5) == 7 and live.percentile([], 0.5) is None


def test_a_rate_holds_when_it_was_sent_stored_and_fast():
    assert live.holds(point())
    assert not live.holds(point(lost=1))
    assert not live.holds(point(reached_rate=90))
    assert not live.holds(point(latency_ms={"p99": 100.0}))


@pytest.mark.parametrize("limit, known, steps, tried, found", [
    (3000, {100: True, 1000: True, 5000: False}, 3, [2200, 3300, 2700], 2700),
    (700, {1000: False}, 2, [500, 710], 500),
    (9000, {5000: True}, 2, [10000, 7100], 7100),
    (10**9, {30_000: True}, 5, [40_000], 40_000),
    (0, {2: False}, 5, [1], 0),
])
def test_the_highest_rate_is_searched_by_halving(limit, known, steps, tried, found):
    asked = []

    def measure(rate):
        asked.append(rate)
        return rate <= limit

    assert live.search(known, measure, steps, live.CEILING) == found and asked == tried


def test_only_everything_stored_once_is_a_success_and_the_other_side_does_not_count():
    assert live.verdict([of_round(point(), point("theirs", lost=5, dead_letters=5))]) == 0
    assert live.verdict([]) == live.verdict([of_round(point("theirs"))]) == 1
    for name in ("lost", "duplicated", "unseen", "dead_letters", "gaps"):
        assert live.verdict([of_round(point()), of_round(point(**{name: 1}))]) == 1, name


def test_figures_of_live_are_medians_and_ratios_are_taken_round_by_round():
    rounds = [
        of_round(point(cpu_seconds=ours), point("theirs", cpu_seconds=theirs), number=number)
        for number, (ours, theirs) in enumerate([(0.5, 1.0), (0.2, 2.0), (0.8, 1.0)], 1)
    ]
    figures = live_report.summary(rounds)
    cpu = next(f for f in figures if f["name"].startswith("CPU"))
    assert cpu["ours"] == {"median": 50, "least": 20, "most": 80} and cpu["ratio"] == {"median": 0.5, "least": 0.1, "most": 0.8}
    assert figures[-1]["ratio"]["median"] == 8
    assert next(f for f in figures if f["name"].startswith("alone"))["ratio"]["median"] == 8
    shown = "\n".join(live_report.table(figures, rounds, {"fsync": "on"}))
    assert "50.0 (20.0–80.0)" in shown and "round 3: a commit's fdatasync took 70 µs" in shown and "fsync on" in shown
    drawing = xml.etree.ElementTree.fromstring(live_report.plot(figures, 100.0))
    assert len(drawing.findall("{*}polyline")) == 6


def test_cpu_is_that_of_messages_that_were_stored():
    one = of_round(point(), point("theirs", stored=500))
    one["search"] = [point(rate=8000, cpu_seconds=0.1), point("theirs", rate=1000, cpu_seconds=1.0), point("theirs", rate=2000, stored=0)]
    figures = live_report.summary([one])
    assert [f["ratio"]["median"] for f in figures if f["name"].startswith("CPU")] == [0.5, pytest.approx(0.1)]
    assert figures[-1]["ours"]["median"] == pytest.approx(10)


def test_the_observer_reads_the_rows_of_a_transaction_at_its_commit():
    made = object.__new__(observer.Observer)
    made.notes, made.pending, made.columns, made.position, made.error = [], [], None, 0, None

    def message(kind, body):
        return made.take(b"w" + bytes(24) + kind + body)

    columns = b"".join(b"\1" + name + b"\0" + bytes(8) for name in (b"id", b"telegram_message_id", b"group_id"))
    row = b"".join(b"t" + struct.pack(">I", len(value)) + value for value in (b"u", b"17", b"a-group"))
    message(b"R", bytes(4) + b"public\0messages\0d" + struct.pack(">H", 3) + columns)
    message(b"B", bytes(20))
    message(b"I", bytes(4) + b"N" + struct.pack(">H", 3) + row)
    assert made.seen() == {}
    message(b"C", bytes(9) + struct.pack(">Q", 99) + bytes(8))
    assert list(made.seen()) == [("a-group", 17)] and made.position == 99
    message(b"C", bytes(9) + struct.pack(">Q", 101) + bytes(8))
    assert len(made.seen()["a-group", 17]) == made.count() == 1
    assert made.take(b"k" + struct.pack(">QQB", 100, 0, 1)) and not made.take(b"k" + struct.pack(">QQB", 100, 0, 0))


def test_live_runs_from_end_to_end_on_a_disk_made_slower(tmp_path):
    library = tmp_path / "slow_disk.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, ROOT / "ops" / "benchmark" / "slow_disk.c", "-ldl"], check=True)
    done = subprocess.run(
        [sys.executable, ROOT / "ops" / "benchmark" / "live.py", "--bin", BIN, "--rounds", "1", "--rates", "60", "--seconds", "1",
         "--groups", "3", "--steps", "1", "--burst", "500", "--sync-milliseconds", "5", "--slow-disk", library, "--output", tmp_path],
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout
    figures = json.loads((tmp_path / "live.json").read_text())
    (told,) = figures["rounds"]
    assert figures["machine"]["postgres"]["fsync"] == figures["machine"]["postgres"]["synchronous_commit"] == "on"
    assert {(p["side"], p["rate"]) for p in told["points"]} == {("ours", 60), ("theirs", 60)}
    for p in told["points"]:
        assert p["sent"] == p["stored"] == p["rate"] and p["lost"] == p["unseen"] == p["duplicated"] == 0, p
        assert 5 < p["latency_ms"]["p50"] <= p["latency_ms"]["p99"] <= p["latency_ms"]["most"]
        assert p["cpu_seconds"] > 0 and p["postgres_cpu_seconds"] > 0 and p["rss_mb"] > p["rss_anon_mb"] > 1, p
    for p in told["alone"]:
        assert p["came"] == p["sent"] == 500 and 0 < p["seconds"] < 60 and p["cpu_seconds"] > 0, p
    assert len(told["search"]) == 2 and set(told["highest"]) == {"ours", "theirs"} and told["fdatasync_us"] > 0
    assert "highest rate that holds" in done.stdout and "5 ms were added" in done.stdout
    assert xml.etree.ElementTree.parse(tmp_path / "live.svg").getroot().tag.endswith("svg")


# the stand-in


class Pool:
    """Takes statements; the first `failing` of them fail."""

    def __init__(self, failing=0):
        self.failing, self.done = failing, []

    async def execute(self, statement, *arguments):
        if self.failing:
            self.failing -= 1
            raise OSError("the database is away")
        self.done.append((statement, arguments))


def item(number, action="insert", group=1):
    values = dict.fromkeys(predecessor.COLUMNS) | {
        "telegram_message_id": number, "group_id": uuid.UUID(int=group), "sent_at": datetime.datetime.fromtimestamp(number, datetime.timezone.utc)}
    return action, values


def made(pool, is_eager=False):
    return predecessor.Predecessor(None, pool, {}, is_eager)


def statements(pool, begin):
    return [arguments for statement, arguments in pool.done if statement.startswith(begin)]


def test_a_batch_is_fifty_rows_in_one_statement_and_the_full_queue_loses():
    async def run():
        pool = Pool()
        pipeline = made(pool)

        async def same(message):
            return item(message)[1]

        pipeline.row = same
        for number in range(predecessor.QUEUE + 3):
            await pipeline.take("insert", number)
        await asyncio.gather(*pipeline.tasks)
        assert len(statements(pool, "INSERT INTO failed_messages")) == pipeline.count["dead"] == 3
        await pipeline.store(await pipeline.next_batch())
        (rows,) = statements(pool, "INSERT INTO messages")
        assert rows[0] == list(range(50))

    asyncio.run(run())


def test_a_batch_waits_for_what_fills_it_and_an_eager_one_does_not(monkeypatch):
    monkeypatch.setattr(predecessor, "BATCH_WAIT", 0.2)

    async def run():
        patient, eager = made(Pool()), made(Pool(), is_eager=True)
        for pipeline in (patient, eager):
            pipeline.queue.put_nowait(item(1))
        taking = asyncio.create_task(patient.next_batch())
        assert [values["telegram_message_id"] for _, values in await eager.next_batch()] == [1]
        assert not taking.done(), "one message fills no batch"
        for number in range(2, 52):
            patient.queue.put_nowait(item(number))
        assert len(await taking) == predecessor.BATCH and patient.queue.qsize() == 1
        assert len(await patient.next_batch()) == 1, "after its wait it goes as it is"
        assert await patient.next_batch() == []

    asyncio.run(run())


def test_an_edit_twice_in_a_batch_is_written_once():
    async def run():
        pool = Pool()
        await made(pool).store([item(1, "update"), item(1, "update"), item(2)])
        assert [rows[0] for rows in statements(pool, "INSERT INTO messages")] == [[2], [1]]

    asyncio.run(run())


def test_each_group_of_a_batch_has_its_status_told():
    async def run():
        pool = Pool()
        await made(pool).store([item(1), item(2), item(3, group=2)])
        assert statements(pool, "INSERT INTO crawler_status") == [
            (uuid.UUID(int=1), item(2)[1]["sent_at"]), (uuid.UUID(int=2), item(3)[1]["sent_at"])]

    asyncio.run(run())


def test_failures_are_retried_with_waits_then_row_by_row_then_put_aside(monkeypatch):
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    async def run():
        pool = Pool(failing=6)
        pipeline = made(pool)
        monkeypatch.setattr(predecessor.asyncio, "sleep", sleep)
        await pipeline.store([item(1), item(2)])
        await asyncio.gather(*pipeline.tasks)
        assert waits == [1, 2, 4, 8] and len(pipeline.breaker.failed) == 1
        assert [rows[0] for rows in statements(pool, "INSERT INTO messages")] == [[2]]
        assert statements(pool, "INSERT INTO failed_messages")[0][0] == 1

    asyncio.run(run())


def test_what_comes_while_the_breaker_is_open_is_put_aside():
    async def run():
        pool = Pool()
        pipeline = made(pool)
        for _ in range(5):
            pipeline.breaker.failure()
        pipeline.queue.put_nowait(item(1))
        pipeline.stopping = True
        await pipeline.write()
        await asyncio.gather(*pipeline.tasks)
        assert not statements(pool, "INSERT INTO messages")
        assert statements(pool, "INSERT INTO failed_messages")[0][3] == "circuit open"

    asyncio.run(run())


def test_the_breaker_opens_after_five_failures_in_a_minute_and_again_after_one(monkeypatch):
    now = 0.0
    monkeypatch.setattr(predecessor.time, "monotonic", lambda: now)
    breaker = predecessor.Breaker()
    for now in (0.0, 10.0, 20.0, 30.0, 61.0):
        breaker.failure()
    assert not breaker.is_open(), "the first of the five is older than a minute"
    now = 62.0
    breaker.failure()
    assert breaker.is_open()
    now = 92.5
    assert not breaker.is_open()
    breaker.failure()
    assert breaker.is_open()
    now = 123.0
    breaker.success()
    breaker.failure()
    assert not breaker.is_open()
