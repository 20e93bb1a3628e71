"""Groups change while no listener looks, or while the account may not: backfill alone follows them, and what it finds is the truth."""
import signal

import pytest

from crawls import Crawled, settings
from faults import CRAWLER, KINDS, WRITER
from stack import ACCOUNT, CODE, Stack, still, until

HOUR = 3600


@pytest.fixture
def stack():
    made = Stack()
    try:
        yield made
    finally:
        made.close()


def with_own_groups(stack, *names, stages=("writer", "listener", "backfill"), **more):
    """Groups without a past; a name begins with its kind."""
    crawled = Crawled(stack, "--groups", "0", extra=settings(**more), register=False, stages=())
    for name in names or KINDS:
        crawled.add(name.split()[0], name)
    for stage in stages:
        stack.start(stage)
        if stage == "listener":
            crawled.listens()
    return crawled


def age(crawled, seconds, **what):
    done = crawled.ask("age", seconds=seconds, **what)
    crawled.aged += seconds
    return done


def counters(crawled, wanted, lines):
    """Views, forwards and reactions of these messages."""
    names = {(chat["kind"], chat["id"]): name for name, chat in crawled.chats.items()}
    return {
        (names[kind, chat], number): (views, forwards, [(r["emoji"], r["count"]) for r in reactions or []])
        for kind, chat, number, views, forwards, reactions in lines
        if (names.get((kind, chat)), number) in wanted}


def stale(crawled, wanted):
    fields = ("kind", "chat", "telegram_message_id", "views", "forwards", "reactions")
    truth = counters(crawled, wanted, [
        [line[field] for field in fields] for line in crawled.ask("rows", account=CRAWLER)["lines"] if not line["is_deleted"]])
    kinds = {chat["id"]: chat["kind"] for chat in crawled.chats.values()}
    rows = counters(crawled, wanted, [(kinds[chat], chat, *rest) for chat, *rest in crawled.stack.query(
        "select g.telegram_id, m.telegram_message_id, m.views, m.forwards, m.reactions"
        " from messages m join groups g on g.id = m.group_id where not m.is_deleted")])
    assert any(reactions for *_, reactions in truth.values()) and len({views for views, *_ in truth.values()}) > 2
    return [(key, truth[key], rows.get(key)) for key in truth if truth[key] != rows.get(key)]


def group_of(crawled, name):
    chat = crawled.chats[name]
    return crawled.stack.query(
        "select id::text from groups where telegram_id = %s and chat_type = %s", chat["id"], KINDS[chat["kind"]])[0][0]


def test_what_no_update_ever_told_is_found_by_looking_again(stack):
    """Edits, deletions, counters, titles and topics of a time without a listener, in which no gap is recorded."""
    crawled = with_own_groups(stack, recent_minutes=60)
    supergroup = crawled.chats["supergroup"]
    crawled.ask("forum", **supergroup)
    topic = crawled.ask("topic", **supergroup, title="first title")["topic"]
    sent = {name: [crawled.send(name, f"{i} in {name}") for i in range(12)] for name in crawled.live()}
    crawled.is_crawled()
    stack.kill("listener", signal.SIGTERM)

    # an old message, which only a crawl sees again: its copy, fetched in the second of the edit, is not trusted
    age(crawled, 2 * HOUR)
    crawled.edit("supergroup", sent["supergroup"][0], "edited, two hours later")
    assert crawled.command("crawl", group=group_of(crawled, "supergroup"))["ok"]
    suspect = "select m.telegram_message_id, m.text from messages m where m.suspect"
    until(lambda: stack.query(suspect) == [(sent["supergroup"][0], "edited, two hours later")], 20, "a copy that is not trusted")
    until(lambda: not crawled.jobs(state="running") and not crawled.jobs(state="queued"), 20, "no open crawl")
    with stack.cluster.connect("aaltohub") as connection:
        connection.execute("update messages set text = 'as it stood before another edit of that second' where suspect")

    # what is recent: in the middle of a page, and the newest of all
    for name in crawled.live():
        crawled.ask("rename", **crawled.chats[name], title=f"{name} has a new title")
    fresh = {name: [crawled.send(name, f"recent {i}") for i in range(8)] for name in crawled.live()}
    until(lambda: not [d for d in crawled.differences() if d[1] == "missing"], 20, "every recent message")
    for name, ids in fresh.items():
        crawled.edit(name, ids[1], "edited while nobody listened")
        crawled.delete(name, ids[3])
        crawled.delete(name, ids[-1])
    crawled.ask("topic", **supergroup, topic=topic, title="second title")
    closed = crawled.ask("topic", **supergroup, title="closed soon")["topic"]
    crawled.ask("topic", **supergroup, topic=closed, closed=True)
    assert age(crawled, 120, counters=60, seed=3)["counters"] == 60

    until(lambda: not crawled.differences(), 20, "the table equal to what the simulator knows")
    until(lambda: stack.query("select 1 from messages where suspect") == [], 20, "every copy trusted")
    assert stack.query("select distinct deletion_presumed from messages where is_deleted") == [(True,)]
    titles = "select title from groups order by chat_type, title"
    until(lambda: all("new title" in t for t, in stack.query(titles)), 20, "new titles")
    until(lambda: stack.query("select topic_id, title, closed from aaltohub.topics order by 1") == [
        (1, "General", False), (topic, "second title", False), (closed, "closed soon", True)], 20, "topics as they are")
    assert stack.query("select title from groups where is_forum") == [("supergroup has a new title",)]
    recent = [(name, number) for name, ids in fresh.items() for number in ids]
    until(lambda: stale(crawled, recent) == [], 20, "no counter of a recent message that is not as the simulator has it")

    # younger than a minute, it may be missing from a page and be there: it is looked at before it is taken for deleted
    late = [crawled.send("supergroup", f"late {i}") for i in range(3)]
    until(lambda: not crawled.differences(), 20, "the late ones")
    looks = crawled.calls("channels.getMessages")
    crawled.ask("hide", **supergroup, message=late[1])
    until(lambda: crawled.calls("channels.getMessages") >= looks + 2, 20, "a look at the message itself")
    crawled.ask("hide", **supergroup, message=late[1], on=False)
    crawled.edit("supergroup", late[2], "after all looks")
    until(lambda: not [d for d in crawled.differences() if d[0] != ("supergroup", late[1])], 20, "the next page")
    assert not crawled.differences()
    assert stack.query("select count(*) from aaltohub.gaps") == [(0,)]
    assert {kind for _, kind, *_ in crawled.jobs()} == {"initial", "manual"}


def test_a_basic_group_goes_on_as_a_supergroup(stack):
    """One while it is listened to, one while nobody does and longer than the server remembers: its last days are not lost."""
    crawled = with_own_groups(stack, "basic watched", "basic left", "supergroup", recent_minutes=60)
    early = crawled.send("basic left", "seen")
    crawled.something_happens(10)
    crawled.is_crawled()
    crawled.migrate("basic watched")
    crawled.something_happens(6, ["basic watched"])
    until(lambda: crawled.followed() == {f"listener@{ACCOUNT}": 3, f"backfill@{ACCOUNT}": 4}, 20, "the new supergroup followed")
    crawled.is_crawled()

    stack.kill("listener", signal.SIGTERM)
    crawled.something_happens(20, ["basic left"])
    crawled.edit("basic left", early, "edited while nobody listened")
    age(crawled, 2 * HOUR)
    crawled.migrate("basic left")
    crawled.something_happens(20, ["basic left", "basic watched"])
    crawled.forget_all()
    became = (
        "select count(*) from groups g join groups n on n.id = g.migrated_to"
        " where g.chat_type = 'group' and n.chat_type = 'channel' and n.title = g.title")
    until(lambda: stack.query(became) == [(2,)], 30, "backfill's word of the migration")
    stack.start("listener")
    until(lambda: stack.query("select count(*) from aaltohub.gaps where box = 'common'") == [(1,)], 30, "a gap")
    until(lambda: crawled.open_gaps() == 0, 40, "every gap closed")
    crawled.is_crawled()
    assert stack.query(became) == [(2,)]


def test_a_group_that_was_out_of_reach_is_filled_when_it_is_back(stack):
    crawled = with_own_groups(stack)
    crawled.something_happens(10)
    crawled.is_crawled()
    name = "supergroup"
    group = group_of(crawled, name)
    access = "select a.state, s.status from aaltohub.group_access a join crawler_status s using (group_id) where group_id = %s"
    assert stack.query(access, group) == [("ok", "active")]
    crawled.ask("remove_member", **crawled.chats[name], member=CRAWLER)
    assert crawled.command("crawl", group=group)["ok"]
    until(lambda: stack.query(access, group) == [("lost", "error")], 30, "lost access")
    assert stack.query("select state from aaltohub.crawl_jobs where kind = 'manual'") == [("failed",)]
    # it is not taken for found again as long as it is out of reach
    calls = still(lambda: crawled.calls("messages.getHistory"), 5, 20, "calls")
    assert stack.query(access, group) == [("lost", "error")]
    crawled.something_happens(30, [name])
    crawled.forget_all()
    assert crawled.calls("messages.getHistory") == calls
    crawled.ask("add_members", **crawled.chats[name], members=[CRAWLER])
    until(lambda: stack.query(access, group) == [("ok", "active")], 30, "access")
    until(lambda: stack.query("select count(*) from aaltohub.gaps") != [(0,)], 30, "a gap")
    until(lambda: crawled.open_gaps() == 0, 40, "every gap closed")
    crawled.is_crawled()


def test_the_other_account_goes_on_for_one_that_is_frozen_or_shut_out(stack):
    crawled = with_own_groups(stack, stages=("writer", "listener"))
    crawled.something_happens(10)
    stack.ctl("login", "--account", "second", "--phone", WRITER, stdin=f"{CODE}\n")
    if stack.query("select count(*) from aaltohub.authorisations where account = 'second' and sealed_session is not null") == [(0,)]:
        stack.ctl("login", "--account", "second", "--for", "backfill")
    crawled.ask("standing", account=CRAWLER, state="frozen", methods=["messages.getHistory"])
    process = stack.start("backfill", ready=False)
    assert process.wait(30) == 77
    assert "FROZEN_METHOD_INVALID" in (last := stack.log("backfill").strip().splitlines()[-1]) and "appeal in an official app" in last
    assert stack.query("select name, state from aaltohub.accounts order by 1") == [("main", "frozen"), ("second", "active")]
    stack.start("backfill@second")
    jobs = "select distinct j.account, j.state from aaltohub.crawl_jobs j join groups g on g.id = j.group_id where g.chat_type = %s"
    until(lambda: stack.query(jobs, "channel") == [("second", "done")], 30, "every channel crawled by the other account")
    # its ids are its primary's own: it waits for that one
    assert {account for account, _ in stack.query(jobs, "group")} <= {"main"}
    # after the appeal the listener says that the account is well again
    crawled.ask("standing", account=CRAWLER, state="good")
    stack.kill("listener", signal.SIGTERM)
    stack.start("listener")
    stack.start("backfill")
    crawled.is_crawled()
    assert stack.query(jobs, "group") == [("main", "done")]

    # one group that it may not read any more: the crawl goes on where it still can
    crawled.ask("remove_member", **crawled.chats["supergroup"], member=CRAWLER)
    group = group_of(crawled, "supergroup")
    job = crawled.command("crawl", group=group)["result"]["job"]
    until(lambda: stack.query("select account, state from aaltohub.crawl_jobs where id = %s", job) == [("second", "done")], 30, "the crawl")
    assert stack.query("select account, state from aaltohub.group_access where group_id = %s order by 1", group) == [
        ("main", "lost"), ("second", "ok")]
    assert crawled.jobs(state="failed") == []
