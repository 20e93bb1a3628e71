"""The three kinds of groups through Telethon: made, joined, written, read page by page."""

import pytest
import telethon
from telethon import functions, types, utils

import clients


async def make_group(client, kind, title, members):
    """A group of the kind with the users of other clients in it; returns its marked id."""
    users = [await client.get_input_entity(member) for member in members]
    if kind == "basic":
        made = await client(functions.messages.CreateChatRequest(users, title))
        return utils.get_peer_id(types.PeerChat(made.updates.chats[0].id))
    made = await client(functions.channels.CreateChannelRequest(title, "about", megagroup=kind == "supergroup", broadcast=kind == "channel"))
    channel = made.chats[0]
    await client(functions.channels.InviteToChannelRequest(channel, users))
    return utils.get_peer_id(channel)


KINDS = ["basic", "supergroup", "channel"]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_written_is_read_page_by_page(simulator, crowd, kind):
    alice, bob = await crowd(1), await crowd(2)
    group = await make_group(alice, kind, f"Pages of {kind}", ["simuser2"])
    written = {}
    for i in range(130):
        reply = sent.id if i % 10 == 9 else None
        sent = await alice.send_message(group, f"number {i} äö 🙂", reply_to=reply)
        written[sent.id] = (f"number {i} äö 🙂", reply)
    for message_id in list(written)[::20]:
        await alice.edit_message(group, message_id, written[message_id][0] + " edited")
        written[message_id] = (written[message_id][0] + " edited", written[message_id][1])
    gone = list(written)[5::23]
    await alice.delete_messages(group, gone)
    for message_id in gone:
        del written[message_id]

    seen = {}
    async for message in alice.iter_messages(group):
        if not isinstance(message, types.MessageService) and not message.action:
            seen[message.id] = (message.raw_text, message.reply_to.reply_to_msg_id if message.reply_to else None)
    expected = {i: (text, reply) for i, (text, reply) in written.items()}
    for i, (text, reply) in expected.items():
        if reply in gone:  # the header of an answer stays when what it answers is gone
            continue
        assert seen[i] == (text, reply)
    assert list(seen) == sorted(written, reverse=True)

    # The other member reads the same texts, in a basic group under ids of its own.
    await bob.get_dialogs()
    theirs = [m.raw_text async for m in bob.iter_messages(group, reverse=True) if not m.action]
    assert theirs == [written[i][0] for i in sorted(written)]
    few = [m.raw_text async for m in bob.iter_messages(group, limit=7)]
    assert few == theirs[::-1][:7]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_other_member_hears_everything_at_once(crowd, kind):
    alice, bob = await crowd(1), await crowd(2)
    inbox = clients.listen(bob)
    group = await make_group(alice, kind, f"Live in {kind}", ["simuser2"])
    await inbox.wait(lambda i: i[0] == "action" and i[1] == group) if kind != "channel" else await bob.get_dialogs()
    sent = await alice.send_message(group, "hello")
    new = await inbox.wait(lambda i: i[0] == "new" and i[1] == group and i[3] == "hello")
    await alice.edit_message(sent, "hello again")
    edited = await inbox.wait(lambda i: i[0] == "edit" and i[1] == group and i[3] == "hello again")
    assert edited[2] == new[2]
    await alice.delete_messages(group, [sent.id])
    await inbox.wait(lambda i: i[0] == "delete" and new[2] in i[2])


async def test_a_basic_group_numbers_messages_per_account(crowd):
    alice, bob = await crowd(1), await crowd(2)
    await bob.send_message("me", "makes the ids differ")
    inbox = clients.listen(bob)
    group = await make_group(alice, "basic", "Numbers", ["simuser2"])
    sent = await alice.send_message(group, "which number am I?")
    new = await inbox.wait(lambda i: i[0] == "new" and i[3] == "which number am I?")
    assert new[2] != sent.id
    answer = await bob.send_message(group, "another one", reply_to=new[2])
    assert answer.reply_to.reply_to_msg_id == new[2]
    back = await alice.get_messages(group, limit=1)
    assert back[0].raw_text == "another one" and back[0].reply_to.reply_to_msg_id == sent.id


async def test_joining_by_username_and_by_link(simulator, crowd):
    alice, bob, carol = await crowd(1), await crowd(2), await crowd(3)
    public = await make_group(alice, "supergroup", "Open house", [])
    await alice(functions.channels.UpdateUsernameRequest(public, "openhouse"))
    await bob(functions.channels.JoinChannelRequest("openhouse"))
    await bob.send_message("openhouse", "may I?")
    assert [m.raw_text async for m in alice.iter_messages(public, limit=1)] == ["may I?"]

    for kind in KINDS:
        private = await make_group(alice, kind, f"Closed {kind}", ["simuser2"])
        link = (await alice(functions.messages.ExportChatInviteRequest(private))).link
        code = link.rsplit("+", 1)[1]
        with pytest.raises((ValueError, telethon.errors.PeerIdInvalidError)):
            await carol.get_entity(private)
        preview = await carol(functions.messages.CheckChatInviteRequest(code))
        assert preview.title == f"Closed {kind}"
        await carol(functions.messages.ImportChatInviteRequest(code))
        assert private in [dialog.id for dialog in await carol.get_dialogs()]
        await carol.delete_dialog(private)
        assert private not in [dialog.id for dialog in await carol.get_dialogs()]


async def test_strangers_are_kept_out(crowd):
    alice, carol = await crowd(1), await crowd(3)
    private = await make_group(alice, "supergroup", "Hidden", [])
    entity = await alice.get_input_entity(private)
    with pytest.raises(telethon.errors.ChannelInvalidError):
        await carol(functions.channels.GetMessagesRequest(entity, [types.InputMessageID(1)]))
    with pytest.raises(telethon.errors.UsernameNotOccupiedError):
        await carol(functions.contacts.ResolveUsernameRequest("nosuchname"))
    channel = await make_group(alice, "channel", "Announcements", ["simuser3"])
    await carol.get_dialogs()
    with pytest.raises(telethon.errors.ChatWriteForbiddenError):
        await carol.send_message(channel, "me too")
    await alice.kick_participant(channel, "simuser3")
    with pytest.raises(telethon.errors.ChannelPrivateError):
        await carol.get_messages(channel, limit=1)


async def test_messages_by_id_search_and_participants(crowd):
    alice = await crowd(1)
    group = await make_group(alice, "supergroup", "Search here", ["simuser2", "simuser3"])
    needles = [(await alice.send_message(group, f"needle {i}" if i % 3 == 0 else f"hay {i}")).id for i in range(12)]
    found = await alice.get_messages(group, ids=[needles[0], 9999, needles[3]])
    assert [m.raw_text if m else None for m in found] == ["needle 0", None, "needle 3"]
    assert [m.raw_text for m in await alice.get_messages(group, search="needle", limit=10)] == [f"needle {i}" for i in (9, 6, 3, 0)]
    assert {u.username for u in await alice.get_participants(group)} == {"simuser1", "simuser2", "simuser3"}
    full = await alice(functions.channels.GetFullChannelRequest(group))
    assert full.full_chat.participants_count == 3 and full.full_chat.pts > 12


async def test_read_marks_reach_both_sides(crowd):
    alice, bob = await crowd(1), await crowd(2)
    alices = clients.listen(alice)
    bobs = clients.listen(bob)
    sent = await alice.send_message("simuser2", "read me")
    new = await bobs.wait(lambda i: i[0] == "new" and i[3] == "read me")
    me = (await alice.get_me()).id
    dialog = next(d for d in await bob.get_dialogs() if d.id == me)
    assert dialog.unread_count >= 1
    await bob.send_read_acknowledge(me, max_id=new[2])
    await alices.wait(lambda i: i[0] == "read" and i[2] == sent.id)
    dialog = next(d for d in await bob.get_dialogs() if d.id == me)
    assert dialog.unread_count == 0


async def test_a_stranger_seen_in_a_group_comes_as_min_user_and_resolves_by_its_message(crowd):
    alice, frank = await crowd(1), await crowd(6)
    group = await make_group(alice, "supergroup", "Strangers", ["simuser6"])
    await frank.get_dialogs()
    seen = clients.Inbox()

    @frank.on(telethon.events.NewMessage(chats=group))
    async def heard(event):
        await seen.put(event)

    await alice.send_message(group, "do you know me?")
    event = await seen.wait(lambda event: event.raw_text == "do you know me?")
    assert event.message.sender.min
    sender = await event.get_input_sender()
    assert isinstance(sender, (types.InputPeerUserFromMessage, types.InputPeerUser))
    full = await frank.get_entity(sender)
    assert full.username == "simuser1" and not full.min


async def test_forwards_name_their_origin(crowd):
    alice, bob = await crowd(1), await crowd(2)
    inbox = clients.listen(bob)
    news = await make_group(alice, "channel", "Origin", [])
    target = await make_group(alice, "basic", "Target", ["simuser2"])
    post = await alice.send_message(news, "breaking")
    await alice.forward_messages(target, post)
    heard = await inbox.wait(lambda i: i[0] == "new" and i[3] == "breaking")
    copy = await bob.get_messages(target, ids=heard[2])
    assert utils.get_peer_id(copy.fwd_from.from_id) == news and copy.fwd_from.channel_post == post.id
    assert copy.fwd_from.date == post.date
