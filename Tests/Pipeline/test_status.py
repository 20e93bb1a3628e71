"""What an operator sees: the status of everything over HTTP and in the terminal, metrics, history, alarms and their command, and files."""
import hashlib, http.client, json, os, pathlib, pty, re, select, shutil, signal, socket, subprocess, threading, time

import pytest
import zmq

from faults import Faulty
from stack import BIN, ROOT, Stack, until

TOKEN = "token-of-the-test"


def promtool(*arguments, **more):
    assert shutil.which("promtool"), "promtool is missing: install Debian's package prometheus"
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=120, **more)


class World(Faulty):
    """The stages, the supervisor, and a folder of files like the one that backfill fills."""

    def __init__(self, stack):
        self.told = stack.folder / "alarms.jsonl"
        self.command = stack.folder / "tell"
        self.command.write_text(f"#!/bin/sh\ncat >>{self.told}\nenv | sort >{stack.folder}/alarm.env\n")
        self.command.chmod(0o755)
        stack.write_config(extra=f"alarms:\n  command: [{self.command}]\n")
        stack.environment["ADMIN_TOKEN"] = TOKEN
        super().__init__(stack)
        stack.start("supervisor")
        self.stops()

    def stops(self):
        """A client that sends its request byte by byte, and one that takes nothing of its answer: when each was cut off, some day."""
        large = self.stack.folder / "state/media/photo/9/large.jpg"
        large.parent.mkdir(parents=True)
        with open(large, "wb") as file:
            file.truncate(64 << 20)  # more than the kernel keeps for who does not read
        self.cut, began = {}, time.monotonic()
        token = f"Host: x\r\nAuthorization: Bearer {TOKEN}\r\n"

        def begun(data, buffer=None):
            made = socket.socket()
            if buffer:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            made.connect(("127.0.0.1", self.stack.http_port))
            made.sendall(data.encode())
            return made

        def slow(made):
            try:
                while not select.select([made], [], [], 2)[0]:
                    made.sendall(b" ")
            except OSError:
                pass  # cut off between the two
            self.cut["slow"] = time.monotonic() - began

        def stalled():
            files = pathlib.Path(f"/proc/{self.stack.processes['supervisor'].pid}/fd")
            held = lambda: any(os.readlink(f).endswith(large.name) for f in files.iterdir() if os.path.islink(f))
            until(held, 20, "the answer")
            until(lambda: not held(), 90, "the end of the answer", every=0.5)
            self.cut["stalled"] = time.monotonic() - began

        self.stopped = [
            begun(f"POST /admin/session HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 999\r\n{token}\r\n{{"),
            begun(f"GET /media/photo/9/large.jpg HTTP/1.1\r\n{token}\r\n", 4096)]
        threading.Thread(target=slow, args=self.stopped[:1], daemon=True).start()
        threading.Thread(target=stalled, daemon=True).start()

    def request(self, method, path, headers={}, token=TOKEN, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.http_port, timeout=30)
        try:
            sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **({"Content-Type": "application/json"} if body else {}), **headers}
            connection.request(method, path, body and json.dumps(body), sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path):
        status, _, body = self.request("GET", path)
        assert status == 200, (path, status, body)
        return json.loads(body)

    def alarms(self):
        lines = self.told.read_text().splitlines() if self.told.exists() else []
        return [alarm for line in lines for alarm in json.loads(line)["alarms"]]


@pytest.fixture(scope="module")
def world():
    stack = Stack()
    try:
        yield World(stack)
    finally:
        stack.close()


def test_one_model_over_http_and_in_the_terminal(world):
    number = world.send("supergroup", "a message to be counted")
    until(lambda: world.stack.query("select count(*) from messages where text = 'a message to be counted'")[0][0], 20, "the row")
    status = until(
        lambda: (s := world.get("/admin/status"))["database"]["reachable"] and s["messages_received"] > 0
        and any(g["last_message_at"] for g in s["groups"]) and s, 20, "a whole status")
    assert number and status["running"] and status["connected"] and status["ready"] and status["groups_count"] == len(world.chats)
    assert {g["title"] for g in status["groups"]} >= set(world.chats)
    group = next(g for g in status["groups"] if g["title"] == "supergroup")
    assert group["is_enabled"] and group["status"] == "active" and abs(group["last_message_at"] - time.time()) < 120
    assert group["coverage"]["verdict"] in ("not_crawled", "too_short", "not_live") and group["open_gaps"] == 0
    stages = {s["service"]: s for s in status["stages"]}
    assert set(stages) == {"listener@main", "supervisor", "writer"}
    listener, writer = stages["listener@main"], stages["writer"]
    assert listener["account"] == "main" and listener["connected"] and listener["messages_received"] > 0 and listener["credit"] > 0
    assert listener["spool_bytes"] is not None and listener["version"] == writer["version"]
    assert writer["circuit"] == "closed" and writer["lag_seconds"]["p99"] < 10
    assert status["queues"]["dead_letters"]["count"] == 0 and status["accounts"][0]["state"] == "active" and status["gaps"]["count"] == 0
    assert status["queues"]["outbox"]["newest"] > 0

    old = world.get("/admin/live-crawler/status")
    assert list(old)[:5] == ["running", "connected", "groups_count", "messages_received", "uptime"]
    assert {"counters", "gauges", "facts", "detail"} <= set(old["stages"][0])

    told = json.loads(world.stack.ctl("status", "--json").stdout)
    assert {s["service"] for s in told["services"]} >= set(stages) and told["running"] and told["connected"]
    assert {g["id"]: g["title"] for g in told["groups"]} == {g["id"]: g["title"] for g in status["groups"]}
    shown = world.stack.ctl("status", "--groups").stdout
    assert re.search(r"^groups: \d+ captured", shown, re.M) and re.search(r"^gaps: 0 open", shown, re.M) and "supergroup" in shown
    once = world.stack.ctl("top").stdout
    assert "RECEIVED/s" in once and "listener@main" in once and "\x1b" not in once


def test_top_shows_it_again_and_again_on_a_terminal(world):
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [BIN / "aaltohubctl", "top", "--interval", "1", "--config", world.stack.config], stdin=follower, stdout=follower,
        stderr=subprocess.PIPE, env=world.stack.environment, start_new_session=True,
        # Who starts the tests in the background leaves it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    os.close(follower)
    seen = b""
    end = time.monotonic() + 30
    while seen.count(b"\x1b[H") < 3 and time.monotonic() < end:
        if select.select([leader], [], [], 1)[0]:
            seen += os.read(leader, 65536)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    os.close(leader)
    assert seen.count(b"\x1b[H") >= 3, seen[-500:]
    assert b"COMMITTED/s" in seen and b"writer" in seen


def test_metrics_are_what_prometheus_wants_and_each_is_explained(world):
    status, headers, page = world.request("GET", "/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    done = promtool("check", "metrics", input=page.decode())
    assert done.returncode == 0 and not done.stdout + done.stderr, done.stdout + done.stderr
    text = page.decode()
    families = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    assert set(re.findall(r"^# HELP (\S+)", text, re.M)) == families and len(families) > 60
    assert "this build knows no more of it" not in text
    samples = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}
    assert samples['aaltohub_up{service="writer"}'] == 1 and samples["aaltohub_database_up"] == 1
    assert samples['aaltohub_connected{service="listener@main"}'] == 1 and samples['aaltohub_account_active{account="main"}'] == 1
    assert samples['aaltohub_registered_groups{status="active"}'] == len(world.chats)
    assert samples["aaltohub_dead_letters"] == 0 and samples["aaltohub_open_gaps"] == 0
    for prefix in ("aaltohub_messages_committed_total{", "aaltohub_telegram_calls_total{", "aaltohub_receive_to_commit_seconds_bucket{",
                   "aaltohub_build_info{", "aaltohub_service_restarts_total{", "aaltohub_circuit_open{", "aaltohub_link_credit{",
                   "aaltohub_update_gaps_total{", "aaltohub_update_duplicates_total{", "aaltohub_watchdog_calls_total{"):
        assert any(name.startswith(prefix) for name in samples), prefix
    # Nobody's text and nobody's name.
    assert "a message to be counted" not in text and "supergroup" not in text


def test_the_alert_rules_hold():
    done = promtool("check", "rules", ROOT / "ops" / "alerts.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    done = promtool("test", "rules", ROOT / "ops" / "alerts_test.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_history_has_a_point_every_five_seconds(world):
    history = until(lambda: len((h := world.get("/admin/history"))["points"]) >= 3 and h, 30, "three points")
    assert history["step_seconds"] == 5 and history["columns"][0] == "at"
    assert all(len(point) == len(history["columns"]) for point in history["points"])
    times = [point[0] for point in history["points"]]
    assert all(4 <= b - a <= 7 for a, b in zip(times, times[1:]))
    received = history["columns"].index("received_per_second")
    assert any(point[received] is not None for point in history["points"])
    assert world.request("GET", "/admin/history?after=x")[0] == 400
    assert world.get(f"/admin/history?after={times[-2]}")["points"][0][0] >= times[-1]


def test_an_alarm_begins_and_ends_and_the_command_is_told(world):
    """A stand-in for a stage falls over again and again, then has gone for good."""
    context = zmq.Context()
    tap = context.socket(zmq.XPUB)
    tap.linger = 0
    tap.bind(f"ipc://{world.stack.folder}/run/tap/backfill@stand_in.sock")

    def beat(pid, state="ready"):
        tap.send_multipart([b"backfill@stand_in.heartbeat.status.-", json.dumps({
            "service": "backfill@stand_in", "pid": pid, "version": "1", "commit": "c", "started_at": time.time(), "state": state, "detail": "",
        }).encode()])

    def named(status):
        return [a for a in world.alarms() if a["name"] == "AaltoHubRestarting" and a["status"] == status]

    def falls_over():
        falls_over.pid += 1
        beat(falls_over.pid)
        return named("firing")

    falls_over.pid = 1000
    alarm = until(falls_over, 30, "the alarm", every=0.3)[0]
    assert alarm["labels"] == {"service": "backfill@stand_in"} and alarm["severity"] == "warning" and alarm["value"] > 3
    assert alarm["runbook"] == "ops/RUNBOOK.md#aaltohubrestarting" and "backfill@stand_in" in alarm["summary"]
    heading = f"## {alarm['name']}"
    assert heading in (ROOT / "ops" / "RUNBOOK.md").read_text()
    assert "AaltoHubRestarting" in [a["name"] for a in world.get("/admin/alarms")["alarms"]]
    assert "AaltoHubRestarting" in [a["name"] for a in world.get("/admin/status")["alarms"]]
    variables = (world.stack.folder / "alarm.env").read_text()
    assert TOKEN not in variables and "MASTER_KEY" not in variables
    # Stopped for good it is nobody's business any more.
    beat(falls_over.pid, "stopping")
    until(lambda: named("resolved"), 45, "the end of the alarm")
    assert len(named("firing")) == 1
    tap.close()
    context.term()


def test_the_tool_runs_the_alarm_command_too(world):
    world.stack.ctl("alarm", "test")
    world.stack.ctl("alarm", "unit", "aaltohub-writer.service")
    test, unit = world.alarms()[-2:]
    assert test["name"] == "AaltoHubTest"
    assert unit["name"] == "AaltoHubUnitFailed" and unit["labels"] == {"unit": "aaltohub-writer.service"} and unit["severity"] == "critical"
    runbook = (ROOT / "ops" / "RUNBOOK.md").read_text()
    assert "## AaltoHubUnitFailed" in runbook
    # One that fails, and one that does not read and hangs while its child does, too.
    for script, words in (("exit 3", "status 3"), ("kill -9 $$", "signal 9")):
        world.command.write_text(f"#!/bin/sh\n{script}\n")
        done = world.stack.ctl("alarm", "test", check=False)
        assert done.returncode == 69 and words in done.stderr, done.stderr
    world.command.write_text(f"#!/bin/sh\ncat >>{world.told}\n")


def test_files_are_served_with_ranges_tags_and_nothing_that_runs(world):
    content = bytes(range(256)) * 4096
    folder = world.stack.folder / "state" / "media"
    (folder / "photo/1").mkdir(parents=True)
    (folder / "photo/1/a.jpg").write_bytes(content)
    (folder / "document/2").mkdir(parents=True)
    (folder / "document/2/evil.html").write_text("<script>alert(1)</script>")
    (folder / "document/2/empty.bin").write_bytes(b"")
    (folder / "document/2/.half.123").write_text("unfinished")
    (world.stack.folder / "secret.txt").write_text("secret")
    os.symlink(world.stack.folder / "secret.txt", folder / "document/2/link.txt")
    os.symlink(world.stack.folder, folder / "document/out")
    os.mkfifo(folder / "document/2/pipe.bin")

    status, headers, body = world.request("GET", "/media/photo/1/a.jpg")
    assert status == 200 and body == content and headers["Content-Type"] == "image/jpeg" and headers["Accept-Ranges"] == "bytes"
    assert headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in headers["Content-Security-Policy"]
    assert headers["Content-Disposition"].startswith("inline") and "private" in headers["Cache-Control"]
    tag = headers["ETag"]
    assert tag.startswith('"')

    def ranged(spec, **more):
        return world.request("GET", "/media/photo/1/a.jpg", {"Range": spec, **more})

    size = len(content)
    for spec, first, last in (("bytes=0-0", 0, 0), ("bytes=1000-300000", 1000, 300000), (f"bytes={size - 5}-", size - 5, size - 1),
                              ("bytes=-5", size - 5, size - 1), (f"bytes=10-{size * 2}", 10, size - 1)):
        status, headers, body = ranged(spec)
        assert status == 206 and body == content[first:last + 1] and headers["Content-Range"] == f"bytes {first}-{last}/{size}", spec
        assert int(headers["Content-Length"]) == len(body)
    status, headers, body = ranged(f"bytes={size}-")
    assert status == 416 and headers["Content-Range"] == f"bytes */{size}"
    assert ranged("bytes=0-1,5-6")[0] == 200 and ranged("nonsense")[0] == 200
    assert ranged("bytes=0-1", **{"If-Range": tag})[0] == 206 and ranged("bytes=0-1", **{"If-Range": '"other"'})[0] == 200
    assert world.request("GET", "/media/photo/1/a.jpg", {"If-None-Match": tag})[::2] == (304, b"")
    assert world.request("GET", "/media/photo/1/a.jpg", {"If-None-Match": '"other"'})[0] == 200
    status, headers, body = world.request("HEAD", "/media/photo/1/a.jpg", {"Range": "bytes=0-1"})
    assert status == 200 and body == b"" and int(headers["Content-Length"]) == size and headers["ETag"] == tag

    status, headers, _ = world.request("GET", "/media/document/2/evil.html")
    assert status == 200 and headers["Content-Type"] == "application/octet-stream" and headers["Content-Disposition"].startswith("attachment")
    assert world.request("GET", "/media/document/2/empty.bin")[::2] == (200, b"")
    assert world.request("GET", "/media/document/2/empty.bin", {"Range": "bytes=0-"})[0] == 416
    for path in ("/media/", "/media/none.jpg", "/media/photo", "/media/photo/1", "/media/photo/1/a.jpg/x", "/media/../secret.txt",
                 "/media/%2e%2e/secret.txt", "/media/photo/..%2f..%2f..%2fsecret.txt", "/media/document/2/link.txt",
                 "/media/document/out/secret.txt", "/media/document/2/.half.123", "/media/document/2/pipe.bin", "/media//etc/passwd",
                 "/media/photo%00/1/a.jpg", "/media/%ff"):
        status, _, body = world.request("GET", path)
        assert status in (400, 404) and b"secret" not in body.replace(b"secret.txt", b""), (path, status, body)
    assert world.request("GET", "/media/photo/1/a.jpg", token=None)[0] == 401
    assert world.request("POST", "/media/links", body={"keys": ["photo/1/a.jpg"]})[0] == 409


def test_who_stops_in_the_middle_is_cut_off(world):
    """They have stood still since the beginning."""
    until(lambda: len(world.cut) == 2, 60, "both cut off")
    assert all(25 < seconds < 45 for seconds in world.cut.values()), world.cut
    # Who takes what comes is not, however long it lasts.
    status, _, body = world.request("GET", "/media/photo/9/large.jpg")
    assert status == 200 and len(body) == 64 << 20
    for made in world.stopped:
        made.close()


def test_without_the_database_all_else_is_told_and_it_comes_back_by_itself(world):
    stack = world.stack
    stack.cluster.stop("immediate")
    away = until(lambda: not (s := world.get("/admin/status"))["database"]["reachable"] and s, 30, "a database that is away")
    assert away["database"]["error"] and away["groups"], "what was known stays, with its age"
    assert {s["service"]: s["up"] for s in away["stages"]}["listener@main"]
    assert world.request("GET", "/healthz", token=None)[0] == 200
    _, _, page = world.request("GET", "/metrics")
    assert b"aaltohub_database_up 0\n" in page
    told = stack.ctl("status")
    assert "listener@main" in told.stdout and "groups, queues and gaps are not known" in told.stderr
    assert json.loads(stack.ctl("status", "--json").stdout)["groups"] == []
    # A supervisor that starts meanwhile is ready, shows the stages, and reads the rest as soon as it can.
    stack.kill("supervisor", signal.SIGTERM)
    # Links to files are signed from now on.
    stack.environment["AALTOHUB_MEDIA_ACCESS"] = "signed"
    stack.start("supervisor")
    until(lambda: any(s["service"] == "writer" and s["up"] for s in world.get("/admin/live-crawler/status")["stages"]), 20, "the stages")
    assert not world.get("/admin/status")["database"]["reachable"]
    stack.cluster.start()
    until(lambda: (s := world.get("/admin/status"))["database"]["reachable"] and len(s["groups"]) >= len(world.chats), 40, "the database")


def test_a_signed_link_opens_one_file_for_a_while(world):
    links = world.request("POST", "/media/links", body={"keys": ["photo/1/a.jpg", "document/2/evil.html"]})
    assert links[0] == 200
    first, second = json.loads(links[2])["links"]
    assert first["key"] == "photo/1/a.jpg" and abs(first["expires"] - time.time() - 3600) < 60
    status, headers, body = world.request("GET", first["url"], token=None)
    assert status == 200 and hashlib.sha256(body).digest() == hashlib.sha256(bytes(range(256)) * 4096).digest()
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    other = second["url"].replace("document/2/evil.html", "photo/1/a.jpg")
    later = first["url"].replace(f"expires={first['expires']}", f"expires={first['expires'] + 1}")
    for url in ("/media/photo/1/a.jpg", other, later, first["url"][:-1], first["url"] + "0"):
        assert world.request("GET", url, token=None)[0] == 401, url
    assert world.request("GET", "/media/photo/1/a.jpg")[0] == 200
    assert world.request("POST", "/media/links", token=None, body={"keys": []})[0] == 401
    assert world.request("POST", "/media/links", body={"keys": ["../x"]})[0] == 400
