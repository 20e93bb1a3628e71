"""What an operator sees of what waits and of what was edited: history, dead letters, the queue."""
import json

import pytest
import zmq

from faults import Faulty
from stack import Stack, until


@pytest.fixture(scope="module")
def world():
    stack = Stack()
    stack.write_config()
    try:
        yield Faulty(stack)
    finally:
        stack.close()


def ask(world, *arguments, code=0):
    """A command's answer in JSON, with the status that it ends with."""
    done = world.stack.ctl(*arguments, "--json", check=False, timeout=120)
    assert done.returncode == code, f"{arguments} ended with {done.returncode}: {done.stderr}{done.stdout}"
    return json.loads(done.stdout) if done.stdout else None


def change(world, sql):
    with world.stack.cluster.connect("aaltohub") as connection:
        connection.execute(sql)


def stored(world, text):
    return world.stack.query("select count(*) from messages where text = %s", text)[0][0]


def letters(world):
    return ask(world, "dlq", "list")["dead_letters"]


def poison(world, text, kind="supergroup"):
    """A message that cannot be stored as long as the constraint stands."""
    waiting = len(letters(world))
    number = world.send(kind, text)
    until(lambda: len(letters(world)) > waiting, 20, "a dead letter")
    return number


def test_the_history_of_a_message_has_every_version_and_hides_what_was_written(world):
    number = world.send("supergroup", "first words")
    until(lambda: stored(world, "first words"), 20, "the message")
    assert [v["current"] for v in ask(world, "history", "supergroup", number)["versions"]] == [True]
    for text in ("second words", "first words"):
        world.edit("supergroup", number, text)
        until(lambda: stored(world, text), 20, "the edit")
    told = world.stack.ctl("history", "supergroup", number, "--json").stdout
    assert "words" not in told
    versions = json.loads(told)["versions"]
    assert [v["characters"] for v in versions] == [11, 12, 11]
    assert [v["current"] for v in versions] == [False, False, True]
    assert versions[0]["edit_date"] == 0 < versions[1]["edit_date"] <= versions[2]["edit_date"]
    assert versions[0]["content_hash"] == versions[2]["content_hash"] != versions[1]["content_hash"]
    shown = ask(world, "history", "supergroup", number, "--show-text")["versions"]
    assert [v["text"] for v in shown] == ["first words", "second words", "first words"]
    table = world.stack.ctl("history", "supergroup", number).stdout
    assert "words" not in table and "current" in table
    assert "second words" in world.stack.ctl("history", "supergroup", number, "--show-text").stdout
    assert world.stack.ctl("history", "supergroup", "4711", check=False).returncode == 65
    assert world.stack.ctl("history", "no such group", "1", check=False).returncode == 65


def test_dead_letters_are_listed_shown_retried_by_the_writer_and_dropped(world):
    change(world, "alter table messages add constraint no_poison check (text not like 'poison%')")
    edited = poison(world, "poison one")
    poison(world, "poison two", "channel")
    newest, older = letters(world)
    assert (older["group"]["title"], older["message_id"], older["sql_state"], older["retry_count"]) == ("supergroup", edited, "23514", 0)
    # What came beside it is stored, and the stream went on.
    world.send("supergroup", "after the poison")
    until(lambda: stored(world, "after the poison"), 20, "the next message")

    shown = world.stack.ctl("dlq", "show", older["id"][:13], "--json").stdout
    assert json.loads(shown)["reads_as"] == ["message"] and "poison one" not in shown
    assert "poison one" in world.stack.ctl("dlq", "show", older["id"], "--show-text").stdout
    assert "poison" not in world.stack.ctl("dlq", "list").stdout.replace("no_poison", "")

    failed = ask(world, "dlq", "retry", older["id"], code=1)
    assert (failed["retried"], failed["failed"], failed["letters"][0]["result"]) == (1, 1, "failed")
    assert [letter["retry_count"] for letter in letters(world)] == [0, 1]

    # An edit that comes meanwhile is newer than what the letter holds.
    change(world, "alter table messages drop constraint no_poison")
    world.edit("supergroup", edited, "the antidote")
    until(lambda: stored(world, "the antidote"), 20, "the edit")
    done = ask(world, "dlq", "retry", "ALL")
    assert (done["retried"], done["stored"], done["failed"]) == (2, 2, 0)
    assert letters(world) == []
    assert stored(world, "poison two") == 1 and stored(world, "poison one") == 0
    assert [v["text"] for v in ask(world, "history", "supergroup", edited, "--show-text")["versions"]] == ["poison one", "the antidote"]
    assert len(ask(world, "dlq", "list", "--all")["dead_letters"]) == 2
    assert ask(world, "dlq", "retry", older["id"], code=1)["unknown"] == 1

    change(world, "alter table messages add constraint no_poison check (text not like 'poison%') not valid")
    poison(world, "poison three")
    poison(world, "poison four")
    for wrong in (("dlq", "drop"), ("dlq", "drop", "all"), ("dlq", "drop", "ALL", older["id"]), ("dlq", "retry", "xyz")):
        assert world.stack.ctl(*wrong, check=False).returncode == 64, wrong
    assert ask(world, "dlq", "drop", letters(world)[0]["id"]) == {"dropped": 1}
    assert ask(world, "dlq", "drop", "ALL") == {"dropped": 1}
    assert letters(world) == []
    change(world, "alter table messages drop constraint no_poison")


def test_the_queue_shows_what_waits_by_group_and_age_and_says_what_is_down(world):
    change(world, "alter table messages add constraint no_poison check (text not like 'poison%') not valid")
    poison(world, "poison five")
    change(world, "update failed_messages set created_at = now() - interval '3 days' where not resolved")
    poison(world, "poison six")
    told = ask(world, "queue")
    assert told["age_buckets"] == ["5m", "1h", "6h", "1d", "7d", "older"]
    assert told["dead_letters"]["count"] == 2
    group = told["dead_letters"]["groups"][0]
    assert (group["group"]["title"], group["ages"]) == ("supergroup", [1, 0, 0, 0, 1, 0])
    stages = {stage["stage"]: stage for stage in told["stages"]}
    assert stages["writer"]["circuit"] == "closed" and stages["writer"]["waiting"] == []

    # A paused writer: what comes waits there.
    control(world, "pause")
    assert "holds" in world.stack.ctl("dlq", "retry", "ALL", check=False).stderr
    assert world.stack.ctl("dlq", "retry", "ALL", check=False).returncode == 69
    for text in ("waits one", "waits two"):
        world.send("supergroup", text)

    def waiting():
        stages = {stage["stage"]: stage for stage in ask(world, "queue")["stages"]}
        return sum(entry["count"] for stage in stages.values() for entry in stage.get("waiting", []))

    listener = "listener@main"
    until(lambda: waiting() or {s["stage"]: s for s in ask(world, "queue")["stages"]}[listener].get("unacknowledged_records"), 20, "what waits")
    table = world.stack.ctl("queue").stdout
    assert "dead letters" in table and "supergroup" in table
    control(world, "resume")
    until(lambda: stored(world, "waits two"), 30, "what waited")

    # Without its database, and without the writer.
    world.stack.kill("writer")
    world.stack.cluster.stop("immediate")
    done = world.stack.ctl("queue", "--json", check=False)
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["database"]["reachable"] is False and told["dead_letters"] is None
    stages = {stage["stage"]: stage for stage in told["stages"]}
    assert stages["writer"]["state"] == "down" and stages[listener]["state"] != "down"
    text = world.stack.ctl("queue", check=False)
    assert "down" in text.stdout and "database does not answer" in text.stderr
    assert world.stack.ctl("dlq", "retry", "ALL", check=False).returncode == 69
    world.stack.cluster.start()
    world.stack.start("writer")
    change(world, "alter table messages drop constraint no_poison")
    assert ask(world, "dlq", "retry", "ALL")["stored"] == 2
    assert world.stack.ctl("queue").stdout.rstrip().endswith("no dead letters")


def control(world, command):
    context = zmq.Context.instance()
    with context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.connect(f"ipc://{world.stack.folder}/run/control/writer.sock")
        socket.send(json.dumps({"id": command, "command": command, "actor": "test"}).encode())
        assert socket.poll(10_000), f"no answer to {command}"
        assert json.loads(socket.recv())["ok"]
