"""What ops/bench counts and when it says that all is well, and how the stand-in for the predecessor behaves."""
import asyncio
import datetime
import importlib.util
import pathlib
import subprocess
import sys
import uuid

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "ops" / "benchmark"))


def module(name):
    spec = importlib.util.spec_from_file_location(f"bench_{name}", ROOT / "ops" / "benchmark" / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


crawl = module("crawl")
predecessor = module("predecessor")


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


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["crawl", "--rounds", "x"], ["crawl", "--what"]])
def test_wrong_input_is_told_in_one_line(arguments):
    done = subprocess.run([ROOT / "ops" / "bench", *arguments], capture_output=True, text=True)
    assert done.returncode == 64 and done.stderr.startswith("bench: ") and done.stderr.count("\n") == 1


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


def item(number, action="insert"):
    values = dict.fromkeys(predecessor.COLUMNS) | {
        "telegram_message_id": number, "group_id": uuid.UUID(int=1), "sent_at": datetime.datetime.fromtimestamp(number, datetime.timezone.utc)}
    return action, values


def made(pool):
    return predecessor.Predecessor(None, pool, {})


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


def test_an_edit_twice_in_a_batch_is_written_once():
    async def run():
        pool = Pool()
        await made(pool).store([item(1, "update"), item(1, "update"), item(2)])
        assert [rows[0] for rows in statements(pool, "INSERT INTO messages")] == [[2], [1]]

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
