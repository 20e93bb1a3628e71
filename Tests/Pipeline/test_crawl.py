"""A past is crawled completely, whatever dies meanwhile; the table equals what the simulator knows."""
import json, random, signal, time

import pytest

from crawls import Crawled, Load, pages, settings
from faults import CRAWLER, WRITER
from stack import ACCOUNT, CODE, Stack, still, until


@pytest.fixture
def stack():
    made = Stack()
    try:
        yield made
    finally:
        made.close()


def test_a_preloaded_history_is_crawled_completely_and_in_order(stack):
    crawled = Crawled(stack, "--groups", "6", "--messages", "350")
    crawled.is_crawled()
    assert {kind for _, kind, *_ in crawled.jobs()} == {"initial"}
    assert stack.query("select distinct status from crawler_status") == [("active",)]
    # each group by rising ids
    assert stack.query(
        "select count(*) filter (where back), count(*) > 1000 from (select telegram_message_id < lag(telegram_message_id)"
        " over (partition by group_id order by change_id) as back from aaltohub.outbox where event = 'insert') x") == [(0, True)]
    calls = crawled.calls("messages.getHistory")
    # complete is complete: nothing is fetched again, nor after a restart
    stack.kill("backfill", signal.SIGTERM)
    # its login may be used to measure what fetching takes: all is read, nothing stored
    before = stack.query("select count(*), max(xmin::text::bigint) from messages")
    cost = json.loads(stack.output("backfill", "--measure", 14).splitlines()[-1])
    assert cost["messages"] == stack.query("select count(*) from messages where not is_deleted")[0][0]
    assert cost["characters"] > cost["messages"] and cost["seconds"] > 0 and cost["cpu_seconds"] > 0
    assert stack.query("select count(*), max(xmin::text::bigint) from messages") == before
    calls = crawled.calls("messages.getHistory")
    stack.start("backfill")
    assert still(lambda: crawled.calls("messages.getHistory"), 3, what="calls") == calls
    assert len(crawled.jobs()) == 6


def test_a_stage_without_its_login_says_how_to_make_one(stack):
    stack.start_simulator("--accounts", "1")
    stack.prepare(CRAWLER)
    with stack.cluster.connect("aaltohub") as connection:
        connection.execute("delete from aaltohub.authorisations")
    process = stack.start("backfill", ready=False)
    assert process.wait(20) == 77
    assert f"aaltohubctl login --account {ACCOUNT} --for backfill" in stack.log("backfill")


def test_backfill_and_writer_are_killed_while_there_is_live_load(stack):
    crawled = Crawled(
        stack, "--groups", "6", "--messages", "900", extra=settings(pace_milliseconds_per_page=40),
        stages=("writer", "listener"))
    crawled.ask("calls_log", action="start")
    stack.start("backfill")
    rng, kills = random.Random(7), 0
    with Load(crawled):
        for _ in range(8):
            time.sleep(rng.uniform(0.3, 1.2))
            stage = rng.choice(["backfill", "writer"])
            kills += stage == "backfill"
            stack.kill(stage)
            stack.start(stage, ready=False)
    crawled.is_crawled(120)
    twice = {page: count for page, count in pages(crawled).items() if count > 1}
    assert kills and sum(twice.values()) - len(twice) <= kills, twice


def test_defect_08_what_the_replay_window_no_longer_holds_is_crawled(stack):
    """An outage longer than the server remembers left a permanent hole: the gap is recorded, filled and closed."""
    crawled = Crawled(stack, "--groups", "3", "--messages", "150")
    crawled.is_crawled()
    names = crawled.live()
    early = {name: [crawled.send(name, f"seen {i}") for i in range(3)] for name in names}
    crawled.equals()
    stack.kill("listener", signal.SIGTERM)
    alive = {name: [crawled.send(name, f"unseen {i}") for i in range(30)] for name in names}
    for name in names:
        crawled.edit(name, alive[name][3], "edited while nobody looked")
        crawled.delete(name, alive[name][5])
        crawled.edit(name, early[name][0], "an old one, edited meanwhile")
        crawled.delete(name, early[name][1])
    crawled.forget_all()
    stack.start("listener")
    until(lambda: stack.query("select count(*) from aaltohub.gaps where reason = 'too_long'")[0][0], 30, "a gap")
    until(lambda: crawled.open_gaps() == 0, 60, "every gap closed")
    crawled.equals(60)
    assert {kind for _, kind, *_ in crawled.jobs()} == {"initial", "gap"}
    assert crawled.is_covered()


def test_a_group_that_is_enabled_again_gets_what_it_missed(stack):
    crawled = Crawled(stack, "--groups", "3", "--messages", "120")
    crawled.is_crawled()
    for name in crawled.live():
        stack.ctl("groups", "disable", crawled.chats[name]["id"])
    left = len(crawled.chats) - len(crawled.live())
    until(lambda: crawled.followed() == {f"listener@{ACCOUNT}": left, f"backfill@{ACCOUNT}": left}, 20, "every stage has let them go")
    for name in crawled.live():
        sent = [crawled.send(name, f"not kept {i}") for i in range(12)]
        crawled.edit(name, sent[0], "edited")
        crawled.delete(name, sent[1])
    for name in crawled.live():
        stack.ctl("groups", "enable", crawled.chats[name]["id"])
    until(lambda: crawled.open_gaps() == 0, 60, "every gap closed")
    crawled.equals(60)


def test_a_group_that_is_disabled_is_let_go_before_the_command_ends(stack):
    crawled = Crawled(stack, "--groups", "4", "--messages", "40", stages=("writer", "listener"))
    crawled.listens()
    *others, beacon = crawled.live()
    for name in others:
        stack.ctl("groups", "disable", crawled.chats[name]["id"])
        crawled.send(name, f"too late in {name}")
        crawled.send(beacon, f"after {name}")
        until(lambda: stack.query("select 1 from messages where text = %s", f"after {name}"), 30, "what was sent later")
    assert stack.query("select text from messages where text like 'too late%'") == []


def test_flood_waits_are_kept(stack):
    crawled = Crawled(stack, "--groups", "4", "--messages", "900", stages=("writer", "listener"))
    crawled.ask("limit", method="messages.getHistory", calls=4, seconds=2)
    crawled.ask("calls_log", action="start")
    stack.start("backfill")
    crawled.is_crawled(150)
    lines = crawled.ask("calls_log", action="read", methods=["messages.getHistory"])["lines"]
    assert [line for line in lines if line["flooded"]], "no wait was asked for"
    assert not [line for line in lines if line["violation"]], "a call before its time"


def test_a_crawl_is_estimated_ordered_and_cancelled(stack):
    crawled = Crawled(
        stack, "--groups", "1", "--messages", "900", extra=settings(pace_milliseconds_per_page=400), stages=("writer", "listener"))
    stack.start("backfill")
    group = stack.query("select id::text from groups")[0][0]
    estimate = until(lambda: (a := crawled.command("crawl", group=group, dry_run=True))["ok"] and a["result"], 20, "an estimate")
    assert 800 <= estimate["messages"] <= 1000
    assert estimate["seconds"] == pytest.approx(estimate["calls"] * 0.4)
    until(lambda: [j for j in crawled.jobs(state="running") if j[3] >= 2], 30, "two pages")
    assert crawled.command("cancel", group=group)["result"]["cancelled"] == 1
    until(lambda: crawled.jobs(state="cancelled"), 10, "a cancelled crawl")
    pages = crawled.calls("messages.getHistory")
    assert still(lambda: crawled.calls("messages.getHistory"), 2, what="calls") <= pages + 1
    assert crawled.command("crawl", group=group)["ok"]
    crawled.is_crawled()


def test_an_estimate_does_not_wait_for_the_pages_of_a_crawl(stack):
    """With a page a minute, a crawl has taken the next turn, and another takes the one after that."""
    crawled = Crawled(
        stack, "--groups", "2", "--messages", "400", extra=settings(pace_milliseconds_per_page=60_000, parallel_groups=2),
        stages=("writer", "listener"))
    stack.start("backfill")
    group = stack.query("select id::text from groups order by telegram_id")[0][0]
    until(lambda: len(crawled.jobs()) == 2, 20, "both crawls: that the account reaches their groups is known")
    until(lambda: crawled.calls("messages.getHistory") >= 1, 20, "the first page")
    started = time.monotonic()
    answer = crawled.command("crawl", group=group, dry_run=True)
    assert time.monotonic() - started < 30 and answer["ok"], answer
    assert answer["result"]["seconds"] == pytest.approx(answer["result"]["calls"] * 60)
    # A wait of the server's is not gone over, and told at once.
    crawled.ask("calls", method="messages.getHistory", effect="flood", seconds=200, count=1)
    calls = crawled.calls("messages.getHistory")
    for _ in range(2):
        answer = crawled.command("crawl", group=group, dry_run=True)
        assert not answer["ok"] and "FLOOD_WAIT" in json.dumps(answer), answer
    assert crawled.calls("messages.getHistory") == calls + 1
    assert crawled.ask("stats")["violations"] == {}


def test_two_days_pass_while_the_listener_is_down(stack):
    """Edits and deletions among what nobody saw, past the replay window: the next gap fill makes the rows equal the truth."""
    crawled = Crawled(stack, "--groups", "5", "--messages", "250")
    crawled.is_crawled()
    stack.kill("listener", signal.SIGTERM)
    done = crawled.ask("age", seconds=2 * 86400, messages=400, edits=80, deletes=40, seed=5)
    assert done["edits"] and done["deletes"]
    crawled.aged = 2 * 86400
    crawled.forget_all()
    stack.start("listener")
    until(lambda: stack.query("select count(*) from aaltohub.gaps where reason = 'too_long'")[0][0], 60, "a gap")
    until(lambda: crawled.open_gaps() == 0, 90, "every gap closed")
    crawled.equals(60)


def test_the_other_account_takes_over_from_a_banned_one(stack):
    crawled = Crawled(
        stack, "--groups", "6", "--messages", "900", extra=settings(pace_milliseconds_per_page=150), stages=("writer", "listener"))
    stack.ctl("login", "--account", "second", "--phone", WRITER, stdin=f"{CODE}\n")
    if stack.query("select count(*) from aaltohub.authorisations where account = 'second' and sealed_session is not null") == [(0,)]:
        stack.ctl("login", "--account", "second", "--for", "backfill")
    stack.start("backfill")
    stack.start("backfill@second")
    until(lambda: crawled.jobs(state="done"), 30, "a crawl that is done")
    still(lambda: stack.query("select count(*) from aaltohub.crawl_jobs"), 1, what="crawls")
    assert not stack.query("select group_id from aaltohub.crawl_jobs group by group_id having count(*) > 1"), "a group crawled twice"
    before = crawled.user()
    crawled.ask("standing", account=CRAWLER, state="banned")
    assert stack.processes["backfill"].wait(30) == 77
    until(lambda: stack.query("select state from aaltohub.accounts where name = 'main'") == [("banned",)], 10, "the account's state")
    channels = "g.chat_type = 'channel'"
    until(lambda: stack.query(
        f"select count(*) from groups g where {channels} and not exists (select from aaltohub.coverage c where c.group_id = g.id"
        " and c.since is not null)") == [(0,)], 90, "every channel crawled")
    until(lambda: not stack.query(
        "select 1 from aaltohub.crawl_jobs j join groups g on g.id = j.group_id where j.state in ('queued', 'running') and " + channels),
        60, "no open crawl of a channel")
    assert before
    wrong = [line for line in crawled.differences() if crawled.chats[line[0][0]]["kind"] != "basic"]
    assert not wrong, wrong[:4]
