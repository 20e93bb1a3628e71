"""A server that speaks layer 201 and no other: kurigram 2.2.0 shows that it is right, and our stages work with it by configuration."""
import json, signal, subprocess, sys

import pytest

from independent_harness import CODE, HERE, PASSWORD, SECOND, IndependentServer, layer_201_environment
from independent_pipeline import Whole


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = IndependentServer(tmp_path_factory.mktemp("keys") / "server.pem", layer=201)
    yield running
    running.close()


def test_kurigram_of_layer_201_logs_in_reads_and_is_told(server):
    server.reset(allow_old_rsa=True)
    for chat in ("supergroup", "channel", "group", "private"):
        server.post(chat, f"the first of the {chat}")
    server.delete("supergroup", server.fill("supergroup", 120)[7:9])
    command = [sys.executable, HERE / "layer_201_client.py", server.port, server.public_key, SECOND, CODE, PASSWORD]
    client = subprocess.Popen([str(a) for a in command], env=layer_201_environment(), stdout=subprocess.PIPE)
    try:
        said = json.loads(next(line for line in client.stdout if line.startswith(b"{")))
        titles = {name: chat["title"] for name, chat in server.chats().items()}
        assert said["histories"] == {
            titles[name]: {number: message["text"] for number, message in messages.items() if not message["deleted"]}
            for name, messages in server.truth(SECOND).items()
        }
        for chat in ("channel", "group", "supergroup"):
            server.post(chat, f"live in the {chat}")
        live = json.loads(next(line for line in client.stdout if line.startswith(b"[")))
        assert sorted(live) == ["live in the channel", "live in the group", "live in the supergroup"]
        assert client.wait(20) == 0
    finally:
        client.kill()
        client.stdout.close()
    report = server.report()
    assert report["violations"] == []
    assert {said["layer"] for said in report["connections"]} == {201}


@pytest.fixture(scope="module")
def whole(stack):
    made = Whole(stack, SECOND, PASSWORD, layer=201)
    yield made
    made.server.close()


def test_our_stages_work_with_layer_201_by_configuration_alone(whole):
    whole.something_happens("live")
    whole.equals()
    whole.server.change_salt()
    whole.server.drop_connections()
    whole.something_happens("while away")
    whole.listens()
    whole.something_happens("back")
    whole.equals()


def test_a_time_offline_at_layer_201(whole):
    assert whole.stack.kill("listener", signal.SIGTERM) == 0
    whole.something_happens("offline")
    whole.stack.start("listener")
    whole.equals()
    assert whole.gaps() == 0
    whole.is_without_fault(201)


def test_the_newest_layer_is_refused_there(stack, whole):
    stack.write_config(layer=229)
    refused = stack.ctl("login", "--account", "other", "--phone", SECOND, stdin=f"{CODE}\n", check=False)
    stack.write_config(layer=201)
    assert refused.returncode not in (0, 70)
    assert "layer 229 was declared to a server of layer 201" in whole.server.report()["violations"]
