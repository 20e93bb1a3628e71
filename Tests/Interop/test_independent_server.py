"""The independent server against clients that are not ours: what they accept, ours must accept too."""

import json
import os
import pathlib
import select
import socket
import subprocess
import sys

import pytest
from telethon import functions, types

import clients

HERE = pathlib.Path(__file__).resolve().parent
PHONE = "9996620001"
READY_SECONDS = 60


class IndependentServer:
    def __init__(self, folder, *flags):
        self.key = pathlib.Path(folder) / "independent.pem"
        self.process = subprocess.Popen(
            [sys.executable, HERE / "independent_server.py", "--rsa-key", self.key, *map(str, flags)], stdout=subprocess.PIPE)
        readable, _, _ = select.select([self.process.stdout], [], [], READY_SECONDS)
        line = os.read(self.process.stdout.fileno(), 4096).decode() if readable else ""
        assert line.startswith("ready "), line
        fields = dict(word.split("=") for word in line.split()[1:])
        self.port = int(fields["port"])
        self.control = socket.create_connection(("127.0.0.1", int(fields["control"])))
        self.lines = self.control.makefile("rb")
        self.public_key = (self.key.parent / (self.key.name + ".pub")).read_text()

    def ask(self, cmd, **arguments):
        self.control.sendall(json.dumps({"cmd": cmd, **arguments}).encode() + b"\n")
        answer = json.loads(self.lines.readline())
        assert answer["ok"], answer
        return answer

    def stop(self):
        self.ask("quit")
        assert self.process.wait(10) == 0


@pytest.fixture
def server(folder):
    running = IndependentServer(folder, "--password", "independent horse")
    clients.trust(running.public_key)
    yield running
    running.stop()


async def test_telethon_logs_in_reads_and_hears(server):
    client = clients.telethon_client(server)
    await client.connect()
    await client.send_code_request("+" + PHONE)
    with pytest.raises(clients.telethon.errors.SessionPasswordNeededError):
        await client.sign_in("+" + PHONE, "24680")
    await client.sign_in(password="independent horse")
    dialog, = await client.get_dialogs()
    read = [(m.id, m.raw_text) async for m in client.iter_messages(dialog.entity, reverse=True)]
    assert read == [(m["id"], m["text"]) for m in server.ask("dump")["messages"]] and len(read) == 150
    inbox = clients.listen(client)
    new = server.ask("say", text="live")["id"]
    await inbox.wait(lambda i: i[0] == "new" and i[2] == new and i[3] == "live")
    server.ask("edit", id=new, text="changed")
    await inbox.wait(lambda i: i[0] == "edit" and i[2] == new and i[3] == "changed")
    server.ask("delete", ids=[new])
    await inbox.wait(lambda i: i[0] == "delete" and i[2] == (new,))
    server.ask("private", count=3)
    await inbox.wait(lambda i: i[3] == "private 2")
    server.ask("salt")
    server.ask("say", text="after the salt")
    await inbox.wait(lambda i: i[3] == "after the salt")
    state = await client(functions.updates.GetStateRequest())
    assert state.pts == 4
    assert server.ask("state")["counters"]["bad_salt"] >= 1
    # Held back, then told by the difference.
    server.ask("hold")
    for i in range(50):
        server.ask("say", text=f"held {i}")
    server.ask("hold", on=False)
    server.ask("say", text="released")
    for i in range(50):
        await inbox.wait(lambda item: item[3] == f"held {i}")
    await inbox.wait(lambda i: i[3] == "released")
    difference = functions.updates.GetChannelDifferenceRequest(
        await client.get_input_entity(dialog.entity), types.ChannelMessagesFilterEmpty(), 2, 100)
    assert len((await client(difference)).new_messages) == 20
    assert server.ask("state")["complaints"] == []
    await client.disconnect()


async def test_kurigram_logs_in_reads_and_hears(server):
    class Account:
        port = server.port

    client = clients.kurigram_client(Account, 0, password="independent horse")
    client.phone_number = "+" + PHONE
    inbox = clients.listen_kurigram(client)
    await client.start()
    chat = [dialog.chat async for dialog in client.get_dialogs()][0]
    read = [(m.id, m.text) async for m in client.get_chat_history(chat.id)]
    assert read[::-1] == [(m["id"], m["text"]) for m in server.ask("dump")["messages"]]
    server.ask("say", text="live")
    await inbox.wait(lambda i: i[0] == "new" and i[3] == "live")
    await client.stop()
