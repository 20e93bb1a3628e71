"""Postgres and the simulator as units of the machine, so that our services have what they need; and a logged-in account."""
import json, pathlib

POSTGRES = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), default=None)
CODE = "12345"

POSTGRES_UNIT = f"""
[Service]
Type=notify
User=postgres
RuntimeDirectory=postgresql
ExecStart={POSTGRES}/postgres -D /var/lib/test-postgres -c unix_socket_directories=/run/postgresql -c listen_addresses=
KillSignal=SIGINT
"""

SIMULATOR_UNIT = """
[Service]
DynamicUser=yes
StateDirectory=simulator
ExecStart=/opt/bin/telegram-simulator --port 4430 --control-port 4431 --rsa-key /var/lib/simulator/key.pem --login-code {code}
ExecStartPost=/bin/sh -c 'until [ -s /var/lib/simulator/key.pem.pub ]; do sleep 0.1; done'
"""

CONFIGURATION = """
database:
  conninfo: "host=/run/postgresql dbname=aaltohub"
telegram:
  api_id: 4242
  servers:
    - 2 127.0.0.1:4430
  rsa_key_files:
    - /etc/aaltohub/simulator.pem
"""


def postgres(machine):
    machine.write("/etc/systemd/system/test-postgres.service", POSTGRES_UNIT)
    machine.run("install", "-d", "-o", "postgres", "-g", "postgres", "-m", "700", "/var/lib/test-postgres")
    machine.run(
        "setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", f"{POSTGRES}/initdb", "-D", "/var/lib/test-postgres",
        "--auth", "trust", "--no-sync", "-E", "UTF8", "--locale", "C.UTF-8")
    machine.run("systemctl", "daemon-reload")
    machine.start("test-postgres")
    sql(machine, "CREATE DATABASE aaltohub", database="postgres")


def sql(machine, text, database="aaltohub"):
    return machine.out("psql", "-h", "/run/postgresql", "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-Atc", text)


def simulator(machine):
    machine.write("/etc/systemd/system/test-simulator.service", SIMULATOR_UNIT.format(code=CODE))
    machine.run("systemctl", "daemon-reload")
    machine.start("test-simulator")
    machine.run("install", "-m", "644", "/var/lib/simulator/key.pem.pub", "/etc/aaltohub/simulator.pem")


def ask_simulator(machine, **command):
    script = (
        "import json, socket, sys; s = socket.create_connection(('127.0.0.1', 4431), 20); s.sendall(sys.stdin.buffer.read());"
        "print(s.makefile().readline())")
    return json.loads(machine.out("/usr/bin/python3", "-c", script, input=json.dumps(command) + "\n"))


def migrate(machine):
    """The superuser migrates; the roles of the stages and of the operator's tool may log in from then on."""
    machine.run("aaltohubctl", "migrate", "--user", "postgres")
    for stage in ("listener", "backfill", "writer", "supervisor", "ctl"):
        sql(machine, f"ALTER ROLE aaltohub_{stage} LOGIN")


CRAWLER, OTHER = "9996610001", "9996610002"
GROUP = {}


def login(machine):
    """The crawler's account, and one registered group that another account writes to."""
    machine.run("aaltohubctl", "login", "--account", "main", "--phone", CRAWLER, input=f"{CODE}\n")
    group = ask_simulator(machine, cmd="create_group", kind="basic", title="registered", creator=OTHER)["group"]
    machine.run("aaltohubctl", "groups", "add", str(group["id"]), "--type", "group", "--title", "registered", "--account", "main")
    GROUP.update(kind="basic", id=group["id"])


def message_arrives(machine):
    """The other account writes; the row is there in time. Proof that all stages work together again."""
    GROUP["sent"] = text = f"message {int(GROUP.get('sent', 'message 0').split()[1]) + 1}"
    ask_simulator(machine, cmd="send", **{"from": OTHER}, to={"kind": GROUP["kind"], "id": GROUP["id"]}, text=text)
    machine.until(lambda: sql(machine, f"SELECT count(*) FROM public.messages WHERE text = '{text}'") == "1", f"the row of {text!r}")
    assert sql(machine, "SELECT count(text) - count(DISTINCT text) FROM public.messages") == "0", "a message was stored twice"
