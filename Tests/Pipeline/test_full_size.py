"""The whole past at full size: 200 groups, 300,000 messages of 14 days. On demand only (`ops/test --slow`): half an hour."""
import random, sys, time

import pytest

from crawls import Crawled, Load, pages, settings
from stack import Stack, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
GROUPS, MESSAGES, DAYS = 200, 300_000, 14
PATIENCE = 1800  # seconds for a crawl
FLOOD_SCALE = 20  # waits of Telegram's shape, this many times shorter: at full length the pages alone take an hour
KILLS = 20
PARALLEL = 4  # pages that are in flight at most


@pytest.fixture
def stack():
    made = Stack()
    try:
        yield made
    finally:
        made.close()


def past(stack, *simulator):
    """Writer and listener run; a past lies before them that nobody has crawled."""
    crawled = Crawled(
        stack, "--history-groups", GROUPS, "--history-messages", MESSAGES, "--history-days", DAYS, *simulator,
        extra=settings(parallel_groups=PARALLEL, interval_seconds=60, new_groups_seconds=60) + "media:\n  store: none\n",
        stages=("writer", "listener"))
    crawled.ask("calls_log", action="start")
    return crawled


def tell(stack, crawled, began, name):
    """The size of what was crawled and how long it took, on the terminal."""
    rows, = stack.query("select count(*) from messages")[0]
    took = time.monotonic() - began
    print(f"{name}: {rows} rows, {len(pages(crawled))} pages in {took:.0f} s", file=sys.stderr)
    assert rows > 0.9 * MESSAGES


def is_in_order(stack):
    """Each group by rising ids, and no row of it twice."""
    assert stack.query(
        "select count(*) filter (where back), count(*) > %s from (select telegram_message_id < lag(telegram_message_id)"
        " over (partition by group_id order by change_id) as back from aaltohub.outbox where event = 'insert') x",
        MESSAGES * 0.9) == [(0, True)]


def test_without_waits_and_pace(stack):
    crawled, began = past(stack), time.monotonic()
    stack.start("backfill")
    until(crawled.is_covered, PATIENCE, "coverage of every group", every=1)
    tell(stack, crawled, began, "no waits, no pace")
    crawled.is_crawled(PATIENCE)
    is_in_order(stack)
    assert max(pages(crawled).values()) == 1


def test_with_flood_waits(stack):
    crawled, began = past(stack, "--flood-scale", FLOOD_SCALE), time.monotonic()
    stack.start("backfill")
    until(crawled.is_covered, PATIENCE, "coverage of every group", every=1)
    tell(stack, crawled, began, "flood waits")
    lines = crawled.ask("calls_log", action="read")["lines"]
    waits = [line for line in lines if line["flooded"]]
    broken = [line for line in lines if line["violation"]]
    print(f"{len(waits)} of {len(lines)} calls were refused with a wait, {len(broken)} came before its end", file=sys.stderr)
    assert waits and not broken, broken[:3]
    crawled.ask("faults", end=True, end_waits=True)
    crawled.ask("flood_rules", scale=None)
    crawled.is_crawled(PATIENCE)
    is_in_order(stack)


def test_killed_twenty_times_under_live_load(stack):
    crawled, began = past(stack), time.monotonic()
    stack.start("backfill")
    rng, kills = random.Random(20), {"backfill": 0, "writer": 0}
    with Load(crawled):
        for number in range(KILLS):
            until(lambda: sum(job[3] for job in crawled.jobs()) > (number + 1) * MESSAGES / 100 / (KILLS + 2), PATIENCE, "the next kill's page")
            stage = rng.choice(sorted(kills))
            kills[stage] += 1
            stack.kill(stage)
            stack.start(stage, ready=False)
        until(crawled.is_covered, PATIENCE, "coverage of every group", every=1)
    tell(stack, crawled, began, f"{kills} killed")
    crawled.is_crawled(PATIENCE)
    twice = {page: count for page, count in pages(crawled).items() if count > 1}
    print(f"{sum(twice.values()) - len(twice)} pages were fetched again", file=sys.stderr)
    assert all(kills.values()) and sum(twice.values()) - len(twice) <= kills["backfill"] * PARALLEL, twice
