"""kurigram 2.2.0, a client of layer 201, against the server of that layer; run with that version on the path.

    layer_201_client.py PORT PUBLIC_KEY PHONE CODE PASSWORD

Logs in, reads the dialogs and every history, waits for three live messages, and prints all of it as one JSON object.
"""
import asyncio, json, sys
from hashlib import sha1

import pyrogram
from cryptography.hazmat.primitives import serialization
from pyrogram.crypto import rsa
from pyrogram.raw.core.primitives import Bytes
from pyrogram.session.internals import DataCenter


def trust(path):
    with open(path, "rb") as file:
        numbers = serialization.load_pem_public_key(file.read()).public_numbers()
    text = b"".join(Bytes(x.to_bytes((x.bit_length() + 7) // 8, "big")) for x in (numbers.n, numbers.e))
    fingerprint = int.from_bytes(sha1(text).digest()[-8:], "little", signed=True)
    rsa.server_public_keys[fingerprint] = rsa.PublicKey(numbers.n, numbers.e)


async def main(port, key, phone, code, password):
    trust(key)
    DataCenter.__new__ = lambda cls, *_, **__: ("127.0.0.1", int(port))
    login = {"phone_number": phone, "phone_code": code, "password": password}
    client = pyrogram.Client("layer201", api_id=4242, api_hash="hash", in_memory=True, **login)
    told, live = asyncio.Event(), []

    @client.on_message()
    async def keep(_, message):
        live.append(message.text)
        if len(live) == 3:
            told.set()

    async with client:
        histories = {}
        async for dialog in client.get_dialogs():
            texts = {}
            async for message in client.get_chat_history(dialog.chat.id):
                texts[message.id] = message.text
            histories[dialog.chat.title or dialog.chat.first_name] = texts
        print(json.dumps({"layer": pyrogram.raw.all.layer, "histories": histories}), flush=True)
        await asyncio.wait_for(told.wait(), 30)
        print(json.dumps(live), flush=True)


asyncio.run(main(*sys.argv[1:]))
