"""Photos and documents, up and down, bytes equal."""

import io
import random

import pytest

import clients
from test_groups import make_group

# The smallest JPEG that clients take for a photo by its name; the server keeps bytes as they come.
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + random.Random(3).randbytes(70_000) + bytes.fromhex("ffd9")
DOCUMENT = random.Random(4).randbytes(1_300_001)


@pytest.mark.parametrize("kind", ["basic", "channel"])
async def test_telethon_sends_and_fetches_files(crowd, kind):
    alice, bob = await crowd(1), await crowd(2)
    group = await make_group(alice, kind, f"Files in {kind}", ["simuser2"])
    await alice.send_file(group, io.BytesIO(JPEG), caption="a photo", force_document=False, file_size=len(JPEG), attributes=[])
    upload = await alice.upload_file(JPEG, file_name="photo.jpg")
    await alice.send_file(group, upload, caption="a real photo")
    named = io.BytesIO(DOCUMENT)
    named.name = "report.bin"
    await alice.send_file(group, named, caption="a document", force_document=True)
    await bob.get_dialogs()
    document, photo = await bob.get_messages(group, limit=2)
    assert photo.photo and photo.raw_text == "a real photo"
    assert await photo.download_media(bytes) == JPEG
    assert document.document.size == len(DOCUMENT) and document.file.name == "report.bin"
    assert await document.download_media(bytes) == DOCUMENT


async def test_kurigram_sends_and_fetches_files(crowd, kurigram, tmp_path):
    alice = await crowd(1)
    inbox = clients.listen(alice)
    erin = await kurigram(4)
    photo, document = tmp_path / "photo.jpg", tmp_path / "report.bin"
    photo.write_bytes(JPEG)
    document.write_bytes(DOCUMENT)
    await erin.send_photo("simuser1", str(photo), caption="erin's photo")
    await erin.send_document("simuser1", str(document), caption="erin's document")
    await inbox.wait(lambda i: i[3] == "erin's document")
    newest = await alice.get_messages("simuser4", limit=2)
    assert await newest[1].download_media(bytes) == JPEG
    assert await newest[0].download_media(bytes) == DOCUMENT
    history = [m async for m in erin.get_chat_history("simuser1", limit=2)]
    assert (await erin.download_media(history[0], in_memory=True)).getvalue() == DOCUMENT
    assert (await erin.download_media(history[1], in_memory=True)).getvalue() == JPEG
