"""What ops/chaos plans, breaks and finds; and every cheap mishap once, in one run."""
import contextlib, importlib.util, json, random, re, socket, socketserver, subprocess, sys, threading, time

import pytest

from stack import BIN, ROOT

FOLDER = ROOT / "ops" / "chaosmonkey"
RUN = 240  # seconds for a quick run


def module(name):
    spec = importlib.util.spec_from_file_location(f"chaos_{name}", FOLDER / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made  # dataclasses look their own module up
    spec.loader.exec_module(made)
    return made


timeline, mishaps, oracle, proxy = (module(name) for name in ("timeline", "mishaps", "oracle", "proxy"))


# the timeline


def test_a_seed_is_one_timeline():
    assert timeline.timeline(7, 180) == timeline.timeline(7, 180) != timeline.timeline(8, 180)
    assert timeline.quick(7) == timeline.quick(7) != timeline.quick(8)


@pytest.mark.parametrize("seed", range(20))
def test_no_two_mishaps_touch_the_same_at_once(seed):
    for planned in (timeline.timeline(seed, 600), timeline.quick(seed)):
        for a in planned:
            for b in planned:
                if a.number < b.number and timeline.KINDS[a.kind].uses & timeline.KINDS[b.kind].uses:
                    assert a.at + a.hold < b.at or b.at + b.hold < a.at, (a, b)
        assert all(m.at + m.hold <= 600 for m in planned)


def test_all_kinds_come_and_each_of_them_can_be_made():
    assert {m.kind for m in timeline.timeline(1, 600)} == timeline.KINDS.keys()
    assert {m.kind for m in timeline.quick(1)} == {name for name, kind in timeline.KINDS.items() if kind.is_quick}
    for name in timeline.KINDS:
        mishaps.make(name, None, random.Random(1), 1.0).close()
    assert [m.kind for m in timeline.timeline(1, 20, ["kill-writer"])][:2] == ["kill-writer"] * 2


@pytest.mark.parametrize("arguments", [["--minutes", "x"], ["--seed"], ["--what"], ["--build", "fast"]])
def test_wrong_input_is_told_in_one_line(arguments):
    done = subprocess.run([ROOT / "ops" / "chaos", *arguments], capture_output=True, text=True)
    assert done.returncode == 64 and re.match(r"chaos: .*\n\Z", done.stderr)


def test_the_command_prints_a_timeline():
    done = subprocess.run([ROOT / "ops" / "chaos", "--timeline", "--seed", "3", "--minutes", "1"], capture_output=True, text=True, check=True)
    assert [line.split()[2] for line in done.stdout.splitlines()] == [m.kind for m in timeline.timeline(3, 60)]


# the oracle


class Known:
    """A database of which `answers` says what it gives, by a word of the query."""

    def __init__(self, **answers):
        self.answers, self.stack = answers, self
        self.chats = {"a": {"kind": "supergroup", "id": 5}, "b": {"kind": "basic", "id": 6}}

    def query(self, sql, *_):
        return next((rows for word, rows in self.answers.items() if word in sql), [] if "to_regclass" not in sql else [(None,)])

    def versions(self, name, number):
        return {("a", 1): 2}.get((name, number))


def test_what_stands_or_was_announced_twice_is_found():
    assert oracle.duplicated(Known()) == []
    assert len(oracle.duplicated(Known(**{"from messages": [("g", 1, 2)]}))) == 1
    assert len(oracle.duplicated(Known(outbox=[("g", 1, 2)]))) == 1
    versions = {"to_regclass": [("x",)], "message_versions v": [("channel", 5, 1, 3), ("channel", 5, 2, 9)]}
    assert oracle.duplicated(Known(**versions)) == [("has versions that never were", "a", 1, 3, 2)]


def test_a_hole_without_a_gap_of_its_box_is_found():
    wrong = [(("a", 3), "missing"), (("a", 4), "missing"), (("a", 9), "missing"), (("b", 1), "missing")]
    assert oracle.unrecorded(Known(), wrong) == [("a", 3, 4), ("a", 9, 9), ("b", 1, 1)]
    assert oracle.unrecorded(Known(gaps=[("common", 0)]), wrong) == [("a", 3, 4), ("a", 9, 9)]
    assert oracle.unrecorded(Known(gaps=[("common", 0), ("channel", 5)]), wrong) == []


# the proxy


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        with contextlib.suppress(ConnectionResetError):
            while data := self.request.recv(65536):
                self.request.sendall(data)


@pytest.fixture(scope="module")
def between():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxies = proxy.Proxies()
    yield proxy.Proxy(proxies, server.server_address)
    proxies.close()
    server.shutdown()


def connected(between, wait=2.0):
    made = socket.create_connection(("127.0.0.1", between.port), timeout=wait)
    return made


def said(connection, text=b"hello"):
    connection.sendall(text)
    got = b""
    while len(got) < len(text) and (data := connection.recv(65536)):
        got += data
    return got


def test_what_passes_the_proxy_goes_wrong_as_it_is_told(between):
    before = connected(between)
    assert said(before) == b"hello"
    between.mode("delay", 0.2)
    began = time.monotonic()
    assert said(before) == b"hello" and time.monotonic() - began >= 0.4
    between.mode("stall")
    before.sendall(b"later")
    before.settimeout(0.3)
    with pytest.raises(TimeoutError):
        before.recv(9)
    between.heal()
    before.settimeout(2)
    assert before.recv(9) == b"later"
    between.mode("cut", 8)
    with pytest.raises(ConnectionResetError):
        assert said(before) == b"hello"
        said(before)
    between.heal()
    dead = connected(between)
    assert said(dead) == b"hello"
    between.mode("half-open")
    between.heal()
    dead.sendall(b"is anybody there?")
    dead.settimeout(0.3)
    with pytest.raises(TimeoutError):
        dead.recv(9)
    assert said(connected(between)) == b"hello"
    between.mode("refuse")
    with pytest.raises(ConnectionResetError):
        said(connected(between))
    between.mode("unanswered")
    last = connected(between)
    assert said(last) == b"hello"
    with pytest.raises(ConnectionResetError):
        said(last, proxy.COMMIT)
    between.heal()


# all of it


def chaos(*arguments, seconds):
    """What a run says at its end, and on the way; nothing may be wrong, and nothing may be left behind."""
    done = subprocess.run(
        [sys.executable, FOLDER / "monkey.py", *map(str, arguments), "--bin", BIN], capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stderr[-6000:]
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["lost"], result["duplicated"], result["unrecorded_gaps"]) == (0, 0, 0)
    assert "everything of this run lies in" not in done.stderr
    return result, done.stderr


def test_every_cheap_mishap_once():
    result, told = chaos("--quick", "--seed", 1, seconds=RUN)
    skipped = set(re.findall(r"^skipped: ([\w-]+):", told, re.MULTILINE))
    assert result["faults"].keys() | skipped == {name for name, kind in timeline.KINDS.items() if kind.is_quick}
    assert result["messages"] > 300


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [21, 22, 23])
def test_minutes_of_chaos(seed):
    result, _ = chaos("--minutes", 3, "--seed", seed, seconds=800)
    assert result["messages"] > 3000 and len(result["faults"]) > 20
