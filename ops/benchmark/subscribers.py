"""What `ops/bench realtime` does once everything is built: see there.

One run of our stages on a simulated Telegram and a private Postgres. First one reader alone, from Telegram to it; then new messages at one
rate without subscribers and with them; then at growing rates, up to one that does not hold; at last with a subscriber that does not read.
"""
import argparse, json, os, signal, socket, subprocess, sys, threading, time, urllib.request

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import crawl, demo, live, live_report, observer

TOKEN = "token-of-the-benchmark-0123456789"
MOST_MS = 200.0  # from the transaction's time to the frame's arrival at the subscriber
FIRST, GROWTH, CEILING = 50, 2, 3200  # messages a second
READER_RATE = 100  # messages a second, for the one reader
SETTLE = 30.0  # seconds for everything that was sent to arrive
STUCK_SECONDS = 120.0


class Reader(threading.Thread):
    """One subscriber of channel `messages`, as a browser is: when each message came to it first."""

    JOIN = {"topic": "realtime:messages", "event": "phx_join", "payload": {"config": {}}, "ref": "1", "join_ref": "1"}

    def __init__(self, port):
        super().__init__(daemon=True)
        self.came = {}  # (uuid of the group, id) -> ns
        self.socket = connect(
            f"ws://127.0.0.1:{port}/realtime/v1/websocket?vsn=1.0.0", additional_headers={"apikey": TOKEN}, proxy=None)
        self.socket.send(json.dumps(self.JOIN))
        while json.loads(self.socket.recv(timeout=live.QUIET))["event"] != "phx_reply":
            pass

    def run(self):
        try:
            for text in self.socket:
                now, frame = time.time_ns(), json.loads(text)
                if frame["event"] == "broadcast":
                    row = frame["payload"]["payload"]
                    self.came.setdefault((row["group_id"], row["telegram_message_id"]), now)
        except ConnectionClosed:
            pass  # by us

    def end(self):
        self.socket.close()
        self.join()


class Realtime(live.Live):
    def write_live_config(self, port):
        super().write_live_config(port)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.http = free.getsockname()[1]
        with open(self.config, "a") as config:
            config.write(f"supervisor:\n  listen: 127.0.0.1:{self.http}\n")

    def prepare(self):
        self.start_simulator()
        self.write_live_config(self.port)
        self.migrate()
        with self.connect("aaltohub") as connection:
            connection.execute(observer.PREPARE)
        self.ctl("login", "--account", "main", "--phone", crawl.OWN, stdin=f"{demo.CODE}\n")
        for group in self.groups:
            self.ctl("groups", "add", str(group["id"]), "--type", "channel", "--title", group["title"], "--account", "main")
        self.environment["ADMIN_TOKEN"] = TOKEN
        self.supervisor = self.stage(self.config, "supervisor")
        self.stages = [self.stage(self.config, "writer"), self.stage(self.config, "listener", "--account", "main"), self.supervisor]
        self.until(lambda: self.users[crawl.OWN] in self.simulator(cmd="stats")[-1]["online"], self.stages, "a session that gets updates")
        self.send(live.WARM_RATE, live.WARM_SECONDS)

    def metric(self, name):
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            said = answer.read().decode()
        return sum(float(line.split()[-1]) for line in said.splitlines() if line.startswith(f"aaltohub_{name}"))

    def announced(self):
        with self.connect("aaltohub") as connection:
            return connection.execute("select count(*) from aaltohub.outbox").fetchone()[0]

    def caught_up(self):
        """Whether everything that is written has been handed out."""
        with self.connect("aaltohub") as connection:
            newest = connection.execute("select coalesce(max(change_id), 0) from aaltohub.outbox").fetchone()[0]
        return self.metric("changes_position") >= newest

    # the subscribers

    def subscribe(self, number, stuck=0):
        # What was sent before them is not for them. The metrics are two seconds old at most.
        self.until(self.caught_up, self.stages, "everything is handed out")
        client = subprocess.Popen(
            [self.options.client, "127.0.0.1", str(self.http), str(number), str(stuck)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "REALTIME_KEY": TOKEN})
        if client.stdout.readline() != "ready\n":
            raise SystemExit(f"bench: the subscribers did not get ready:\n{self.tail()}")
        client.got = 0
        return client

    def report(self, client):
        client.stdin.write("\n")
        client.stdin.flush()
        return json.loads(client.stdout.readline())

    def point(self, rate, client=None):
        watcher = observer.Observer(f"host={self.socket_folder} user=postgres dbname=aaltohub")
        watcher.start()
        try:
            first, before = self.simulator(cmd="stats")[-1]["messages"], self.announced()
            cpu = crawl.cpu(self.supervisor.pid)
            sent = self.send(rate, self.options.seconds)
            self.settle(watcher, "aaltohub", sent, self.stages)
            told = self.announced() - before
            result = {"rate": rate, "changes": told, "to_commit_ms": self.outcome(watcher, "aaltohub", first)["latency_ms"]}
        finally:
            watcher.close()
        if client:
            measured, end = self.report(client), time.monotonic() + SETTLE
            while measured["least"] < client.got + told and time.monotonic() < end:
                time.sleep(0.2)
                later = self.report(client)
                # What still comes is late: it counts with what came before it.
                measured |= {name: max(measured[name], later[name]) for name in ("p50", "p99", "p999", "max", "most", "lost", "out_of_order")}
                measured |= {"least": later["least"], "same": later["same"], "measured": measured["measured"] + later["measured"]}
            result |= {"subscribers": measured, "complete": measured["least"] == measured["most"] == client.got + told and measured["same"]}
            client.got += told
        result |= {"cpu": (crawl.cpu(self.supervisor.pid) - cpu) / self.options.seconds, **live.memory_of(self.supervisor.pid)}
        demo.say(line(result))
        return result

    def to_reader(self):
        """From the server's send of a message to one reader, at READER_RATE."""
        self.until(self.caught_up, self.stages, "everything is handed out")
        reader, first = Reader(self.http), self.simulator(cmd="stats")[-1]["messages"]
        reader.start()
        sent = self.send(READER_RATE, self.options.seconds)
        end = time.monotonic() + SETTLE
        while len(reader.came) < sent and time.monotonic() < end:
            time.sleep(0.1)
        reader.end()
        with self.connect("aaltohub") as connection:
            uuids = dict(connection.execute("select telegram_id, id::text from groups").fetchall())
        took = sorted(
            (reader.came[key] - message["sent_ns"]) / 1e6 for message in self.simulator(cmd="times", **{"from": first})[:-1]
            if (key := (uuids[message["chat"]], message["id"])) in reader.came)
        result = {"rate": READER_RATE, "sent": sent, "came": len(took)} | {
            name: live.percentile(took, share) for name, share in live_report.SHARES.items()}
        demo.say(
            f"from Telegram to one reader at {READER_RATE}/s: p50 {result['p50']:.1f} p99 {result['p99']:.1f} most {result['most']:.1f} ms;"
            f" {result['came']} of {sent} came")
        return result

    def measure(self):
        figures = {"reader": self.to_reader()}
        figures |= {"subscribers": self.options.subscribers, "seconds": self.options.seconds, "without": self.point(self.options.rate)}
        figures["memory_before"] = live.memory_of(self.supervisor.pid)
        client = self.subscribe(self.options.subscribers)
        figures["memory_connected"] = live.memory_of(self.supervisor.pid)
        figures["with"] = self.point(self.options.rate, client)
        figures["again"] = self.point(self.options.rate, client)
        rate, figures["growing"], figures["highest"] = FIRST, [], 0
        while rate <= CEILING:
            figures["growing"].append(self.point(rate, client))
            if not holds(figures["growing"][-1]):
                break
            figures["highest"], rate = rate, rate * GROWTH
        client.kill()
        client.wait()
        figures["stuck"] = self.stuck(max(FIRST, figures["highest"] // 4))
        return figures

    def stuck(self, rate):
        """A subscriber that does not read, among those who do."""
        client, dropped, began = self.subscribe(self.options.subscribers, stuck=1), self.metric("realtime_dropped_total"), time.monotonic()
        while self.metric("realtime_dropped_total") == dropped:
            if time.monotonic() - began > STUCK_SECONDS:
                raise SystemExit("bench: a subscriber that does not read was not dropped")
            self.send(rate, 2)
        time.sleep(1)
        said = self.report(client)
        result = {"rate": rate, "dropped_after_seconds": time.monotonic() - began, "others": said, **live.memory_of(self.supervisor.pid)}
        demo.say(f"one that does not read at {rate}/s: dropped after {result['dropped_after_seconds']:.0f} s; {said['lost']} of the others were;"
                 f" their p99 {said['p99']:.1f} ms; supervisor {result['rss_mb']:.0f} MB")
        client.kill()
        client.wait()
        return result

    def run(self):
        self.log = open(self.folder / "log", "ab")
        signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        try:
            demo.say("Starting a private Postgres …")
            self.start_postgres()
            self.prepare()
            figures = self.measure()
            if self.options.json:
                with open(self.options.json, "w") as file:
                    file.write(json.dumps(figures, indent=1) + "\n")
            demo.say(f"the highest rate that holds p99 under {MOST_MS:.0f} ms with {figures['subscribers']} subscribers: {figures['highest']}/s")
            reader, stuck = figures["reader"], figures["stuck"]
            good = reader["came"] == reader["sent"] and holds(figures["with"]) and holds(figures["again"]) and stuck["others"]["lost"] == 0
            return 0 if good else 1
        except KeyboardInterrupt:
            demo.say("\nStopping …")
            return 70
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave Postgres behind
            self.stop()


def holds(point):
    said = point["subscribers"]
    return point["complete"] and said["lost"] == said["out_of_order"] == 0 and said["measured"] > 0 and said["p99"] < MOST_MS


def line(point):
    text = f"{point['rate']:>5}/s  send to commit p50 {point['to_commit_ms']['p50']:.1f} p99 {point['to_commit_ms']['p99']:.1f} ms"
    if said := point.get("subscribers"):
        text += f"  commit to socket p50 {said['p50']:.1f} p99 {said['p99']:.1f} max {said['max']:.1f} ms  {'all' if point['complete'] else 'NOT ALL'} came"
    return text + f"  supervisor {point['cpu'] * 100:.0f} % CPU, {point['rss_mb']:.0f} MB"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--groups", type=int, default=20)
    parser.add_argument("--json")
    return Realtime(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
