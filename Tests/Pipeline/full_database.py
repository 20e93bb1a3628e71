"""A running pipeline whose database has rows in every table, each made by what makes it in life: an edit, an outage, a refusal."""
import http.client, json, signal

from PIL import Image

from faults import CRAWLER, WRITER
from stack import until

FORUM, LEFT, NAMED = "Teekkarit", "Rantasauna", "Kiltahuone"  # a forum, a group that the account is put out of, one that is found by its name
READER = "anna"


def empty_tables(stack):
    """The tables without a row."""
    names = [f"{schema}.{name}" for schema, name in stack.query(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema in ('public', 'aaltohub') and table_type = 'BASE TABLE'")]
    assert len(names) >= 30, names
    return {name for name in names if not stack.query(f"select 1 from {name} limit 1")}


def wait(world, sql, what, seconds=30):
    until(lambda: world.stack.query(sql), seconds, what)


def execute(world, sql):
    with world.stack.cluster.connect("aaltohub") as connection:
        connection.execute(sql)


def fill(world, home):
    """`world` is a `Crawled` without stages yet, `home` one of its own groups. Ends with all stages running."""
    stack = world.stack
    stack.ctl("admin", "add", READER, "--role", "reader", "--note", "looks every morning")
    world.add("supergroup", FORUM)
    world.ask("forum", **world.chats[FORUM])
    world.ask("topic", **world.chats[FORUM], title="Saunavuorot")
    world.add("supergroup", LEFT)
    before = world.send(home, "gone before anybody stored it")
    for stage in ("writer", "listener"):
        stack.start(stage)
    world.listens()
    # Not known when its deletion comes.
    world.delete(home, before)
    wait(world, "select 1 from aaltohub.tombstones", "a tombstone")
    found_by_name(world)
    not_understood(world, home)
    for stage in ("backfill", "supervisor"):
        stack.start(stage)
    for name in ("first", "second"):
        world.edit(home, world.send(home, f"a {name} thought"), f"a {name} thought, put better")
    wait(world, "select 1 from aaltohub.message_versions", "a version before an edit")
    files(world, home)
    dead_letters(world)
    put_out(world)
    a_session_that_ended(stack)
    until(lambda: not empty_tables(stack), 60, "rows in every table")


def found_by_name(world):
    stack = world.stack
    for number, name in enumerate((NAMED, "nobody asks any more")):
        made = world.ask("create_group", kind="supergroup", title=name, creator=WRITER, members=[CRAWLER, WRITER], username=f"kilta_{number}")
        if number:
            world.ask("calls", method="contacts.resolveUsername", effect="flood", seconds=40_000, count=1)
        done = stack.ctl("groups", "add", f"@kilta_{number}", check=not number)
        assert not number or "FLOOD_WAIT" in done.stderr
        if not number:
            world.chats[name] = {"kind": "supergroup", "id": made["group"]["id"]}


def not_understood(world, home):
    world.ask("pushes", account=CRAWLER, unknown_envelope=1.0, count=1)
    world.send(home, "in an envelope of a later layer")
    wait(world, "select 1 from aaltohub.quarantine", "something in quarantine")


def files(world, home):
    # The last one is larger than what is fetched.
    for kind, size in (("photo", 20_000), ("document", 30_000), ("video", 60 << 20)):
        world.ask("post_file", file=world.ask("add_file", kind=kind, size=size)["file"], to=[world.chats[home]], text=f"a {kind}")
    wait(world, "select 1 from aaltohub.media_files where state = 'done' having count(*) = 2", "two stored files")
    wait(world, "select 1 from aaltohub.media_files where state = 'skipped'", "a file that is too large")
    # What the simulator makes up is no picture that anybody could see, and a page puts a link in its place once it is looked at.
    (key,), = world.stack.query("select key from aaltohub.media_files where file_kind = 'photo'")
    Image.new("RGB", (320, 240), "slateblue").save(world.stack.folder / "state" / "media" / key, "JPEG")


def dead_letters(world):
    """One that waits, and one that was dealt with."""
    execute(world, "alter table messages add constraint no_rust check (text not like 'rust%') not valid")
    for number in range(2):
        world.send(FORUM, f"rust {number}")
    wait(world, "select 1 from failed_messages having count(*) = 2", "two dead letters")
    execute(world, "alter table messages drop constraint no_rust")
    first = world.stack.query("select id::text from failed_messages order by created_at limit 1")[0][0]
    world.stack.ctl("dlq", "retry", first)
    wait(world, "select 1 from failed_messages where resolved", "a dead letter that was dealt with")


def put_out(world):
    """What a group missed while it was turned off, Telegram no longer tells and the account cannot fetch: a gap that stays open."""
    stack, group = world.stack, world.chats[LEFT]
    covered = "select 1 from aaltohub.coverage c join groups g on g.id = c.group_id where g.telegram_id = %s" % group["id"]
    world.send(LEFT, "good evening")
    wait(world, covered, "a first crawl", 60)
    chat = f"channel:{group['id']}"
    stack.ctl("groups", "disable", chat)
    stack.kill("backfill", signal.SIGTERM)
    remembered = world.ask("window")["size"]
    world.ask("window", size=1)
    for number in range(3):
        world.send(LEFT, f"is anybody here? ({number})")
    stack.ctl("groups", "enable", chat)
    wait(world, "select 1 from aaltohub.gaps where closed_at is null and to_value > from_value", "an open gap")
    world.ask("window", size=remembered)
    stack.simulator(cmd="remove_member", **group, member=CRAWLER)
    stack.start("backfill")
    wait(world, "select 1 from aaltohub.group_access where state = 'lost'", "a group that is lost", 60)


def a_session_that_ended(stack):
    def ask(method, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", stack.http_port, timeout=20)
        connection.request(method, "/admin/session", None, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer, json.loads(text)

    opened, body = ask("POST", Authorization=f"Bearer {stack.environment['ADMIN_TOKEN']}")
    assert opened.status == 201, body
    cookie = opened.headers["Set-Cookie"].split(";")[0]
    ended, body = ask("DELETE", Cookie=cookie, **{"X-CSRF-Token": body["csrf_token"]})
    assert ended.status == 200, body
