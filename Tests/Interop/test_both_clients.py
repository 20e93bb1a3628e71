"""kurigram alone, and talking with Telethon."""

import pytest

import clients
from test_groups import KINDS, make_group


async def test_kurigram_lists_dialogs_and_reads_history(crowd, kurigram):
    alice = await crowd(1)
    group = await make_group(alice, "supergroup", "For kurigram", ["simuser2"])
    texts = [f"line {i}" for i in range(130)]
    for text in texts:
        await alice.send_message(group, text)
    dave = await kurigram(2)
    titles = [dialog.chat.title async for dialog in dave.get_dialogs()]
    assert "For kurigram" in titles
    read = [m.text async for m in dave.get_chat_history(group) if m.text]
    assert read == texts[::-1]


async def test_kurigram_makes_groups_writes_edits_and_deletes(crowd, kurigram):
    bob = await crowd(2)
    inbox = clients.listen(bob)
    erin = await kurigram(4)
    await erin.send_message("simuser2", "first contact")
    groups = [
        await erin.create_group("Kurigram basic", ["simuser2"]),
        await erin.create_supergroup("Kurigram super"),
        await erin.create_channel("Kurigram channel"),
    ]
    for made in groups:
        chat = getattr(made, "chat", made)
        if chat.title != "Kurigram basic":
            await erin.add_chat_members(chat.id, "simuser2")
        sent = await erin.send_message(chat.id, f"hello {chat.title}")
        new = await inbox.wait(lambda i: i[0] == "new" and i[3] == f"hello {chat.title}")
        assert new[1] == chat.id
        await erin.edit_message_text(chat.id, sent.id, f"bye {chat.title}")
        await inbox.wait(lambda i: i[0] == "edit" and i[1:3] == new[1:3] and i[3] == f"bye {chat.title}")
        await erin.delete_messages(chat.id, sent.id)
        await inbox.wait(lambda i: i[0] == "delete" and new[2] in i[2])


@pytest.mark.parametrize("kind", KINDS[:2])
async def test_telethon_and_kurigram_talk(crowd, kurigram, kind):
    alice = await crowd(1)
    dave = await kurigram(2)
    alices = clients.listen(alice)
    group = await make_group(alice, kind, f"Talk in {kind}", ["simuser2"])
    await dave.inbox.wait(lambda i: i[1] == group)
    for turn in range(5):
        await alice.send_message(group, f"question {turn}")
        heard = await dave.inbox.wait(lambda i: i[0] == "new" and i[1] == group and i[3] == f"question {turn}")
        await dave.send_message(group, f"answer {turn}", reply_to_message_id=heard[2])
        await alices.wait(lambda i: i[0] == "new" and i[1] == group and i[3] == f"answer {turn}")
    mine = await alice.send_message(group, "wrong")
    heard = await dave.inbox.wait(lambda i: i[0] == "new" and i[3] == "wrong")
    await alice.edit_message(mine, "right")
    await dave.inbox.wait(lambda i: i[0] == "edit" and i[2] == heard[2] and i[3] == "right")
    await alice.delete_messages(group, [mine.id])
    await dave.inbox.wait(lambda i: i[0] == "delete" and heard[2] in i[2])
    texts = [m.raw_text async for m in alice.iter_messages(group, limit=10)]
    assert texts == [text for turn in range(4, -1, -1) for text in (f"answer {turn}", f"question {turn}")]
    theirs = [m.text async for m in dave.get_chat_history(group, limit=10)]
    assert theirs == texts
