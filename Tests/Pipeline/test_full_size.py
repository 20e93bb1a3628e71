"""The whole past at full size: 200 groups, 300,000 messages of 14 days. On demand only (`ops/test --slow`): half an hour."""
import random, sys, time

import pytest

from crawls import Crawled, Load, pages, settings
from faults import CRAWLER, KINDS
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


# Columns that are compared with the simulator's lines, by their names there.
COLUMNS = {
    "sender_id": "sender_id", "text": "text", "media_type": "media_type", "media_kind": "media_kind", "media_id": "media_id",
    "reply_to": "reply_to_message_id", "topic_id": "topic_id", "grouped_id": "grouped_id", "forward": "forward", "entities": "entities",
    "via_bot_id": "via_bot_id", "service": "service", "edit_date": "extract(epoch from edited_at)::bigint",
    "sent_at": "extract(epoch from sent_at)::bigint",
}


class Past(Crawled):
    """A history with everything in it that messages have; all of it is compared."""

    def differences(self):
        names = {(KINDS[chat["kind"]], chat["id"]): name for name, chat in self.chats.items()}
        since, rows, wrong = self.since(), {}, []
        for kind, chat, number, is_deleted, *values in self.stack.query(
            f"select g.chat_type, g.telegram_id, m.telegram_message_id, is_deleted, {', '.join(COLUMNS.values())}"
            " from messages m join groups g on g.id = m.group_id"
        ):
            rows[names[kind, chat], number] = is_deleted, values
        for line in self.ask("rows", account=CRAWLER)["lines"]:
            name = names.get((KINDS.get(line["kind"]), line["chat"]))
            row = rows.pop((name, line["telegram_message_id"]), None)
            if name is None or line["sent_at"] < since:
                continue
            if line["is_deleted"]:  # One that was deleted before anybody saw it has no row.
                if row and not row[0]:
                    wrong.append((name, line["telegram_message_id"], "not deleted"))
                continue
            if line["edit_hide"]:  # nobody is shown that it was edited
                line["edit_date"] = None
            if line["media_kind"] == "self_destructing":  # where it came from is not kept either
                line["forward"] = line["via_bot_id"] = None
            if row != (False, [line[column] for column in COLUMNS]):
                wrong.append((name, line, row))
        return wrong + [(key, "no such message", row) for key, row in rows.items()]


def past(stack, *simulator):
    """Writer and listener run; a past lies before them that nobody has crawled."""
    crawled = Past(
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
