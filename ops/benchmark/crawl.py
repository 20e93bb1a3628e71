"""What `ops/bench crawl` does once everything is built: see there.

Each round measures, in an order that turns: Telethon walking the histories; our client walking them; the predecessor crawling them into its
own database; ours crawling them into ours, empty as after `aaltohubctl migrate`; a download by Telethon and by ours. No pace and no flood waits anywhere.
"""
import argparse, json, os, pathlib, shutil, signal, socket, statistics, subprocess, sys, time

import psycopg

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import demo

HERE = pathlib.Path(__file__).parent
OWN, OTHER = demo.CRAWLER, "9996610002"  # who crawls for us, and for the others
DAYS = 20  # the history's 14, and time for the run
LEEWAY = 3600  # seconds at the beginning of the crawled time: what lies there may or may not be stored
PATIENCE = 900.0  # seconds for one measurement
TICKS = os.sysconf("SC_CLK_TCK")
SYNCS = 300  # fdatasync calls of which the median is shown
READY_SECONDS = 60.0


class Crawl(demo.Demo):
    def __init__(self, options):
        super().__init__(options)
        self.results = []

    # what all sides share

    # the same for both sides: no checkpoint in the middle of a measurement
    SETTINGS = ("shared_buffers = '512MB'", "max_wal_size = '4GB'", "checkpoint_timeout = '1h'")

    def start_postgres(self):
        super().start_postgres()
        for setting in self.SETTINGS:
            self.sql(f"alter system set {setting}", database="postgres")
        self.pg("pg_ctl", "-D", self.data, "-l", self.data.parent / "log", "-w", "restart")

    def start_simulator(self):
        command = [
            self.bin / "telegram-simulator", "--control-socket", self.folder / "simulator.sock", "--rsa-key", self.folder / "server.pem",
            "--login-code", demo.CODE, "--accounts", "2", "--history-groups", str(self.options.groups), "--history-messages",
            str(self.options.messages), "--history-older", "0",
        ]
        process = self.spawn(command, stdout=subprocess.PIPE)
        line = process.stdout.readline().decode()
        if not line.startswith("ready"):
            raise SystemExit(f"bench: the simulator said {line!r}: {self.tail()}")
        self.port = int(line.split("port=")[1].split()[0])
        self.server = process

    def connect(self, database):
        return psycopg.connect(f"host={self.socket_folder} user=postgres dbname={database}", autocommit=True)

    def fresh(self, database, template):
        with self.connect("postgres") as connection:
            connection.execute(f"drop database if exists {database}")
            connection.execute(f"create database {database} template {template}")
            connection.execute("checkpoint")

    # the Python sides

    def python(self, script, *arguments):
        command = [
            sys.executable, HERE / script, *arguments, "--server", f"127.0.0.1:{self.port}", "--server-key", self.folder / "server.pem.pub",
            *(["--session", self.session] if hasattr(self, "session") else []),
        ]
        # in a new group: Ctrl-C is for the harness, which stops it
        process = self.spawn(command, stdout=subprocess.PIPE)
        text, _ = process.communicate(timeout=PATIENCE)
        if process.returncode:
            raise SystemExit(f"bench: {script} ended with {process.returncode}:\n{self.tail()}")
        return json.loads(text.splitlines()[-1])

    def prepare_others(self):
        self.session = self.python("telethon_side.py", "login", "--phone", f"+{OTHER}", "--code", demo.CODE)["session"]
        with self.connect("postgres") as connection:
            connection.execute("create database predecessor_empty")
        with self.connect("predecessor_empty") as connection:
            connection.execute(self.predecessor_schema())
            for group in self.groups:
                connection.execute("insert into groups (telegram_id, title) values (%s, %s)", (group["id"], group["title"]))

    @staticmethod
    def predecessor_schema():
        return (HERE.parents[1] / "Sources/Store/Migrations/0001_predecessor.sql").read_text()

    def telethon(self):
        ids = [flag for group in self.groups for flag in ("--group", str(group["id"]))]
        return self.python("telethon_side.py", "history", "--days", str(DAYS), *ids)

    def predecessor(self):
        self.fresh("predecessor", "predecessor_empty")
        dsn = f"postgres://postgres@/predecessor?host={self.socket_folder}"
        told = self.python("predecessor.py", "--crawl", "--eager", "--days", str(DAYS), "--dsn", dsn)
        with self.connect("predecessor") as connection:
            rows, last = connection.execute("select count(*), extract(epoch from max(pg_xact_commit_timestamp(xmin))) from messages").fetchone()
            failed, = connection.execute("select count(*) from failed_messages").fetchone()
        seconds = float(last) - told["began"]
        return {"messages": told["fetched"], "rows": rows, "dead_letters": failed, "seconds": seconds, "cpu_seconds": told["cpu_seconds"]}

    # ours

    def write_config(self, path, extra):
        path.write_text(
            f"runtime_directory: {self.folder}/run\nstate_directory: {self.folder}/state\n"
            f"database:\n  conninfo: host={self.socket_folder} dbname=aaltohub\n"
            f"telegram:\n  api_id: 4242\n  backfill_login: true\n  servers:\n    - 2 127.0.0.1:{self.port}\n"
            f"  rsa_key_files:\n    - {self.folder}/server.pem.pub\n"
            f"backfill:\n  days: {DAYS}\n  pace_milliseconds_per_page: 0\n  recent_minutes: 0\n" + extra
        )
        return path

    def configure(self):
        self.config = self.write_config(self.folder / "crawl.yaml", "  parallel_groups: 8\nmedia:\n  store: none\n")
        self.download_config = self.write_config(
            self.folder / "download.yaml", f"media:\n  store: local\n  folder: {self.folder}/media\n  maximum_megabytes: 8192\n")
        self.migrate()
        self.ctl("login", "--account", "main", "--phone", OWN, stdin=f"{demo.CODE}\n")
        with self.connect("postgres") as connection:
            connection.execute("create database aaltohub_download template aaltohub")
        self.groups = self.simulator(cmd="groups")[-1]["groups"]
        for group in self.groups:
            self.ctl("groups", "add", str(group["id"]), "--type", demo.KINDS[group["kind"]], "--title", group["title"], "--account", "main")
        with self.connect("postgres") as connection:
            connection.execute("alter database aaltohub rename to aaltohub_empty")

    def migrate(self):
        self.ctl("migrate", "--user", "postgres")
        roles = ("listener", "backfill", "writer", "supervisor", "ctl")
        self.sql("; ".join(f"alter role aaltohub_{role} login" for role in roles))

    def stage(self, config, name, *arguments):
        """Starts a stage and waits until it says that it is ready."""
        path = self.folder / f"{name}.notify"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(path))
            notify.settimeout(0.5)
            environment, self.environment = self.environment, {**self.environment, "NOTIFY_SOCKET": str(path)}
            try:
                process = self.spawn([self.bin / f"aaltohub-{name}", "--config", config, *arguments], stdout=self.log)
            finally:
                self.environment = environment
            end, said = time.monotonic() + READY_SECONDS, b""
            while b"READY=1" not in said:
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"bench: the {name} did not get ready:\n{self.tail()}")
                try:
                    said = notify.recv(8192)
                except TimeoutError:
                    said = b""
        return process

    def stop_stages(self, *processes):
        for process in processes:
            process.terminate()
            process.wait(40)

    def wait(self, query, what, processes):
        end = time.monotonic() + PATIENCE
        with self.connect("aaltohub") as connection:
            while not connection.execute(query).fetchone()[0]:
                for process in processes:
                    if process.poll() is not None:
                        raise SystemExit(f"bench: a stage ended with {process.returncode} before {what}:\n{self.tail()}")
                if time.monotonic() > end:
                    raise SystemExit(f"bench: {what} took longer than {PATIENCE:.0f} s:\n{self.tail()}")
                time.sleep(0.1)

    def reader(self):
        """Our client, by itself: the same histories are fetched and decoded, and nothing is stored."""
        self.fresh("aaltohub", "aaltohub_empty")
        process = self.spawn(
            [self.bin / "aaltohub-backfill", "--config", self.config, "--account", "main", "--measure", str(DAYS)], stdout=subprocess.PIPE)
        text, _ = process.communicate(timeout=PATIENCE)
        if process.returncode:
            raise SystemExit(f"bench: our client ended with {process.returncode}:\n{self.tail()}")
        return json.loads(text.splitlines()[-1])

    def ours(self):
        self.fresh("aaltohub", "aaltohub_empty")
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        writer = self.stage(self.config, "writer")
        backfill = self.stage(self.config, "backfill", "--account", "main")
        self.wait(
            f"select count(*) filter (where state = 'done') >= {len(self.groups)} from aaltohub.crawl_jobs", "the crawl was done",
            (writer, backfill))
        used = {"cpu_seconds": cpu(backfill.pid), "writer_cpu_seconds": cpu(writer.pid)}
        self.stop_stages(backfill, writer)
        with self.connect("aaltohub") as connection:
            began, = connection.execute("select extract(epoch from min(started_at)) from aaltohub.crawl_jobs").fetchone()
            rows, last = connection.execute("select count(*), extract(epoch from max(pg_xact_commit_timestamp(xmin))) from messages").fetchone()
            reasons = connection.execute(
                "select count(*), error_message from failed_messages group by error_message order by 1 desc").fetchall()
        for count, reason in reasons[:3]:
            demo.say(f"{count} dead letters: {reason}")
        failed = sum(count for count, _ in reasons)
        return {
            "messages": rows, "rows": rows, "dead_letters": failed, "seconds": float(last - began), **used, **self.differences(float(began))
        }

    def differences(self, began):
        """What of the tables differs from the simulator's truth."""
        with self.connect("aaltohub") as connection:
            stored = {
                tuple(row[:3]): tuple(row[3:]) for row in connection.execute(
                    "select g.chat_type, g.telegram_id, m.telegram_message_id, m.text, m.sender_id, m.media_type, "
                    "extract(epoch from m.sent_at)::bigint, m.is_deleted from messages m join groups g on g.id = m.group_id")
            }
            # each page commits as a whole, in chronological order
            disordered, = connection.execute(
                "select count(*) from (select pg_xact_commit_timestamp(xmin) as at, lag(pg_xact_commit_timestamp(xmin)) "
                "over (partition by group_id order by telegram_message_id) as before from messages) as x where at < before").fetchone()
        return compare(self.truth_rows(), stored, began - DAYS * 86_400 + LEEWAY) | {"disordered": disordered}

    def truth_rows(self):
        """Of the groups that are crawled, as the crawling account has them."""
        wanted = {(group["kind"], group["id"]) for group in self.groups}
        return [row for row in self.simulator(cmd="rows", account=OWN)[:-1] if (row["kind"], row["chat"]) in wanted]

    # downloads

    def post_file(self):
        group = self.simulator(
            cmd="create_group", kind="supergroup", title="Files", creator=OTHER, members=[OWN])[-1]["group"]
        self.file_group = group["id"] if isinstance(group, dict) else group
        size = self.options.file_megabytes * 1_000_000
        self.file = self.python("telethon_side.py", "post", "--group", str(self.file_group), "--size", str(size))["message"]

    def telethon_download(self):
        path = self.folder / "download.bin"
        done = self.python("telethon_side.py", "download", "--group", str(self.file_group), "--message", str(self.file), "--to", str(path))
        path.unlink()
        return done

    def our_download(self):
        self.fresh("aaltohub", "aaltohub_download")
        for name in ("state", "media"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        self.ctl("groups", "add", str(self.file_group), "--type", "channel", "--title", "Files")
        writer = self.stage(self.download_config, "writer")
        backfill = self.stage(self.download_config, "backfill", "--account", "main")
        self.wait(
            "select count(*) = 1 and bool_and(state in ('done', 'failed', 'skipped')) from aaltohub.media_files", "the download was done",
            (writer, backfill))
        used = cpu(backfill.pid)
        self.stop_stages(backfill, writer)
        with self.connect("aaltohub") as connection:
            state, size, seconds, error = connection.execute(
                "select state, size, extract(epoch from stored_at - created_at), error from aaltohub.media_files").fetchone()
        if state != "done":
            raise SystemExit(f"bench: our download ended as {state}: {error}")
        # what the stage says of the transfer alone: the others neither verify what came nor see to it that it stays
        transfer = float(self.logged("a file is fetched")["seconds"])
        return {"bytes": size, "seconds": float(seconds), "transfer_seconds": transfer, "cpu_seconds": used}

    def logged(self, message):
        """The last line of a stage's log with that message."""
        self.log.flush()
        for line in reversed((self.folder / "log").read_text(errors="replace").splitlines()):
            if line.startswith("{") and json.loads(line).get("message") == message:
                return json.loads(line)
        raise SystemExit(f"bench: no stage said {message!r}:\n{self.tail()}")

    # the run

    def round(self, number):
        sides = [("telethon", self.telethon), ("reader", self.reader), ("predecessor", self.predecessor), ("ours", self.ours)]
        if self.options.file_megabytes:
            sides += [("telethon_download", self.telethon_download), ("our_download", self.our_download)]
        if number % 2:
            sides.reverse()
        figures = {"round": number + 1, "fdatasync_ms": self.sync_time(), "load": os.getloadavg()[0]}
        for name, measure in sides:
            figures[name] = measure()
            demo.say(f"round {number + 1}: {name}: " + ", ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in figures[name].items()))
        return figures

    def sync_time(self):
        """The median of a small write with fdatasync where Postgres writes, in milliseconds: what a commit costs this minute."""
        path, times = self.folder / "sync", []
        handle = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            for _ in range(SYNCS):
                began = time.perf_counter()
                os.pwrite(handle, b"\0" * 8192, 0)
                os.fdatasync(handle)
                times.append((time.perf_counter() - began) * 1e3)
        finally:
            os.close(handle)
            path.unlink()
        return statistics.median(times)

    def run(self):
        self.log = open(self.folder / "log", "ab")
        signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        status = 70
        try:
            demo.say(f"Starting a private Postgres and a simulated Telegram with {self.options.messages} messages …")
            self.start_postgres()
            self.start_simulator()
            self.configure()
            self.prepare_others()
            if self.options.file_megabytes:
                self.post_file()
            for number in range(self.options.rounds):
                self.results.append(self.round(number))
                if self.options.json:
                    self.options.json.write_text(json.dumps({"rounds": self.results, "summary": summary(self.results)}, indent=1) + "\n")
            for line in table(summary(self.results), self.results):
                print(line, flush=True)
            status = verdict(self.results)
        except KeyboardInterrupt:
            demo.say("\nStopping …")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave Postgres behind
            self.stop()
        return status


def cpu(pid):
    """The seconds of CPU that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def compare(truth, stored, since):
    """How the rows in `stored` ((type, chat, id) -> text, sender, media type, time, deleted) differ from the truth after `since`.

    A message that was deleted before anybody saw it has no row.
    """
    wanted, known = {}, set()
    for row in truth:
        key = (demo.KINDS[row["kind"]], row["chat"], row["telegram_message_id"])
        known.add(key)
        if not row["is_deleted"] and row["sent_at"] >= since:
            wanted[key] = (row["text"], row["sender_id"], row["media_type"], row["sent_at"], False)
    different = [key for key, value in wanted.items() if key in stored and stored[key] != value]
    for key in different[:3]:
        demo.say(f"differs: {key}: wanted {wanted[key]}, stored {stored[key]}")
    return {
        "wanted": len(wanted), "missing": sum(key not in stored for key in wanted), "different": len(different),
        "unknown": sum(key not in known for key in stored),
    }


# The compared figures: name, unit, (side, how) of ours and of theirs.
FIGURES = [
    ("history, fetched and decoded", "messages/CPU-s", "reader", "telethon", lambda r: r["messages"] / r["cpu_seconds"]),
    ("history, by the whole stage", "messages/CPU-s", "ours", "telethon", lambda r: r["messages"] / r["cpu_seconds"]),
    ("crawl into Postgres", "rows/s", "ours", "predecessor", lambda r: r["rows"] / r["seconds"]),
    ("download, one connection", "MB/s", "our_download", "telethon_download",
     lambda r: r["bytes"] / 1e6 / r.get("transfer_seconds", r["seconds"])),
    ("the same, verified and stored", "MB/s", "our_download", "telethon_download", lambda r: r["bytes"] / 1e6 / r["seconds"]),
]


def spread(values):
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def summary(rounds):
    """Each figure of both sides and their ratio, round by round: medians, least, most."""
    out = []
    for name, unit, ours, theirs, figure in FIGURES:
        pairs = [(figure(r[ours]), figure(r[theirs])) for r in rounds if ours in r and theirs in r]
        if pairs:
            out.append({
                "name": name, "unit": unit, "beside": theirs, "ours": spread([a for a, _ in pairs]), "theirs": spread([b for _, b in pairs]),
                "ratio": spread([a / b for a, b in pairs]),
            })
    return out


def table(figures, rounds):
    def cell(values, digits):
        return f"{values['median']:,.{digits}f} ({values['least']:,.{digits}f}–{values['most']:,.{digits}f})"

    rows = [["", "unit", "ours", "theirs", "ratio", "beside"]]
    for figure in figures:
        digits = 0 if figure["ours"]["median"] >= 1000 else 1
        beside = {"telethon": "Telethon", "telethon_download": "Telethon", "predecessor": "the predecessor"}[figure["beside"]]
        rows.append([figure["name"], figure["unit"], cell(figure["ours"], digits), cell(figure["theirs"], digits), cell(figure["ratio"], 1), beside])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows]
    dead = spread([r["predecessor"]["dead_letters"] / max(1, r["predecessor"]["messages"]) * 100 for r in rounds])
    sync, load = spread([r["fdatasync_ms"] for r in rounds]), spread([r["load"] for r in rounds])
    wrong = {name: sum(r["ours"][name] for r in rounds) for name in WRONG}
    lines += [
        "", f"medians of {len(rounds)} rounds (least–most); the whole stage: also jobs, records and what it asks the database, from its start on",
        f"the predecessor put {cell(dead, 0)} % of the messages aside as dead letters; ours {wrong['dead_letters']} of {sum(r['ours']['wanted'] for r in rounds)}",
        "ours against the truth: " + ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in wrong.items()),
        f"a commit's fdatasync took {cell(sync, 2)} ms; load average {cell(load, 1)} on {os.cpu_count()} cores",
    ]
    return lines


# What none of may be for a run to count as a success.
WRONG = ("missing", "different", "unknown", "disordered", "dead_letters")


def verdict(rounds):
    """The exit status: 0 only if something was to be crawled and in every round the rows were equal to the truth."""
    good = bool(rounds) and all(r["ours"]["wanted"] > 0 and not any(r["ours"][name] for name in WRONG) for r in rounds)
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--messages", type=int, default=60_000)
    parser.add_argument("--groups", type=int, default=12)
    parser.add_argument("--file-megabytes", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    for name in ("messages", "groups", "rounds"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    return Crawl(options).run()


if __name__ == "__main__":
    sys.exit(main())
