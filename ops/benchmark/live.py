"""What `ops/bench live` does once everything is built: see there.

Each round has a simulator of its own. At each rate our stages and the predecessor are started in turn, in an order that turns, with empty
databases of one cluster; the same load is sent; then they are stopped. So neither ever runs beside the other, and both meet the same
minute of the machine.

Latency is the time from the simulated server's send to the moment at which a subscriber of the database's log is told of the row's commit
(`observer.py`): it is on the disk then, and can be read. CPU and memory are those of the pipeline's own processes; Postgres is told apart.
"""
import argparse, json, math, os, pathlib, shutil, signal, subprocess, sys, time

import crawl, demo, live_report, observer

OURS, THEIRS = "ours", "theirs"
AUTHOR, MEMBERS = "9996610003", (crawl.OWN, crawl.OTHER, "9996610004")
MOST_MS = 100.0  # the latency that the search holds p99 under
WARM_RATE, WARM_SECONDS = 400, 3.0  # before each measurement: connections, plans and caches are there, and every group was heard of
BURST_SECONDS = 0.1  # in which a burst is to be sent: sooner than anybody can take it
LINGER = 1  # seconds for which the server keeps the session of a side that was stopped
QUIET, PATIENCE = 10.0, 300.0  # seconds: without progress, and in all, after which a side has nothing more to come
REACHED = 0.97  # the share of a rate that the simulator must have sent for the point to count
IDLE_SECONDS, IDLE_SHARE = 2.0, 0.05  # a process that used less of a core for so long has taken in what there was
CEILING = 40_000  # messages a second: the search goes no higher
SETTINGS = (
    "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "wal_level", "commit_delay", "shared_buffers", "server_version",
)
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class Live(crawl.Crawl):
    SETTINGS = (*crawl.Crawl.SETTINGS, "wal_level = 'logical'")

    # what both sides share

    def start_postgres(self):
        """With --sync-milliseconds it and the stages find their disk so much slower."""
        super().start_postgres()
        if self.options.slow_disk:
            library = shutil.copy(self.options.slow_disk, self.folder)
            os.chmod(library, 0o755)
            slow = {"LD_PRELOAD": str(library), "AALTOHUB_SYNC_MICROSECONDS": str(self.options.sync_milliseconds * 1000)}
            self.environment |= slow
            self.prefix = [*self.prefix, "env", *(f"{name}={value}" for name, value in slow.items())]
            self.pg("pg_ctl", "-D", self.data, "-l", self.data.parent / "log", "-w", "restart")

    def settings(self):
        """Those of Postgres that decide what a commit is worth; the same cluster serves both sides."""
        with self.connect("postgres") as connection:
            shown = {name: connection.execute(f"show {name}").fetchone()[0] for name in SETTINGS}
        if any(shown[name] != value for name, value in DURABLE.items()):
            raise SystemExit(f"bench: Postgres would lose commits: {shown}")
        return shown

    def start_simulator(self):
        command = [
            self.bin / "telegram-simulator", "--control-socket", self.folder / "simulator.sock", "--rsa-key", self.folder / "server.pem",
            "--login-code", demo.CODE, "--accounts", "4",
        ]
        self.server = self.spawn(command, stdout=subprocess.PIPE)
        line = self.server.stdout.readline().decode()
        if not line.startswith("ready"):
            raise SystemExit(f"bench: the simulator said {line!r}: {self.tail()}")
        self.port = int(line.split("port=")[1].split()[0])
        self.simulator(cmd="linger", seconds=LINGER)
        self.groups = [
            self.simulator(cmd="create_group", kind="supergroup", title=f"Group {n}", creator=AUTHOR, members=list(MEMBERS))[-1]["group"]
            for n in range(1, self.options.groups + 1)
        ]
        self.users = {account["phone"]: account["id"] for account in self.simulator(cmd="accounts")[-1]["accounts"]}

    def prepare_databases(self):
        """Once a run: the tables of both, without groups."""
        self.config = self.folder / "live.yaml"
        self.write_live_config(port=1)  # nothing is asked there yet
        self.migrate()
        with self.connect("aaltohub") as connection:
            connection.execute(observer.PREPARE)
        with self.connect("postgres") as connection:
            connection.execute("alter database aaltohub rename to aaltohub_migrated")
            connection.execute("create database predecessor_migrated")
        with self.connect("predecessor_migrated") as connection:
            connection.execute(self.predecessor_schema())
            connection.execute(observer.PREPARE)

    def write_live_config(self, port):
        self.config.write_text(
            f"runtime_directory: {self.folder}/run\nstate_directory: {self.folder}/state\n"
            f"database:\n  conninfo: host={self.socket_folder} dbname=aaltohub\n"
            f"telegram:\n  api_id: 4242\n  backfill_login: false\n  servers:\n    - 2 127.0.0.1:{port}\n"
            f"  rsa_key_files:\n    - {self.folder}/server.pem.pub\nmedia:\n  store: none\n")

    def prepare_round(self):
        """A new simulator; both are logged in there, and their databases know the groups."""
        self.start_simulator()
        self.write_live_config(self.port)
        self.fresh("aaltohub", "aaltohub_migrated")
        self.ctl("login", "--account", "main", "--phone", crawl.OWN, stdin=f"{demo.CODE}\n")
        for group in self.groups:
            self.ctl("groups", "add", str(group["id"]), "--type", "channel", "--title", group["title"], "--account", "main")
        self.fresh("predecessor", "predecessor_migrated")
        with self.connect("predecessor") as connection:
            for group in self.groups:
                connection.execute("insert into groups (telegram_id, title) values (%s, %s)", (group["id"], group["title"]))
        with self.connect("postgres") as connection:
            for name in ("aaltohub", "predecessor"):
                connection.execute(f"drop database if exists {name}_empty")
                connection.execute(f"alter database {name} rename to {name}_empty")
        if hasattr(self, "session"):
            del self.session
        self.session = self.python(
            "telethon_side.py", "login", "--phone", f"+{crawl.OTHER}", "--code", demo.CODE)["session"]

    def end_round(self):
        self.server.terminate()
        self.server.wait(20)

    # the two sides: start, and what they say of themselves at their end

    def start_ours(self):
        self.fresh("aaltohub", "aaltohub_empty")
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        return [self.stage(self.config, "writer"), self.stage(self.config, "listener", "--account", "main")]

    def stop_ours(self, processes):
        self.stop_stages(*reversed(processes))
        with self.connect("aaltohub") as connection:
            return {"gaps": connection.execute("select count(*) from aaltohub.gaps where reason <> 'disabled'").fetchone()[0]}

    def start_theirs(self):
        self.fresh("predecessor", "predecessor_empty")
        process = self.spawn([
            sys.executable, crawl.HERE / "predecessor.py", "--dsn", f"postgres://postgres@/predecessor?host={self.socket_folder}",
            "--server", f"127.0.0.1:{self.port}", "--server-key", self.folder / "server.pem.pub", "--session", self.session,
            *(["--eager"] if self.options.eager else []),
        ], stdout=subprocess.PIPE)
        if b"ready" not in process.stdout.readline():
            raise SystemExit(f"bench: the predecessor did not get ready:\n{self.tail()}")
        return [process]

    def stop_theirs(self, processes):
        process, = processes
        process.terminate()
        text, _ = process.communicate(timeout=PATIENCE)
        return {"its_counts": json.loads(text.splitlines()[-1])}

    SIDES = {OURS: ("aaltohub", crawl.OWN), THEIRS: ("predecessor", crawl.OTHER)}

    # a point: one side at one rate

    def point(self, side, rate):
        database, phone = self.SIDES[side]
        processes = (self.start_ours if side == OURS else self.start_theirs)()
        watcher = observer.Observer(f"host={self.socket_folder} user=postgres dbname={database}")
        watcher.start()
        try:
            self.until(lambda: self.users[phone] in self.simulator(cmd="stats")[-1]["online"], processes, "a session that gets updates")
            self.send(WARM_RATE, WARM_SECONDS)
            self.settle(watcher, database, int(WARM_RATE * WARM_SECONDS), processes)
            first, warm = self.simulator(cmd="stats")[-1]["messages"], watcher.count()
            before = [crawl.cpu(p.pid) for p in processes], self.postgres_cpu(watcher.pid)
            sent = self.send(rate, self.options.seconds)
            self.settle(watcher, database, warm + sent, processes)
            used = [crawl.cpu(p.pid) - b for p, b in zip(processes, before[0])], self.postgres_cpu(watcher.pid) - before[1]
            memory = [memory_of(p.pid) for p in processes]
            said = (self.stop_ours if side == OURS else self.stop_theirs)(processes)
        finally:
            watcher.close()
        result = {
            "side": side, "rate": rate, "cpu_seconds": sum(used[0]), "postgres_cpu_seconds": used[1],
            **{name: max(m[name] for m in memory) for name in memory[0]}, **said, **self.outcome(watcher, database, first),
        }
        demo.say(live_report.line(result))
        return result

    # the listener by itself, and Telethon by itself

    def alone(self, side):
        """A burst to the listener, its writer stopped, until its spool holds all of it; or to a bare Telethon client, until its handler had all."""
        if side == OURS:
            writer, process = self.start_ours()
        else:
            process = self.spawn([
                sys.executable, crawl.HERE / "telethon_side.py", "listen", "--server", f"127.0.0.1:{self.port}",
                "--server-key", self.folder / "server.pem.pub", "--session", self.session,
            ], stdout=subprocess.PIPE)
            if b"ready" not in process.stdout.readline():
                raise SystemExit(f"bench: Telethon did not get ready:\n{self.tail()}")
        self.until(lambda: self.users[self.SIDES[side][1]] in self.simulator(cmd="stats")[-1]["online"], [process], "a session that gets updates")
        warm = self.send(WARM_RATE, WARM_SECONDS)
        self.idle(process)
        if side == OURS:
            self.stop_stages(writer)
        first, used = self.simulator(cmd="stats")[-1]["messages"], crawl.cpu(process.pid)
        sent = self.send(self.options.burst / BURST_SECONDS, BURST_SECONDS)
        self.idle(process)
        used, memory = crawl.cpu(process.pid) - used, memory_of(process.pid)
        begin = min(line["sent_ns"] for line in self.simulator(cmd="times", **{"from": first})[:-1])
        if side == OURS:
            last = max(path.stat().st_mtime_ns for path in (self.folder / "state").glob("**/spool/*") if path.is_file())
            listener, = (s for s in json.loads(self.ctl("status", "--json"))["services"] if s["service"].startswith("listener"))
            came = listener["counters"]["messages_received_total"]
            self.stop_stages(process)
        else:
            process.terminate()
            said = json.loads(process.communicate(timeout=PATIENCE)[0].splitlines()[-1])
            last, came = said["last_ns"], said["messages"]
        result = {
            "side": side, "sent": sent, "came": came - warm, "seconds": (last - begin) / 1e9, "cpu_seconds": used, **memory,
        }
        demo.say(live_report.line_alone(result))
        return result

    def idle(self, process):
        """Returns once the process has nothing to do any more."""
        end, before = time.monotonic() + PATIENCE, crawl.cpu(process.pid)
        while time.monotonic() < end:
            time.sleep(IDLE_SECONDS)
            self.alive([process], "it had taken everything in")
            now = crawl.cpu(process.pid)
            if now - before < IDLE_SHARE * IDLE_SECONDS:
                return
            before = now

    def send(self, rate, seconds):
        """New messages at that rate in all the groups, at the same distances; how many."""
        load = self.simulator(cmd="load", rate=rate, seconds=seconds, mix="100:0:0", wait=True)[-1]
        if load["failed"] or not load["new"]:
            raise SystemExit(f"bench: the simulator could not send: {load}")
        return load["new"]

    def until(self, check, processes, what):
        end = time.monotonic() + crawl.READY_SECONDS
        while not check():
            self.alive(processes, what)
            if time.monotonic() > end:
                raise SystemExit(f"bench: {what} did not come true:\n{self.tail()}")
            time.sleep(0.02)

    def alive(self, processes, what):
        for process in processes:
            if process.poll() is not None:
                raise SystemExit(f"bench: a process ended with {process.returncode} before {what}:\n{self.tail()}")

    def settle(self, watcher, database, wanted, processes):
        """Returns when so many rows have been seen or were put aside, or nothing changes any more: what then is missing is lost."""
        last, since, end = -1, time.monotonic(), time.monotonic() + PATIENCE
        with self.connect(database) as connection:
            while time.monotonic() < end:
                now = watcher.count()
                if now < wanted:
                    now += connection.execute("select count(*) from failed_messages").fetchone()[0]
                if now >= wanted or (now == last and time.monotonic() - since > QUIET):
                    return
                if now != last:
                    last, since = now, time.monotonic()
                self.alive(processes, "everything was stored")
                time.sleep(0.1)

    def outcome(self, watcher, database, first):
        """What became of the messages with keys from `first` on."""
        with self.connect(database) as connection:
            uuids = dict(connection.execute("select telegram_id, id::text from groups").fetchall())
            failed = connection.execute("select count(*) from failed_messages").fetchone()[0]
            rows = set(connection.execute("select group_id::text, telegram_message_id from messages").fetchall())
        seen, told = watcher.seen(), self.simulator(cmd="times", **{"from": first})[:-1]
        sent = {(uuids[line["chat"]], line["id"]): line["sent_ns"] for line in told}
        begin, end = min(sent.values()), max(sent.values())
        return {"dead_letters": failed} | account(sent, seen, rows) | {
            "reached_rate": (len(sent) - 1) / max(1e-9, (end - begin) / 1e9),
            "drained_seconds": max([0, *((at[0] - end) / 1e9 for key, at in seen.items() if key in sent)]),
        }

    def postgres_cpu(self, without):
        """CPU seconds of the whole cluster but for the process that serves the observer."""
        postmaster = int((pathlib.Path(self.data) / "postmaster.pid").read_text().split()[0])
        ticks = sum(fields(postmaster)[11:15])  # with those of its children that have ended
        for child in pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
            try:
                ticks += 0 if int(child) == without else sum(fields(child)[11:13])
            except (FileNotFoundError, ProcessLookupError):
                pass  # it has just ended and is counted by the postmaster from the next reading on
        return ticks / crawl.TICKS

    # a round

    def round(self, number):
        figures = {"round": number + 1, "load": os.getloadavg()[0], "fdatasync_us": self.sync_time() * 1e3}
        sides = [OURS, THEIRS] if number % 2 == 0 else [THEIRS, OURS]
        self.prepare_round()
        try:
            points = [self.point(side, rate) for rate in self.options.rates for side in sides]
            figures |= {"points": points, "highest": {}, "search": [], "alone": [self.alone(side) for side in sides]}
            for side in sides if self.options.steps else ():
                known = {p["rate"]: holds(p) for p in points if p["side"] == side}

                def measure(rate):
                    found = self.point(side, rate)
                    figures["search"].append(found)
                    return holds(found)

                figures["highest"][side] = search(known, measure, self.options.steps, CEILING)
            figures["fdatasync_us_after"] = self.sync_time() * 1e3
        finally:
            self.end_round()
        return figures

    def run(self):
        self.log = open(self.folder / "log", "ab")
        signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        status = 70
        try:
            demo.say("Starting a private Postgres …")
            self.start_postgres()
            settings = self.settings()
            self.prepare_databases()
            for number in range(self.options.rounds):
                self.results.append(self.round(number))
                figures = {
                    "latency": "from the server's send to the moment at which a subscriber of the log is told of the commit, milliseconds",
                    "machine": {"cores": os.cpu_count(), "postgres": settings}, "groups": self.options.groups,
                    "seconds": self.options.seconds, "rates": self.options.rates, "sync_milliseconds": self.options.sync_milliseconds,
                    "eager": self.options.eager, "rounds": self.results,
                    "summary": live_report.summary(self.results),
                }
                self.options.output.mkdir(parents=True, exist_ok=True)
                (self.options.output / "live.json").write_text(json.dumps(figures, indent=1) + "\n")
                (self.options.output / "live.svg").write_text(live_report.plot(figures["summary"], MOST_MS))
            for line in live_report.table(figures["summary"], self.results, settings, self.options.sync_milliseconds, self.options.eager):
                print(line, flush=True)
            demo.say(f"figures: {self.options.output}/live.json, plot: {self.options.output}/live.svg")
            status = verdict(self.results)
        except KeyboardInterrupt:
            demo.say("\nStopping …")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave Postgres behind
            self.stop()
        return status


def fields(pid):
    """The numbers of /proc/PID/stat behind the state: 11 to 14 are the ticks of user and system, its own and its children's."""
    return [0, *map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1:])]


def memory_of(pid):
    """Resident memory in MB: all of it, what is the process's own, and the most that there ever was."""
    lines = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    names = {"rss_mb": "VmRSS", "rss_anon_mb": "RssAnon", "rss_peak_mb": "VmHWM"}
    return {name: int(lines[field].split()[0]) * 1024 / 1e6 for name, field in names.items()}


def account(sent, seen, rows):
    """What was sent (key -> ns), what the observer was told (key -> [ns]) and what stands in the table: counts, and the rows' latencies."""
    latencies = sorted((at[0] - sent[key]) / 1e6 for key, at in seen.items() if key in sent)
    return {
        "sent": len(sent), "stored": sum(key in rows for key in sent), "lost": sum(key not in rows for key in sent),
        "duplicated": sum(len(at) - 1 for key, at in seen.items() if key in sent),
        "unseen": sum(key in rows and key not in seen for key in sent),
        "latency_ms": {name: percentile(latencies, share) for name, share in live_report.SHARES.items()},
    }


def percentile(values, share):
    """The smallest value that so many are not above: of 1,000 the 999th is p99.9."""
    return values[min(len(values), max(1, math.ceil(len(values) * share - 1e-9))) - 1] if values else None


def holds(point):
    """Whether a side bears a rate: everything stored, 99 of 100 within the limit, and the load was what it should be."""
    return not point["lost"] and point["latency_ms"]["p99"] < MOST_MS and point["reached_rate"] >= REACHED * point["rate"]


def search(known, measure, steps, ceiling):
    """The highest rate that holds, from what is known (rate -> whether it holds) and `steps` measurements more.

    Doubles until one does not hold, then halves the ratio between the highest that holds and the lowest above it that does not.
    """
    known = dict(known)
    for _ in range(steps):
        low = max((rate for rate, good in known.items() if good), default=0)
        high = min((rate for rate, good in known.items() if not good and rate > low), default=None)
        if low == 0:
            rate = high / 2
        else:
            rate = low * 2 if high is None else math.sqrt(low * high)
        rate = two_digits(min(rate, ceiling))
        if rate in known or rate < 1:
            break
        known[rate] = measure(rate)
    return max((rate for rate, good in known.items() if good), default=0)


def two_digits(rate):
    """A rate that people can read."""
    unit = 10 ** max(0, math.floor(math.log10(rate)) - 1) if rate >= 1 else 1
    return int(round(rate / unit) * unit)


# What none of ours may be for a run to count as a success.
WRONG = ("lost", "duplicated", "unseen", "dead_letters", "gaps")


def verdict(rounds):
    """The exit status: 0 only if ours stored all that was sent, once, at every rate of every round."""
    points = [p for r in rounds for p in r["points"] + r["search"] if p["side"] == OURS]
    return 0 if points and all(p["sent"] and not any(p[name] for name in WRONG) for p in points) else 1


def rates(text):
    found = sorted({int(part) for part in text.split(",")})
    if not found or found[0] < 1:
        raise ValueError(text)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rates", type=rates, default=[100, 500, 1000, 5000])
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--groups", type=int, default=200)
    parser.add_argument("--burst", type=int, default=60_000)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--sync-milliseconds", type=int, default=0)
    parser.add_argument("--eager", action="store_true", help="the predecessor's batches do not wait to be filled")
    parser.add_argument("--slow-disk", type=pathlib.Path, help="slow_disk.c as a library, where --sync-milliseconds is not 0")
    parser.add_argument("--output", type=pathlib.Path, required=True)
    options = parser.parse_args()
    for name in ("rounds", "seconds", "groups", "burst"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    if (options.sync_milliseconds > 0) != (options.slow_disk is not None):
        parser.error("--sync-milliseconds and --slow-disk go together")
    return Live(options).run()


if __name__ == "__main__":
    sys.exit(main())
