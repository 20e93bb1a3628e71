"""The whole system as processes: simulator, Postgres, stages. Everything lies in one short-named folder."""
import base64, json, os, pathlib, select, shutil, signal, socket, subprocess, tempfile, threading, time

from cluster import Cluster

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("AALTOHUB_BIN", ROOT / ".build" / "debug"))
CODE = "12345"
ACCOUNT = "main"


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until(check, seconds=30.0, what="the condition", every=0.05):
    """Polls what has no event of its own (rows of a table, a status); fails with the last value seen."""
    end = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds:.0f} s (last: {value!r})")
        select.select([], [], [], every)


def still(value, quiet=5.0, seconds=40.0, what="the value"):
    """Waits until what is polled has not changed for `quiet` seconds, and returns it: something that goes on for ever fails."""
    seen = [value(), time.monotonic()]

    def stood():
        now = value()
        if now != seen[0]:
            seen[:] = [now, time.monotonic()]
        return time.monotonic() - seen[1] >= quiet

    until(stood, seconds, f"{what} unchanged for {quiet:.0f} s")
    return seen[0]


class Notify:
    """The receiving end of sd_notify: a stage says READY=1 here, as it would to systemd. Read all the time, as systemd does."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.said: set[str] = set()
        self.changed = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while data := self.socket.recv(8192):
            with self.changed:
                self.said.update(data.decode(errors="replace").split("\n"))
                self.changed.notify_all()

    def forget(self):
        with self.changed:
            self.said.clear()

    def wait(self, word, process, seconds):
        end = time.monotonic() + seconds
        with self.changed:
            while word not in self.said:
                if process.poll() is not None:
                    raise AssertionError(f"the stage ended with {process.returncode} before it said {word}")
                if time.monotonic() > end:
                    raise AssertionError(f"no {word} within {seconds} s")
                self.changed.wait(0.2)

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(b"", self.path)  # ends the reader


class Stack:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ah-", dir="/tmp"))
        self.cluster = Cluster()
        self.cluster.start()
        self.processes: dict[str, subprocess.Popen] = {}
        self.notify: dict[str, Notify] = {}
        self.port, self.control_port, self.http_port = free_port(), free_port(), free_port()
        self.key = self.folder / "server.pem"
        self.environment = {
            # nothing of the caller's may lead the stages to another database
            **{name: value for name, value in os.environ.items() if not name.startswith(("AALTOHUB_", "PG"))},
            "MASTER_KEY": base64.b64encode(os.urandom(32)).decode(),
            "API_HASH": "0123456789abcdef0123456789abcdef",
            "ADMIN_TOKEN": "token-of-the-test",
        }
        for name in ("NOTIFY_SOCKET", "JOURNAL_STREAM"):
            self.environment.pop(name, None)
        # a folder without credentials: those of an installed service are not taken
        self.environment["CREDENTIALS_DIRECTORY"] = str(self.folder / "credentials")
        self.config = self.folder / "aaltohub.yaml"
        self.write_config()

    def write_config(self, **changes):
        values = {
            "runtime": self.folder / "run", "state": self.folder / "state", "conninfo": self.cluster.conninfo("aaltohub").split(" user=")[0],
            "port": self.port, "key": f"{self.key}.pub", "http": self.http_port, "layer": 229, "extra": "", "second": "false", **changes,
        }
        self.config.write_text(
            "runtime_directory: {runtime}\nstate_directory: {state}\n"
            "database:\n  conninfo: \"{conninfo}\"\n"
            "telegram:\n  api_id: 4242\n  backfill_login: {second}\n  layer: {layer}\n  servers:\n    - 2 127.0.0.1:{port}\n  rsa_key_files:\n    - {key}\n"
            "supervisor:\n  listen: 127.0.0.1:{http}\n{extra}".format(**values)
        )

    # processes

    def start_simulator(self, *arguments):
        self.spawn("simulator", [
            BIN / "telegram-simulator", "--port", self.port, "--control-port", self.control_port, "--rsa-key", self.key,
            "--login-code", CODE, *arguments,
        ], stdout=subprocess.PIPE)
        line = self.processes["simulator"].stdout.readline()
        assert b"ready" in line, f"the simulator said {line!r}"

    def spawn(self, name, command, **more):
        log = open(self.folder / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen(
            [str(a) for a in command], env=more.pop("env", self.environment), stdin=subprocess.DEVNULL, stderr=log,
            stdout=more.pop("stdout", log), start_new_session=True, **more,
        )
        log.close()
        return self.processes[name]

    COMMANDS = {
        "listener": ["aaltohub-listener", "--account", ACCOUNT],
        "backfill": ["aaltohub-backfill", "--account", ACCOUNT],
        "writer": ["aaltohub-writer"],
        "supervisor": ["aaltohub-supervisor"],
    }

    def start(self, stage, ready=True, seconds=30):
        if stage not in self.notify:
            self.notify[stage] = Notify(self.folder / f"{stage}.notify")
        self.notify[stage].forget()
        base, _, account = stage.partition("@")
        name, *rest = self.COMMANDS[base]
        if account:
            rest = ["--account", account]
        process = self.spawn(
            stage, [BIN / name, *rest, "--config", self.config], env={**self.environment, "NOTIFY_SOCKET": self.notify[stage].path}
        )
        if ready:
            self.notify[stage].wait("READY=1", process, seconds)
        return process

    def output(self, stage, *arguments, seconds=60):
        """What a stage prints that is started for one thing and ends by itself."""
        name, *rest = self.COMMANDS[stage]
        done = subprocess.run(
            [str(BIN / name), *rest, *map(str, arguments), "--config", str(self.config)], capture_output=True, text=True,
            env=self.environment, timeout=seconds)
        assert done.returncode == 0, f"{name} {arguments} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def kill(self, stage, signal_number=signal.SIGKILL):
        process = self.processes.pop(stage)
        process.send_signal(signal_number)
        return process.wait(40)

    def ctl(self, *arguments, stdin=None, check=True, environment=None, timeout=60):
        done = subprocess.run(
            [str(BIN / "aaltohubctl"), *map(str, arguments), "--config", str(self.config)], input=stdin, capture_output=True, text=True,
            env={**self.environment, **(environment or {})}, timeout=timeout,
        )
        if check and done.returncode:
            raise AssertionError(f"aaltohubctl {arguments} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done

    def simulator(self, **command):
        """One command to the simulator's control port; its answer."""
        with socket.create_connection(("127.0.0.1", self.control_port), timeout=60) as s:
            s.sendall(json.dumps(command).encode() + b"\n")
            return json.loads(s.makefile("rb").readline())

    def log(self, name):
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # the database

    def query(self, sql, *parameters):
        with self.cluster.connect("aaltohub") as connection:
            return connection.execute(sql, parameters or None).fetchall()

    def prepare(self, phone, answers=f"{CODE}\n"):
        """An empty database, migrated; the account logged in with these lines of input."""
        with self.cluster.connect() as connection:
            connection.execute("create database aaltohub")
        self.ctl("migrate", "--user", "postgres")
        with self.cluster.connect("aaltohub") as connection:
            for stage in ("listener", "writer", "backfill", "supervisor", "ctl"):
                connection.execute(f"alter role aaltohub_{stage} login")
        self.ctl("login", "--account", ACCOUNT, "--phone", phone, stdin=answers)

    def close(self):
        for process in reversed(list(self.processes.values())):
            process.kill()
            process.wait(10)
        for notify in self.notify.values():
            notify.close()
        self.cluster.remove()
        if os.environ.get("AALTOHUB_KEEP"):
            print(f"kept {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
