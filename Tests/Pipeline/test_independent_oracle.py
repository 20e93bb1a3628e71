"""The independent server is right: Telethon, unmodified, works with it; and it is strict: a client that errs is found out."""
import asyncio, socket, struct

import pytest
from telethon import TelegramClient, errors, events
from telethon.crypto import rsa
from telethon.network.connection import (
    ConnectionTcpAbridged, ConnectionTcpFull, ConnectionTcpIntermediate, ConnectionTcpObfuscated,
)  # fmt: skip
from telethon.sessions import MemorySession
from telethon.tl import functions as f, types as t
from telethon.tl.core import RpcResult

from independent_harness import CODE, FIRST, PASSWORD, SECOND, IndependentServer
from independent_probe import Probe, wrapped

# Telethon acknowledges its own call when that was answered with an error
TELETHON_DOES = {"acknowledged a message of its own"}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    running = IndependentServer(tmp_path_factory.mktemp("keys") / "server.pem")
    with open(running.public_key) as file:
        rsa.add_key(file.read(), old=False)
    yield running
    running.close()


@pytest.fixture
def server(running):
    """Telethon still sends the inner data in the form that was used before RSA_PAD."""
    running.reset(allow_old_rsa=True)
    return running


@pytest.fixture
def strict(running):
    running.reset()
    return running


def telethon(server, session=None, connection=ConnectionTcpFull, **more):
    session = session or MemorySession()
    session.set_dc(2, "127.0.0.1", server.port)
    return TelegramClient(session, 4242, "hash", connection=connection, retry_delay=0, **more)


async def login(client, phone=FIRST):
    await client.connect()
    await client.send_code_request(phone)
    try:
        return await client.sign_in(phone, CODE)
    except errors.SessionPasswordNeededError:
        return await client.sign_in(password=PASSWORD)


async def until(check, what, seconds=20):
    """Polls the server and what was gathered; the client runs on meanwhile."""
    end = asyncio.get_running_loop().time() + seconds
    while (missing := check()) not in (True, []):
        assert asyncio.get_running_loop().time() < end, f"{what}: {missing}"
        await asyncio.sleep(0.02)


def violations(server):
    return [text for text in server.report()["violations"] if text not in TELETHON_DOES]


def start_talking(server):
    """A first message everywhere, so that every chat is among the dialogs."""
    for chat in ("supergroup", "channel", "group", "private"):
        server.post(chat, f"the first of the {chat}")


async def seen(client, server):
    """What the client reads of the three chats, in the words of the server's truth, without what is deleted."""
    found = {}
    dialogs = {dialog.name: dialog for dialog in await client.get_dialogs()}
    for name, chat in server.chats().items():
        found[name] = {}
        async for m in client.iter_messages(dialogs[chat["title"]].input_entity):
            found[name][str(m.id)] = {
                "text": m.raw_text, "date": int(m.date.timestamp()), "edit_date": int(m.edit_date.timestamp()) if m.edit_date else None,
                "deleted": False, "reply_to": m.reply_to_msg_id, "sender": None if m.post else m.sender_id,
            }  # fmt: skip
    return found


def living(truth):
    return {name: {i: m for i, m in messages.items() if not m["deleted"]} for name, messages in truth.items()}


@pytest.mark.parametrize(
    "connection", [ConnectionTcpFull, ConnectionTcpAbridged, ConnectionTcpIntermediate, ConnectionTcpObfuscated]
)
def test_telethon_logs_in_and_reads_every_page_over_each_transport(server, connection):
    async def run():
        start_talking(server)
        numbers = server.fill("supergroup", 250)
        server.post("supergroup", "an answer", reply_to=numbers[7], bold=2)
        server.edit("supergroup", numbers[3], "edited")
        server.delete("supergroup", numbers[4:6])
        client = telethon(server, connection=connection)
        me = await login(client)
        assert (me.id, me.phone) == (701, FIRST)
        assert (await client.get_entity("asupergroup")).megagroup
        assert await seen(client, server) == living(server.truth(FIRST))
        await client.disconnect()

    asyncio.run(run())
    assert violations(server) == []
    said = server.report()
    assert said["connections"][0]["layer"] == 229 and said["counters"]["containers"]


def test_telethon_logs_in_with_a_password_and_is_refused_without(server):
    async def run():
        client = telethon(server)
        await client.connect()
        sent = await client.send_code_request(SECOND)
        with pytest.raises(errors.PhoneCodeInvalidError):
            await client.sign_in(SECOND, "54321", phone_code_hash=sent.phone_code_hash)
        with pytest.raises(errors.SessionPasswordNeededError):
            await client.sign_in(SECOND, CODE)
        with pytest.raises(errors.PasswordHashInvalidError):
            await client.sign_in(password="not this one")
        me = await client.sign_in(password=PASSWORD)
        assert me.id == 702
        await client.disconnect()

    asyncio.run(run())
    assert violations(server) == []


class Archive:
    """What Telethon's updates say, kept as our pipeline would keep it."""

    def __init__(self, client, server):
        self.chats = {chat["id"]: name for name, chat in server.chats().items()}
        self.texts = {name: {} for name in self.chats.values()}
        self.deleted = {name: set() for name in self.chats.values()}
        client.add_event_handler(self.keep, events.NewMessage())
        client.add_event_handler(self.keep, events.MessageEdited())
        client.add_event_handler(self.delete, events.MessageDeleted())

    async def keep(self, event):
        message = event.message
        peer = message.peer_id
        name = self.chats[getattr(peer, "channel_id", None) or getattr(peer, "chat_id", None) or peer.user_id]
        self.texts[name][str(message.id)] = message.raw_text

    async def delete(self, event):
        name = self.chats[event.original_update.channel_id] if hasattr(event.original_update, "channel_id") else None
        for gone in map(str, event.deleted_ids):
            for chat in [name] if name else ("group", "private"):
                self.deleted[chat].add(gone)

    def missing(self, truth):
        """What differs from the truth."""
        return [
            (name, number, message["text"][:40])
            for name, messages in truth.items()
            for number, message in messages.items()
            if (number not in self.deleted[name] if message["deleted"] else self.texts[name].get(number) != message["text"])
        ]


def test_telethon_follows_live_updates_lost_connections_and_new_salts(server):
    async def run():
        start_talking(server)
        client = telethon(server)
        await login(client)
        await client.get_dialogs()
        archive = Archive(client, server)
        start = {name: set(messages) for name, messages in server.truth(FIRST).items()}

        def missing():
            truth = server.truth(FIRST)
            return archive.missing({name: {i: m for i, m in all.items() if i not in start[name]} for name, all in truth.items()})

        for step in range(4):
            for chat in ("supergroup", "channel", "group"):
                numbers = server.fill(chat, 5, text=f"step {step}")
                server.post(chat, "long " * 500 + str(step))
                server.edit(chat, numbers[0], f"edited in step {step}")
                server.delete(chat, numbers[1:3])
            server.post("private", f"secret of step {step}")
            if step == 0:
                server.change_salt()
            if step == 1:
                await until(missing, "not seen")
                server.drop_connections()
                while not client.is_connected():
                    await asyncio.sleep(0.02)
                await client.get_me()  # the server pushes again once a connection has made a call
                await until(lambda: server.listening(FIRST) > 0, "listening")
        await until(missing, "not seen")
        assert await seen(client, server) == living(server.truth(FIRST))
        await client.disconnect()

    asyncio.run(run())
    assert violations(server) == []


def test_telethon_catches_up_slice_by_slice_after_being_offline(server):
    """Of what happened meanwhile Telethon's own engine tells the new messages only; edits and deletions are asked for by hand."""

    async def run():
        start_talking(server)
        session = MemorySession()
        client = telethon(server, session)
        await login(client)
        await client.get_dialogs()
        archive = Archive(client, server)
        early = server.post("group", "before the pause")
        await until(lambda: "before the pause" in archive.texts["group"].values(), "live")
        state = await client(f.updates.GetStateRequest())
        channels = {name: await client.get_input_entity(f"a{name}") for name in ("supergroup", "channel")}
        pts = {name: (await client(f.channels.GetFullChannelRequest(c))).full_chat.pts for name, c in channels.items()}
        await client.disconnect()
        for chat in ("supergroup", "channel", "group"):
            numbers = server.fill(chat, 25, text="while offline")
            server.edit(chat, numbers[20], "edited while offline")
            server.delete(chat, numbers[21:23])
        server.edit("group", early, "edited while offline too")
        client = telethon(server, session, catch_up=True)
        archive = Archive(client, server)
        await client.connect()
        truth = {n: {i: m for i, m in every.items() if "offline" in m["text"]} for n, every in server.truth(FIRST).items()}
        new = {n: {i: m for i, m in every.items() if not m["deleted"] and "too" not in m["text"]} for n, every in truth.items()}
        await until(lambda: archive.missing(new), "caught up")
        for chat, channel in channels.items():
            keep = Difference()
            while not keep.final:
                got = await client(f.updates.GetChannelDifferenceRequest(channel, t.ChannelMessagesFilterEmpty(), pts[chat], 100))
                keep.take(got.new_messages, got.other_updates, got.final)
                pts[chat] = got.pts
            assert keep.missing(truth[chat]) == []
        keep = Difference()
        while not keep.final:
            got = await client(f.updates.GetDifferenceRequest(state.pts, state.date, state.qts))
            keep.take(got.new_messages, got.other_updates, isinstance(got, t.updates.Difference))
            state = got.state if keep.final else got.intermediate_state
        assert keep.missing(truth["group"]) == []
        assert {u.channel_id for u in keep.others if isinstance(u, t.UpdateChannelTooLong)} == {5001, 5002}
        await client.disconnect()

    asyncio.run(run())
    counters = server.report()["counters"]
    assert violations(server) == []
    assert counters["differenceSlice"] and counters["channelDifference not final"]


class Difference:
    """What the slices of a difference say, taken together."""

    def __init__(self):
        self.texts, self.deleted, self.others, self.final = {}, set(), [], False

    def take(self, new, others, final):
        for m in [*new, *(u.message for u in others if hasattr(u, "message"))]:
            self.texts[str(m.id)] = m.message
        self.deleted |= {str(i) for u in others for i in getattr(u, "messages", [])}
        self.others += others
        self.final = final

    def missing(self, truth):
        return [
            (i, m["text"]) for i, m in truth.items() if (i not in self.deleted if m["deleted"] else self.texts.get(i) != m["text"])
        ]


def test_a_position_that_the_server_no_longer_reaches_is_too_long(server):
    async def run():
        start_talking(server)
        client = telethon(server)
        await login(client)
        server.fill("supergroup", 40)
        server.fill("group", 40)
        server.window(20)
        channel = await client.get_input_entity("asupergroup")
        got = await client(f.updates.GetChannelDifferenceRequest(channel, t.ChannelMessagesFilterEmpty(), 101, 30))
        assert isinstance(got, t.updates.ChannelDifferenceTooLong) and len(got.messages) == 30 and got.dialog.pts == 141
        got = await client(f.updates.GetDifferenceRequest(2, client._message_box.date, 0))
        assert got == t.updates.DifferenceTooLong(pts=43)
        await client.disconnect()

    asyncio.run(run())
    assert violations(server) == []


# strictness


PING = f.PingRequest(7)


def test_a_client_that_does_all_right_finds_no_fault_and_every_retry_is_proved(strict):
    strict.settings(dh_retries=2)
    probe = Probe(strict.port, strict.public_key).exchange_keys()
    probe.send(bytes(PING), content=False)
    assert probe.wait_for(t.Pong).ping_id == 7
    asked = probe.send(wrapped(f.help.GetNearestDcRequest()))
    answer = probe.wait_for(RpcResult)
    assert answer.req_msg_id == asked and answer.error is None
    probe.close()
    assert strict.report()["violations"] == []


@pytest.mark.parametrize(
    "change, finding",
    [
        ({"old": True}, "not in the form of RSA_PAD"),
        ({"dc": 3}, "for DC 3"),
        ({"server_nonce": 1}, "a nonce of req_DH_params"),
        ({"fingerprint": 0}, "this fingerprint was not offered"),
        ({"swapped": True}, "not the smaller and the larger factor"),
        ({"g_b": 4}, "g_b lies too near"),
        ({"hash": bytes(20)}, "the hash or the padding of client_DH_inner_data"),
        ({"retry_id": 5}, "retry_id 5 where 0 was due"),
    ],
)
def test_a_wrong_key_exchange_is_refused(strict, change, finding):
    probe = Probe(strict.port, strict.public_key, **change)
    with pytest.raises((ConnectionResetError, KeyError)):
        probe.exchange_keys()
    probe.close()
    assert finding in "".join(strict.report()["violations"])


def test_a_nonce_that_comes_twice_is_noticed(strict):
    for _ in range(2):
        Probe(strict.port, strict.public_key, nonce=bytes(range(16))).exchange_keys().close()
    assert "not fresh" in "".join(strict.report()["violations"])


ACK = bytes(t.MsgsAck([1]))
NOW = 1 << 32


@pytest.mark.parametrize(
    "wrong, code",
    [
        ({"body": ACK, "content": True}, 34),
        ({"body": wrapped(f.help.GetNearestDcRequest()), "content": False}, 35),
        ({"body": bytes(PING), "earlier": 1000}, 16),
        ({"body": bytes(PING), "earlier": -1000}, 17),
        ({"body": bytes(PING), "more": 1}, 18),
        ({"body": bytes(PING), "seqno": 0, "after": 3}, 32),
    ],
)
def test_wrong_numbers_are_answered_with_their_code(strict, wrong, code):
    probe = Probe(strict.port, strict.public_key).exchange_keys()
    for _ in range(wrong.get("after", 0)):
        probe.send(wrapped(f.help.GetNearestDcRequest()))
    msg_id = probe.message_id() - wrong.get("earlier", 0) * NOW + wrong.get("more", 0)
    probe.send(wrong["body"], msg_id=msg_id, seqno=wrong.get("seqno"), content=wrong.get("content", True))
    answer = probe.wait_for(t.BadMsgNotification)
    assert (answer.bad_msg_id, answer.error_code) == (msg_id, code)
    probe.close()
    assert any(text.startswith(f"bad_msg {code}") for text in strict.report()["violations"])


@pytest.mark.parametrize(
    "wrong, finding",
    [({"padding": 4}, "the padding has to be"), ({"padding": 1044}, "the padding has to be"), ({"spoil": True}, "msg_key is wrong")],
)
def test_a_packet_that_fails_its_checks_ends_the_connection(strict, wrong, finding):
    probe = Probe(strict.port, strict.public_key).exchange_keys()
    probe.send(bytes(PING), content=False, **wrong)
    assert probe.answers() is None
    probe.close()
    assert finding in "".join(strict.report()["violations"])


def test_an_old_salt_is_told_the_new_one_and_no_fault(strict):
    probe = Probe(strict.port, strict.public_key).exchange_keys()
    strict.change_salt()
    probe.send(bytes(PING), content=False)
    refused = probe.wait_for(t.BadServerSalt)
    probe.salt = struct.pack("<q", refused.new_server_salt)
    probe.send(bytes(PING), content=False)
    assert probe.wait_for(t.Pong)
    probe.close()
    assert strict.report()["violations"] == []


@pytest.mark.parametrize(
    "body, finding",
    [
        (wrapped(f.help.GetNearestDcRequest(), layer=201), "layer 201 was declared"),
        (wrapped(f.help.GetNearestDcRequest()) + bytes(4), "cannot read"),
        (wrapped(f.help.GetSupportRequest()), "no test needs help.getSupport"),
    ],
)
def test_a_call_that_is_not_as_it_should_be_is_found_out(strict, body, finding):
    probe = Probe(strict.port, strict.public_key).exchange_keys()
    probe.send(body)
    assert probe.wait_for(RpcResult).error
    probe.close()
    assert finding in "".join(strict.report()["violations"])


def test_a_message_sent_twice_is_executed_once(strict):
    probe = Probe(strict.port, strict.public_key).exchange_keys()
    msg_id = probe.send(wrapped(f.help.GetNearestDcRequest()))
    first = probe.wait_for(RpcResult)
    probe.send(wrapped(f.help.GetNearestDcRequest()), msg_id=msg_id, seqno=1)
    second = probe.wait_for(RpcResult)
    probe.close()
    report = strict.report()
    assert first.req_msg_id == second.req_msg_id == msg_id
    assert report["counters"]["call help.getNearestDc"] == 1 and "twice on one connection" in report["violations"][0]


def test_what_was_not_acknowledged_comes_again_on_the_next_connection(strict):
    probe = Probe(strict.port, strict.public_key).exchange_keys()
    msg_id = probe.send(wrapped(f.help.GetNearestDcRequest()))
    probe.wait_for(RpcResult)
    again = Probe(strict.port, strict.public_key)
    again.key, again.salt, again.session, again.content, again.last = probe.key, probe.salt, probe.session, 1, probe.last
    probe.close()
    again.send(bytes(PING), content=False)
    assert again.wait_for(RpcResult).req_msg_id == msg_id
    again.close()
    assert strict.report()["violations"] == []


def test_a_full_frame_with_a_wrong_crc_and_a_reserved_start_are_refused(strict):
    for start, finding in ((struct.pack("<ii", 16, 0) + bytes(8), "CRC"), (b"GET / HTTP/1.1", "may not begin with")):
        probe = Probe(strict.port, strict.public_key)
        probe.close()
        with socket.create_connection(("127.0.0.1", strict.port), timeout=10) as raw:
            raw.sendall(start)
            assert raw.recv(1) == b""
        assert finding in "".join(strict.report()["violations"])
