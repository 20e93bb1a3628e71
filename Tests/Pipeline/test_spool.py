"""The listener's spool: what it keeps without a writer, what is read of it when part of it is gone, and what happens when it is full."""
import json, signal

import pytest

from crawls import Crawled, settings
from outages import gauge
from stack import ACCOUNT, Stack, until

LONG = "x" * 4000
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def crawled():
    stack = Stack()
    try:
        # the smallest spool there may be: segments of one megabyte
        made = Crawled(stack, "--groups", "2", extra=settings() + "listener:\n  spool_megabytes: 8\n")
        made.is_crawled()
        yield made
    finally:
        stack.close()


def folder(crawled):
    return crawled.stack.folder / "state" / f"listener@{ACCOUNT}" / "spool"


def waiting(crawled):
    return gauge(crawled.stack, "unacknowledged_records")


def pile_up(crawled, count):
    """So many messages that the writer does not take."""
    name = next(name for name, chat in crawled.chats.items() if chat["kind"] != "basic" and crawled.author(name))
    crawled.stack.kill("writer")
    before = waiting(crawled)
    for n in range(count):
        crawled.send(name, f"{n} {LONG}")
    return before


def check(crawled):
    done = crawled.stack.ctl("spool", "check", "--account", ACCOUNT, "--json", check=False)
    return done.returncode, json.loads(done.stdout)


def test_what_is_kept_is_shown_without_content_and_what_is_gone_becomes_a_gap_that_is_filled(crawled):
    stack = crawled.stack
    before = pile_up(crawled, 1000)
    until(lambda: waiting(crawled) >= before + 1000, 60, "all of them received")
    # nobody takes them, and they are on the disk: no reason to wait
    assert stack.kill("listener", signal.SIGTERM) == 0
    status, kept = check(crawled)
    assert (status, kept["damaged"]) == (0, False) and kept["records"] >= 1000 and len(kept["segments"]) >= 4
    shown = stack.ctl("spool", "show", "--last", "5").stdout
    assert shown.count("channel:") == 5 and "xxx" not in shown

    names = sorted(folder(crawled).glob("*.segment"))
    names[1].unlink()
    rotten = bytearray(names[2].read_bytes())
    rotten[len(rotten) // 2] ^= 1
    names[2].write_bytes(rotten)
    status, kept = check(crawled)
    assert (status, kept["damaged"]) == (65, True)
    assert "cannot be read" in stack.ctl("spool", "check", check=False).stderr

    gaps = stack.query("select count(*) from aaltohub.gaps where reason = 'checkpoint'")[0][0]
    stack.start("writer")
    stack.start("listener")
    until(lambda: waiting(crawled) == 0, 60, "what is left is committed")
    found = stack.query("select count(*) from aaltohub.gaps where reason = 'checkpoint'")[0][0] - gaps
    assert found == 2, "behind the deleted segment, and behind the rotten record"
    crawled.equals(60)
    until(lambda: crawled.open_gaps() == 0, 60, "the gaps are filled")


def test_a_full_spool_reads_telegram_no_more_until_there_is_room(crawled):
    stack = crawled.stack
    pile_up(crawled, 2600)
    until(lambda: "spool full" in stack.ctl("status").stdout, 60, "a status that says so")
    assert sum(file.stat().st_size for file in folder(crawled).iterdir()) <= 8 * MEGABYTE
    assert waiting(crawled) < 2600
    log = stack.log("listener")
    assert "50 % full" in log or "51 % full" in log or "52 % full" in log
    gaps = stack.query("select count(*) from aaltohub.gaps")
    stack.start("writer")
    crawled.equals(90)
    until(lambda: waiting(crawled) == 0, 60, "everything committed")
    assert stack.query("select count(*) from aaltohub.gaps") == gaps, "Telegram remembered all of it"
    until(lambda: gauge(stack, "spool_segments") == 1, 30, "what is committed is deleted")


def test_a_spool_that_is_deleted_costs_nothing_that_telegram_remembers(crawled):
    stack = crawled.stack
    pile_up(crawled, 20)
    stack.kill("listener")
    for file in folder(crawled).iterdir():
        file.unlink()
    stack.start("writer")
    stack.start("listener")
    crawled.equals(60)
