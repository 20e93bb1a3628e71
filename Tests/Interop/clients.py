"""Telethon and kurigram, unmodified but for the server's address and key."""

import asyncio
import hashlib
import struct

import pyrogram
import pyrogram.connection
import pyrogram.crypto.rsa
import rsa
import telethon
import telethon.crypto.rsa
from telethon import events
from telethon.sessions import MemorySession, StringSession

from simulator import CODE, phone

API_ID, API_HASH = 17, "0123456789abcdef0123456789abcdef"
PATIENCE = 15  # seconds for anything that should come at once


def trust(public_key):
    """Makes both libraries accept the server's RSA key."""
    telethon.crypto.rsa.add_key(public_key, old=False)
    key = rsa.PublicKey.load_pkcs1(public_key.encode())
    parts = b"".join(telethon.tl.TLObject.serialize_bytes(n.to_bytes((n.bit_length() + 7) // 8, "big")) for n in (key.n, key.e))
    fingerprint = struct.unpack("<q", hashlib.sha1(parts).digest()[-8:])[0]
    pyrogram.crypto.rsa.server_public_keys[fingerprint] = pyrogram.crypto.rsa.PublicKey(key.n, key.e)


def telethon_client(simulator, session=None, dc=2, **options):
    """A client that begins in the data centre `dc`."""
    session = session or MemorySession()
    if not session.auth_key:
        session.set_dc(dc, "127.0.0.1", simulator.ports[dc])
    # Telethon keeps the addresses of the first server that a process asked, for all its clients.
    telethon.TelegramClient._config = None
    return telethon.TelegramClient(session, API_ID, API_HASH, request_retries=1, connection_retries=2, retry_delay=0, **options)


async def telethon_login(simulator, number, password=None, session=None, **options):
    client = telethon_client(simulator, session, **options)
    await client.connect()
    await client.send_code_request("+" + phone(number))
    try:
        await client.sign_in("+" + phone(number), CODE)
    except telethon.errors.SessionPasswordNeededError:
        await client.sign_in(password=password)
    return client


def restartable_session():
    """A Telethon session that survives its client."""
    return StringSession()


def kurigram_client(simulator, number, name=None, workdir=None, **options):
    def connect(**arguments):
        return pyrogram.connection.Connection(**{**arguments, "server_address": "127.0.0.1", "port": simulator.ports[arguments["dc_id"]]})

    place = {"workdir": str(workdir)} if workdir else {"in_memory": True}
    return pyrogram.Client(
        name or f"account{number}", API_ID, API_HASH, phone_number="+" + phone(number), phone_code=CODE,
        connection_factory=connect, **place, **options)


class Inbox:
    """What a client was told, to be awaited."""

    def __init__(self):
        self.items = []
        self._news = asyncio.Condition()

    async def put(self, item):
        async with self._news:
            self.items.append(item)
            self._news.notify_all()

    async def wait(self, matches, patience=PATIENCE):
        """The first item that matches, however long ago it came."""
        def found():
            return next((item for item in self.items if matches(item)), None)

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: found() is not None), patience)
            except asyncio.TimeoutError:
                raise AssertionError(f"not told within {patience} s; told were: {self.items}") from None
            return found()


def listen(client):
    """An inbox of (kind, chat id, message id or ids, text) of everything that Telethon hands out."""
    inbox = Inbox()

    @client.on(events.NewMessage)
    async def new(event):
        await inbox.put(("new", event.chat_id, event.id, event.raw_text))

    @client.on(events.MessageEdited)
    async def edited(event):
        await inbox.put(("edit", event.chat_id, event.id, event.raw_text))

    @client.on(events.MessageDeleted)
    async def deleted(event):
        await inbox.put(("delete", event.chat_id, tuple(event.deleted_ids), ""))

    @client.on(events.MessageRead)
    async def read(event):
        await inbox.put(("read", event.chat_id, event.max_id, ""))

    @client.on(events.ChatAction)
    async def action(event):
        await inbox.put(("action", event.chat_id, event.action_message.id if event.action_message else 0, ""))

    return inbox


def listen_kurigram(client):
    """The same of kurigram."""
    inbox = Inbox()

    @client.on_message()
    async def new(_, message):
        await inbox.put(("new", message.chat.id, message.id, message.text or message.caption or ""))

    @client.on_edited_message()
    async def edited(_, message):
        await inbox.put(("edit", message.chat.id, message.id, message.text or message.caption or ""))

    @client.on_deleted_messages()
    async def deleted(_, messages):
        await inbox.put(("delete", messages[0].chat.id if messages[0].chat else None, tuple(m.id for m in messages), ""))

    return inbox
