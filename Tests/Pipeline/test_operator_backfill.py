"""What an operator asks and orders of the past: crawls, coverage, gaps, files, joining; one clear line for what is wrong."""
import json
import signal
import subprocess
import time

import pytest

from people import person
from stack import ACCOUNT, BIN, CODE, Stack, until

CRAWLER, SECOND, OWNER = "9996610001", "9996610002", "9996610003"
KINDS = {"basic": "group", "supergroup": "channel", "channel": "channel"}
DAY = 86_400


@pytest.fixture(scope="module")
def running():
    stack = Stack()
    try:
        stack.start_simulator("--accounts", "3", "--groups", "6", "--messages", "40")
        stack.write_config(extra="backfill:\n  pace_milliseconds_per_page: 0\n")
        stack.prepare(CRAWLER)
        stack.groups = stack.simulator(cmd="groups")["groups"]
        for group in stack.groups:
            stack.ctl("groups", "add", group["id"], "--type", KINDS[group["kind"]], "--title", group["title"], "--account", ACCOUNT)
        yield stack
    finally:
        stack.close()


@pytest.fixture
def stack(running):
    """The tables of the past empty, nothing disabled."""
    yield running
    for stage in list(running.processes):
        if stage != "simulator":
            running.kill(stage)
    change(running, "truncate aaltohub.crawl_jobs, aaltohub.media_files, aaltohub.coverage, aaltohub.group_access, failed_messages")
    # first the groups, since that may record gaps
    for statement in ("update crawler_status set is_enabled = true", "delete from aaltohub.gaps", "delete from messages"):
        change(running, statement)


def change(stack, sql, *values):
    with stack.cluster.connect("aaltohub") as connection:
        connection.execute(sql, values or None)


def channel(stack, number=0):
    return [g for g in stack.groups if g["kind"] == "supergroup"][number]


def basic(stack):
    return next(g for g in stack.groups if g["kind"] == "basic")


def name(group):
    return f"{KINDS[group['kind']]}:{group['id']}"


def row(stack, group):
    return stack.query("select id from groups where telegram_id = %s and chat_type = %s", group["id"], KINDS[group["kind"]])[0][0]


def cover(stack, group, low, high, days=15.0, live=True):
    change(
        stack, "insert into aaltohub.coverage (group_id, low, high, since, is_live, observed_at) "
        "values (%s, %s, %s, now() - make_interval(secs => %s), %s, now())", row(stack, group), low, high, days * DAY if days else None, live)


def gap(stack, group, account=ACCOUNT):
    box, number = ("common", 0) if group["kind"] == "basic" else ("channel", group["id"])
    return stack.query(
        "insert into aaltohub.gaps (account, box, channel_id, generation, from_value, to_value, reason) "
        "values (%s, %s, %s, 1, 5, 9, 'too_long') returning id", account, box, number)[0][0]


def job(stack, group, account=ACCOUNT, kind="gap", **values):
    columns = {"group_id": row(stack, group), "account": account, "kind": kind, "since": "2026-01-01", **values}
    return stack.query(
        f"insert into aaltohub.crawl_jobs ({', '.join(columns)}) values ({', '.join(['%s'] * len(columns))}) returning id",
        *columns.values())[0][0]


def asked(stack, *arguments, status=0):
    done = stack.ctl(*arguments, "--json", check=False)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


def refused(stack, *arguments, **more):
    """The status and the one line on stderr."""
    done = stack.ctl(*arguments, check=False, **more)
    assert done.stdout == "" and done.stderr.count("\n") == 1 and done.stderr.startswith("aaltohubctl: "), done
    return done.returncode, done.stderr


# coverage and gaps


def test_a_group_without_a_crawl_is_incomplete(stack):
    done = stack.ctl("coverage", name(channel(stack)), check=False)
    assert done.returncode == 1 and "verdict: incomplete: not crawled yet" in done.stdout
    assert asked(stack, "coverage", status=1)["complete"] is False


def test_complete_is_all_since_the_days_that_are_kept_and_live(stack):
    group = channel(stack)
    cover(stack, group, 1, 50)
    answer = asked(stack, "coverage", name(group))
    assert answer["complete"] and answer["groups"][0]["verdict"] == "complete"
    assert answer["groups"][0]["ranges"][0]["high"] == 50
    assert "verdict: complete since" in stack.ctl("coverage", name(group)).stdout
    others = asked(stack, "coverage", status=1)["groups"]
    assert {g["telegram_id"] for g in others if g["complete"]} == {group["id"]} and len(others) == 6


@pytest.mark.parametrize("ranges, verdict", [
    ([(1, 50, 3, True)], "too_short"),
    ([(1, 50, 15, False)], "not_live"),
    ([(1, 20, 15, False), (31, 50, None, True)], "holes"),
    ([(1, 20, 15, False), (21, 50, None, True)], "complete"),
])
def test_what_is_missing_is_named(stack, ranges, verdict):
    group = channel(stack)
    for low, high, days, live in ranges:
        cover(stack, group, low, high, days, live)
    answer = asked(stack, "coverage", name(group), status=0 if verdict == "complete" else 1)["groups"][0]
    assert answer["verdict"] == verdict, answer["text"]
    if verdict == "holes":
        assert "ids 21–30" in answer["text"]


def test_a_gap_a_dead_letter_and_a_disabled_group_are_not_complete(stack):
    group, other = channel(stack), channel(stack, 1)
    for one in (group, other):
        cover(stack, one, 1, 50)
    found = gap(stack, group)
    cover(stack, other, 60, 61, None, False)
    change(stack, "insert into failed_messages (telegram_message_id, group_id, error_message) values (7, %s, 'x')", row(stack, other))
    answer = asked(stack, "coverage", name(group), status=1)["groups"][0]
    assert answer["verdict"] == "gaps" and answer["gaps"][0]["gap"] == found
    assert asked(stack, "coverage", name(other), status=1)["groups"][0]["dead_letters"] == 1
    stack.ctl("groups", "disable", name(group))
    assert asked(stack, "coverage", name(group), status=1)["groups"][0]["verdict"] == "disabled"


def test_all_complete_ends_with_nought_and_disabled_groups_do_not_count(stack):
    first, *rest = stack.groups
    for group in rest:
        cover(stack, group, 1, 50)
    assert asked(stack, "coverage", status=1)["complete"] is False
    stack.ctl("groups", "disable", name(first))
    assert asked(stack, "coverage")["complete"] is True
    assert "disabled" in stack.ctl("coverage").stdout


def test_gaps_are_listed_with_the_crawl_that_will_fill_them(stack):
    group = channel(stack)
    first, second = gap(stack, group), gap(stack, basic(stack))
    crawl = job(stack, group, gaps=[first])
    listed = asked(stack, "gaps")["gaps"]
    assert {(g["gap"], g["group"]["telegram_id"], g["job"]) for g in listed} == {
        (first, group["id"], crawl), *((second, g["id"], None) for g in stack.groups if g["kind"] == "basic")}
    shown = stack.ctl("gaps").stdout
    assert f"crawl {crawl} will fill it" in shown and "no crawl has taken it on yet" in shown


# crawls


def test_a_crawl_needs_a_login_for_backfill(stack):
    if stack.query("select 1 from aaltohub.authorisations"):
        pytest.skip("another test has made it")
    status, line = refused(stack, "crawl", name(channel(stack)))
    assert status == 77 and "aaltohubctl login --account main --for backfill" in line


@pytest.fixture
def able(stack):
    if not stack.query("select 1 from aaltohub.authorisations"):
        stack.ctl("login", "--account", ACCOUNT, "--for", "backfill")
    return stack


def test_which_groups_an_account_reaches_is_not_told_before_it_is_known(able):
    """Telegram stands still: the dialogs cannot be walked through. When it goes on, the same question has its answer."""
    question, telegram = ("crawl", name(channel(able)), "--dry-run"), able.processes["simulator"]
    telegram.send_signal(signal.SIGSTOP)
    try:
        able.start("backfill", ready=False)
        told = until(
            lambda: (s := able.ctl(*question, check=False).stderr) and "does not run" not in s and s, what="an answer of backfill")
    finally:
        telegram.send_signal(signal.SIGCONT)
    assert "main is still finding out which groups it reaches: ask again in a moment" in told
    until(lambda: able.ctl(*question, check=False).returncode == 0, what="an estimate")


def test_a_crawl_waits_for_a_backfill_that_does_not_run_and_can_be_cancelled(able):
    group = name(channel(able))
    done = able.ctl("crawl", group, "--since", "3d")
    assert "does not run" in done.stderr and "ordered" in done.stdout
    (listed,) = asked(able, "crawl", "list")["crawls"]
    assert (listed["kind"], listed["state"], listed["account"], listed["chat"]) == ("manual", "queued", ACCOUNT, group)
    assert abs(listed["since"] - (time.time() - 3 * DAY)) < 60
    again = able.ctl("crawl", group, "--since", "2d")
    assert "is being crawled already" in again.stderr
    status, line = refused(able, "crawl", group, "--since", "9d")
    assert status == 69 and "crawl cancel" in line
    assert asked(able, "crawl", "cancel", group)["cancelled"] == [listed["id"]]
    status, line = refused(able, "crawl", "cancel", group)
    assert status == 65 and "is not being crawled" in line
    assert asked(able, "crawl", "list", group)["crawls"][0]["state"] == "cancelled"
    assert asked(able, "crawl", "list", "--open")["crawls"] == []


def test_only_a_running_backfill_can_estimate(able):
    status, line = refused(able, "crawl", name(channel(able)), "--dry-run")
    assert status == 69 and "backfill@main does not run" in line and "systemctl start" in line


def test_a_running_backfill_estimates_crawls_and_is_watched(able):
    group = channel(able)
    for stage in ("writer", "backfill"):
        able.start(stage)
    estimate = until(lambda: json.loads(able.ctl("crawl", name(group), "--dry-run", "--json", check=False).stdout or "null"), 30, "an estimate")
    assert 30 <= estimate["messages"] <= 60 and estimate["calls"] == 1
    until(lambda: not asked(able, "crawl", "list", "--open")["crawls"], 60, "the first crawls are done")
    done = able.ctl("crawl", name(group), "--since", "30d", "--follow")
    assert "begins" in done.stdout and ": done, " in done.stdout
    assert able.query("select count(*) from messages where group_id = %s", row(able, group))[0][0] >= 30
    lines = [json.loads(line) for line in able.ctl("crawl", name(group), "--follow", "--json").stdout.splitlines()]
    assert lines[-1]["state"] == "done" and lines[-1]["messages"] >= 30
    services = {s["service"]: s for s in asked(able, "status")["services"]}
    assert services["backfill@main"]["state"] == "ready"
    methods = asked(able, "limits")["methods"]
    assert any(m["process"] == "backfill" and m["method"] == "messages.getHistory" and m["calls"] > 0 for m in methods)
    able.kill("backfill")
    services = {s["service"]: s for s in asked(able, "status")["services"]}
    assert services["backfill@main"]["state"] == "down"


def test_each_group_is_crawled_by_the_account_that_has_it(able):
    if not able.query("select 1 from aaltohub.accounts where name = 'second'"):
        able.ctl("login", "--account", "second", "--phone", SECOND, stdin=f"{CODE}\n")
        able.ctl("login", "--account", "second", "--for", "backfill")
    group, other = channel(able), channel(able, 1)
    for account, state in (("main", "lost"), ("second", "ok")):
        change(able, "insert into aaltohub.group_access (group_id, account, state) values (%s, %s, %s)", row(able, group), account, state)
    change(able, "update groups set primary_account = 'second' where id = %s", row(able, basic(able)))
    for one in (group, other, basic(able)):
        able.ctl("crawl", name(one))
    accounts = {c["chat"]: c["account"] for c in asked(able, "crawl", "list")["crawls"]}
    assert accounts == {name(group): "second", name(other): "main", name(basic(able)): "second"}
    change(able, "update groups set primary_account = 'main' where id = %s", row(able, basic(able)))


# files


def test_files_are_counted_and_those_that_failed_fetched_again_or_left_out(stack):
    for number, state, error in ((1, "done", None), (2, "failed", "FILE_ID_INVALID"), (3, "failed", "too slow"), (4, "queued", None)):
        change(
            stack, "insert into aaltohub.media_files (file_kind, media_id, media_type, size, group_id, telegram_message_id, state, attempts, error) "
            "values ('document', %s, 'video', 1500000, %s, 9, %s, 3, %s)", number, row(stack, channel(stack)), state, error)
    shown = stack.ctl("media").stdout
    assert "FILE_ID_INVALID" in shown and "1.5 MB" in shown
    counts = {s["state"]: (s["files"], s["bytes"]) for s in asked(stack, "media", "list")["states"]}
    assert counts == {"done": (1, 1_500_000), "failed": (2, 3_000_000), "queued": (1, 1_500_000), "leased": (0, 0), "skipped": (0, 0)}
    assert [f["media_id"] for f in asked(stack, "media", "list", "--state", "done")["files"]] == [1]
    states = lambda: dict(stack.query("select media_id, state from aaltohub.media_files"))
    assert asked(stack, "media", "retry", "2")["files"] == 1 and states()[2] == "queued"
    assert asked(stack, "media", "drop", "ALL")["files"] == 1 and states() == {1: "done", 2: "queued", 3: "skipped", 4: "queued"}
    assert asked(stack, "media", "drop", "4")["files"] == 1 and asked(stack, "media", "retry", "ALL")["files"] == 0
    assert asked(stack, "media", "retry", "3")["files"] == 1
    status, line = refused(stack, "media", "drop", "1")
    assert status == 65 and "neither failed nor waits" in line


# joining


@pytest.mark.asyncio
@pytest.mark.parametrize("with_listener", [False, True])
async def test_an_account_enters_a_group_on_request(stack, with_listener):
    from telethon.tl import functions

    mark = f"joined{int(with_listener)}"
    open_one = stack.simulator(cmd="create_group", kind="supergroup", title="Open", username=mark, creator=OWNER, members=[OWNER])["group"]
    async with person(stack, OWNER) as owner:
        made = await owner(functions.channels.CreateChannelRequest(title="Closed", about="", megagroup=True))
        closed = made.chats[0]
        link = (await owner(functions.messages.ExportChatInviteRequest(peer=closed))).link
    if with_listener:
        stack.start("writer")
        stack.start("listener")
    status, line = refused(stack, "groups", "add", link)
    assert "--join" in line and status in (65, 69)
    assert asked(stack, "groups", "add", link, "--join")["telegram_id"] == closed.id
    assert asked(stack, "groups", "add", link)["telegram_id"] == closed.id, "it is in now"
    assert asked(stack, "groups", "add", f"@{mark}", "--join")["telegram_id"] == open_one["id"]
    members = {g["id"]: g for g in stack.simulator(cmd="groups")["groups"]}
    assert all(len(members[group]["members"]) == 2 for group in (open_one["id"], closed.id))
    change(stack, "delete from crawler_status where group_id in (select id from groups where telegram_id in (%s, %s))", closed.id, open_one["id"])
    change(stack, "delete from groups where telegram_id in (%s, %s)", closed.id, open_one["id"])


@pytest.mark.parametrize("arguments, status, words", [
    (("groups", "add", "123", "--join"), 64, "give an invite link or a @name"),
    (("groups", "add", "@nobodyhere", "--join"), 65, "nobody at Telegram has the name"),
    (("groups", "add", "https://t.me/+nosuchinvite", "--join"), 69, "invite"),
])
def test_what_cannot_be_entered(stack, arguments, status, words):
    got, line = refused(stack, *arguments)
    assert words in line and got in (status, 65)


# wrong input


@pytest.mark.parametrize("arguments, status, words", [
    (("crawl", "@nobodyhere"), 65, "@nobodyhere is not registered"),
    (("crawl", "channel:1", "--since", "yesterday"), 64, "14d, 36h or 90min"),
    (("crawl", "channel:1", "--since", "2999-01-01"), 64, "in the future"),
    (("crawl", "channel:1", "--since", "2026-02-30"), 64, "is no time"),
    (("crawl", "channel:1", "--since", "999999d"), 64, "before 1970"),
    (("crawl", "cancel", "@nobodyhere"), 65, "@nobodyhere is not registered"),
    (("coverage", "@nobodyhere"), 65, "@nobodyhere is not registered"),
    (("media", "retry", "some"), 64, "neither a file's number nor ALL"),
    (("media", "drop", "12"), 65, "neither failed nor waits"),
])
def test_wrong_input_is_told_in_one_line(stack, arguments, status, words):
    got, line = refused(stack, *arguments)
    assert got == status and words in line


@pytest.mark.parametrize("arguments", [("crawl",), ("crawl", "a", "--dry-run", "--follow"), ("media", "list", "--state", "lost"), ("crawl", "list", "--limit", "0")])
def test_wrong_usage_ends_with_64(stack, arguments):
    done = stack.ctl(*arguments, check=False)
    assert done.returncode == 64 and done.stdout == "" and "Usage: aaltohubctl" in done.stderr


def test_a_disabled_group_is_not_crawled(stack):
    group = name(channel(stack))
    stack.ctl("groups", "disable", group)
    status, line = refused(stack, "crawl", group)
    assert status == 65 and f"aaltohubctl groups enable {group}" in line


def test_a_runtime_directory_that_is_too_long(stack):
    folder = stack.folder / ("x" * 100)
    for name in ("tap", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "writer.sock").touch()
    long = {"AALTOHUB_RUNTIME_DIRECTORY": str(folder)}
    for command in (("tap", "--service", "writer"), ("status",), ("status", "--json")):
        status, line = refused(stack, *command, environment=long)
        assert status == 78 and "choose a shorter runtime_directory" in line


@pytest.mark.parametrize("command", ["crawl", "crawl cancel", "crawl list", "coverage", "gaps", "media", "media retry", "media drop"])
def test_every_command_explains_itself(command):
    done = subprocess.run([BIN / "aaltohubctl", *command.split(), "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "USAGE: aaltohubctl " + command in done.stdout
