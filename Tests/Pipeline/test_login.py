"""Ways to log in: by QR code, by a string session, twice at once; logout, devices, another master key, and what stops an account."""
import asyncio, base64, json, os, pty, re, signal, subprocess, termios, threading

import pytest
from telethon import TelegramClient, connection
from telethon.sessions import StringSession

from people import rsa
from stack import ACCOUNT, BIN, CODE, Stack, until

CRAWLER, GUARDED, GUEST, FROZEN = "9996610001", "9996610002", "9996610003", "9996610004"
API_ID, API_HASH = 4242, "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def running():
    stack = Stack()
    try:
        stack.start_simulator("--accounts", "4", "--groups", "1", "--password", f"{GUARDED}=secret")
        stack.prepare(CRAWLER)
        yield stack
    finally:
        stack.close()


def listening(stack):
    """Whatever the test before left: writer and listener run."""
    for stage in ("writer", "listener"):
        if stage not in stack.processes or stack.processes[stage].poll() is not None:
            stack.start(stage)


def accounts(stack):
    return {a["name"]: a for a in json.loads(stack.ctl("accounts", "--json").stdout)["accounts"]}


def devices(stack, phone):
    return stack.simulator(cmd="devices", account=phone)["devices"]


class QRLogin:
    """`aaltohubctl login --qr`, read as it draws."""

    def __init__(self, stack, account, *more, stdin=subprocess.DEVNULL):
        self.process = subprocess.Popen(
            [BIN / "aaltohubctl", "login", "--qr", "--account", account, *more, "--config", stack.config], env=stack.environment,
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines, self.tokens = [], []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            if found := re.match(r"tg://login\?token=([\w-]+)$", line):
                self.tokens.append(found[1])

    def end(self):
        return self.process.wait(30)


def scan(stack, phone, token):
    return stack.simulator(cmd="accept_login", account=phone, token=token)


def test_a_qr_code_logs_in_without_anything_typed(running):
    login = QRLogin(running, "scanned")
    token = until(lambda: login.tokens and login.tokens[0], what="a token")
    # The code itself: half blocks, as wide in every line.
    drawn = [line for line in login.lines if "█" in line]
    assert len(drawn) > 15 and len({len(line) for line in drawn}) == 1
    assert scan(running, GUEST, token)["ok"]
    assert login.end() == 0
    assert "scanned: logged in" in login.process.stdout.read()
    assert accounts(running)["scanned"]["state"] == "active"
    # The phone comes from the account itself, and is masked.
    assert accounts(running)["scanned"]["phone"].endswith("03")


def test_a_qr_code_and_the_second_password(running):
    login = QRLogin(running, "guarded", stdin=subprocess.PIPE)
    scan(running, GUARDED, until(lambda: login.tokens and login.tokens[0], what="a token"))
    login.process.stdin.write("secret\n")
    login.process.stdin.flush()
    assert login.end() == 0
    assert accounts(running)["guarded"]["state"] == "active"


def test_whatever_ends_a_hidden_question_the_terminal_echoes_again(running):
    master, terminal = pty.openpty()

    def echoes():
        return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)

    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            assert echoes()
            asked = subprocess.Popen(
                [BIN / "aaltohubctl", "login", "--string-session", "--account", "typed", "--config", running.config],
                env=running.environment, stdin=terminal, stdout=subprocess.DEVNULL, stderr=terminal)
            until(lambda: not echoes(), what="a hidden question")
            asked.send_signal(number)
            assert asked.wait(30) == 128 + number
    finally:
        os.close(terminal)
        os.close(master)


def string_session(stack, phone):
    """What Telethon keeps of a login that it made itself."""

    async def make():
        with open(f"{stack.key}.pub") as key:
            rsa.add_key(key.read(), old=False)
        session = StringSession()
        session.set_dc(2, "127.0.0.1", stack.port)
        client = TelegramClient(session, API_ID, API_HASH, connection=connection.ConnectionTcpIntermediate)
        await client.start(phone=lambda: phone, code_callback=lambda: CODE)
        me = (await client.get_me()).id
        text = session.save()
        await client.disconnect()
        return text, me

    return asyncio.run(make())


def test_a_string_session_of_telethon_is_taken_over(running):
    before = len(devices(running, GUEST))
    text, me = string_session(running, GUEST)
    done = running.ctl("login", "--string-session", "--account", "imported", "--json", stdin=text + "\n")
    assert json.loads(done.stdout)["user_id"] == me
    assert text not in done.stdout + done.stderr
    # The same device, no new one.
    assert len(devices(running, GUEST)) == before + 1
    stored = running.query("select sealed_session from aaltohub.accounts where name = 'imported'")[0][0]
    assert base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))[-64:] not in bytes(stored)


@pytest.mark.parametrize("text, wanted", [("", "no string session"), ("2abc", "begin with 1"), ("1abc", "damaged")])
def test_a_bad_string_session_is_refused_in_words(running, text, wanted):
    done = running.ctl("login", "--string-session", "--account", "bad", stdin=text + "\n", check=False)
    assert done.returncode == 65 and wanted in done.stderr


def test_a_string_session_that_was_ended_is_refused(running):
    text, _ = string_session(running, FROZEN)
    running.simulator(cmd="revoke", account=FROZEN)
    done = running.ctl("login", "--string-session", "--account", "bad", stdin=text + "\n", check=False)
    assert done.returncode == 69 and "AUTH_KEY" in done.stderr
    assert "bad" not in accounts(running)


def test_one_login_makes_the_second_one_for_backfill(running):
    before = len(devices(running, GUARDED))
    done = running.ctl(
        "login", "--account", "twice", "--phone", GUARDED, "--json", stdin=f"{CODE}\nsecret\n",
        environment={"AALTOHUB_TELEGRAM_BACKFILL_LOGIN": "true"})
    # The password was typed once and served both.
    assert json.loads(done.stdout)["logins"] == ["listener", "backfill"]
    assert len(devices(running, GUARDED)) == before + 2
    assert accounts(running)["twice"]["has_backfill_session"] is True
    keys = running.query("select sealed_session from aaltohub.authorisations where account = 'twice'")
    assert len(keys) == 1 and keys[0][0] is not None


def test_a_running_listener_lets_its_backfill_in_and_shows_the_devices(running):
    running.start("writer")
    running.start("listener")
    assert accounts(running)[ACCOUNT]["has_backfill_session"] is False
    running.ctl("login", "--for", "backfill", "--account", ACCOUNT)
    assert accounts(running)[ACCOUNT]["has_backfill_session"] is True
    told = json.loads(running.ctl("accounts", "authorizations", ACCOUNT, "--json").stdout)["authorizations"]
    assert len(told) == 2 and all(d["ours"] for d in told)
    other = next(d for d in told if not d["current"])
    assert running.ctl("accounts", "authorizations", ACCOUNT, "--revoke", "12345", check=False).returncode == 69
    running.ctl("accounts", "authorizations", ACCOUNT, "--revoke", other["hash"])
    assert len(devices(running, CRAWLER)) == 1
    # It goes on listening.
    assert running.processes["listener"].poll() is None


def test_defect_18_a_second_process_with_the_same_login_refuses_and_sends_nothing(running):
    listening(running)
    before = running.simulator(cmd="stats")["calls"]
    second = subprocess.run(
        [BIN / "aaltohub-listener", "--account", ACCOUNT, "--config", running.config], env=running.environment, capture_output=True,
        text=True, timeout=60)
    assert second.returncode == 69
    last = json.loads(second.stderr.strip().splitlines()[-1])["message"]
    assert "use this login of main" in last and "stop it first" in last
    after = running.simulator(cmd="stats")["calls"]
    # The running listener may have called meanwhile; a second one would have initialised a connection and asked for its state.
    assert after.get("updates.getState", 0) == before.get("updates.getState", 0)
    # The tool too leaves a login alone whose listener runs, and asks that instead.
    told = json.loads(running.ctl("accounts", "authorizations", ACCOUNT, "--json").stdout)["authorizations"]
    assert [d["current"] for d in told].count(True) == 1


@pytest.mark.parametrize(
    "code, state, word",
    [
        ("SESSION_REVOKED", "revoked", "ended the session"), ("USER_DEACTIVATED_BAN", "banned", "banned or deleted"),
        ("AUTH_KEY_DUPLICATED", "duplicated", "two programs at once"), ("FROZEN_METHOD_INVALID", "frozen", "frozen"),
    ],
)
def test_what_stops_an_account_is_a_state_with_a_word_and_exit_77(running, code, state, word):
    listening(running)
    number = {"AUTH_KEY_DUPLICATED": 406, "FROZEN_METHOD_INVALID": 420}.get(code, 401)
    running.simulator(cmd="calls", method="updates.getDifference", effect="fail", code=number, name=code, account=CRAWLER)
    running.simulator(cmd="push", account=CRAWLER, what="too_long")
    process = running.processes.pop("listener")
    assert process.wait(40) == 77
    running.simulator(cmd="faults", end=True)
    last = json.loads(running.log("listener").strip().splitlines()[-1])["message"]
    assert word in last and code in last and ACCOUNT in last
    told = accounts(running)[ACCOUNT]
    assert (told["state"], told["state_reason"]) == (state, code)
    before = running.simulator(cmd="stats")["calls"]
    if state in ("revoked", "duplicated"):
        # A dead key is not tried again.
        again = running.start("listener", ready=False)
        assert again.wait(30) == 77
        running.processes.pop("listener")
        assert running.simulator(cmd="stats")["calls"] == before
        running.ctl("login", "--account", ACCOUNT, "--phone", CRAWLER, stdin=f"{CODE}\n")
    else:
        running.start("listener")
        until(lambda: accounts(running)[ACCOUNT]["state"] == "active", what="the account's state")
        running.kill("listener")
    assert accounts(running)[ACCOUNT]["state"] == "active"


def test_another_master_key_in_one_transaction(running):
    running.kill("writer") if "writer" in running.processes else None
    new = base64.b64encode(os.urandom(32)).decode()
    assert running.ctl("accounts", "rotate-key", stdin="short\n", check=False).returncode == 65
    done = json.loads(running.ctl("accounts", "rotate-key", "--json", stdin=new + "\n").stdout)
    assert done["sessions"] >= 4
    # The old key opens nothing any more, the new one everything.
    assert running.ctl("accounts", "authorizations", ACCOUNT, check=False).returncode == 78
    running.environment["MASTER_KEY"] = new
    assert json.loads(running.ctl("accounts", "authorizations", ACCOUNT, "--json").stdout)["authorizations"]
    running.start("writer")
    running.start("listener")
    running.kill("listener")


def test_logout_ends_the_login_at_telegram_too(running):
    before = len(devices(running, CRAWLER))
    done = json.loads(running.ctl("accounts", "logout", ACCOUNT, "--json").stdout)
    assert done == {"account": ACCOUNT, "logged_out": "listener", "key_destroyed": True}
    assert len(devices(running, CRAWLER)) == before - 1
    told = accounts(running)[ACCOUNT]
    assert told["state"] == "revoked" and not told["has_session"]
    again = running.start("listener", ready=False)
    assert again.wait(30) == 77
    running.processes.pop("listener")
    assert running.ctl("accounts", "logout", ACCOUNT, check=False).returncode == 77


def test_a_running_listener_logs_out_and_ends(running):
    running.ctl("login", "--account", ACCOUNT, "--phone", CRAWLER, stdin=f"{CODE}\n")
    listening(running)
    before = len(devices(running, CRAWLER))
    done = json.loads(running.ctl("accounts", "logout", ACCOUNT, "--json").stdout)
    assert done == {"account": ACCOUNT, "logged_out": "listener", "key_destroyed": True}
    assert running.processes.pop("listener").wait(30) == 77
    assert len(devices(running, CRAWLER)) == before - 1
    told = accounts(running)[ACCOUNT]
    assert told["state"] == "revoked" and not told["has_session"]
