"""What the tap tells of one event, what it records, and what a replay makes of the recording in another database; latencies as told."""
import json, os, re, shutil, signal, stat, subprocess, threading, urllib.request

import pytest

from faults import CRAWLER, Faulty
from stack import ACCOUNT, BIN, Notify, until

# Of a row of messages: what the database gives itself, and where the group stands in it.
OWN = ("id", "group_id", "created_at", "updated_at", "change_id")


@pytest.fixture(scope="module")
def running(stack):
    faulty = Faulty(stack)
    stack.start("supervisor")
    return faulty


class Tap:
    """A running `aaltohubctl tap`; `said` is what it told on stderr."""

    def __init__(self, stack, *arguments):
        self.process = subprocess.Popen(
            [str(BIN / "aaltohubctl"), "tap", *arguments, "--config", str(stack.config)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=stack.environment)
        self.said = []
        threading.Thread(target=lambda: self.said.extend(iter(self.process.stderr.readline, "")), daemon=True).start()

    def tells(self, words):
        """Waits until it said this of the listener: from then on it misses nothing."""
        until(lambda: any(words in line for line in self.said), 20, f"{words!r} from the tap")
        return self

    def end(self, signal_number=None):
        if signal_number:
            self.process.send_signal(signal_number)
        try:
            return self.process.communicate(timeout=30)[0]
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the tap did not end: {self.said} {self.process.communicate()[0]}") from None


def test_one_event_is_followed_through_the_stages(running):
    stack, chat = running.stack, running.chats["supergroup"]
    first = running.send("supergroup", "before the one that is followed")
    following = f"{chat['id']}/{first + 1}"
    taps = [Tap(stack, "--trace", following, "--json"), Tap(stack, "--trace", f"channel:{following}")]
    for tap in taps:
        tap.tells(f"watching listener@{ACCOUNT}").tells("watching writer")
    assert running.send("supergroup", "followed") == first + 1
    steps = [json.loads(line) for line in taps[0].end().splitlines()]
    assert taps[0].process.returncode == 0
    names = [step["step"] for step in steps]
    # The disk is beside the way: nothing of the rest waits for it, so that may come at any moment after `received`.
    way = [step for step in steps if step["step"] != "spooled"]
    assert [step["step"] for step in way] == ["telegram", "received", "sent", "committed", "acknowledged"], names
    assert names[:2] == ["telegram", "received"] and len(names) <= 6, names
    assert way[1]["service"] == f"listener@{ACCOUNT}" and way[3]["service"] == "writer"
    times = [step["at"] for step in way]
    assert times == sorted(times), times
    for before, step in zip(steps, steps[1:]):
        assert step["seconds_since_step_before"] == pytest.approx((step["at"] - before["at"]) / 1e9, abs=1e-6)
    assert len({step["trace"] for step in steps}) == 1
    text = taps[1].end()
    # Followed to its end, which the disk may come after.
    assert all(re.search(rf"^\S+Z  {step['step']} ", text, re.M) for step in way), text

    # By its number: an edit of it is another event with another number.
    watching = Tap(stack, "--json", "--kind", "edit", "--group", str(chat["id"]))
    by_edit = Tap(stack, "--trace", following, "--json").tells("watching writer").tells("watching listener")
    running.edit("supergroup", first + 1, "edited")
    edit = json.loads(by_edit.end().splitlines()[0])
    assert edit["trace"] != steps[0]["trace"]
    watching.end(signal.SIGTERM)
    done = stack.ctl("tap", "--trace", "not a number", check=False)
    assert done.returncode == 64 and "GROUP/MESSAGE_ID" in done.stderr


def messages(stack, database="aaltohub"):
    with stack.cluster.connect(database) as connection:
        rows = connection.execute(
            "select g.chat_type, g.telegram_id, m.telegram_message_id, to_jsonb(m) - %s::text[] from messages m"
            " join groups g on g.id = m.group_id order by 1, 2, 3", [list(OWN)]).fetchall()
    return {tuple(key): row for *key, row in rows}


def test_a_recording_replayed_into_another_database_gives_the_same_rows(running):
    stack, file = running.stack, running.stack.folder / "records.jsonl"
    before = set(messages(stack))
    done = stack.ctl("tap", "--record", file, check=False)
    assert done.returncode == 64 and "--show-text" in done.stderr and not file.exists()
    umask = os.umask(0)
    tap = Tap(stack, "--record", str(file), "--show-text").tells(f"recording listener@{ACCOUNT}")
    os.umask(umask)
    for _ in range(3):
        running.something_happens()
    # A position without content is a record, too.
    stack.simulator(cmd="private", **{"from": "9996610002"}, to=CRAWLER, count=150)
    running.something_happens(rounds=2)
    running.equals()
    told = json.loads(tap.end(signal.SIGINT))
    assert tap.process.returncode == 0 and told["missed"] == 0 and told["records"] > 20, told
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    header, *lines = map(json.loads, file.read_text().splitlines())
    assert header["aaltohub_records"] == 1 and header["contract"] >= 1 and header["build"] and len(lines) == told["records"]
    assert [line["n"] for line in lines] == list(range(lines[0]["n"], lines[0]["n"] + len(lines))), "a record is missing in the file"
    again = stack.ctl("tap", "--record", file, "--show-text", check=False)
    assert again.returncode == 64 and "exists" in again.stderr

    # Where somebody is logged in, nothing is replayed.
    done = stack.ctl("tap", "--replay", file, check=False)
    assert done.returncode == 78 and "no test database" in done.stderr and ACCOUNT in done.stderr
    assert stack.query("select count(*) from aaltohub.producers where account = 'replay'") == [(0,)]

    with Other(stack) as other:
        # The writer of the real database at the other end of the socket: it is asked who it is before anything is sent.
        wrong = other.ctl("tap", "--replay", file, "--into", stack.folder / "run/link/writer.sock", check=False)
        assert wrong.returncode == 78 and "another database" in wrong.stderr, wrong.stderr
        with stack.cluster.connect("other") as connection:
            for row in stack.query("select chat_type, telegram_id, title, primary_account from groups"):
                connection.execute("insert into groups (chat_type, telegram_id, title, primary_account) values (%s, %s, %s, %s)", row)
        other.start()
        result = json.loads(other.ctl("tap", "--replay", file, "--account", ACCOUNT, "--into", other.socket).stdout)
        assert result["committed"] == result["records"] > 20 and result["missing"] == 0 and result["skipped"] > 0, result
        expected = {key: row for key, row in messages(stack).items() if key not in before}
        assert len(expected) > 30
        found = messages(stack, "other")
        assert {key: found.get(key) for key in expected} == expected
        assert set(found) - set(expected) <= before
        positions = other.query("select count(*) from aaltohub.positions") + other.query("select count(*) from aaltohub.gaps")
        assert positions == [(0,), (0,)], "a replay without positions moved a box"

        # Twice is once: another stream brings the same changes, and the merge knows them all.
        result = json.loads(other.ctl("tap", "--replay", file, "--account", ACCOUNT, "--with-positions").stdout)
        assert result["positions"] and messages(stack, "other") == found
        assert other.query("select count(*) from aaltohub.positions where account = %s", ACCOUNT)[0][0] > 0

        cut = stack.folder / "cut.jsonl"
        cut.write_text(file.read_text()[:-20])
        for path, words in ((cut, "cut off"), (stack.config, "no file that")):
            done = other.ctl("tap", "--replay", path, "--account", ACCOUNT, check=False)
            assert done.returncode == 65 and words in done.stderr, done
    done = other.ctl("tap", "--replay", file, "--into", stack.folder / "nobody.sock", check=False, timeout=90)
    assert done.returncode == 69 and "no writer answers" in done.stderr, done


class Other:
    """A second database with a writer of its own, and nobody logged in."""

    def __init__(self, stack):
        self.stack, self.run, self.config = stack, stack.folder / "run2", stack.folder / "other.yaml"
        self.config.write_text(
            stack.config.read_text().replace(f"{stack.folder}/run", str(self.run))
            .replace(f"{stack.folder}/state", f"{stack.folder}/state2").replace("dbname=aaltohub", "dbname=other"))
        self.socket = self.run / "link/writer.sock"

    def __enter__(self):
        with self.stack.cluster.connect() as connection:
            connection.execute("create database other")
        self.ctl("migrate", "--user", "postgres")
        return self

    def ctl(self, *arguments, **more):
        """`--config` twice: the last one counts."""
        shown, self.stack.config = self.stack.config, self.config
        try:
            return self.stack.ctl(*arguments, **more)
        finally:
            self.stack.config = shown

    def start(self):
        self.notify = Notify(self.stack.folder / "other.notify")
        process = self.stack.spawn(
            "other writer", [BIN / "aaltohub-writer", "--config", self.config],
            env={**self.stack.environment, "NOTIFY_SOCKET": self.notify.path})
        self.notify.wait("READY=1", process, 30)

    def query(self, sql, *parameters):
        with self.stack.cluster.connect("other") as connection:
            return connection.execute(sql, parameters or None).fetchall()

    def __exit__(self, *_):
        if "other writer" in self.stack.processes:
            assert self.stack.kill("other writer", signal.SIGTERM) == 0
            self.notify.close()


def test_latencies_are_told_where_an_operator_and_a_scraper_look(running):
    stack = running.stack
    services = {s["service"]: s for s in json.loads(stack.ctl("status", "--json").stdout)["services"]}
    writer = services["writer"]["histograms"]
    ours, theirs = writer['receive_to_commit_seconds{way="push"}'], writer["telegram_to_receive_seconds"]
    both = writer["telegram_to_commit_seconds"]
    for latency in (ours, theirs, both):
        for over in ("life", "recent"):
            told = latency[over]
            assert 0 <= told["p50"] <= told["p90"] <= told["p99"] <= told["p999"] <= told["max"] < 60, told
    assert ours["life"]["count"] == ours["count"] >= both["count"] == theirs["count"] > 30
    # Telegram's share, of whole seconds, and ours stand apart: together they are the whole.
    assert ours["life"]["max"] <= both["life"]["max"] * 1.001 and theirs["life"]["max"] <= both["life"]["max"] * 1.001
    listener = services[f"listener@{ACCOUNT}"]["histograms"]
    sent, acknowledged = listener["receive_to_send_seconds"]["life"], listener["receive_to_acknowledge_seconds"]["life"]
    assert 30 < acknowledged["count"] <= sent["count"] and sent["p50"] <= acknowledged["p50"]
    line, = [line for line in stack.ctl("status").stdout.splitlines() if line.startswith("live changes")]
    assert re.match(
        r"live changes of the last 5 min: \d+, received to committed p50 [\d.]+ m?s, p90 [\d.]+ m?s, p99 [\d.]+ m?s, p99.9 [\d.]+ m?s,"
        r" max [\d.]+ m?s; Telegram to received p50 [\d.]+ m?s, p99 [\d.]+ m?s \(its dates are whole seconds", line), line

    def page():
        request = urllib.request.Request(
            f"http://127.0.0.1:{stack.http_port}/metrics", headers={"Authorization": "Bearer token-of-the-test"})
        return urllib.request.urlopen(request, timeout=10).read().decode()

    text = until(lambda: (page() if "aaltohub_telegram_to_receive_recent_seconds" in page() else None), 20, "the writer's latencies")
    assert "# TYPE aaltohub_receive_to_commit_seconds histogram\n" in text
    assert re.search(r'^aaltohub_receive_to_commit_life_seconds\{service="writer",way="push",quantile="0.999"\} [\d.e-]+$', text, re.M)
    if tool := shutil.which("promtool"):
        checked = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True, text=True)
        assert "quantile" not in checked.stderr and "parse" not in checked.stderr, checked.stderr
