"""Our stages at our simulator with faults on: three chats are registered, and the table is compared with what the simulator knows."""
import json, random, socket
from datetime import datetime, timezone

from stack import ACCOUNT, CODE, until

CRAWLER, WRITER = "9996610001", "9996610002"
KINDS = {"basic": "group", "supergroup": "channel", "channel": "channel"}
SECONDS = 30  # for the table to become equal


class Faulty:
    """A `Stack` with a running simulator, writer and listener; `chats` are the registered ones by kind."""

    def __init__(self, stack, *more_basic_groups):
        self.stack = stack
        stack.start_simulator("--accounts", "4")
        self.control = socket.create_connection(("127.0.0.1", stack.control_port), timeout=60)
        self.lines = self.control.makefile("rb")
        # The server's word for the pause between two polls of a channel; the listener goes as low as five seconds.
        self.ask("window", timeout_seconds=5)
        stack.prepare(CRAWLER)
        self.chats = {}
        for name, kind in [(kind, kind) for kind in KINDS] + [(name, "basic") for name in more_basic_groups]:
            self.add(kind, name)
        stack.start("writer")
        stack.start("listener")
        self.listens()
        self.number = 0
        self.lost = set()  # what no difference can bring any more

    def add(self, kind, name):
        """One more chat of the crawler and the writer, registered."""
        made = self.ask("create_group", kind=kind, title=name, creator=WRITER, members=[CRAWLER, WRITER], username=None)["group"]
        self.chats[name] = {"kind": kind, "id": made["id"]}
        self.stack.ctl("groups", "add", made["id"], "--type", KINDS[kind], "--title", name, "--account", ACCOUNT)
        return self.chats[name]

    def ask(self, cmd, **arguments):
        """One control command: its last line, those before it under `lines`."""
        self.control.sendall(json.dumps({"cmd": cmd, **arguments}).encode() + b"\n")
        lines = []
        while True:
            line = json.loads(self.lines.readline())
            if "ok" in line:
                assert line["ok"], (cmd, arguments, line)
                return {**line, "lines": lines}
            lines.append(line)

    def listens(self):
        """A session of the listener gets updates."""
        user = next(a["id"] for a in self.ask("accounts")["accounts"] if a["phone"] == CRAWLER)
        until(lambda: user in self.ask("stats")["online"], 30, "a session that gets updates")

    def live(self):
        """The chats that can be written in, by name."""
        return [name for name in self.chats if not name.endswith(" before")]

    # what happens

    def send(self, name, text):
        return self.ask("send", **{"from": WRITER, "to": self.chats[name], "text": text})["message"]

    def edit(self, name, message, text):
        self.ask("edit", **{"from": WRITER, "to": self.chats[name], "message": message, "text": text})

    def delete(self, name, message):
        self.ask("delete", **{"from": WRITER, "to": self.chats[name], "message": message})

    def something_happens(self, rounds=8, names=None):
        """New messages, edits and deletions in all the chats, in an order that the count of the calls before decides."""
        self.number += 1
        rng = random.Random(self.number)
        for name in names or self.live():
            alive = []
            for i in range(rounds):
                alive.append(self.send(name, f"{self.number}/{i} in {name} 안녕 𝛌"))
                if rng.random() < 0.3:
                    self.edit(name, rng.choice(alive), f"{self.number}/{i} edited")
                if rng.random() < 0.2:
                    self.delete(name, alive.pop(rng.randrange(len(alive))))

    def migrate(self, name):
        """The basic group becomes a supergroup, which takes its name here."""
        made = self.ask("migrate", **self.chats[name])["group"]
        self.chats[f"{name} before"] = self.chats.pop(name)
        self.chats[name] = {"kind": "supergroup", "id": made["id"]}

    def heal(self):
        """No more faults, and a last word everywhere, which shows every gap."""
        self.ask("faults", end=True)
        for name in self.live():
            self.send(name, "the last word")

    # what is compared

    def truth(self):
        """Every message of the registered chats as the crawler's account has it."""
        names = {(chat["kind"], chat["id"]): name for name, chat in self.chats.items()}
        found = {}
        for line in self.ask("dump", account=CRAWLER)["lines"]:
            name = names.get((line["kind"], line["chat"]))
            if name and not line["service"]:
                found[name, line["id"]] = line
        return found

    def rows(self):
        found = {}
        names = {(KINDS[chat["kind"]], chat["id"]): name for name, chat in self.chats.items()}
        for kind, chat, number, *values in self.stack.query(
            "select g.chat_type, g.telegram_id, m.telegram_message_id, m.text, m.sender_id, m.sent_at, m.edited_at, m.is_deleted"
            " from messages m join groups g on g.id = m.group_id where m.service is null"
        ):
            name = names[kind, chat]
            assert (name, number) not in found, f"{name} {number} stands twice"
            found[name, number] = values
        return found

    def differences(self):
        """Where the table is not as the simulator knows it. What came and went while nobody was told may have no row."""
        def time(seconds):
            return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)

        wrong, rows = [], self.rows()
        for key, message in self.truth().items():
            row = rows.pop(key, None)
            if message["deleted"]:
                if row and not row[4]:
                    wrong.append((key, "not deleted"))
            elif row is None:
                if key not in self.lost:
                    wrong.append((key, "missing", message["text"]))
            else:
                sender = row[1] if self.chats[key[0]]["kind"] == "channel" else message["sender"]
                expected = [message["text"], sender, time(message["date"]), time(message["edit_date"]), False]
                if row != expected:
                    wrong.append((key, row, expected))
        return wrong + [(key, "no such message", row) for key, row in rows.items()]

    def equals(self, seconds=SECONDS):
        try:
            until(lambda: not self.differences(), seconds, "the table equal to what the simulator knows")
        except AssertionError as error:
            wrong = self.differences()
            raise AssertionError(
                f"{len(wrong)} differ, as {wrong[:4]}\n{self.ask('stats')}\n{self.stack.log('listener')[-3000:]}") from error
        assert self.stack.query("select count(*) from failed_messages") == [(0,)]
        assert self.stack.processes["listener"].poll() is None, "the listener ended"

    def gaps(self):
        return self.stack.query(
            "select box, channel_id, from_value, to_value from aaltohub.gaps where reason <> 'disabled' order by id")

    def count(self, fault):
        return self.ask("stats")["faults"].get(fault, 0)

    def calls(self, method):
        return self.ask("stats")["calls"].get(method, 0)
