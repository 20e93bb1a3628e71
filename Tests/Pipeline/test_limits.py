"""What Telegram lets an account do: waits outlive a restart and are shared, user names are asked for once, the unreadable is kept."""
import json, re, subprocess

import pytest

from stack import ACCOUNT, BIN, CODE, Stack, until

CRAWLER, OTHER = "9996610001", "9996610002"


@pytest.fixture(scope="module")
def running():
    stack = Stack()
    try:
        stack.start_simulator("--accounts", "2", "--groups", "1")
        stack.prepare(CRAWLER)
        for number in range(4):
            stack.simulator(
                cmd="create_group", kind="supergroup", title=f"Public {number}", creator=OTHER, members=[OTHER], username=f"public_{number}")
        yield stack
    finally:
        stack.close()


def listening(stack):
    """Whatever the test before left: writer and listener run."""
    for stage in ("writer", "listener"):
        if stage not in stack.processes or stack.processes[stage].poll() is not None:
            stack.start(stage)


def calls(stack, method):
    return stack.simulator(cmd="stats")["calls"].get(method, 0)


def limits(stack):
    return json.loads(stack.ctl("limits", "--json").stdout)


def test_defect_17_a_user_name_is_resolved_once_across_processes_and_restarts(running):
    added = [running.ctl("groups", "add", "@public_0") for _ in range(3)]  # no listener: the tool's own connection
    assert "added" in added[0].stdout and "already" in added[1].stdout
    assert calls(running, "contacts.resolveUsername") == 1
    running.start("writer")
    running.start("listener")
    running.ctl("groups", "add", "https://t.me/public_1")  # over the listener's control socket
    together = [
        subprocess.Popen(
            [BIN / "aaltohubctl", "groups", "add", name, "--config", running.config], env=running.environment, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        for name in ["@public_2", "@PUBLIC_2", "t.me/public_2", "@public_1"]]
    assert [p.wait(60) for p in together] == [0, 0, 0, 0]
    assert calls(running, "contacts.resolveUsername") == 3
    assert running.kill("listener", 15) == 0
    running.start("listener")
    for name in ["@public_0", "@public_1", "@public_2"]:
        running.ctl("groups", "add", name)
    assert calls(running, "contacts.resolveUsername") == 3
    rows = running.query("select name, entity_type, resolved_at is not null from aaltohub.usernames order by name")
    assert rows == [(f"public_{n}", "channel", True) for n in range(3)]
    missing = [running.ctl("groups", "add", "@nobody_at_all", check=False) for _ in range(2)]
    assert {m.returncode for m in missing} == {65} and "nobody at Telegram" in missing[0].stderr
    assert calls(running, "contacts.resolveUsername") == 4
    person = running.ctl("groups", "add", "@simuser2", check=False)
    assert person.returncode == 65 and "no group" in person.stderr


def test_defect_22_a_flood_wait_of_a_day_survives_a_restart_and_no_call_is_made(running):
    listening(running)
    running.simulator(cmd="calls", method="contacts.resolveUsername", effect="flood", seconds=86_400, count=1)
    done = running.ctl("groups", "add", "@public_3", check=False)
    assert done.returncode in (69, 75) and "FLOOD_WAIT" in done.stderr
    asked = calls(running, "contacts.resolveUsername")
    stored = running.query("select method, peer, seconds from aaltohub.flood_waits")
    assert stored == [("contacts.resolveUsername", "", 86_400)]
    # The same listener, one that was killed and started again, and the tool alone: none of them asks.
    assert running.ctl("groups", "add", "@public_3", check=False).returncode != 0
    running.kill("listener")
    running.start("listener")
    refused = running.ctl("groups", "add", "@public_3", check=False)
    assert refused.returncode != 0 and "FLOOD_WAIT_8" in refused.stderr
    running.kill("listener", 15)
    alone = running.ctl("groups", "add", "@public_3", check=False)
    assert alone.returncode == 75 and "limits" in alone.stderr
    assert calls(running, "contacts.resolveUsername") == asked
    assert running.simulator(cmd="stats")["violations"] == {}
    (wait,) = limits(running)["waits"]
    assert wait["account"] == ACCOUNT and wait["method"] == "contacts.resolveUsername" and 86_000 < wait["left_seconds"] <= 86_400


def test_defect_22_the_wait_survives_without_the_database_too(running):
    """The sealed copy remembers as well: Postgres is away at the next start."""
    running.start("listener")
    until(lambda: limits(running)["methods"], what="counts of a running listener")
    running.kill("listener", 15)
    running.cluster.stop("fast")
    try:
        running.start("listener", ready=False)
        until(lambda: "sealed copy" in running.log("listener"), what="a start from the copy")
        waits = until(lambda: asked(running), what="an answer on the control socket")
        assert [w["method"] for w in waits] == ["contacts.resolveUsername"]
    finally:
        running.kill("listener")
        running.cluster.start()


def asked(stack):
    """The waits that the listener itself knows, over its control socket."""
    import zmq

    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.rcvtimeo = 2000
        socket.connect(f"ipc://{stack.folder}/run/control/listener@{ACCOUNT}.sock")
        socket.send_json({"id": 1, "command": "limits", "arguments": {}, "actor": "test"})
        try:
            return socket.recv_json()["result"]["waits"]
        except zmq.Again:
            return None


def test_calls_and_failures_are_counted_per_method_and_told_to_metrics(running):
    listening(running)
    running.simulator(cmd="calls", method="updates.getDifference", effect="flood", seconds=2, count=1)
    running.simulator(cmd="push", account=CRAWLER, what="too_long")
    method = until(
        lambda: next((m for m in limits(running)["methods"] if m["method"] == "updates.getDifference" and m["waits"]), None), what="a wait")
    assert method["errors"] == {"FLOOD_WAIT_X": 1} and method["waited_seconds"] == 2 and method["account"] == ACCOUNT
    counters = until(
        lambda: {k: v for s in json.loads(running.ctl("status", "--json").stdout)["services"] if s["service"] == f"listener@{ACCOUNT}"
                 for k, v in s["counters"].items() if k.startswith("telegram_") and "getDifference" in k}, what="counters")
    assert counters['telegram_flood_wait_seconds_total{method="updates.getDifference"}'] == 2
    assert counters['telegram_call_failures_total{error="FLOOD_WAIT_X",method="updates.getDifference"}'] == 1
    table = running.ctl("limits").stdout
    assert re.search(r"main +updates\.getDifference +listener +\d+ +1 +1 +2 s", table)
    assert re.search(r"main +contacts\.resolveUsername .*\(2[0-9] h\)", table)
    assert running.simulator(cmd="stats")["violations"] == {}


def test_what_cannot_be_read_is_kept_sealed_and_can_be_read_later(running):
    listening(running)
    group = running.simulator(cmd="groups")["groups"][0]
    running.simulator(cmd="pushes", account=CRAWLER, unknown_envelope=1.0, count=1)
    running.simulator(cmd="send", **{"from": OTHER, "to": {"kind": group["kind"], "id": group["id"]}, "text": "kept as it is"})
    (entry,) = until(lambda: json.loads(running.ctl("quarantine", "--json").stdout)["quarantine"], what="something in quarantine")
    assert entry["account"] == ACCOUNT and entry["context"] == "push" and entry["layer"] == 229 and entry["decoded_at"] is None
    assert all(b"kept" not in bytes(row[0]) for row in running.query("select bytes from aaltohub.quarantine"))
    shown = json.loads(running.ctl("quarantine", "show", str(entry["id"]), "--json").stdout)
    assert shown["reads_as"] is None and "hex" not in shown
    retried = json.loads(running.ctl("quarantine", "retry", "ALL", "--json").stdout)["retried"]
    assert retried == [{"id": entry["id"], "reads_as": None, "failure": shown["failure"]}]
    # The differences brought what it said, all the same.
    until(lambda: running.simulator(cmd="stats")["calls"].get("updates.getDifference", 0) > 1, what="a difference")


def test_defect_24_an_unknown_constructor_in_an_answer_fails_that_call_alone(running):
    listening(running)
    connections = running.log("listener").count("connected to Telegram")
    running.simulator(cmd="calls", method="account.getAuthorizations", effect="unknown", count=1)
    refused = running.ctl("accounts", "authorizations", ACCOUNT, check=False)
    assert refused.returncode == 69 and "could not be read" in refused.stderr
    assert json.loads(running.ctl("accounts", "authorizations", ACCOUNT, "--json").stdout)["authorizations"]
    running.simulator(cmd="calls", method="updates.getDifference", effect="unknown", count=1)
    before = calls(running, "updates.getDifference")
    running.simulator(cmd="push", account=CRAWLER, what="too_long")
    until(lambda: calls(running, "updates.getDifference") >= before + 2, what="the difference asked for again")
    # The engine asks for less at once before it gives an answer up, so only the other call's bytes are kept.
    until(lambda: ("account.getAuthorizations",) in running.query("select context from aaltohub.quarantine"), what="its bytes in quarantine")
    assert running.processes["listener"].poll() is None
    assert running.log("listener").count("connected to Telegram") == connections


def test_the_servers_config_is_stored_and_salts_are_kept(running):
    listening(running)
    rows = until(lambda: running.query("select config -> 'dc_options' from aaltohub.telegram_configs where account = %s", ACCOUNT), what="a config")
    assert rows[0][0] and rows[0][0][0]["_"] == "dcOption"
    running.kill("listener", 15)
    before = running.query("select session_version from aaltohub.accounts where name = %s", ACCOUNT)[0][0]
    running.simulator(cmd="salts", seconds=30)
    running.start("listener")
    until(lambda: calls(running, "updates.getDifference"), what="calls")
    assert running.kill("listener", 15) == 0
    assert running.query("select session_version from aaltohub.accounts where name = %s", ACCOUNT)[0][0] > before


def test_a_refused_hash_is_marked_and_learnt_anew_and_nothing_is_deleted(running):
    listening(running)
    # public_0 was resolved in this module; the account is no member, so no dialog knows it.
    (channel, right), = running.query(
        "select c.telegram_id, c.access_hash from aaltohub.usernames u join public.entity_cache c"
        " on c.telegram_id = u.telegram_id and c.entity_type = u.entity_type where u.name = 'public_0'")
    running.kill("listener", 15)
    running.simulator(cmd="faults", end_waits=True)
    running.query("update public.entity_cache set access_hash = 1 where telegram_id = %s returning 1", channel)
    running.query("update aaltohub.flood_waits set until = now() returning 1")
    (running.folder / "state" / f"listener@{ACCOUNT}" / "start.sealed").unlink()
    asked_before = calls(running, "contacts.resolveUsername")
    running.start("listener")
    row = until(
        lambda: running.query(
            "select access_hash, refused_at from public.entity_cache where telegram_id = %s and access_hash <> 1", channel),
        what="the right hash")
    assert row == [(right, None)]
    assert calls(running, "contacts.resolveUsername") == asked_before + 1


def test_every_command_explains_itself(running):
    commands = [[]]
    seen = 0
    while commands:
        path = commands.pop()
        done = subprocess.run([BIN / "aaltohubctl", *path, "--help"], capture_output=True, text=True)
        assert done.returncode == 0 and "OVERVIEW:" in done.stdout and "USAGE:" in done.stdout, path
        seen += 1
        section = done.stdout.partition("SUBCOMMANDS:")[2]
        commands += [[*path, name] for name in re.findall(r"^  ([a-z][a-z-]+)", section, re.M)]
    assert seen >= 22
