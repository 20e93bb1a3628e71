"""A large preloaded past: both clients read it as a crawler does, and what they read is the truth."""

import datetime
import time

import pytest
import telethon
from telethon import errors, functions, types, utils

import clients
from simulator import Simulator, phone

DAYS = 14
MESSAGES = 4_000
PLAIN_MEDIA = {
    types.MessageMediaWebPage: "web_page", types.MessageMediaGeo: "geo", types.MessageMediaVenue: "venue",
    types.MessageMediaContact: "contact", types.MessageMediaPoll: "poll", types.MessageMediaDice: "dice"}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    running = Simulator(
        tmp_path_factory.mktemp("history"), "--accounts", 2, "--history-groups", 20, "--history-messages", MESSAGES, "--seed", 5)
    clients.trust(running.public_key)
    yield running
    running.stop()
    telethon.TelegramClient._config = None


def marked(kind, chat):
    return -chat if kind == "basic" else -1_000_000_000_000 - chat


def media_kind(message):
    if message.media is None:
        return None
    if getattr(message.media, "ttl_seconds", None):
        return "self_destructing"
    if message.photo and not message.web_preview:
        return "photo"
    if type(message.media) in PLAIN_MEDIA:
        return PLAIN_MEDIA[type(message.media)]
    for kind, is_it in (
            ("sticker", message.sticker), ("voice", message.voice), ("round_video", message.video_note), ("gif", message.gif),
            ("video", message.video), ("audio", message.audio)):
        if is_it:
            return kind
    return "document"


def reactions(message):
    return message.reactions and [
        {**({"emoji": r.reaction.emoticon} if isinstance(r.reaction, types.ReactionEmoji) else {"document_id": r.reaction.document_id}),
         "count": r.count} for r in message.reactions.results]


def entities(message):
    return [(e.offset, e.length, getattr(e, "url", None) or getattr(e, "user_id", None) or getattr(e, "document_id", None))
            for e in message.entities or []]


def seen(message):
    """What Telethon makes of a message, under the names of the truth."""
    header = message.reply_to
    forward = message.fwd_from
    return {
        "telegram_message_id": message.id, "sender_id": utils.get_peer_id(message.from_id or message.peer_id),
        "text": (message.raw_text if not message.action else "") or None, "media_kind": media_kind(message),
        "reply_to": header and header.reply_to_msg_id,
        "topic_id": (header.reply_to_top_id or header.reply_to_msg_id) if header and header.forum_topic else None,
        "grouped_id": message.grouped_id, "reactions": reactions(message) if not message.action else None, "views": message.views,
        "forwards": message.forwards, "via_bot_id": message.via_bot_id, "post_author": message.post_author if not message.action else None,
        "edit_date": int(message.edit_date.timestamp()) if message.edit_date else None, "edit_hide": bool(message.edit_hide),
        "ttl_period": message.ttl_period, "sent_at": int(message.date.timestamp()),
        "entities": entities(message) if not message.action else [],
        "forward": forward and (
            forward.from_id and utils.get_peer_id(forward.from_id), forward.from_name, int(forward.date.timestamp()), forward.channel_post,
            forward.post_author),
        "service": type(message.action).__name__ if message.action else None,
    }


def expected(row):
    forward, service = row["forward"], row["service"]
    return {
        **{name: row[name] for name in (
            "telegram_message_id", "sender_id", "text", "media_kind", "reply_to", "topic_id", "grouped_id", "reactions", "views",
            "forwards", "via_bot_id", "post_author", "edit_date", "edit_hide", "ttl_period", "sent_at")},
        "entities": [
            (e["offset"], e["length"], e.get("url") or e.get("user_id") or e.get("document_id")) for e in row["entities"] or []],
        "forward": forward and tuple(forward.get(k) for k in ("from_id", "from_name", "date", "channel_post", "post_author")),
        "service": service and "MessageAction" + "".join(word.capitalize() for word in service["type"].split("_")),
    }


def rows(simulator, number, group):
    return simulator.ask("rows", account=phone(number), kind=group["kind"], id=group["id"])["lines"]


async def test_telethon_crawls_the_window_in_order_and_reads_the_truth(simulator, crowd):
    alice = await crowd(1)
    await alice.get_dialogs()
    since = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=DAYS, minutes=-1)
    total = 0
    for group in simulator.ask("groups")["groups"]:
        truth = [expected(r) for r in rows(simulator, 1, group) if not r["is_deleted"] and r["sent_at"] >= since.timestamp()]
        read = [seen(m) async for m in alice.iter_messages(marked(group["kind"], group["id"]), reverse=True, offset_date=since)]
        assert [m["telegram_message_id"] for m in read] == [m["telegram_message_id"] for m in truth]
        for got, want in zip(read, truth):
            assert got == want
        total += len(read)
    assert MESSAGES * 0.9 < total <= MESSAGES


async def test_each_page_is_asked_for_once_and_the_log_tells(simulator, crowd):
    alice = await crowd(1)
    await alice.get_dialogs()
    group = max((g for g in simulator.ask("groups")["groups"] if g["kind"] != "basic"), key=lambda g: g["messages"])
    simulator.ask("calls_log", action="start")
    count = len([m async for m in alice.iter_messages(marked(group["kind"], group["id"]), reverse=True)])
    calls = simulator.ask("calls_log", action="read", methods=["messages.getHistory"])["lines"]
    assert count == group["messages"] and len(calls) >= count // 100
    offsets = [c["offset_id"] for c in calls]
    assert offsets == sorted(set(offsets)) and all(c["chat"] == group["id"] and c["outcome"] == "ok" for c in calls)


async def test_kurigram_reads_the_same_history(simulator, kurigram):
    bob = await kurigram(2)
    async for _ in bob.get_dialogs():
        pass
    for kind in ("basic", "supergroup", "channel"):
        group = next(g for g in simulator.ask("groups")["groups"] if g["kind"] == kind)
        truth = {r["telegram_message_id"]: r for r in rows(simulator, 2, group) if not r["is_deleted"]}
        read = [m async for m in bob.get_chat_history(marked(kind, group["id"]))]
        assert [m.id for m in read] == sorted(truth, reverse=True)
        for message in read:
            row = truth[message.id]
            if row["media_kind"] != "dice":
                assert (message.text or message.caption or None) == row["text"], row
            assert int(message.date.timestamp()) == row["sent_at"] and bool(message.service) == bool(row["service"])


async def test_the_same_basic_group_has_other_ids_for_each_account(simulator, crowd):
    group = next(g for g in simulator.ask("groups")["groups"] if g["kind"] == "basic")
    simulator.ask("private", **{"from": phone(1), "to": phone(1), "count": 3})
    simulator.ask("send", **{"from": phone(1), "to": group, "text": "whose id?"})
    ids = []
    for number in (1, 2):
        client = await crowd(number)
        await client.get_dialogs()
        newest = (await client.get_messages(-group["id"], limit=1))[0]
        assert newest.raw_text == "whose id?"
        ids.append(newest.id)
    assert ids[0] != ids[1]


async def test_forum_topics_and_their_messages(simulator, crowd):
    alice = await crowd(1)
    await alice.get_dialogs()
    forums = []
    for group in simulator.ask("groups")["groups"]:
        if group["kind"] == "supergroup":
            entity = await alice.get_entity(marked("supergroup", group["id"]))
            if entity.forum:
                forums.append((group, entity))
    assert len(forums) == 3
    group, entity = forums[0]
    answer = await alice(functions.messages.GetForumTopicsRequest(entity, None, 0, 0, 100))
    titles = {t.title: t.id for t in answer.topics}
    assert set(titles) == {"General", "News", "Questions", "Off topic", "Old archive"} and answer.count == 5
    assert {t.title for t in answer.topics if t.closed} == {"Old archive"}
    page = await alice(functions.messages.GetForumTopicsRequest(entity, None, 0, answer.topics[1].id, 2))
    assert [t.id for t in page.topics] == [t.id for t in answer.topics[2:4]]
    byid = await alice(functions.messages.GetForumTopicsByIDRequest(entity, [titles["News"], 999_999]))
    assert isinstance(byid.topics[1], types.ForumTopicDeleted) and byid.topics[0].title == "News"
    truth = [r["telegram_message_id"] for r in rows(simulator, 1, group) if r["topic_id"] == titles["News"] and not r["is_deleted"]]
    read = [m.id async for m in alice.iter_messages(entity, reply_to=titles["News"], reverse=True)]
    assert [i for i in read if i != titles["News"]] == truth and len(truth) > 5
    simulator.ask("topic", kind="supergroup", id=group["id"], topic=titles["News"], title="Newer", closed=True)
    renamed = await alice(functions.messages.GetForumTopicsByIDRequest(entity, [titles["News"]]))
    assert renamed.topics[0].title == "Newer" and renamed.topics[0].closed


async def test_joining_by_link(simulator, crowd):
    alice, bob = await crowd(1), await crowd(2)
    group = simulator.ask("create_group", kind="supergroup", title="By link", creator=phone(1), members=[])["group"]
    link = simulator.ask("invite_link", kind="supergroup", id=group["id"])["hash"]
    preview = await bob(functions.messages.CheckChatInviteRequest(link))
    assert preview.title == "By link" and preview.megagroup
    await bob(functions.messages.ImportChatInviteRequest(link))
    already = await bob(functions.messages.CheckChatInviteRequest(link))
    assert isinstance(already, types.ChatInviteAlready) and already.chat.id == group["id"]
    with pytest.raises(errors.UserAlreadyParticipantError):
        await bob(functions.messages.ImportChatInviteRequest(link))
    simulator.ask("invite_link", kind="supergroup", id=group["id"], expired=True)
    with pytest.raises(errors.InviteHashExpiredError):
        await alice(functions.messages.CheckChatInviteRequest(link))
    simulator.ask("remove_member", kind="supergroup", id=group["id"], member=phone(2))
    with pytest.raises(errors.ChannelPrivateError):
        await bob.get_messages(marked("supergroup", group["id"]), limit=1)


async def test_two_days_pass_while_a_client_is_away(simulator, crowd):
    alice = await crowd(1)
    await alice.get_dialogs()
    place = next(g for g in simulator.ask("groups")["groups"] if g["kind"] == "channel")
    before = await alice.get_messages(marked("channel", place["id"]), limit=1)
    await alice.disconnect()
    simulator.ask("window", size=10)
    done = simulator.ask("age", seconds=172_800, messages=600, edits=120, deletes=60, seed=8)
    assert (done["messages"], done["edits"], done["deletes"]) == (600, 120, 60)
    assert abs(done["now"] - time.time() - 172_800) < 60
    # Telethon takes nothing from a server whose clock has jumped, but from a new login on.
    alice = await crowd(1)
    await alice.get_dialogs()
    news = [m async for m in alice.iter_messages(marked("channel", place["id"]), min_id=before[0].id)]
    truth = [r["telegram_message_id"] for r in rows(simulator, 1, place) if not r["is_deleted"] and r["telegram_message_id"] > before[0].id]
    assert [m.id for m in reversed(news)] == truth and truth
    state = await alice(functions.updates.GetStateRequest())
    gone = await alice(functions.updates.GetDifferenceRequest(pts=2, date=state.date, qts=0))
    assert isinstance(gone, types.updates.DifferenceTooLong)
    channel = await alice.get_input_entity(marked("channel", place["id"]))
    part = await alice(functions.updates.GetChannelDifferenceRequest(channel, types.ChannelMessagesFilterEmpty(), pts=1, limit=100))
    assert isinstance(part, types.updates.ChannelDifferenceTooLong)
