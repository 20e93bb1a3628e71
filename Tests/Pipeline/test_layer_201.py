"""A server that speaks layer 201 and no other: kurigram 2.2.0 shows that the server is right."""
import json, subprocess, sys

import pytest

from independent_harness import CODE, HERE, PASSWORD, SECOND, IndependentServer, layer_201_environment


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
