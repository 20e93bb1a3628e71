"""ops/run with stand-ins for the stages: the units' rules without systemd."""
import pathlib, re, signal, stat, subprocess, sys, tempfile, threading, time

import pytest

from machine import ROOT

# A stage that gets ready, tells its signals, and does what its name's file says.
STAGE = """#!{python}
import os, pathlib, signal, socket, sys, time
folder = pathlib.Path(__file__).parent
name = pathlib.Path(sys.argv[0]).name
def ended(*_):
    print("ended by SIGTERM", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, ended)
orders = folder / (name + ".orders")
if orders.exists():
    number = int(orders.read_text())
    print(f"ends with {{number}}", flush=True)
    sys.exit(number)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(b"STATUS=all is well\\nREADY=1", os.environ["NOTIFY_SOCKET"])
print("working with", *sys.argv[1:], flush=True)
while True:
    s.sendto(b"WATCHDOG=1", os.environ["NOTIFY_SOCKET"])
    time.sleep(0.2)
"""


class Run:
    def __init__(self, folder, *arguments):
        self.folder = folder
        self.process = subprocess.Popen(
            [ROOT / "ops" / "run", "--bin", folder, "--account", "a", "--account", "b", "--restart-sec", "0.2", "--ready-file", folder / "ready", *arguments],
            stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.news = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()

    def wait(self, pattern, times=1, seconds=15):
        """The first line that matches, once so many do."""
        with self.news:
            found = lambda: [line for line in self.lines if re.search(pattern, line)]
            assert self.news.wait_for(lambda: len(found()) >= times, seconds), f"no {pattern!r} in\n" + "\n".join(self.lines)
            return found()[-1]

    def pid(self, stage):
        return int(self.wait(f"run .*{stage}: started as process").split()[-1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(35)
        self.reader.join(5)
        return status


@pytest.fixture
def run():
    with tempfile.TemporaryDirectory(prefix="ah-", dir="/tmp") as name:
        folder = pathlib.Path(name)
        for stage in ("writer", "supervisor", "listener", "backfill"):
            file = folder / f"aaltohub-{stage}"
            file.write_text(STAGE.format(python=sys.executable))
            file.chmod(file.stat().st_mode | stat.S_IXUSR)
        made = []

        def start(*arguments):
            made.append(Run(folder, *arguments))
            return made[-1]

        yield start
        for one in made:
            if one.process.poll() is None:
                one.process.kill()
                one.process.wait()


def test_all_stages_start_and_stop_in_order(run):
    one = run("--config", "/some/file")
    one.wait("run .*all ready")
    assert sorted(line.split()[0] for line in (one.folder / "ready").read_text().splitlines()) == [
        "backfill@a", "backfill@b", "listener@a", "listener@b", "supervisor", "writer"]
    one.wait(r"listener@a +\| working with --account a --config /some/file")
    assert one.stop() == 0
    stops = [line.split()[2].rstrip(":") for line in one.lines if ": stopped (status 0)" in line]
    assert sorted(stops[:4]) == ["backfill@a", "backfill@b", "listener@a", "listener@b"] and stops[4:] == ["writer", "supervisor"]


def test_a_killed_stage_comes_back_alone(run):
    one = run()
    one.wait("run .*all ready")
    subprocess.run(["kill", "-9", str(one.pid("writer"))], check=True)
    one.wait("writer: ended with signal SIGKILL: starts again in 0.2 s")
    one.wait("writer: ready: all is well", times=2)
    assert len([line for line in one.lines if ": started as process" in line]) == 7
    assert one.stop() == 0


def test_a_stage_that_drains_comes_back(run):
    """The control command `drain` ends a stage with 0, as SIGTERM does: to its runner that is a restart and no end."""
    one = run()
    one.wait("run .*all ready")
    subprocess.run(["kill", "-TERM", str(one.pid("listener@a"))], check=True)
    one.wait("listener@a: ended with status 0: starts again in 0.2 s")
    one.wait("listener@a: ready: all is well", times=2)
    assert one.stop() == 0


@pytest.mark.parametrize("status", [77, 78])
def test_what_a_person_has_to_mend_is_not_started_again(run, status):
    one = run()
    one.wait("run .*all ready")
    (one.folder / "aaltohub-listener.orders").write_text(str(status))
    subprocess.run(["kill", "-9", str(one.pid("listener@a"))], check=True)
    one.wait(f"listener@a: ended with status {status}: somebody has to mend that")
    one.wait("writer +\\| working")
    assert one.stop() == status


def test_a_stage_that_cannot_live_is_given_up_after_the_start_limit(run):
    one = run("--restart-sec", "0.01")
    one.wait("run .*all ready")
    (one.folder / "aaltohub-supervisor.orders").write_text("75")
    subprocess.run(["kill", "-9", str(one.pid("supervisor"))], check=True)
    one.wait("supervisor: started 20 times within an hour: given up", seconds=30)
    one.stop()


def test_a_missing_executable_is_said(run):
    one = run()
    one.wait("run .*all ready")
    (one.folder / "aaltohub-writer").unlink()
    subprocess.run(["kill", "-9", str(one.pid("writer"))], check=True)
    one.wait("writer: cannot be started: .*aaltohub-writer: No such file")
    assert one.stop() == 78


def test_the_stages_end_with_a_killed_runner(run):
    one = run()
    one.wait("run .*all ready")
    pids = [int(line.split()[1]) for line in (one.folder / "ready").read_text().splitlines()]
    one.process.kill()
    one.process.wait()
    end = time.monotonic() + 10
    while any(pathlib.Path(f"/proc/{pid}/cmdline").exists() and pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids):
        assert time.monotonic() < end, "a stage outlives its runner"
        time.sleep(0.05)
