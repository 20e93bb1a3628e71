"""Each wrong input gets one clear line that says what to do, from the stage and from doctor, and the right exit status."""
import json, os, pwd, socket, subprocess

import pytest

from stack import ACCOUNT, BIN, CODE, Stack, until

CRAWLER, GUARDED = "9996610001", "9996610002"


@pytest.fixture(scope="module")
def running():
    stack = Stack()
    try:
        stack.start_simulator("--accounts", "2", "--password", f"{GUARDED}=secret")
        stack.prepare(CRAWLER)
        yield stack
    finally:
        stack.close()


def run(stack, stage, config=None, **environment):
    """A stage started by hand, which ends by itself: its status and its last line."""
    name, *rest = stack.COMMANDS[stage]
    done = subprocess.run(
        [BIN / name, *rest, "--config", config or stack.config], env={**stack.environment, **environment}, capture_output=True, text=True, timeout=60)
    last = done.stderr.strip().splitlines()[-1]
    # Before the configuration is read a line is for people, afterwards an entry of the log.
    return done.returncode, json.loads(last)["message"] if last.startswith("{") else last


def doctor(stack, **environment):
    """What doctor calls wrong, and its status."""
    done = stack.ctl("doctor", "--json", check=False, environment=environment)
    told = json.loads(done.stdout)
    wrong = {f["check"]: f"{f['detail']} {f['advice']}" for f in told["findings"] if f["level"] == "wrong"}
    assert (done.returncode == 0) == told["ok"] == (not wrong)
    return done.returncode, wrong


def test_nothing_wrong(running):
    assert doctor(running) == (0, {})


@pytest.mark.parametrize("key", ["", "short", "00" * 31, "not base64!" * 4])
def test_a_bad_master_key(running, key):
    status, line = run(running, "listener", MASTER_KEY=key)
    assert status == 78 and "master_key" in line and (not key or key not in line)
    status, wrong = doctor(running, MASTER_KEY=key)
    assert status == 78 and list(wrong) == ["master_key"]


def test_another_master_key(running):
    status, line = run(running, "listener", MASTER_KEY="00" * 32)
    assert status == 78 and "master key" in line
    status, wrong = doctor(running, MASTER_KEY="00" * 32)
    assert status == 78 and "master key" in wrong[f"login of {ACCOUNT}"]


@pytest.mark.parametrize("stage", ["writer", "listener", "supervisor"])
def test_a_malformed_configuration(running, stage, tmp_path):
    for text, wanted in [
        ("link:\n  credti: 5\n", "unknown key link.credti; did you mean link.credit?"), ("link: [", "this is not YAML"),
        ("link:\n  credit: many\n", 'link.credit: "many" does not fit: wanted a whole number'),
    ]:
        bad = tmp_path / "bad.yaml"
        bad.write_text(text)
        status, line = run(running, stage, config=bad)
        assert status == 78 and wanted in line and f"{bad}:" in line
    status, line = run(running, stage, config=tmp_path / "absent.yaml")
    assert status == 78 and "cannot be read" in line
    done = subprocess.run([BIN / "aaltohubctl", "doctor", "--config", bad], capture_output=True, text=True)
    assert done.returncode == 78 and wanted in done.stderr and done.stdout == ""


@pytest.mark.parametrize("stage", ["writer", "listener"])
def test_no_postgres(running, stage):
    away = {"AALTOHUB_DATABASE_CONNINFO": "host=/nowhere dbname=aaltohub"}
    status, line = run(running, stage, **away)
    assert status == 75 and "Postgres" in line and "\n" not in line
    status, wrong = doctor(running, **away)
    assert status == 75 and list(wrong) == ["database"]


@pytest.mark.parametrize("stage", ["writer", "listener"])
def test_a_role_that_is_not_there(running, stage):
    strange = {"AALTOHUB_DATABASE_USER": "stranger_{stage}"}
    status, line = run(running, stage, **strange)
    assert status == 78 and "database.user" in line
    status, wrong = doctor(running, **strange)
    assert status == 78 and "stranger_ctl" in wrong["database"] and "aaltohubctl migrate" in wrong["database"]


def test_a_port_that_is_taken(running):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = {"AALTOHUB_SUPERVISOR_LISTEN": f"127.0.0.1:{other.getsockname()[1]}"}
        status, line = run(running, "supervisor", **taken)
        assert status == 69 and "taken by another program" in line and "supervisor.listen" in line
        status, wrong = doctor(running, **taken)
        assert status == 69 and "taken by another program" in wrong["supervisor.listen"]


def test_a_server_that_holds_another_key(running, tmp_path):
    private = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True).stdout
    (tmp_path / "other.pem").write_bytes(
        subprocess.run(["openssl", "rsa", "-RSAPublicKey_out"], input=private, capture_output=True, check=True).stdout)
    status, wrong = doctor(running, AALTOHUB_TELEGRAM_RSA_KEY_FILES=str(tmp_path / "other.pem"))
    assert status == 78 and "none of the RSA keys" in wrong["telegram"] and "rsa_key_files" in wrong["telegram"]


def test_a_server_that_is_away(running):
    status, wrong = doctor(running, AALTOHUB_TELEGRAM_SERVERS="2 127.0.0.1:1")
    assert status == 69 and "nobody listens there" in wrong["telegram"]


def test_no_api_id(running, tmp_path):
    away = {"AALTOHUB_TELEGRAM_API_ID": "0"}
    status, line = run(running, "listener", **away)
    assert status == 78 and "my.telegram.org" in line
    status, wrong = doctor(running, **away)
    assert status == 78 and "my.telegram.org" in wrong["telegram.api_id"]


@pytest.mark.parametrize("change,wanted", [
    ({"AALTOHUB_SUPABASE_URL": ""}, "supabase.url is not set"),
    ({"SUPABASE_SERVICE_KEY": ""}, "credential supabase_service_key is missing"),
    ({"SUPABASE_SERVICE_KEY": "two\nlines"}, "credential supabase_service_key is malformed"),
])
def test_a_store_for_files_that_cannot_be_used_is_told_before_the_database_is_asked(running, change, wanted):
    store = {"AALTOHUB_MEDIA_STORE": "supabase", "AALTOHUB_SUPABASE_URL": "http://127.0.0.1:1", "SUPABASE_SERVICE_KEY": "a.b.c"}
    status, line = run(running, "backfill", **store | change, AALTOHUB_DATABASE_CONNINFO="host=/nowhere dbname=aaltohub")
    assert status == 78 and wanted in line and "two" not in line
    status, wrong = doctor(running, **store | change)
    assert status == 78 and wanted in wrong["media.store"] and list(wrong) == ["media.store"]


def test_a_bucket_that_is_none(running):
    bad = {"AALTOHUB_MEDIA_STORE": "supabase", "AALTOHUB_MEDIA_BUCKET": "our/files"}
    status, line = run(running, "backfill", **bad)
    assert status == 78 and "media.bucket" in line and "wanted a bucket's name" in line
    done = running.ctl("doctor", check=False, environment=bad)
    assert done.returncode == 78 and "media.bucket" in done.stderr


def test_an_account_that_never_logged_in(running):
    done = subprocess.run(
        [BIN / "aaltohub-listener", "--account", "stranger", "--config", running.config], env=running.environment, capture_output=True, text=True)
    assert done.returncode == 77 and "aaltohubctl login --account stranger" in done.stderr


@pytest.mark.parametrize("answers,wanted", [("99999\n", "the code is wrong"), (f"{CODE}\nwrong\n", "the two-step password is wrong")])
def test_a_wrong_code_and_a_wrong_password(running, answers, wanted):
    done = running.ctl("login", "--account", "other", "--phone", GUARDED, "--restart", stdin=answers, check=False)
    assert done.returncode == 77 and wanted in done.stderr and "aaltohubctl login" in done.stderr and done.stderr.count("\n") == 1
    status, wrong = doctor(running)
    assert status == 77 and list(wrong) == ["login of other"]
    running.query("delete from aaltohub.accounts where name = 'other' returning 1")


def test_after_a_wrong_password_only_the_password_is_asked_for_again(running):
    sent = running.simulator(cmd="stats")["calls"]["auth.sendCode"]
    wrong = running.ctl("login", "--account", "guarded", "--phone", GUARDED, stdin=f"{CODE}\nwrong\n", check=False)
    assert wrong.returncode == 77
    running.ctl("login", "--account", "guarded", "--phone", GUARDED, stdin="secret\n")
    assert running.simulator(cmd="stats")["calls"]["auth.sendCode"] == sent + 1
    running.query("delete from aaltohub.accounts where name = 'guarded' returning 1")


@pytest.mark.parametrize("name", ["Bad.Name", "a/b", "A", "x" * 33])
def test_a_bad_account_name(running, name):
    for done in (
        running.ctl("login", f"--account={name}", "--phone", GUARDED, stdin=f"{CODE}\n", check=False),
        subprocess.run([BIN / "aaltohub-listener", f"--account={name}", "--config", running.config], env=running.environment, capture_output=True, text=True),
    ):
        assert done.returncode == 64 and "is no name for an account" in done.stderr


@pytest.mark.parametrize("arguments", [("groups", "enable", "@nobody"), ("groups", "disable", "12345"), ("groups", "add", "@nobody")])
def test_an_unknown_group(running, arguments):
    done = running.ctl(*arguments, check=False)
    assert done.returncode == 65 and arguments[2] in done.stderr and done.stderr.count("\n") == 1


def test_a_second_of_each_is_refused_and_the_first_goes_on(running):
    for stage in ("writer", "listener", "supervisor"):
        first = running.start(stage)
        status, line = run(running, stage)
        assert status == 69 and str(first.pid) in line, f"{stage}: {status} {line}"
        assert first.poll() is None
    assert doctor(running) == (0, {})


def test_no_secret_is_shown(running):
    shown = running.ctl("config", "show").stdout + running.ctl("config", "show", "--json").stdout + running.ctl("doctor").stdout
    for stage in ("writer", "listener", "supervisor"):
        if stage not in running.processes or running.processes[stage].poll() is not None:
            running.start(stage)
        assert running.log(stage)
    shown += running.ctl("status", "--json").stdout + "".join(running.log(stage) for stage in running.COMMANDS)
    for pid in [p.pid for p in running.processes.values()]:
        with open(f"/proc/{pid}/cmdline") as file:
            shown += file.read()
    for secret in ("MASTER_KEY", "API_HASH", "ADMIN_TOKEN"):
        assert running.environment[secret] not in shown


@pytest.mark.skipif(not os.path.exists("/usr/sbin/pgbouncer"), reason="pgbouncer is not installed")
def test_a_transaction_pooler(running, tmp_path):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    folder = running.folder / "pooler"
    folder.mkdir()
    (folder / "users").write_text("".join(f'"aaltohub_{s}" ""\n' for s in ("ctl", "writer", "listener")))
    (folder / "ini").write_text(
        f"[databases]\naaltohub = host={running.cluster.folder} dbname=aaltohub\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\nauth_type = trust\nauth_file = {folder}/users\npool_mode = transaction\nlogfile = {folder}/log\npidfile = {folder}/pid\n"
        "ignore_startup_parameters = extra_float_digits,options\n")
    prefix = []
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chmod(running.folder, 0o755)
        os.chown(folder, user.pw_uid, user.pw_gid)
        prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    pooler = subprocess.Popen([*prefix, "/usr/sbin/pgbouncer", folder / "ini"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def listens():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", port)) == 0

        until(listens, 10, "pgbouncer listens")
        through = {"AALTOHUB_DATABASE_CONNINFO": f"host=127.0.0.1 port={port} dbname=aaltohub", "AALTOHUB_RUNTIME_DIRECTORY": str(running.folder / "r2")}
        status, wrong = doctor(running, **through)
        assert status == 78 and "transaction pooler" in " ".join(wrong.values()), wrong
        status, line = run(running, "writer", **through)
        assert status == 78 and "transaction pooler" in line
    finally:
        pooler.terminate()
        pooler.wait(10)


@pytest.mark.parametrize("command", ["status", "tap", "doctor", "groups add", "migrate", "login", "accounts", "config check"])
def test_every_command_explains_itself(command):
    done = subprocess.run([BIN / "aaltohubctl", *command.split(), "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "USAGE: aaltohubctl " + command in done.stdout
