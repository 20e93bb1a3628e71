"""The supervisor as a process, with stand-ins for the stages: anyone can publish heartbeats with ten lines of ZeroMQ."""
import json, os, pathlib, signal, socket, subprocess, tempfile, time, urllib.error, urllib.request

import pytest
import zmq

from machine import BIN

TOKEN = "0123456789abcdef-test"
PROGRAM = BIN / "aaltohub-supervisor"
pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")


class Stage:
    """A stage that only has a tap: publishes its heartbeat as often as it is told."""

    def __init__(self, context, folder, service):
        self.service, self.pid = service, 1
        (folder / "tap").mkdir(parents=True, exist_ok=True)
        self.socket = context.socket(zmq.XPUB)
        self.socket.linger = 0
        self.socket.bind(f"ipc://{folder}/tap/{service}.sock")

    def beat(self, **more):
        body = {
            "seq": 1, "service": self.service, "pid": self.pid, "version": "0.1.0", "commit": "abc", "started_at": time.time() - 100, "state": "ready",
            "detail": "fine", "counters": {"messages_received_total": 42}, "gauges": {"groups": 7}, "histograms": {}, "facts": {"connected": True}, **more,
        }
        self.socket.send_multipart([f"{self.service}.heartbeat.status.-".encode(), json.dumps(body).encode()])


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Supervisor:
    def __init__(self, folder, **environment):
        self.port = free_port()
        self.environment = {
            "PATH": os.environ["PATH"], "AALTOHUB_RUNTIME_DIRECTORY": f"{folder}/run", "AALTOHUB_STATE_DIRECTORY": f"{folder}/state",
            "AALTOHUB_SUPERVISOR_LISTEN": f"127.0.0.1:{self.port}", "ADMIN_TOKEN": TOKEN, **environment,
        }
        (folder / "empty.yaml").write_text("")
        self.command = [PROGRAM, "--config", folder / "empty.yaml"]
        self.process = subprocess.Popen(self.command, env=self.environment, stderr=subprocess.PIPE, text=True)

    def get(self, path, token=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Authorization": f"Bearer {token}"} if token else {})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def until(self, check, seconds=15.0, between=lambda: None):
        end = time.monotonic() + seconds
        while not (value := check()):
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < end, "not in time"
            between()
            time.sleep(0.1)
        return value

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        _, self.log = self.process.communicate(timeout=20)
        return self.process.returncode


@pytest.fixture
def folder():
    # Not pytest's own folder: a unix socket's path is short.
    with tempfile.TemporaryDirectory(prefix="ah-", dir="/tmp") as name:
        yield pathlib.Path(name)


@pytest.fixture
def supervisor(folder):
    supervisor = Supervisor(folder)
    supervisor.until(lambda: supervisor.get("/healthz") == (200, "ok\n"))
    yield supervisor
    if supervisor.process.poll() is None:
        supervisor.process.kill()
        supervisor.process.communicate()


@pytest.fixture
def stages(folder):
    context = zmq.Context()
    made = []

    def make(service):
        made.append(Stage(context, folder / "run", service))
        return made[-1]

    yield make
    for stage in made:
        stage.socket.close()
    context.term()


def test_only_health_answers_an_anonymous_caller(supervisor):
    assert supervisor.get("/readyz") == (503, "not ready\n")
    for path in ("/metrics", "/admin/live-crawler/status"):
        assert supervisor.get(path)[0] == 401
        assert supervisor.get(path, "wrong" + TOKEN)[0] == 401
        assert supervisor.get(path, TOKEN)[0] == 200
    assert supervisor.get("/admin/else", TOKEN)[0] == 404


def test_heartbeats_of_stages_that_come_later_become_the_status(supervisor, stages):
    writer, listener = stages("writer"), stages("listener@main")

    def beat():
        writer.beat()
        listener.beat()

    supervisor.until(lambda: supervisor.get("/readyz")[0] == 200, between=beat)
    status = json.loads(supervisor.get("/admin/live-crawler/status", TOKEN)[1])
    assert status["running"] and status["connected"] and status["groups_count"] == 7 and status["messages_received"] == 42
    assert 99 <= status["uptime"] <= 120
    assert [s["service"] for s in status["stages"]] == ["listener@main", "supervisor", "writer"]
    page = supervisor.get("/metrics", TOKEN)[1]
    assert 'aaltohub_messages_received_total{service="listener@main"} 42\n' in page
    assert 'aaltohub_up{service="supervisor"} 1\n' in page


def test_silence_means_down(supervisor, stages):
    writer, listener = stages("writer"), stages("listener@main")
    supervisor.until(lambda: supervisor.get("/readyz")[0] == 200, between=lambda: (writer.beat(), listener.beat()))
    supervisor.until(lambda: supervisor.get("/readyz")[0] == 503, between=listener.beat)
    status = json.loads(supervisor.get("/admin/live-crawler/status", TOKEN)[1])
    down = {s["service"]: s["up"] for s in status["stages"]}
    assert down == {"listener@main": True, "supervisor": True, "writer": False} and not status["running"]


def test_garbage_on_a_tap_is_survived(supervisor, stages):
    writer = stages("writer")
    for body in (b"", b"{", b"[]", b'{"service":"writer"}', b'{"service":"x y","pid":1}', b"\xff" * 1000):
        writer.socket.send_multipart([b"writer.heartbeat.status.-", body])
    supervisor.until(lambda: 'aaltohub_up{service="writer"} 1' in supervisor.get("/metrics", TOKEN)[1], between=writer.beat)
    assert supervisor.stop() == 0


def test_a_port_that_is_taken_is_one_clear_line(folder, supervisor):
    (folder / "other").mkdir()
    other = Supervisor(folder / "other", AALTOHUB_SUPERVISOR_LISTEN=f"127.0.0.1:{supervisor.port}")
    _, log = other.process.communicate(timeout=20)
    assert other.process.returncode == 69
    last = json.loads(log.strip().splitlines()[-1])
    assert "is taken by another program" in last["message"] and "supervisor.listen" in last["message"]


def test_a_second_supervisor_is_refused(folder, supervisor):
    second = Supervisor(folder)
    _, log = second.process.communicate(timeout=20)
    assert second.process.returncode == 69
    assert f"process {supervisor.process.pid}" in json.loads(log.strip().splitlines()[-1])["message"]


@pytest.mark.parametrize("token", [None, "short"])
def test_without_a_good_token_it_does_not_start(folder, token):
    supervisor = Supervisor(folder, ADMIN_TOKEN=token or "")
    _, log = supervisor.process.communicate(timeout=20)
    assert supervisor.process.returncode == 78 and "admin_token" in log.strip().splitlines()[-1]


def test_a_stop_is_orderly(supervisor):
    assert supervisor.stop() == 0
    assert json.loads(supervisor.log.strip().splitlines()[-1])["message"] == "stopped"
    assert TOKEN not in supervisor.log
