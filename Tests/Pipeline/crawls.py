"""Backfill beside writer and listener at our simulator, with short intervals; the table is compared with what the simulator knows."""
import collections, json, random, socket, threading, time

from faults import CRAWLER, KINDS, WRITER, Faulty
from stack import ACCOUNT, until

FAST = {"pace_milliseconds_per_page": 0, "interval_seconds": 2, "new_groups_seconds": 2, "recent_minutes": 0}
SECONDS = 60  # for a small history to be crawled


def settings(**more):
    return "backfill:\n" + "".join(f"  {key}: {value}\n" for key, value in {**FAST, **more}.items())


class Crawled(Faulty):
    """A `Stack` with a simulator that has a past; every chat of the crawler is registered. Stages are started by the tests."""

    def __init__(self, stack, *simulator, extra="", register=True, stages=("writer", "listener", "backfill")):
        self.stack = stack
        stack.write_config(extra=settings() + extra if "backfill:" not in extra else extra)
        stack.start_simulator("--accounts", "4", *simulator)
        self.control = socket.create_connection(("127.0.0.1", stack.control_port), timeout=120)
        self.lines = self.control.makefile("rb")
        self.talking = threading.Lock()
        self.ask("window", timeout_seconds=5)
        stack.prepare(CRAWLER)
        if not self.has_login():
            stack.ctl("login", "--account", ACCOUNT, "--for", "backfill")
        self.chats, self.number, self.lost, self.aged = {}, 0, set(), 0
        if register:
            self.register_all()
        for stage in stages:
            stack.start(stage)
            if stage == "listener":
                self.listens()

    def has_login(self):
        return self.stack.query("select count(*) from aaltohub.authorisations where sealed_session is not null") != [(0,)]

    def ask(self, cmd, **arguments):
        with getattr(self, "talking", threading.Lock()):
            return super().ask(cmd, **arguments)

    def user(self, phone=CRAWLER):
        return next(a["id"] for a in self.ask("accounts")["accounts"] if a["phone"] == phone)

    def followed(self):
        """How many groups each stage that speaks to Telegram captures now, as it says itself."""
        services = json.loads(self.stack.ctl("status", "--json").stdout)["services"]
        return {s["service"]: int(s["gauges"]["groups"]) for s in services if "groups" in s.get("gauges", {})}

    def register_all(self):
        user = self.user()
        for group in self.ask("groups")["groups"]:
            if user in group.get("members", [user]):
                self.chats[f"{group['kind']} {group['id']}"] = {"kind": group["kind"], "id": group["id"]}
                self.register(group)

    def register(self, group, account=ACCOUNT):
        self.stack.ctl(
            "groups", "add", group["id"], "--type", KINDS[group["kind"]], "--title", f"{group['kind']} {group['id']}", "--account", account)

    # what happens

    def author(self, name):
        """Who may write there: the creator of a channel."""
        authors = self.__dict__.setdefault("authors", {})
        if name not in authors:
            for phone in [WRITER] + [a["phone"] for a in self.ask("accounts")["accounts"] if a["phone"] != WRITER]:
                try:
                    self.ask("send", **{"from": phone, "to": self.chats[name], "text": "may I write here?"})
                except AssertionError:
                    continue
                authors[name] = phone
                break
        return authors[name]

    def send(self, name, text):
        return self.ask("send", **{"from": self.author(name), "to": self.chats[name], "text": text})["message"]

    def edit(self, name, message, text):
        self.ask("edit", **{"from": self.author(name), "to": self.chats[name], "message": message, "text": text})

    def delete(self, name, message):
        self.ask("delete", **{"from": self.author(name), "to": self.chats[name], "message": message})

    def forget_all(self):
        """Every position of before is too long ago."""
        for chat in self.chats.values():
            if chat["kind"] != "basic":
                self.ask("forget", **chat)
        self.ask("forget", account=CRAWLER)

    # what is compared: what was sent within the kept window

    def truth(self):
        # An anonymous admin speaks as the chat.
        writers = {
            (line["kind"], line["chat"], line["telegram_message_id"]): line["sender_id"]
            for line in self.ask("rows", account=CRAWLER)["lines"]}
        return {
            key: {**message, "text": message["text"] or None, "sender": writers[message["kind"], message["chat"], message["id"]]}
            for key, message in super().truth().items() if message["date"] >= self.since()}

    def rows(self):
        return {key: row for key, row in super().rows().items() if row[2].timestamp() >= self.since()}

    def since(self):
        """By the server's clock, and a minute later: the window moves on while it is crawled."""
        return time.time() + self.aged - 14 * 86400 + 60

    # what is known

    def coverage(self):
        return self.stack.query(
            "select g.telegram_id, c.low, c.high, c.since, c.is_live from aaltohub.coverage c join groups g on g.id = c.group_id"
            " order by 1, 2")

    def jobs(self, **where):
        condition = " and ".join(f"{key} = %s" for key in where) or "true"
        return self.stack.query(
            f"select id, kind, state, pages, messages, total, gaps from aaltohub.crawl_jobs where {condition} order by id", *where.values())

    def open_gaps(self):
        return self.stack.query("select count(*) from aaltohub.gaps where closed_at is null")[0][0]

    def is_covered(self):
        """Every enabled group has one live range that knows where the kept window begins, and nothing is open."""
        return self.stack.query(
            "select count(*) from groups g left join crawler_status s on s.group_id = g.id where coalesce(s.is_enabled, true)"
            " and not exists (select from aaltohub.coverage c where c.group_id = g.id and c.is_live and c.since is not null)") == [(0,)]

    def is_crawled(self, seconds=SECONDS):
        until(self.is_covered, seconds, "coverage of every group")
        until(lambda: not self.jobs(state="running") and not self.jobs(state="queued"), seconds, "no open crawl")
        self.equals(seconds)

    def status(self):
        """What backfill answers over its control socket."""
        import zmq

        with zmq.Context() as context, context.socket(zmq.DEALER) as asker:
            asker.linger = 0
            asker.connect(f"ipc://{self.stack.folder}/run/control/backfill@{ACCOUNT}.sock")
            return self.order(asker, "status")

    def command(self, name, **arguments):
        import zmq

        with zmq.Context() as context, context.socket(zmq.DEALER) as asker:
            asker.linger = 0
            asker.connect(f"ipc://{self.stack.folder}/run/control/backfill@{ACCOUNT}.sock")
            return self.order(asker, name, **arguments)

    @staticmethod
    def order(asker, name, **arguments):
        asker.send(json.dumps({"id": 1, "command": name, "arguments": arguments, "actor": "test"}).encode())
        assert asker.poll(10_000), f"no answer to {name}"
        return json.loads(asker.recv_multipart()[-1])


def pages(crawled):
    """Each page of history that was asked for and answered: which, and how often."""
    lines = crawled.ask("calls_log", action="read", methods=["messages.getHistory"])["lines"]
    return collections.Counter(
        (line["kind"], line["chat"], line["offset_id"]) for line in lines
        if line["outcome"] == "ok" and line["add_offset"] == -100 and line["offset_id"])


class Load:
    """Live traffic in every chat from a thread, until it is told to end."""

    def __init__(self, crawled, pause=0.02, seed=1):
        self.crawled, self.random, self.pause = crawled, random.Random(seed), pause
        self.over = threading.Event()
        self.error = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        alive = []
        try:
            while not self.over.wait(self.pause):
                name = self.random.choice(self.crawled.live())
                alive.append((name, self.crawled.send(name, f"live {len(alive)} 안녕")))
                if self.random.random() < 0.2:
                    self.crawled.edit(*self.random.choice(alive), f"edited live {self.random.random()}")
                if self.random.random() < 0.1:
                    self.crawled.delete(*alive.pop(self.random.randrange(len(alive))))
        except Exception as error:  # told to the test's own thread
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(30)
        if self.error:
            raise self.error
