"""Changes of messages reach whoever follows them: the supervisor's feed (GET /changes) and a Supabase Realtime, played by a stand-in that
the unmodified PyPI clients accept."""
import json, signal, threading, time, urllib.error, urllib.request

import pytest

from faults import Faulty
from realtime_clients import CLIENTS, Subscriber
from realtime_stand_in import RealtimeStandIn
from stack import Stack, until

KEY = "service-key-of-the-test"
CONFIG = (
    "supabase:\n  url: {url}\nbroadcast:\n  sink: supabase\n  messages_per_second: {rate}\n  patience_seconds: {patience}\n"
    "  payload_kilobytes: 20\n"
)


class World:
    def __init__(self):
        self.stack = Stack()
        self.endpoint = RealtimeStandIn(KEY)
        self.stack.environment["SUPABASE_SERVICE_KEY"] = KEY
        self.configure()
        self.faulty = Faulty(self.stack)
        self.group = self.stack.query("select id::text from groups where title = 'supergroup'")[0][0]
        self.made = 0
        self.stack.start("supervisor")
        self.follows()

    def configure(self, rate=100, patience=3600):
        self.stack.write_config(extra=CONFIG.format(url=self.endpoint.url, rate=rate, patience=patience))

    def restart(self, signal_number=signal.SIGTERM, **settings):
        ended = self.stack.kill("supervisor", signal_number)
        if settings:
            self.configure(**settings)
        self.stack.start("supervisor")
        self.follows()
        return ended

    def follows(self):
        until(lambda: self.status("broadcast_error", "facts") != {} and self.query("select 1 from aaltohub.broadcast_sinks"), 20, "a sink")

    # what the supervisor says

    def get(self, path, token="token-of-the-test"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.stack.http_port}{path}")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def changes(self, **query):
        status, text = self.get("/changes?" + "&".join(f"{k}={v}" for k, v in query.items()))
        return status, json.loads(text)

    def newest(self):
        return self.changes()[1]["last"]

    def metric(self, name):
        lines = [line for line in self.get("/metrics")[1].splitlines() if line.startswith(f"aaltohub_{name}")]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def status(self, name, kind="counters"):
        stages = json.loads(self.get("/admin/live-crawler/status")[1])["stages"]
        return next((s.get(kind, {}).get(name) for s in stages if s["service"] == "supervisor"), {})

    def query(self, sql, *parameters):
        return self.stack.query(sql, *parameters)

    # what changes, as the writer would write it

    def write(self, count=1, history=False, text=None):
        """New rows with their changes in one transaction; the changes' ids."""
        self.made += count
        with self.stack.cluster.connect("aaltohub") as connection:
            return [row[0] for row in connection.execute(
                "with m as (insert into messages (telegram_message_id, group_id, sent_at, text)"
                " select 1000000 + %s + i, %s, now() - case when %s then interval '2 days' else interval '0' end, coalesce(%s, 'row ' || i)"
                " from generate_series(1, %s) i returning *)"
                " insert into aaltohub.outbox (event, message_id, group_id, telegram_message_id, crawled)"
                " select 'insert', id, group_id, telegram_message_id, %s from m returning change_id",
                (self.made - count, self.group, history, text, count, history)).fetchall()]

    def sent(self, ids, seconds=30):
        """Waits until the endpoint has taken these changes."""
        wanted = {str(i) for i in ids}
        until(lambda: wanted <= {m["id"] for m in self.endpoint.taken()}, seconds, f"{len(wanted)} changes at the endpoint")

    def close(self):
        self.stack.close()
        self.endpoint.close()


@pytest.fixture(scope="module")
def world():
    made = World()
    try:
        yield made
    finally:
        made.close()


def test_a_message_its_edit_and_its_deletion_reach_a_subscriber(world):
    before = world.newest()
    clients = [Subscriber(client, world.endpoint.url, KEY, world.stack.folder) for client in CLIENTS]
    try:
        for client in clients:
            client.joins()

        def arrives(count):
            for client in clients:
                until(lambda: len(client.events) >= count, 20, f"{count} changes at {client.client}: {client.events}")

        number = world.faulty.send("supergroup", "Moi 👋")
        arrives(1)
        world.faulty.edit("supergroup", number, "Moi taas")
        arrives(2)
        world.faulty.delete("supergroup", number)
        arrives(3)
    finally:
        for client in clients:
            client.close()
    got = clients[0].events
    assert [m["event"] for m in got] == ["insert", "update", "update"]
    assert all(client.events == got for client in clients), clients
    rows = [m["row"] for m in got]
    assert [r["text"] for r in rows] == ["Moi 👋", "Moi taas", "Moi taas"]
    assert [r["is_deleted"] for r in rows] == [False, False, True]
    assert all(r["telegram_message_id"] == number and r["group_id"] == world.group for r in rows)
    # The same columns as the table has, but for those that are the merge's own or name an account of ours.
    columns = {c for c, in world.query("select column_name from information_schema.columns where table_name = 'messages'")}
    assert set(rows[0]) <= columns
    hidden = columns - set(rows[0])
    assert {c for c in hidden if not c.startswith(("merge_", "unsettled"))} == {
        "account_id", "content_hash", "reactions_key", "sender_name_key", "suspect", "received_at"}
    # The feed has the same changes under the same ids, in the order of the commits.
    status, page = world.changes(after=before)
    assert status == 200 and page["more"] is False
    assert [str(c["id"]) for c in page["changes"]] == [m["id"] for m in got]
    assert [c["event"] for c in page["changes"]] == ["insert", "update", "update"]
    assert page["last"] == page["changes"][-1]["id"]
    assert page["changes"][-1]["row"] == rows[-1]
    # The writer's hint, not the poll, brought them.
    until(lambda: world.metric('commit_to_broadcast_seconds_count{service="supervisor",to="supabase"}') >= 3, 10, "latencies")
    assert world.metric("change_hints_total") >= 3
    assert world.metric('commit_to_broadcast_seconds_bucket{service="supervisor",to="feed",le="0.25"}') >= 3


def test_changes_are_paged_guarded_and_told_to_be_gone(world):
    start = world.newest()
    ids = world.write(25)
    seen, after = [], start
    while True:
        status, page = world.changes(after=after, limit=10)
        assert status == 200
        seen += [c["id"] for c in page["changes"]]
        after = page["last"]
        if not page["more"]:
            break
    assert seen == ids
    assert world.changes(after=after) == (200, {**page, "changes": [], "more": False})
    for query in ("after=-1", "after=x", "limit=0", "limit=100000000", "after=1&after=2"):
        assert world.get(f"/changes?{query}")[0] == 400, query
    for token in (None, "wrong"):
        assert world.get("/changes", token)[0] == 401
    # What the database never had: another one stood here.
    status, gone = world.changes(after=after + 1_000_000)
    assert (status, gone["newest"], gone["epoch"]) == (410, after, page["epoch"]) and "follow from newest" in gone["error"]
    assert world.changes(after=after, epoch=page["epoch"])[0] == 200
    status, gone = world.changes(after=after, epoch=page["epoch"] - 1)
    assert status == 410 and "restored" in gone["error"]
    # What is forgotten: as the writer does it.
    world.sent(ids)
    with world.stack.cluster.connect("aaltohub") as connection:
        connection.execute("delete from aaltohub.outbox where change_id <= %s", (ids[4],))
        connection.execute("update aaltohub.outbox_horizon set pruned = %s", (ids[4],))
    assert world.changes(after=ids[3])[0] == 410
    status, gone = world.changes(after=0)
    assert (status, gone["oldest"]) == (410, ids[5])
    status, page = world.changes(after=gone["oldest"] - 1)
    assert [c["id"] for c in page["changes"]] == ids[5:]


@pytest.mark.parametrize("status", [401, 403, 429, 500, None])
def test_what_refuses_is_waited_for(world, status):
    taken = len(world.endpoint.taken())
    world.endpoint.answer(status, count=2 if status else 1, silence=status is None)
    ids = world.write(3)
    world.sent(ids, 60)
    # Each once, in order, and nobody else waited: the feed has them at once.
    assert [m["id"] for m in world.endpoint.taken()[taken:]] == [str(i) for i in ids]
    until(lambda: world.metric("broadcast_refusing") == 0, 10, "a sink that is well")


def test_what_is_refused_for_good_costs_only_itself(world):
    before = world.metric("broadcast_skipped_total")
    world.endpoint.poison = lambda message: message["payload"]["text"] == "poison"
    with_poison = world.write(20) + world.write(1, text="poison") + world.write(20)
    good = with_poison[:20] + with_poison[21:]
    world.sent(good)
    taken = [int(m["id"]) for m in world.endpoint.taken() if int(m["id"]) in with_poison]
    assert taken == good
    # A row beyond the plan's payload, and a body beyond what the endpoint takes.
    world.endpoint.poison = lambda message: False
    large = world.write(1, text="x" * 30_000) + world.write(1)
    world.sent(large[1:])
    world.endpoint.most_body = 12_000
    world.sent(world.write(4, text="y" * 5_000))
    world.endpoint.most_body = 8_000_000
    until(lambda: world.metric("broadcast_skipped_total") == before + 2, 10, "two that were skipped and counted")
    assert 413 in world.endpoint.statuses() and 422 in world.endpoint.statuses()


def test_a_new_process_goes_on_where_the_old_one_was(world):
    world.sent(world.write(5))
    # While it is away, and killed in the middle of what it cannot send.
    world.endpoint.answer(503, count=1_000)
    waiting = world.write(30)
    until(lambda: world.metric("broadcast_waiting") == 30, 10, "changes that wait")
    world.restart(signal.SIGKILL)
    world.endpoint.forget_rules()
    more = world.write(10)
    world.sent(waiting + more, 60)
    taken = [int(m["id"]) for m in world.endpoint.taken() if int(m["id"]) >= waiting[0]]
    assert taken == waiting + more
    assert world.restart() == 0
    last = world.write(2)
    world.sent(last)
    # What was told before an orderly end is not told again.
    assert [int(m["id"]) for m in world.endpoint.taken() if int(m["id"]) >= waiting[0]] == waiting + more + last


def test_a_database_that_goes_away_is_waited_for(world):
    start = world.newest()
    world.stack.cluster.stop("immediate")
    assert world.changes(after=start)[0] == 503
    assert world.get("/healthz")[0] == 200
    world.stack.cluster.start()
    ids = world.write(5)
    world.sent(ids, 60)
    # The answers to requests have a connection of their own, which is tried again after a moment.
    until(lambda: world.changes(after=start)[0] == 200, 20, "the changes over HTTP")
    assert [c["id"] for c in world.changes(after=start)[1]["changes"]][-5:] == ids
    # The feed, too, goes on: a message of the whole pipeline is hinted at and told at once.
    feed = 'commit_to_broadcast_seconds_count{service="supervisor",to="feed"}'
    before = until(lambda: world.metric(feed), 20, "a feed")
    world.faulty.send("supergroup", "after the storm")
    until(lambda: any(m["payload"]["text"] == "after the storm" for m in world.endpoint.taken()), 60, "a message")
    until(lambda: world.metric(feed) > before, 20, "a feed that follows")


def test_a_crawl_delays_no_live_message_and_the_plan_is_kept(world):
    world.restart(rate=200)
    start = len(world.endpoint.taken())
    crawled = []
    for _ in range(3):
        crawled += world.write(500, history=True)
    waits = []
    for _ in range(5):
        asked = time.monotonic()
        world.sent(world.write(1), 10)
        waits.append(time.monotonic() - asked)
    assert len(world.endpoint.taken()) - start < 1_500, "the crawl was still under way"
    assert max(waits) < 2, waits  # the poll's second, since no writer hints here, and the test's own reading
    # The feed had all of it long before.
    assert world.changes(after=crawled[-1] - 1, limit=1)[1]["changes"][0]["history"] is True
    world.sent(crawled, 60)
    assert [int(m["id"]) for m in world.endpoint.taken()[start:] if int(m["id"]) in set(crawled)] == crawled
    # Requests that take a moment blur the seconds.
    assert world.endpoint.busiest_second() <= 220


def test_what_waits_too_long_is_skipped_and_counted(world):
    world.restart(rate=100, patience=3)
    world.endpoint.answer(403, count=1_000)
    old = world.write(7)
    until(lambda: world.metric('broadcast_skipped_total{service="supervisor",reason="too_old"}') == 7, 60, "seven that were skipped")
    world.endpoint.forget_rules()
    new = world.write(2)
    world.sent(new, 60)
    assert not {str(i) for i in old} & {m["id"] for m in world.endpoint.taken()}
    status, page = world.changes(after=old[0] - 1)
    assert [c["id"] for c in page["changes"]] == old + new, "the feed has them all the same"


def page_events(world, after):
    """The event stream of a page that has seen this change; what it is told, as it comes."""
    request = urllib.request.Request(f"http://127.0.0.1:{world.stack.http_port}/admin/stream?after={after}")
    request.add_header("Authorization", "Bearer token-of-the-test")
    told = []

    def read():
        with urllib.request.urlopen(request, timeout=60) as answer:
            for line in answer:
                if line.startswith((b"event: ", b"id: ")):
                    told.append(line.decode().strip())

    threading.Thread(target=read, daemon=True).start()
    until(lambda: told, 20, "an event")
    return told


@pytest.mark.parametrize("overtakes", [False, True])
def test_a_restored_database_is_begun_anew(world, overtakes):
    """Seen while it is behind what was told already, and only after it has overtaken that."""
    cluster = world.stack.cluster
    known = world.write(1)
    world.sent(known)
    until(lambda: world.query("select live_id from aaltohub.broadcast_sinks") == [(known[0],)], 10, "the sink's cursor")
    backup = cluster.folder / "backup"
    cluster.run("pg_dump", "-Fc", "-f", backup, "-h", cluster.folder, "-U", "postgres", "aaltohub")
    lost = world.write(50)
    world.sent(lost)
    until(lambda: world.query("select live_id from aaltohub.broadcast_sinks") == [(lost[-1],)], 10, "the sink's cursor")
    last, epoch = world.newest(), world.changes()[1]["epoch"]
    told = page_events(world, last)
    supervisor = world.stack.processes["supervisor"]
    if overtakes:
        supervisor.send_signal(signal.SIGSTOP)
    with cluster.connect() as connection:
        connection.execute("drop database aaltohub with (force)")
        connection.execute("create database aaltohub")
    cluster.run("pg_restore", "-d", "aaltohub", "-h", cluster.folder, "-U", "postgres", backup)
    backup.unlink()
    # The writer is the first to change anything there, and renews the epoch before.
    world.faulty.send("supergroup", "after the backup came back")
    until(lambda: world.query("select epoch from aaltohub.database_identity") != [(epoch,)], 30, "a writer that is back")
    if overtakes:
        ids = world.write(len(lost) + 3)
        assert ids[-1] > last
        supervisor.send_signal(signal.SIGCONT)
    else:
        # As it comes back, somebody asks on from where it never was.
        gone = until(lambda: (answer := world.changes(after=last))[0] == 410 and answer[1], 20, "what to do now")
        assert gone["newest"] < last and "follow from newest" in gone["error"]
        until(lambda: "event: reset" in told, 20, "a page that is told to begin anew")
        assert "event: reset" in page_events(world, last)
        ids = world.write(3)
        assert ids[0] <= last
    sent_again = lambda: [m["id"] for m in world.endpoint.taken() if int(m["id"]) in ids and m["payload"]["telegram_message_id"] > before]
    before = 1_000_000 + world.made - len(ids)
    until(lambda: sent_again() == [str(i) for i in ids], 30, "the changes of the restored database, in order")
    until(lambda: "event: reset" in told, 20, "a page that is told to begin anew")
    if not overtakes:
        until(lambda: f"id: {ids[-1]}" in told, 20, "a page that follows on")
    # The connections of requests are made anew with the first that fails.
    gone = until(lambda: (answer := world.changes(after=last, epoch=epoch))[0] == 410 and answer[1], 20, "what to do now")
    assert gone["epoch"] != epoch
    # It goes on without another beginning.
    more = world.write(2)
    world.sent(more)
    until(lambda: f"id: {more[-1]}" in told, 20, "a page that follows on")
    assert told.count("event: reset") == 1
    log = world.stack.log("supervisor").count("another database answers")
    assert log == 1 + overtakes, "each time once"
