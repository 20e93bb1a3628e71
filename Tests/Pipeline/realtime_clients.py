"""The unmodified clients from PyPI, each in a process of its own: `realtime` newest and 2.0.6, and `supabase`."""
import importlib.metadata, json, os, pathlib, subprocess, sys, threading

from stack import ROOT, until

OLD = "realtime 2.0.6"
CLIENTS = ("realtime", OLD, "supabase")
PROGRAM = pathlib.Path(__file__).with_name("realtime_subscriber.py")


def old_client():
    """A folder with the old version of `realtime` and what belongs to it, from PyPI; it stays there for the next time."""
    name, version = OLD.split()
    folder = ROOT / ".build" / f"{name}-{version}-{sys.version_info[0]}.{sys.version_info[1]}"
    if not (folder / "complete").exists():
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(folder), f"{name}=={version}"],
            capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"pip cannot install {OLD}: {done.stderr}"
        (folder / "complete").touch()
    return folder


class Subscriber:
    """A subscriber to channel `messages` of the server at this address, and what it told."""

    def __init__(self, client, address, key, folder):
        self.client = client
        kind = client.split()[0]
        environment = {**os.environ, **({"PYTHONPATH": str(old_client())} if client == OLD else {})}
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), kind, address, key], stdout=subprocess.PIPE, env=environment,
            stderr=open(folder / f"subscriber-{kind}-{id(self)}.log", "wb"), text=True)
        self.events, self.states, self.version = [], [], None
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            if "version" in said:
                self.version = said["version"]
            else:
                (self.states if "state" in said else self.events).append(said)

    def joins(self, times=1):
        until(lambda: [s["state"] for s in self.states].count("SUBSCRIBED") >= times, 30, f"join {times} of {self.client}: {self.states}")
        assert self.version == (OLD.split()[1] if self.client == OLD else importlib.metadata.version(self.client)), self.version

    def ids(self):
        return [int(e["id"]) for e in list(self.events) if e["id"] and e["event"] != "shout"]

    def close(self):
        self.process.kill()
        self.process.wait(10)
