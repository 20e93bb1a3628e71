"""Our stages while something is away for long: many supergroups, a server that soon forgets, load that never pauses."""
import json, socket, time
from concurrent.futures import ThreadPoolExecutor

import zmq

from faults import CRAWLER, WRITER, Faulty
from stack import ACCOUNT, until


def asked(stack, service, command="status", seconds=10, run="run", **arguments):
    """What a stage answers over its control socket."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as asker:
        asker.linger = 0
        asker.connect(f"ipc://{stack.folder}/{run}/control/{service}.sock")
        asker.send(json.dumps({"id": 1, "command": command, "arguments": arguments, "actor": "test"}).encode())
        assert asker.poll(seconds * 1000), f"{service}: no answer to {command}"
        answer = json.loads(asker.recv_multipart()[-1])
    assert answer["ok"], answer
    return answer["result"]


def committed(stack, run="run"):
    """Records that the writer has committed since its start, by its own count."""
    counters = asked(stack, "writer", run=run)["counters"]
    return sum(value for name, value in counters.items() if name.startswith("records_committed_total"))


def gauge(stack, name, service=f"listener@{ACCOUNT}"):
    return asked(stack, service)["gauges"].get(name)


class Busy(Faulty):
    """A `Stack` with writer and listener at a simulator whose boxes remember `window` steps; all groups are supergroups."""

    def __init__(self, stack, groups, window):
        self.stack, self.groups, self.window = stack, groups, window
        stack.start_simulator("--accounts", "4", "--window", window)
        self.control = socket.create_connection(("127.0.0.1", stack.control_port), timeout=120)
        self.lines = self.control.makefile("rb")
        stack.prepare(CRAWLER)
        self.chats, self.number, self.lost = {}, 0, set()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.register, [self.create(f"group {n}") for n in range(groups)]))
        self.start_stages()
        self.listens()

    def start_stages(self):
        for stage in ("writer", "listener"):
            self.stack.start(stage)

    def create(self, name):
        made = self.ask("create_group", kind="supergroup", title=name, creator=WRITER, members=[CRAWLER, WRITER], username=None)["group"]
        self.chats[name] = {"kind": "supergroup", "id": made["id"]}
        return name

    def register(self, name):
        self.stack.ctl("groups", "add", self.chats[name]["id"], "--type", "channel", "--title", name, "--account", ACCOUNT)

    def happened(self):
        """New messages, edits and deletions of the load so far."""
        told = self.ask("load_status")
        assert not told.get("failed"), told
        return sum(told.get(name, 0) for name in ("new", "edit", "delete"))

    def load(self, rate, seconds):
        """In all groups at once, from now on; returns at once."""
        self.ask("load", rate=rate, seconds=seconds, mix="90:7:3", groups=list(self.chats.values()), seed=self.number)
        self.number += 1

    def loaded(self, seconds):
        until(lambda: not self.ask("load_status")["running"], seconds, "the end of the load", every=0.2)

    def drained(self, backlog, seconds):
        """Waits until so many records more are committed; how many a second after the first transaction, or None if that held all."""
        start, limit, seen = committed(self.stack), time.monotonic() + seconds, []
        while not seen or seen[-1][1] - start < backlog:
            now, count = time.monotonic(), committed(self.stack)
            assert now < limit, f"{count - start} of {backlog:.0f} records were committed in {seconds} s"
            if count > start and (not seen or count > seen[-1][1]):
                seen.append((now, count))
            time.sleep(0.02)
        (began, first), (ended, last) = seen[0], seen[-1]
        return (last - first) / (ended - began) if ended > began else None

    def nothing_lacks(self, seconds):
        """Rows equal to the truth, none twice, nothing put aside, and no gap."""
        self.equals(seconds)
        assert self.stack.query("select reason, count(*) from aaltohub.gaps where reason <> 'disabled' group by 1") == []
        # a message that was applied twice would be told twice
        assert self.stack.query(
            "select telegram_message_id from aaltohub.outbox where event = 'insert' group by group_id, 1 having count(*) > 1") == []
