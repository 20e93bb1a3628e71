"""What ops/demo does once everything is built: see there."""
import argparse, base64, glob, json, os, pathlib, pwd, shutil, signal, socket, subprocess, sys, tempfile, threading, time

CODE = "12345"
CRAWLER, KINDS = "9996610001", {"basic": "group", "supergroup": "channel", "channel": "channel"}
WAIT_READY, WAIT_COMMITTED = 60.0, 60.0  # seconds


def say(text=""):
    print(text, file=sys.stderr, flush=True)


class Demo:
    """One run: a folder, a cluster, a simulator, the stages."""

    def __init__(self, options):
        self.bin = pathlib.Path(options.bin)
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aaltohub-demo-", dir="/tmp"))  # short: a socket's path has 107 bytes
        self.config = self.folder / "aaltohub.yaml"
        self.processes = []
        self.prefix = []
        self.environment = {
            # nothing of the caller's may lead the stages to another database
            **{name: value for name, value in os.environ.items() if not name.startswith(("AALTOHUB_", "PG"))},
            "MASTER_KEY": base64.b64encode(os.urandom(32)).decode(), "API_HASH": os.urandom(16).hex(),
            "ADMIN_TOKEN": os.urandom(16).hex(),
        }
        for name in ("JOURNAL_STREAM", "NOTIFY_SOCKET"):
            self.environment.pop(name, None)
        # a folder without credentials: those of an installed service are not taken
        self.environment["CREDENTIALS_DIRECTORY"] = str(self.folder / "credentials")

    # Postgres: a private cluster, a unix socket in the folder, no TCP

    def start_postgres(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[-2]))
        self.postgres = pathlib.Path(found[-1])
        place = self.folder / "postgres"
        place.mkdir(mode=0o700)  # everybody who gets in is the superuser
        if os.geteuid() == 0:  # Postgres refuses to run as root
            os.chmod(self.folder, 0o711)
            user = pwd.getpwnam("postgres")
            os.chown(place, user.pw_uid, user.pw_gid)
            self.prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self.data, self.socket_folder = place / "data", place
        self.pg("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")
        with subprocess.Popen([*self.prefix, "tee", "-a", self.data / "postgresql.conf"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as tee:
            tee.communicate(
                f"listen_addresses = ''\nunix_socket_directories = '{place}'\nunix_socket_permissions = 0700\ntrack_commit_timestamp = on\n"
            )
        self.pg("pg_ctl", "-D", self.data, "-l", place / "log", "-w", "start")
        self.sql("create database aaltohub", database="postgres")

    def pg(self, name, *arguments):
        done = subprocess.run([*self.prefix, self.postgres / name, *map(str, arguments)], cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise SystemExit(f"demo: {name} failed: {done.stdout}")

    def sql(self, text, database="aaltohub"):
        done = subprocess.run(
            [self.postgres / "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", self.socket_folder, "-U", "postgres", "-d", database, "-c", text],
            capture_output=True, text=True,
        )
        if done.returncode:
            raise SystemExit(f"demo: psql: {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    # the simulated Telegram

    def start_simulator(self):
        command = [
            self.bin / "telegram-simulator", "--control-socket", self.folder / "simulator.sock", "--rsa-key", self.folder / "server.pem",
            "--login-code", CODE, "--accounts", "5", "--groups", "6", "--messages", "20",
        ]
        process = self.spawn(command, stdout=subprocess.PIPE)
        line = process.stdout.readline().decode()
        if not line.startswith("ready"):
            raise SystemExit(f"demo: the simulator said {line!r}")
        self.port = int(line.split("port=")[1].split()[0])

    def simulator(self, **command):
        """The answer's lines; the last one says that all is well."""
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(self.folder / "simulator.sock"))
            s.sendall(json.dumps(command).encode() + b"\n")
            lines = []
            for line in s.makefile("rb"):
                lines.append(json.loads(line))
                if "ok" in lines[-1]:
                    break
        if not lines or not lines[-1]["ok"]:
            raise SystemExit(f"demo: the simulator answered {lines[-1:]} to {command}")
        return lines

    # the stages

    def spawn(self, command, **more):
        process = subprocess.Popen(
            [str(c) for c in command], env=self.environment, stdin=subprocess.DEVNULL, start_new_session=True, stderr=more.pop("stderr", self.log), **more
        )
        self.processes.append(process)
        return process

    def ctl(self, *arguments, stdin=None):
        done = subprocess.run(
            [str(self.bin / "aaltohubctl"), *arguments, "--config", str(self.config)], input=stdin, capture_output=True, text=True, env=self.environment
        )
        if done.returncode:
            raise SystemExit(f"demo: aaltohubctl {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def configure(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.http = s.getsockname()[1]
        self.config.write_text(
            f"runtime_directory: {self.folder}/run\nstate_directory: {self.folder}/state\n"
            f"database:\n  conninfo: host={self.socket_folder} dbname=aaltohub\n"
            f"telegram:\n  api_id: 4242\n  servers:\n    - 2 127.0.0.1:{self.port}\n  rsa_key_files:\n    - {self.folder}/server.pem.pub\n"
            f"supervisor:\n  listen: 127.0.0.1:{self.http}\n"
        )
        self.ctl("migrate", "--user", "postgres")
        self.sql("alter role aaltohub_listener login; alter role aaltohub_backfill login; alter role aaltohub_writer login; alter role aaltohub_supervisor login; alter role aaltohub_ctl login")
        self.ctl("login", "--account", "main", "--phone", CRAWLER, stdin=f"{CODE}\n")
        self.groups = self.simulator(cmd="groups")[-1]["groups"]
        for group in self.groups:
            self.ctl("groups", "add", str(group["id"]), "--type", KINDS[group["kind"]], "--title", group["title"], "--account", "main")

    def start_stages(self):
        ready = self.folder / "ready"
        runner = pathlib.Path(__file__).with_name("run")
        self.runner = self.spawn(
            [sys.executable, runner, "--config", self.config, "--bin", self.bin, "--account", "main", "--restart-sec", "1", "--ready-file", ready],
            stdout=self.log,
        )
        end = time.monotonic() + WAIT_READY
        while not ready.exists():
            if self.runner.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"demo: the stages did not get ready; the last lines of {self.folder}/log:\n" + self.tail())
            time.sleep(0.05)

    def tail(self):
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-15:])

    def show(self):
        """Prints the messages as the writer's tap shows them once they are committed, until the processes end."""
        tap = self.spawn(
            [self.bin / "aaltohubctl", "tap", "--config", self.config, "--service", "writer", "--kind", "message", "--show-text", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        titles = {group["id"]: group["title"] for group in self.groups}

        def copy():
            for line in tap.stdout:
                sample = json.loads(line)
                if "text" in sample:
                    at = time.strftime("%H:%M:%S", time.localtime(sample["date"]))
                    text = " ".join((sample["text"] or "").split())
                    say(f"{at}  {titles.get(sample['chat_id'], '?'):14}  {sample.get('sender_name') or '?':14}  {text[:90]}")

        threading.Thread(target=copy, daemon=True).start()

    # the result

    def truth(self, first):
        """(type, chat, id) -> (text, deleted, time of its last change) as the crawler's account knows it, of what was sent from `first` on."""
        lines = self.simulator(cmd="dump", account=CRAWLER)[:-1]
        return {
            (KINDS[m["kind"]], m["chat"], m["id"]): (m["text"], m["deleted"], max(m["sent_ns"], m["edited_ns"] or 0, m["deleted_ns"] or 0) / 1e9)
            for m in lines if m["key"] >= first and m["kind"] in KINDS
        }

    def stored(self):
        """The time of the commit is none where a crawled copy came as well: it confirmed the row, or doubted it, and so stamped it again."""
        rows = self.sql(
            "select json_build_array(g.chat_type, g.telegram_id, m.telegram_message_id, m.text, m.is_deleted,"
            " case when not m.merge_settled and m.unsettled_edit_date < 0 then extract(epoch from pg_xact_commit_timestamp(m.xmin)) end)"
            " from messages m join groups g on g.id = m.group_id"
        )
        return [(tuple(row[:3]), (row[3], row[4]), row[5]) for row in rows]

    def measure(self):
        first = self.simulator(cmd="dump")[-1]["count"]
        load = self.simulator(cmd="load", rate=self.options.rate, seconds=self.options.seconds, mix="90:7:3", wait=True)[-1]
        truth = self.truth(first)
        end = time.monotonic() + WAIT_COMMITTED
        while True:
            rows = self.stored()
            if not lost(truth, rows) or time.monotonic() > end:
                break
            time.sleep(0.1)
        for key in lost(truth, rows)[:5]:
            say(f"lost: {key}: wanted {truth[key]}")
        # What was fetched before the listener followed the chat is looked at once more: that is no hole in what it received.
        gaps = self.sql("select count(*) from aaltohub.gaps where reason <> 'followed'")[0]
        failed = self.sql("select count(*) from failed_messages")[0]
        return {"edits": load["edit"], "deletions": load["delete"]} | compare(truth, rows, gaps, failed)

    def run(self):
        self.log = open(self.folder / "log", "ab")
        signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        status = 0
        try:
            say("Starting a private Postgres, the simulated Telegram and the stages …")
            self.start_postgres()
            self.start_simulator()
            self.configure()
            self.start_stages()
            if not self.options.quiet:
                self.show()
            if self.options.seconds:
                result = self.measure()
                print(json.dumps(result), flush=True)
                status = verdict(result)
            else:
                self.look_around()
                self.simulator(cmd="load", rate=self.options.rate, seconds=1e9)
                self.runner.wait()
                say(f"The stages ended by themselves; the last lines of {self.folder}/log:\n" + self.tail())
                status = 1
        except KeyboardInterrupt:
            say("\nStopping …")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave Postgres behind
            self.stop()
        return status

    def look_around(self):
        say(f"""
Messages flow. Where to look: http://127.0.0.1:{self.http}/admin in a browser (token: {self.environment["ADMIN_TOKEN"]}), and from another terminal:

  {self.bin}/aaltohubctl status --config {self.config}
  {self.bin}/aaltohubctl tap --config {self.config} --show-text
  {self.bin}/aaltohubctl coverage --config {self.config}
  psql -h {self.socket_folder} -U postgres aaltohub -c 'select sent_at, sender_name, text from messages order by sent_at desc limit 5'
  logs: {self.folder}/log

Kill any stage (pkill -9 -f {self.bin}/aaltohub-writer): it comes back, and nothing is lost. Ctrl-C here stops all.
""")

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(35)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if hasattr(self, "data") and (self.data / "postmaster.pid").exists():
            self.pg("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
        self.log.close()
        if os.environ.get("AALTOHUB_KEEP"):
            say(f"kept {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def same(wanted, have):
    """A deleted message keeps the text that was stored last, or has no row when it was deleted before anybody saw it."""
    text, deleted, _ = wanted
    return have is None or have[1] if deleted else have == (text, False)


def lost(truth, rows):
    """The keys of the messages that no row, or a wrong one, stands for."""
    have = {key: value for key, value, _ in rows}
    return [key for key, value in truth.items() if not same(value, have.get(key))]


def compare(truth, rows, gaps, failed):
    """What became of `truth` ((type, chat, id) -> text, deleted, time) in `rows` ((key, (text, deleted), time of commit))."""
    have = {key for key, _, _ in rows}
    # from the server's send of the last change to the commit of the row that holds it
    latencies = sorted((committed - truth[key][2]) * 1e3 for key, _, committed in rows if key in truth and committed)
    return {
        "sent": len(truth), "stored": sum(key in truth for key in have), "lost": len(lost(truth, rows)), "duplicated": len(rows) - len(have),
        "gaps": gaps, "dead_letters": failed,
        "latency_ms": {"p50": percentile(latencies, 0.5), "p99": percentile(latencies, 0.99), "measured": len(latencies)},
    }


def verdict(result):
    """The exit status: 0 only if something was sent and nothing of it was lost, doubled, left out or put aside."""
    bad = any(result[name] for name in ("lost", "duplicated", "gaps", "dead_letters"))
    return 1 if bad or not result["sent"] else 0


def percentile(values, share):
    return round(values[min(len(values) - 1, int(len(values) * share))], 2) if values else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rate", type=float, default=2.0)
    parser.add_argument("--quiet", action="store_true")
    return Demo(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
