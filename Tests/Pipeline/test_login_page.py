"""Accounts over the admin API: login by QR with and without a second password, tokens that are renewed, what is refused; pause, resume
and drain."""
import asyncio, base64, json, re, signal, time, urllib.error, urllib.request

import pytest, zmq
from telethon.errors import AuthTokenExpiredError
from telethon.tl import functions

from people import make_groups, person
from stack import ACCOUNT, Stack, until

CRAWLER, PLAIN, GUARDED, OTHER = "9996610001", "9996610002", "9996610003", "9996610004"
SECRET = "the second password"


@pytest.fixture(scope="module")
def running():
    stack = Stack()
    try:
        stack.write_config(second="true")
        stack.start_simulator("--accounts", "4", "--groups", "0", "--password", f"{GUARDED}={SECRET}")
        stack.prepare(CRAWLER)
        stack.start("supervisor")
        yield stack
    finally:
        stack.close()


def ask(stack, method, path, body=None, token="token-of-the-test"):
    """Status and JSON of an answer of the admin API."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{stack.http_port}{path}", method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.headers["Cache-Control"] == "no-store"
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def login(stack, name, state=None, seconds=30):
    """The login of an account: as it stands, or once it has come to this state."""
    path = f"/admin/accounts/{name}/login"
    if state is None:
        return ask(stack, "GET", path)[1]
    seen = {}

    def come():
        seen.update(now=ask(stack, "GET", path)[1])
        assert seen["now"]["state"] in (state, "connecting", "waiting", "checking", "password_needed"), seen["now"]
        return seen["now"]["state"] == state and seen["now"]

    return until(come, seconds, f"the state {state} of the login {name}")


def begin(stack, name, **body):
    status, answer = ask(stack, "POST", f"/admin/accounts/{name}/login", body)
    assert status == 202 and answer["account"] == name and answer["started_by"], answer
    return login(stack, name, "waiting")


def token(answer):
    text = re.fullmatch(r"tg://login\?token=([\w-]+)", answer["link"])[1]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def accept(client, answer):
    return await client(functions.auth.AcceptLoginTokenRequest(token=token(answer)))


def accounts(stack):
    return {a["name"]: a for a in ask(stack, "GET", "/admin/accounts")[1]["accounts"]}


def test_a_logged_in_app_accepts_the_token_and_the_account_listens(running):
    waiting = begin(running, "paged")
    size = len(waiting["qr"])
    assert size >= 21 and all(len(row) == size and set(row) <= {"0", "1"} for row in waiting["qr"])
    assert waiting["qr"][0].startswith("1111111"), "a finder in the corner"
    assert accounts(running)["main"]["login"] is None

    async def scan():
        async with person(running, PLAIN) as app:
            await accept(app, waiting)
            return (await app.get_me()).id

    user = asyncio.run(scan())
    done = login(running, "paged", "done")
    assert done["user_id"] == user and done["logins"] == ["listener", "backfill"], done
    assert "systemctl enable --now aaltohub-listener@paged aaltohub-backfill@paged" in done["note"]
    account = accounts(running)["paged"]
    assert account["state"] == "active" and account["has_session"] and account["has_backfill_session"]
    assert account["phone"].endswith("02") and "*" in account["phone"] and account["running"] == []
    running.start("writer")
    running.start("listener@paged")
    running.start("backfill@paged")
    assert accounts(running)["paged"]["running"] == ["listener@paged", "backfill@paged"]
    running.kill("listener@paged", signal.SIGTERM)
    running.kill("backfill@paged", signal.SIGTERM)


def test_a_second_password_is_asked_for_told_wrong_and_taken(running):
    # Its token is shown so long that it must be renewed, while the rest goes on.
    first = begin(running, "renewed")
    waiting = begin(running, "guarded")

    async def scan():
        async with person(running, GUARDED, SECRET) as app:
            await accept(app, waiting)

    asyncio.run(scan())
    asked = login(running, "guarded", "password_needed")
    assert asked["wrong_passwords"] == 0 and "hint" in asked and "link" not in asked
    give = lambda text: ask(running, "POST", "/admin/accounts/guarded/login/password", {"password": text})
    assert ask(running, "POST", "/admin/accounts/guarded/login/password", {"wrong": "field"})[0] == 400
    assert give("not this one")[0] == 202
    until(lambda: login(running, "guarded", "password_needed")["wrong_passwords"] == 1, what="a wrong password told")
    status, answer = give(SECRET)
    assert status == 202 and answer["state"] == "checking"
    assert login(running, "guarded", "done")["logins"] == ["listener", "backfill"], "the password served both"
    assert accounts(running)["guarded"]["state"] == "active"
    assert give(SECRET)[0] == 404, "nothing is under way any more"

    # The supervisor may renew it a moment before it expires.
    until(lambda: time.time() > first["expires_at"] + 1, 45, "the first token's end")
    renewed = until(lambda: (now := login(running, "renewed", "waiting"))["link"] != first["link"] and now, 45, "another token")

    async def late():
        async with person(running, OTHER) as app:
            with pytest.raises(AuthTokenExpiredError):
                await accept(app, first)
            await accept(app, renewed)

    asyncio.run(late())
    assert login(running, "renewed", "done")["state"] == "done"


def test_a_name_stays_with_its_user(running):
    version = running.query("select session_version, user_id from aaltohub.accounts where name = 'paged'")
    waiting = begin(running, "paged")

    async def scan():
        async with person(running, OTHER) as app:
            await accept(app, waiting)

    asyncio.run(scan())
    failed = login(running, "paged", "failed")
    assert "belongs to the Telegram user" in failed["reason"] and "another name" in failed["reason"]
    assert running.query("select session_version, user_id from aaltohub.accounts where name = 'paged'") == version


def test_what_is_refused(running):
    path = "/admin/accounts/refused/login"
    for method, route in [("GET", "/admin/accounts"), ("GET", path), ("POST", path), ("DELETE", path), ("POST", f"{path}/password"),
                          ("POST", "/admin/accounts/main/pause"), ("POST", "/admin/accounts/main/resume")]:
        assert ask(running, method, route, {}, token=None)[0] == 401, (method, route)
    assert ask(running, "GET", path)[0] == 404
    assert ask(running, "DELETE", path)[0] == 404
    assert ask(running, "POST", f"{path}/password", {"password": "x"})[0] == 404
    assert ask(running, "POST", "/admin/accounts/-bad/login", {})[0] == 400
    assert ask(running, "POST", path, {"for": "fun"})[0] == 400
    assert ask(running, "POST", path, {"for": "backfill"})[0] == 409
    assert ask(running, "POST", "/admin/accounts/nobody/pause")[0] == 404
    begin(running, "refused")
    assert ask(running, "POST", path, {})[0] == 409
    assert ask(running, "POST", f"{path}/password", {"password": "x"})[0] == 409
    for i in range(3):
        begin(running, f"many{i}")
    assert ask(running, "POST", "/admin/accounts/many3/login", {})[0] == 429
    status, answer = ask(running, "DELETE", path)
    assert status == 200 and answer["state"] == "cancelled"
    assert login(running, "refused")["state"] == "cancelled"
    begin(running, "many3")
    for i in range(4):
        assert ask(running, "DELETE", f"/admin/accounts/many{i}/login")[0] == 200
    assert not {"refused", "many0"} & accounts(running).keys(), "what came to nothing leaves no account"


def test_nothing_secret_is_written_down(running):
    """After the logins above: neither a password nor a token stands in the log or the audit table."""
    log = running.log("supervisor")
    rows = json.dumps(running.query("select a::text from aaltohub.audit_log a"))
    assert "login-password" in rows and "guarded" in rows
    for text in (log, rows):
        assert SECRET not in text and "not this one" not in text and "tg://" not in text and "token=" not in text


def service(stack, name):
    """What a stage says of itself on its control socket."""
    told = json.loads(stack.ctl("status", "--json", check=False).stdout)["services"]
    return next((s for s in told if s.get("service") == name), None)


def test_paused_stages_leave_telegram_alone_and_fetch_afterwards_what_came_meanwhile(running):
    def state(name):
        told = service(running, name)
        return told and (told["state"], told["facts"]["account_paused"], told["facts"]["connected"])

    def texts():
        return sorted(row[0] for row in running.query("select text from public.messages where text like 'word %'"))

    def made():
        return running.simulator(cmd="stats")["calls"]

    async def talk():
        async with person(running, OTHER) as app:
            me = next(a for a in running.simulator(cmd="accounts")["accounts"] if a["phone"] == CRAWLER)
            groups = await make_groups(app, me["username"])
            for entity in groups.values():
                kind = "channel" if hasattr(entity, "broadcast") else "group"
                running.ctl("groups", "add", f"-100{entity.id}" if kind == "channel" else f"-{entity.id}", "--account", ACCOUNT)
            if running.processes.get("writer") is None:
                running.start("writer")
            running.start("listener")
            running.start("backfill")
            for name, entity in groups.items():
                await app.send_message(entity, f"word before {name}")
            until(lambda: len(texts()) == 3, what="the messages before")

            done = ask(running, "POST", f"/admin/accounts/{ACCOUNT}/pause")
            both = [f"backfill@{ACCOUNT}", f"listener@{ACCOUNT}"]
            assert done == (200, {"account": ACCOUNT, "paused": True, "changed": True, "told": both})
            for stage in ("listener", "backfill"):
                until(lambda: state(f"{stage}@{ACCOUNT}") == ("holding", True, False), what=f"{stage} paused and away from Telegram")
            assert accounts(running)[ACCOUNT]["paused"] and accounts(running)[ACCOUNT]["paused_by"]
            assert "paused" in running.ctl("accounts").stdout
            sent = {name: await app.send_message(entity, f"word during {name}") for name, entity in groups.items()}
            for name, entity in groups.items():
                await app.edit_message(entity, sent[name], f"word edited {name}")
            # A restart does not wake them: they are ready, and call nothing.
            calls = made()
            for stage in ("listener", "backfill"):
                running.kill(stage, signal.SIGTERM)
                running.start(stage)
                assert state(f"{stage}@{ACCOUNT}") == ("holding", True, False), stage
            asked = running.ctl("accounts", "authorizations", ACCOUNT, check=False)
            assert asked.returncode == 69 and "is paused" in asked.stderr
            for name, entity in groups.items():
                await app.send_message(entity, f"word later {name}")
            after = made()
            ours = ["updates.getDifference", "updates.getChannelDifference", "messages.getHistory", "messages.getPeerDialogs"]
            assert [after.get(call, 0) for call in ours] == [calls.get(call, 0) for call in ours]
            assert len(texts()) == 3

            done = ask(running, "POST", f"/admin/accounts/{ACCOUNT}/resume")
            assert done[1]["told"] == both and not done[1]["paused"]
            wanted = sorted(f"word {when} {name}" for when in ("before", "edited", "later") for name in groups)
            until(lambda: texts() == wanted, what="what came meanwhile")
            until(lambda: state(f"listener@{ACCOUNT}") == ("ready", False, True), what="the listener at work")
            until(lambda: state(f"backfill@{ACCOUNT}") == ("ready", False, True), what="the backfill at work")
            await app.send_message(groups["group"], "word afterwards")
            until(lambda: texts() == sorted(wanted + ["word afterwards"]), what="what comes live again")
            doubles = running.query("select group_id, telegram_message_id from public.messages group by 1, 2 having count(*) > 1")
            assert doubles == []

            # Not told by anybody, they see it at their next look; and the tool does it like the API.
            running.query("update aaltohub.accounts set paused_at = now() where name = %s returning 1", ACCOUNT)
            until(lambda: state(f"listener@{ACCOUNT}") == ("holding", True, False), what="a pause seen by the poll")
            told = json.loads(running.ctl("accounts", "resume", ACCOUNT, "--json").stdout)
            assert told["changed"] and f"listener@{ACCOUNT}" in told["told"]
            again = json.loads(running.ctl("accounts", "resume", ACCOUNT, "--json").stdout)
            assert not again["changed"]
            until(lambda: state(f"listener@{ACCOUNT}") == ("ready", False, True), what="the listener at work again")
            assert running.ctl("accounts", "pause", "nobody", check=False).returncode != 0

    asyncio.run(talk())


def test_without_its_credentials_the_supervisor_says_what_to_do(running):
    keys = {name: running.environment.pop(name) for name in ("MASTER_KEY", "API_HASH")}
    try:
        for missing, given in (("master_key", {}), ("api_hash", {"MASTER_KEY": keys["MASTER_KEY"]})):
            running.environment.update(given)
            running.kill("supervisor", signal.SIGTERM)
            running.start("supervisor")
            status, answer = ask(running, "POST", "/admin/accounts/new/login", {})
            assert status == 503 and missing in answer["error"] and "restart aaltohub-supervisor" in answer["error"]
            # The rest works without them.
            assert ask(running, "GET", "/admin/accounts")[0] == 200
    finally:
        running.environment.update(keys)


def test_a_drained_stage_ends_with_0_which_its_runner_starts_again(running):
    for stage in ("listener", "backfill", "writer", "supervisor"):
        service = f"{stage}@{ACCOUNT}" if stage in ("listener", "backfill") else stage
        if stage not in running.processes:
            running.start(stage)
        with zmq.Context() as context, context.socket(zmq.DEALER) as asker:
            asker.linger = 0
            asker.connect(f"ipc://{running.folder}/run/control/{service}.sock")
            asker.send(json.dumps({"id": 1, "command": "drain", "arguments": {}, "actor": "test"}).encode())
            assert asker.poll(10_000) and json.loads(asker.recv_multipart()[-1])["ok"], stage
        assert running.processes.pop(stage).wait(40) == 0, stage
        if stage != "supervisor":
            running.start(stage)
