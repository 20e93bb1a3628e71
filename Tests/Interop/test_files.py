"""Synthetic files: any size, over two data centres, with references that expire."""

import hashlib

import pytest
import telethon
from telethon import errors, functions, types

import clients
from simulator import Simulator, phone

SIZE = 5_000_003
PART = 128 * 1024


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    running = Simulator(tmp_path_factory.mktemp("files"), "--dcs", 4, "--accounts", 2)
    clients.trust(running.public_key)
    yield running
    running.stop()
    telethon.TelegramClient._config = None


def post(simulator, title, **file):
    group = simulator.ask("create_group", kind="channel", title=title, creator=phone(1))["group"]
    made = simulator.ask("add_file", **file)["file"]
    simulator.ask("post_file", file=made, to=[group])
    return made, -1_000_000_000_000 - group["id"]


async def fetch(client, message):
    return b"".join([bytes(part) async for part in client.iter_download(message.media, request_size=PART)])


async def test_telethon_fetches_from_another_data_centre(simulator, crowd):
    alice = await crowd(1)
    file, chat = post(simulator, "elsewhere", kind="video", size=SIZE, dc=4)
    await alice.get_dialogs()
    message = (await alice.get_messages(chat, limit=1))[0]
    assert message.video.size == SIZE and message.video.dc_id == 4
    content = await fetch(alice, message)
    told = simulator.ask("file_hash", file=file)
    assert len(content) == told["size"] == SIZE and hashlib.sha256(content).hexdigest() == told["sha256"]
    stats = simulator.ask("file_stats", file=file)
    assert stats["most"] == 1 and stats["bytes"] == SIZE and len(stats["parts"]) == -(-SIZE // PART)


async def test_an_expired_reference_comes_anew_with_the_message(simulator, crowd):
    alice = await crowd(1)
    file, chat = post(simulator, "expiring", size=SIZE, dc=3)
    await alice.get_dialogs()
    message = (await alice.get_messages(chat, limit=1))[0]
    simulator.ask("file_fault", effect="expire", file=file, skip=10)
    content = b""
    with pytest.raises(errors.FileReferenceExpiredError):
        async for part in alice.iter_download(message.media, request_size=PART):
            content += bytes(part)
    assert len(content) == 10 * PART
    fresh = (await alice.get_messages(chat, ids=message.id))
    assert fresh.document.file_reference != message.document.file_reference
    async for part in alice.iter_download(fresh.media, offset=len(content), request_size=PART):
        content += bytes(part)
    assert hashlib.sha256(content).hexdigest() == simulator.ask("file_hash", file=file)["sha256"]
    assert simulator.ask("file_stats", file=file)["most"] == 1


async def test_hashes_are_those_of_the_parts(simulator, crowd):
    alice = await crowd(1)
    file, chat = post(simulator, "hashes", size=SIZE, dc=2)
    await alice.get_dialogs()
    message = (await alice.get_messages(chat, limit=1))[0]
    content = await fetch(alice, message)
    place = types.InputDocumentFileLocation(message.document.id, message.document.access_hash, message.document.file_reference, "")
    offset = 0
    while hashes := await alice(functions.upload.GetFileHashesRequest(place, offset)):
        for piece in hashes:
            assert piece.offset == offset and hashlib.sha256(content[offset:offset + piece.limit]).digest() == piece.hash
            offset += piece.limit
    assert offset == SIZE


async def test_a_photo_has_sizes(simulator, crowd):
    alice = await crowd(1)
    _, chat = post(simulator, "sizes", kind="photo", size=300_000)
    await alice.get_dialogs()
    message = (await alice.get_messages(chat, limit=1))[0]
    assert [s.type for s in message.photo.sizes] == ["m", "x", "y"]
    lengths = [len(await alice.download_media(message, bytes, thumb=size)) for size in message.photo.sizes]
    assert lengths == [12_000, 60_000, 300_000]


async def test_one_file_in_many_groups(simulator, crowd):
    alice = await crowd(1)
    groups = [simulator.ask("create_group", kind="supergroup", title=f"many {i}", creator=phone(1))["group"] for i in range(5)]
    file = simulator.ask("add_file", size=100_000, name="again.bin")["file"]
    assert simulator.ask("post_file", file=file, to=groups, text="again")["count"] == 5
    await alice.get_dialogs()
    ids = {(await alice.get_messages(-1_000_000_000_000 - g["id"], limit=1))[0].document.id for g in groups}
    assert ids == {file}
    listed = [f for f in simulator.ask("files")["lines"] if f["file"] == file]
    assert listed and listed[0]["posts"] == 5 and listed[0]["size"] == 100_000


async def test_kurigram_fetches_the_same_bytes(simulator, kurigram):
    file, chat = post(simulator, "for kurigram", kind="audio", size=SIZE, dc=4)
    bob = await kurigram(2)
    async for _ in bob.get_dialogs():
        pass
    message = [m async for m in bob.get_chat_history(chat, limit=1)][0]
    content = (await bob.download_media(message, in_memory=True)).getvalue()
    assert hashlib.sha256(content).hexdigest() == simulator.ask("file_hash", file=file)["sha256"]
