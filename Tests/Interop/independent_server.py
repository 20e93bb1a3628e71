#!/usr/bin/env python3
"""A Telegram server that shares no code with ours: Telethon's TL classes over a protocol written here from the specification.

One account, one supergroup, private messages from a second user. It is pedantic: whatever a client does against the letter of
https://core.telegram.org/mtproto is kept as a complaint, and tests ask for the complaints.

    independent_server.py --rsa-key FILE [--port 0] [--control-port 0] [--code 24680] [--password SECRET] [--messages 150] [--slice 20]

Prints `ready port=N control=N`. The control port takes a JSON object a line and answers with one:
    {"cmd": "say", "text": T, "reply_to": ID?}      a message of the other member     -> {"id"}
    {"cmd": "edit", "id": ID, "text": T}            {"cmd": "delete", "ids": [ID]}
    {"cmd": "private", "count": N}                  messages in the common box
    {"cmd": "hold", "on": true}                     stops pushing, so that clients must notice by themselves
    {"cmd": "cut"}                                  closes all connections
    {"cmd": "salt"}                                 makes every salt known so far wrong
    {"cmd": "forget_sessions"}                      the next packet of a client finds a new session
    {"cmd": "dump"}                                 the supergroup's messages             -> {"messages": [...]}
    {"cmd": "state"}                                counters, calls by name, complaints
    {"cmd": "quit"}
"""

import argparse
import asyncio
import collections
import datetime
import gzip
import hashlib
import json
import os
import random
import struct
import time
import traceback
import zlib

import cryptg
import rsa
import tgcrypto
from telethon import password as passwords
from telethon.extensions import BinaryReader
from telethon.tl import TLObject
from telethon.tl import functions as fn
from telethon.tl import types as tl
from telethon.tl.alltlobjects import LAYER
from telethon.tl.core import GzipPacked, MessageContainer

DC = 2
PRIME = int(
    "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f48198a0aa7c14058229493d22530f4dbfa336f6e0ac925139543aed44cce7c37"
    "20fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f642477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4"
    "a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4"
    "e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b",
    16)
GENERATOR = 3
MARGIN = 1 << (2048 - 64)
KEEP_RESULTS_PLAIN = 1024  # bytes; longer results are packed
VECTOR = struct.pack("<I", 0x1CB5C415)
UTC = datetime.timezone.utc


def sha1(*parts):
    return hashlib.sha1(b"".join(parts)).digest()


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def number(value):
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def int128(value):
    return value.to_bytes(16, "little", signed=True)


def vector(objects):
    return VECTOR + struct.pack("<i", len(objects)) + b"".join(bytes(o) for o in objects)


def moment(seconds=None):
    return datetime.datetime.fromtimestamp(int(time.time() if seconds is None else seconds), UTC)


class Refusal(Exception):
    """An rpc_error."""

    def __init__(self, code, text):
        self.code, self.text = code, text


class Bad(Exception):
    """A packet that ends its connection."""


# --- The little world ----------------------------------------------------------------------------------------------------------------


class World:
    ME, OTHER, GROUP = 7_000_001, 7_000_002, 1_900_000_001
    PHONE = "9996620001"

    def __init__(self, messages, seed=1):
        draw = random.Random(seed)
        self.hashes = {key: draw.getrandbits(63) for key in ("me", "other", "group")}
        self.messages = {}
        self.top = 0
        self.pts = 1
        self.events = []  # (pts after, count, kind, ids)
        self.mailbox = {}
        self.common_pts = 1
        self.common_events = []
        start = time.time() - 14 * 86400
        for i in range(messages):
            self.say(f"old message {i} {draw.choice(['äö', '🙂', 'plain'])}", date=start + i * 60)

    def say(self, text, reply_to=None, date=None):
        self.top += 1
        self.messages[self.top] = tl.Message(
            id=self.top, peer_id=tl.PeerChannel(self.GROUP), from_id=tl.PeerUser(self.OTHER), date=moment(date), message=text,
            reply_to=tl.MessageReplyHeader(reply_to_msg_id=reply_to) if reply_to else None)
        return self.note("new", [self.top])

    def edit(self, message_id, text):
        message = self.messages[message_id]
        message.message, message.edit_date = text, moment()
        return self.note("edit", [message_id])

    def delete(self, ids):
        ids = [i for i in ids if self.messages.pop(i, None)]
        return self.note("delete", ids)

    def note(self, kind, ids):
        count = len(ids) if kind == "delete" else 1
        self.pts += count
        event = (self.pts, count, kind, ids)
        self.events.append(event)
        return event

    def private(self, text):
        message_id = len(self.mailbox) + 1
        self.mailbox[message_id] = tl.Message(
            id=message_id, peer_id=tl.PeerUser(self.OTHER), date=moment(), message=text)
        self.common_pts += 1
        event = (self.common_pts, message_id)
        self.common_events.append(event)
        return event

    # What clients see of it

    def me(self):
        return tl.User(id=self.ME, is_self=True, access_hash=self.hashes["me"], first_name="Reader", phone=self.PHONE)

    def other(self, as_min=False):
        return tl.User(
            id=self.OTHER, min=as_min or None, access_hash=0x777 if as_min else self.hashes["other"], first_name="Writer",
            username="thewriter")

    def group(self):
        return tl.Channel(
            id=self.GROUP, title="Independent group", photo=tl.ChatPhotoEmpty(), date=moment(0), access_hash=self.hashes["group"],
            megagroup=True, participants_count=2)

    def check_group(self, peer):
        if getattr(peer, "channel_id", None) != self.GROUP or peer.access_hash != self.hashes["group"]:
            raise Refusal(400, "CHANNEL_INVALID")

    def update(self, event):
        pts, count, kind, ids = event
        if kind == "delete":
            return tl.UpdateDeleteChannelMessages(self.GROUP, ids, pts, count)
        make = tl.UpdateNewChannelMessage if kind == "new" else tl.UpdateEditChannelMessage
        return make(self.messages[ids[0]], pts, count)

    def history(self, q):
        ids = sorted((i for i in self.messages), reverse=True)
        ids = [i for i in ids if (not q.max_id or i < q.max_id) and (not q.min_id or i > q.min_id)]
        start = 0
        if q.offset_id:
            start = sum(i >= q.offset_id for i in ids)
        elif q.offset_date and q.offset_date.timestamp() > 0:
            start = sum(self.messages[i].date >= q.offset_date for i in ids)
        start += q.add_offset
        page = ids[max(0, start):max(0, start + min(max(q.limit, 0), 100))]
        return tl.messages.ChannelMessages(
            pts=self.pts, count=len(self.messages), messages=[self.messages[i] for i in page], topics=[], chats=[self.group()],
            users=[self.other()])

    def dialog(self):
        return tl.Dialog(
            peer=tl.PeerChannel(self.GROUP), top_message=max(self.messages, default=0), read_inbox_max_id=0, read_outbox_max_id=0,
            unread_count=len(self.messages), unread_mentions_count=0, unread_reactions_count=0, unread_poll_votes_count=0,
            notify_settings=tl.PeerNotifySettings(), pts=self.pts)

    def dialogs(self):
        dialogs, messages = [self.dialog()], [self.messages[max(self.messages)]] if self.messages else []
        if self.mailbox:
            top = max(self.mailbox)
            messages.append(self.mailbox[top])
            dialogs.append(
                tl.Dialog(
                    peer=tl.PeerUser(self.OTHER), top_message=top, read_inbox_max_id=0, read_outbox_max_id=0, unread_count=top,
                    unread_mentions_count=0, unread_reactions_count=0, unread_poll_votes_count=0,
                    notify_settings=tl.PeerNotifySettings()))
        return dialogs, messages

    def state(self):
        return tl.updates.State(pts=self.common_pts, qts=1, date=moment(), seq=1, unread_count=0)

    def difference(self, q, limit):
        events = [e for e in self.common_events if e[0] > q.pts]
        if not 0 < q.pts <= self.common_pts:
            raise Refusal(400, "PERSISTENT_TIMESTAMP_INVALID")
        stale = [e for e in self.events if e[0] == self.pts]
        other = [tl.UpdateChannelTooLong(self.GROUP, self.pts)] if stale else []
        part = events[:limit]
        messages = [self.mailbox[e[1]] for e in part]
        if len(part) < len(events):
            state = self.state()
            state.pts = part[-1][0]
            return tl.updates.DifferenceSlice(messages, [], [], [], [self.other()], state)
        return tl.updates.Difference(messages, [], other, [self.group()], [self.other()], self.state())

    def channel_difference(self, q, limit):
        if not 0 < q.pts <= self.pts:
            raise Refusal(400, "PERSISTENT_TIMESTAMP_INVALID")
        events = [e for e in self.events if e[0] > q.pts]
        part = events[:min(limit, max(q.limit, 1))]
        if not part:
            return tl.updates.ChannelDifferenceEmpty(pts=self.pts, final=True, timeout=3)
        fresh = {e[3][0] for e in part if e[2] == "new"}
        others = []
        for event in part:
            gone = event[2] != "delete" and event[3][0] not in self.messages
            if event[2] != "new" and not gone and not (event[2] == "edit" and event[3][0] in fresh):
                others.append(self.update(event))
        return tl.updates.ChannelDifference(
            pts=part[-1][0], final=len(part) == len(events) or None, timeout=3,
            new_messages=[self.messages[i] for i in sorted(fresh) if i in self.messages], other_updates=others, chats=[self.group()],
            users=[self.other()])


# --- Transports ----------------------------------------------------------------------------------------------------------------------


class Framing:
    """Cuts a client's stream into packets and frames answers in the same way."""

    def __init__(self):
        self.buffer = bytearray()
        self.mode = None
        self.sent = self.got = 0
        self.read_cipher = self.write_cipher = None

    def feed(self, data):
        if self.read_cipher:
            data = self.crypt(self.read_cipher, data)
        self.buffer += data
        while self.mode is None and self.detect():
            pass
        while self.mode and (packet := self.cut()) is not None:
            yield packet

    @staticmethod
    def crypt(cipher, data):
        return tgcrypto.ctr256_encrypt(bytes(data), *cipher)

    def detect(self):
        """Settles the mode by the first bytes. https://core.telegram.org/mtproto/mtproto-transports"""
        b = self.buffer
        if b[:1] == b"\xef":
            self.mode = "abridged"
            del b[:1]
        elif len(b) < 8:
            return False
        elif b[:4] in (b"\xee" * 4, b"\xdd" * 4):
            self.mode = "intermediate" if b[0] == 0xEE else "padded"
            del b[:4]
        elif b[4:8] == bytes(4):
            self.mode = "full"
        elif len(b) < 64:
            return False
        else:
            head, back = bytes(b[:64]), bytes(b[8:56])[::-1]
            self.read_cipher = (head[8:40], bytearray(head[40:56]), bytearray(1))
            self.write_cipher = (back[:32], bytearray(back[32:48]), bytearray(1))
            plain = self.crypt(self.read_cipher, b)
            tag = plain[56:60]
            self.mode = {b"\xef" * 4: "abridged", b"\xee" * 4: "intermediate", b"\xdd" * 4: "padded"}.get(tag)
            if not self.mode:
                raise Bad("unknown obfuscated transport")
            self.buffer = bytearray(plain[64:])
        return True

    def cut(self):
        b = self.buffer
        if self.mode == "abridged":
            if not b:
                return None
            skip, size = 1, (b[0] & 0x7F) * 4
            if b[0] & 0x7F == 0x7F:
                if len(b) < 4:
                    return None
                skip, size = 4, int.from_bytes(b[1:4], "little") * 4
            trail = 0
        else:
            if len(b) < 4:
                return None
            size, skip, trail = int.from_bytes(b[:4], "little") & 0x7FFFFFFF, 4, 0
            if self.mode == "full":
                if size < 12:
                    raise Bad("short full frame")
                size, skip, trail = size - 12, 8, 4
        if size > 1 << 24:
            raise Bad("frame too long")
        if len(b) < skip + size + trail:
            return None
        packet = bytes(b[skip:skip + size])
        if self.mode == "full":
            if int.from_bytes(b[4:8], "little") != self.got or zlib.crc32(b[:8 + size]) != int.from_bytes(b[8 + size:12 + size], "little"):
                raise Bad("wrong counter or checksum")
            self.got += 1
        del b[:skip + size + trail]
        return packet

    def frame(self, packet):
        if self.mode == "abridged":
            words = len(packet) // 4
            out = (bytes([words]) if words < 127 else b"\x7f" + words.to_bytes(3, "little")) + packet
        elif self.mode == "full":
            out = struct.pack("<ii", len(packet) + 12, self.sent) + packet
            out += struct.pack("<I", zlib.crc32(out))
            self.sent += 1
        else:
            padding = os.urandom(random.randrange(16)) if self.mode == "padded" else b""
            out = struct.pack("<i", len(packet) + len(padding)) + packet + padding
        return self.crypt(self.write_cipher, out) if self.write_cipher else out


# --- Key exchange --------------------------------------------------------------------------------------------------------------------


class Exchange:
    """https://core.telegram.org/mtproto/auth_key, the server's side."""

    def __init__(self, key):
        self.key = key
        self.fingerprint = struct.unpack(
            "<q", sha1(TLObject.serialize_bytes(number(key.n)), TLObject.serialize_bytes(number(key.e)))[-8:])[0]
        self.nonce = self.server_nonce = self.form = None

    def answer(self, body):
        """The answer, and the new key once there is one."""
        with BinaryReader(body) as reader:
            q = reader.tgread_object()
        if isinstance(q, (fn.ReqPqMultiRequest, fn.ReqPqRequest)):
            self.nonce, self.server_nonce = q.nonce, int.from_bytes(os.urandom(16), "little", signed=True)
            self.p, self.q = 1_402_015_859, 1_229_739_323
            self.p, self.q = min(self.p, self.q), max(self.p, self.q)
            return tl.ResPQ(q.nonce, self.server_nonce, number(self.p * self.q), [self.fingerprint]), None
        if (q.nonce, q.server_nonce) != (self.nonce, self.server_nonce):
            raise Bad("foreign nonces")
        if isinstance(q, fn.ReqDHParamsRequest):
            return self.parameters(q), None
        if isinstance(q, fn.SetClientDHParamsRequest):
            return self.finish(q)
        raise Bad(f"unexpected {type(q).__name__}")

    def unpad(self, encrypted):
        """RSA_PAD undone (auth_key, step 4.1), or the older form with a SHA-1 in front, which Telethon and kurigram still send."""
        value = int.from_bytes(encrypted, "big")
        if len(encrypted) != 256 or value >= self.key.n:
            raise Bad("not an RSA ciphertext")
        plain = pow(value, self.key.d, self.key.n).to_bytes(256, "big")
        masked, ciphertext = plain[:32], plain[32:]
        temporary = bytes(a ^ b for a, b in zip(masked, sha256(ciphertext)))
        with_hash = cryptg.decrypt_ige(ciphertext, temporary, bytes(32))
        padded = with_hash[:192][::-1]
        if sha256(temporary, padded) == with_hash[192:]:
            self.form = "rsa_pad"
            return padded
        with BinaryReader(plain[21:]) as reader:
            try:
                reader.tgread_object()
            except Exception as error:
                raise Bad("RSA_PAD does not check") from error
            if sha1(plain[21:21 + reader.tell_position()]) != plain[1:21]:
                raise Bad("RSA_PAD does not check")
        self.form = "rsa_sha1"
        return plain[21:]

    def parameters(self, q):
        padded = self.unpad(q.encrypted_data)
        with BinaryReader(padded) as reader:
            inner = reader.tgread_object()
        if not isinstance(inner, (tl.PQInnerDataDc, tl.PQInnerData)):
            raise Bad(f"inner data is {type(inner).__name__}")
        if (inner.nonce, inner.server_nonce) != (self.nonce, self.server_nonce):
            raise Bad("foreign nonces inside")
        if (inner.p, inner.q, inner.pq) != (number(self.p), number(self.q), number(self.p * self.q)) or (q.p, q.q) != (inner.p, inner.q):
            raise Bad("wrong factors")
        if getattr(inner, "dc", DC) != DC:
            raise Bad(f"key for data centre {inner.dc}")
        new = inner.new_nonce.to_bytes(32, "little", signed=True)
        server = int128(self.server_nonce)
        self.new_nonce = new
        mixed = sha1(server, new)
        self.cipher = (sha1(new, server) + mixed[:12], mixed[12:] + sha1(new, new) + new[:4])
        while True:
            self.a = int.from_bytes(os.urandom(256), "big")
            g_a = pow(GENERATOR, self.a, PRIME)
            if MARGIN < g_a < PRIME - MARGIN:
                break
        data = bytes(
            tl.ServerDHInnerData(self.nonce, self.server_nonce, GENERATOR, number(PRIME), g_a.to_bytes(256, "big"), int(time.time())))
        data = sha1(data) + data
        data += os.urandom(-len(data) % 16)
        return tl.ServerDHParamsOk(self.nonce, self.server_nonce, cryptg.encrypt_ige(data, *self.cipher))

    def finish(self, q):
        if len(q.encrypted_data) % 16:
            raise Bad("ciphertext is not of whole blocks")
        plain = cryptg.decrypt_ige(q.encrypted_data, *self.cipher)
        with BinaryReader(plain[20:]) as reader:
            inner = reader.tgread_object()
            used = reader.tell_position()
        if sha1(plain[20:20 + used]) != plain[:20] or len(plain) - 20 - used > 15:
            raise Bad("client_DH_inner_data does not check")
        if (inner.nonce, inner.server_nonce, inner.retry_id) != (self.nonce, self.server_nonce, 0):
            raise Bad("wrong client_DH_inner_data")
        g_b = int.from_bytes(inner.g_b, "big")
        if not MARGIN < g_b < PRIME - MARGIN:
            raise Bad("g_b out of range")
        key = pow(g_b, self.a, PRIME).to_bytes(256, "big")
        verdict = sha1(self.new_nonce, b"\x01", sha1(key)[:8])[4:]
        salt = bytes(a ^ b for a, b in zip(self.new_nonce[:8], int128(self.server_nonce)[:8]))
        return tl.DhGenOk(self.nonce, self.server_nonce, int.from_bytes(verdict, "little", signed=True)), (key, salt)


# --- Sessions ------------------------------------------------------------------------------------------------------------------------


class Session:
    def __init__(self, key, session_id):
        self.key, self.id = key, session_id
        self.content = 0
        self.last_id = 0
        self.seen = {}
        self.client_content = {}
        self.waiting = {}  # content-related messages that the client has not acknowledged
        self.initialised = self.active = False
        self.connection = None

    def message_id(self, answers):
        value = (int(time.time() * 2**32) & ~3) | (1 if answers else 3)
        if value <= self.last_id:
            value = (self.last_id & ~3) + (5 if answers else 7)
        self.last_id = value
        return value

    def wrap(self, body, related, answers):
        message_id = self.message_id(answers)
        sequence = self.content * 2 + (1 if related else 0)
        self.content += related
        if related:
            self.waiting[message_id] = time.monotonic()
        return message_id, sequence, body

    @staticmethod
    def cipher(key, message_key, x):
        a = sha256(message_key, key[x:x + 36])
        b = sha256(key[40 + x:76 + x], message_key)
        return a[:8] + b[8:24] + a[24:], b[:8] + a[8:24] + b[24:]

    def seal(self, salt, message):
        message_id, sequence, body = message
        plain = struct.pack("<QqqiI", salt, self.id, message_id, sequence, len(body)) + body
        plain += os.urandom(12 + -(len(plain) + 12) % 16)
        message_key = sha256(self.key[96:128], plain)[8:24]
        return sha1(self.key)[-8:] + message_key + cryptg.encrypt_ige(plain, *self.cipher(self.key, message_key, 8))


def open_packet(key, packet):
    """salt, session, message id, sequence number, body of a client's packet."""
    message_key, ciphertext = packet[8:24], packet[24:]
    if not ciphertext or len(ciphertext) % 16:
        raise Bad("ciphertext is not of whole blocks")
    plain = cryptg.decrypt_ige(ciphertext, *Session.cipher(key, message_key, 0))
    if sha256(key[88:120], plain)[8:24] != message_key:
        raise Bad("wrong msg_key")
    salt, session, message_id, sequence, size = struct.unpack_from("<QqqiI", plain)
    if size % 4 or not 12 <= len(plain) - 32 - size <= 1024:
        raise Bad("wrong padding")
    return salt, session, message_id, sequence, plain[32:32 + size]


class Server:
    def __init__(self, options):
        self.options = options
        self.world = World(options.messages)
        self.key = self.load_key(options.rsa_key)
        self.keys, self.users, self.sessions = {}, {}, {}
        self.salt_period = 0
        self.connections = set()
        self.complaints = []
        self.calls = collections.Counter()
        self.counters = collections.Counter()
        self.holding = False
        self.srp = {}
        self.code_hash = os.urandom(8).hex()
        if options.password:
            self.algorithm = tl.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
                os.urandom(8), os.urandom(8), GENERATOR, number(PRIME))
            x = int.from_bytes(passwords.compute_hash(self.algorithm, options.password), "big")
            self.verifier = pow(GENERATOR, x, PRIME)

    @staticmethod
    def load_key(path):
        if not os.path.exists(path):
            while True:
                public, private = rsa.newkeys(2048, accurate=False)
                if private.n.bit_length() == 2048:
                    break
            with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
                file.write(private.save_pkcs1())
        with open(path, "rb") as file:
            key = rsa.PrivateKey.load_pkcs1(file.read())
        with open(path + ".pub", "wb") as file:
            file.write(rsa.PublicKey(key.n, key.e).save_pkcs1())
        return key

    def complain(self, text):
        self.complaints.append(text)

    def salt(self, key):
        first, made = self.keys[sha1(key)[-8:]][1:]
        if self.salt_period == made:
            return int.from_bytes(first, "little")
        return int.from_bytes(sha256(key, struct.pack("<i", self.salt_period))[:8], "little")

    # --- pushing

    def push(self, updates, as_min=True):
        if self.holding:
            return
        body = bytes(
            tl.Updates(updates=updates, users=[self.world.other(as_min)], chats=[self.world.group()], date=moment(), seq=0))
        for session in self.sessions.values():
            if session.active and session.connection:
                session.connection.send(session, session.wrap(body, True, False))
                self.counters["pushed"] += 1

    # --- calls

    def call(self, session, q):
        while hasattr(q, "query"):
            if isinstance(q, fn.InvokeWithLayerRequest) and q.layer != LAYER:
                self.complain(f"declared layer {q.layer}, this server speaks {LAYER}")
            if isinstance(q, fn.InitConnectionRequest):
                session.initialised = True
            q = q.query
        name = type(q).__name__.removesuffix("Request")
        self.calls[name] += 1
        if not session.initialised:
            self.complain(f"{name} before initConnection")
        user = self.users.get(session.key)
        method = getattr(self, "on_" + name, None)
        if method is None:
            raise Refusal(400, "METHOD_NOT_IMPLEMENTED")
        open_to_all = {"GetConfig", "SendCode", "SignIn", "CheckPassword", "GetNearestDc", "GetPassword", "GetAppConfig"}
        if not user and name not in open_to_all:
            raise Refusal(401, "AUTH_KEY_UNREGISTERED")
        if user and name not in open_to_all:
            session.active = True
        answer = method(session, q)
        return answer if isinstance(answer, bytes) else bytes(answer)

    def on_GetConfig(self, session, q):
        options = [tl.DcOption(i, "127.0.0.1", self.options.port, this_port_only=True) for i in range(1, 6)]
        numbers = {name: 1000 for name in (
            "chat_size_max", "megagroup_size_max", "forwarded_count_max", "online_update_period_ms", "offline_blur_timeout_ms",
            "offline_idle_timeout_ms", "online_cloud_timeout_ms", "notify_cloud_delay_ms", "notify_default_delay_ms",
            "push_chat_period_ms", "push_chat_limit", "edit_time_limit", "revoke_time_limit", "revoke_pm_time_limit", "rating_e_decay",
            "stickers_recent_limit", "channels_read_media_period", "call_receive_timeout_ms", "call_ring_timeout_ms",
            "call_connect_timeout_ms", "call_packet_timeout_ms", "caption_length_max", "message_length_max", "webfile_dc_id")}
        return tl.Config(
            date=moment(), expires=moment(time.time() + 3600), test_mode=False, this_dc=DC, dc_options=options, dc_txt_domain_name="",
            me_url_prefix="https://t.me/", **numbers)

    def on_GetNearestDc(self, session, q):
        return tl.NearestDc("FI", DC, DC)

    def on_GetAppConfig(self, session, q):
        return tl.help.AppConfig(1, tl.JsonObject([]))

    def on_SendCode(self, session, q):
        if "".join(filter(str.isdigit, q.phone_number)) != World.PHONE:
            raise Refusal(400, "PHONE_NUMBER_INVALID")
        return tl.auth.SentCode(tl.auth.SentCodeTypeApp(len(self.options.code)), self.code_hash)

    def on_SignIn(self, session, q):
        if q.phone_code_hash != self.code_hash:
            raise Refusal(400, "PHONE_CODE_EXPIRED")
        if q.phone_code != self.options.code:
            raise Refusal(400, "PHONE_CODE_INVALID")
        if self.options.password:
            self.srp[session.key] = None
            raise Refusal(401, "SESSION_PASSWORD_NEEDED")
        return self.enter(session)

    def enter(self, session):
        self.users[session.key] = World.ME
        return tl.auth.Authorization(self.world.me())

    def on_GetPassword(self, session, q):
        if not self.options.password or session.key not in self.srp:
            raise Refusal(401, "AUTH_KEY_UNREGISTERED")
        b = int.from_bytes(os.urandom(256), "big")
        k = int.from_bytes(sha256(PRIME.to_bytes(256, "big"), GENERATOR.to_bytes(256, "big")), "big")
        big_b = (k * self.verifier + pow(GENERATOR, b, PRIME)) % PRIME
        challenge = random.getrandbits(60)
        self.srp[session.key] = (challenge, b, big_b)
        return tl.account.Password(
            has_password=True, current_algo=self.algorithm, srp_B=big_b.to_bytes(256, "big"), srp_id=challenge, new_algo=self.algorithm,
            new_secure_algo=tl.SecurePasswordKdfAlgoUnknown(), secure_random=os.urandom(16))

    def on_CheckPassword(self, session, q):
        kept, self.srp[session.key] = self.srp.get(session.key), None
        if not kept or q.password.srp_id != kept[0]:
            raise Refusal(400, "SRP_ID_INVALID")
        _, b, big_b = kept
        a = int.from_bytes(q.password.A, "big")
        def wide(value):
            return value.to_bytes(256, "big")

        u = int.from_bytes(sha256(wide(a), wide(big_b)), "big")
        secret = pow(a * pow(self.verifier, u, PRIME) % PRIME, b, PRIME)
        mask = bytes(x ^ y for x, y in zip(sha256(wide(PRIME)), sha256(wide(GENERATOR))))
        proof = sha256(
            mask, sha256(self.algorithm.salt1), sha256(self.algorithm.salt2), wide(a), wide(big_b), sha256(wide(secret)))
        if a % PRIME == 0 or proof != q.password.M1:
            raise Refusal(400, "PASSWORD_HASH_INVALID")
        return self.enter(session)

    def on_LogOut(self, session, q):
        self.users.pop(session.key, None)
        return tl.auth.LoggedOut()

    def on_UpdateStatus(self, session, q):
        return bytes(tl.BoolTrue())

    def on_GetUsers(self, session, q):
        known = {World.ME: self.world.me(), World.OTHER: self.world.other()}
        found = []
        for user in q.id:
            user_id = World.ME if isinstance(user, tl.InputUserSelf) else user.user_id
            if isinstance(user, tl.InputUser) and user_id == World.OTHER and user.access_hash != self.world.hashes["other"]:
                raise Refusal(400, "USER_ID_INVALID")
            found.append(known.get(user_id) or tl.UserEmpty(user_id))
        return vector(found)

    def on_GetFullUser(self, session, q):
        known = {World.ME: self.world.me(), World.OTHER: self.world.other()}
        user_id = World.ME if isinstance(q.id, tl.InputUserSelf) else q.id.user_id
        full = tl.UserFull(user_id, tl.PeerSettings(), tl.PeerNotifySettings(), 0)
        return tl.users.UserFull(full, [], [known[user_id]] if user_id in known else [])

    def on_GetState(self, session, q):
        return self.world.state()

    def on_GetDifference(self, session, q):
        return self.world.difference(q, self.options.slice)

    def on_GetChannelDifference(self, session, q):
        self.world.check_group(q.channel)
        return self.world.channel_difference(q, self.options.slice)

    def on_GetDialogs(self, session, q):
        dialogs, messages = self.world.dialogs()
        if not isinstance(q.offset_peer, tl.InputPeerEmpty) or q.folder_id == 1:
            dialogs = messages = []
        return tl.messages.Dialogs(dialogs, messages, [self.world.group()], [self.world.other()])

    def on_GetPinnedDialogs(self, session, q):
        return tl.messages.PeerDialogs([], [], [], [], self.world.state())

    def on_GetPeerDialogs(self, session, q):
        for wanted in q.peers:
            self.world.check_group(wanted.peer)
        dialogs, messages = self.world.dialogs()
        return tl.messages.PeerDialogs(dialogs[:1], messages[:1], [self.world.group()], [self.world.other()], self.world.state())

    def on_GetHistory(self, session, q):
        self.world.check_group(q.peer)
        return self.world.history(q)

    def on_GetMessages(self, session, q):
        if not hasattr(q, "channel"):
            found = [self.world.mailbox.get(i.id) or tl.MessageEmpty(i.id) for i in q.id]
            return tl.messages.Messages(found, [], [], [self.world.other()])
        self.world.check_group(q.channel)
        found = [self.world.messages.get(i.id) or tl.MessageEmpty(i.id) for i in q.id]
        return tl.messages.ChannelMessages(self.world.pts, len(found), found, [], [self.world.group()], [self.world.other()])

    def on_GetChannels(self, session, q):
        for wanted in q.id:
            self.world.check_group(wanted)
        return tl.messages.Chats([self.world.group()])

    def on_GetFullChannel(self, session, q):
        self.world.check_group(q.channel)
        full = tl.ChannelFull(
            id=World.GROUP, about="", read_inbox_max_id=0, read_outbox_max_id=0, unread_count=0, chat_photo=tl.PhotoEmpty(0),
            notify_settings=tl.PeerNotifySettings(), bot_info=[], pts=self.world.pts)
        return tl.messages.ChatFull(full, [self.world.group()], [])

    # --- control

    def control(self, command):
        match command.get("cmd"):
            case "say":
                event = self.world.say(command["text"], command.get("reply_to"))
                self.push([self.world.update(event)])
                return {"id": event[3][0], "pts": event[0]}
            case "edit":
                event = self.world.edit(command["id"], command["text"])
                self.push([self.world.update(event)])
                return {"pts": event[0]}
            case "delete":
                event = self.world.delete(command["ids"])
                self.push([self.world.update(event)])
                return {"pts": event[0], "deleted": event[3]}
            case "private":
                for i in range(command.get("count", 1)):
                    pts, message_id = self.world.private(f"private {i}")
                    self.push([tl.UpdateNewMessage(self.world.mailbox[message_id], pts, 1)], as_min=False)
                return {"pts": self.world.common_pts}
            case "hold":
                self.holding = bool(command.get("on", True))
                return {}
            case "cut":
                count = len(self.connections)
                for connection in list(self.connections):
                    connection.transport.close()
                return {"connections": count}
            case "salt":
                self.salt_period += 1
                return {}
            case "forget_sessions":
                self.sessions.clear()
                return {}
            case "dump":
                return {"messages": [
                    {"id": m.id, "text": m.message, "date": int(m.date.timestamp()),
                     "edit_date": int(m.edit_date.timestamp()) if m.edit_date else None, "sender": m.from_id.user_id}
                    for _, m in sorted(self.world.messages.items())]}
            case "state":
                waiting = sum(len(s.waiting) for s in self.sessions.values())
                return {
                    "pts": self.world.pts, "calls": dict(self.calls), "counters": dict(self.counters), "complaints": self.complaints,
                    "unacknowledged": waiting, "connections": len(self.connections), "sessions": len(self.sessions)}
            case unknown:
                raise KeyError(f"unknown cmd {unknown}")


class Connection(asyncio.Protocol):
    """One TCP connection: packets to sessions and back, and an eye on how the client behaves."""

    SERVICE = (tl.MsgsAck, fn.PingRequest, fn.PingDelayDisconnectRequest, fn.GetFutureSaltsRequest, tl.MsgsStateInfo, tl.MsgResendReq,
               tl.MsgsStateReq, fn.DestroySessionRequest, fn.RpcDropAnswerRequest, tl.MsgsAllInfo)

    def __init__(self, server):
        self.server = server
        self.framing = Framing()
        self.exchange = None

    def connection_made(self, transport):
        self.transport = transport
        self.server.connections.add(self)

    def connection_lost(self, error):
        self.server.connections.discard(self)
        for session in self.server.sessions.values():
            if session.connection is self:
                session.connection = None

    def data_received(self, data):
        try:
            for packet in self.framing.feed(data):
                self.packet(packet)
        except Bad as bad:
            self.server.complain(str(bad))
            self.transport.close()
        except Exception as error:  # what Telethon's reader cannot read is the client's fault too
            self.server.complain(repr(error))
            traceback.print_exc()
            self.transport.close()

    def write(self, packet):
        self.transport.write(self.framing.frame(packet))

    def packet(self, packet):
        if len(packet) < 20:
            raise Bad("short packet")
        if packet[:8] == bytes(8):
            return self.plain(packet)
        held = self.server.keys.get(packet[:8])
        if held is None:
            self.write(struct.pack("<i", -404))
            return self.transport.close()
        key = held[0]
        if self.framing.mode == "padded":
            packet = packet[:len(packet) - (len(packet) - 24) % 16]
        salt, session_id, message_id, sequence, body = open_packet(key, packet)
        session = self.server.sessions.get((key, session_id))
        if session is None:
            session = self.server.sessions[key, session_id] = Session(key, session_id)
        session.connection = self
        age = time.time() - message_id / 2**32
        if not -30 < age < 300:
            self.server.counters["bad_time"] += 1
            return self.send(session, session.wrap(bytes(tl.BadMsgNotification(message_id, sequence, 16 if age > 0 else 17)), False, True))
        if salt != self.server.salt(key):
            self.server.counters["bad_salt"] += 1
            # A refused message has still used up its sequence number.
            inside = self.unfold(body) if body[:4] == struct.pack("<I", MessageContainer.CONSTRUCTOR_ID) else [(message_id, sequence, body)]
            session.client_content.update((i, True) for i, number, _ in inside if number % 2)
            right = self.server.salt(key)
            right -= 2**64 if right >= 2**63 else 0
            return self.send(session, session.wrap(bytes(tl.BadServerSalt(message_id, sequence, 48, right)), False, True))
        if not session.seen:
            first = message_id
            if body[:4] == struct.pack("<I", MessageContainer.CONSTRUCTOR_ID):
                first = min(i for i, _, _ in self.unfold(body))
            salt = self.server.salt(key)
            created = struct.pack("<IqqQ", 0x9EC20908, first, random.getrandbits(63), salt)
            self.send(session, session.wrap(created, True, False))
        self.message(session, message_id, sequence, body)

    def plain(self, packet):
        message_id, size = struct.unpack_from("<qi", packet, 8)
        if message_id % 4:
            self.server.complain("a plain message id of a client is not divisible by 4")
        if len(packet) - 20 < size:
            raise Bad("short plain packet")
        if packet[20:24] == struct.pack("<I", tl.MsgsAck.CONSTRUCTOR_ID):
            return
        self.exchange = self.exchange or Exchange(self.server.key)
        answer, made = self.exchange.answer(packet[20:20 + size])
        if made:
            key, salt = made
            self.server.keys[sha1(key)[-8:]] = (key, salt, self.server.salt_period)
            self.server.counters["handshakes"] += 1
            self.server.counters[self.exchange.form] += 1
        body = bytes(answer)
        self.write(bytes(8) + struct.pack("<qi", (int(time.time() * 2**32) & ~3) | 1, len(body)) + body)

    def send(self, session, *messages):
        """One message as it is, several as a container."""
        if len(messages) == 1:
            message = messages[0]
        else:
            body = struct.pack("<Ii", MessageContainer.CONSTRUCTOR_ID, len(messages))
            body += b"".join(struct.pack("<qii", i, s, len(b)) + b for i, s, b in messages)
            message = session.wrap(body, False, True)
        self.write(session.seal(self.server.salt(session.key), message))

    @staticmethod
    def unfold(body):
        count, = struct.unpack_from("<i", body, 4)
        at, parts = 8, []
        for _ in range(count):
            message_id, sequence, size = struct.unpack_from("<qii", body, at)
            parts.append((message_id, sequence, body[at + 16:at + 16 + size]))
            at += 16 + size
        if at != len(body):
            raise Bad("container has loose bytes")
        return parts

    def message(self, session, message_id, sequence, body):
        if message_id % 4:
            return self.server.complain("a message id of a client is not divisible by 4")
        if body[:4] == struct.pack("<I", MessageContainer.CONSTRUCTOR_ID):
            parts = self.unfold(body)
            if any(part[0] >= message_id for part in parts):
                self.server.complain("a container is older than what it holds")
            session.seen[message_id] = None
            for part in parts:
                self.message(session, *part)
            return
        if body[:4] == struct.pack("<I", GzipPacked.CONSTRUCTOR_ID):
            with BinaryReader(body[4:]) as reader:
                body = gzip.decompress(reader.tgread_bytes())
        with BinaryReader(body) as reader:
            q = reader.tgread_object()
            if reader.tell_position() != len(body):
                self.server.complain(f"{type(q).__name__} has bytes after it")
        related = not isinstance(q, self.SERVICE) if not isinstance(q, (fn.PingRequest, fn.PingDelayDisconnectRequest)) else sequence % 2
        if sequence % 2 != bool(related):
            self.server.complain(f"{type(q).__name__} has the sequence number {sequence}")
        if message_id in session.seen:
            self.server.counters["repeated"] += 1
            kept = session.seen[message_id]
            if kept:
                self.write(session.seal(self.server.salt(session.key), kept))
            return
        below = sum(1 for i in session.client_content if i < message_id)
        if sequence // 2 != below:
            self.server.complain(f"sequence number {sequence} of {type(q).__name__}, after {below} content-related messages")
        if related:
            session.client_content[message_id] = True
        session.seen[message_id] = None
        self.handle(session, message_id, q, related)

    def handle(self, session, message_id, q, related):
        if isinstance(q, tl.MsgsAck):
            for acknowledged in q.msg_ids:
                if session.waiting.pop(acknowledged, None) is None:
                    self.server.counters["needless_acks"] += 1
            return
        if isinstance(q, (fn.PingRequest, fn.PingDelayDisconnectRequest)):
            return self.send(session, session.wrap(bytes(tl.Pong(message_id, q.ping_id)), False, True))
        if isinstance(q, fn.GetFutureSaltsRequest):
            now = int(time.time())
            body = struct.pack("<Iqii", 0xAE500895, message_id, now, 1) + struct.pack("<iiQ", now - 60, now + 1800, self.server.salt(session.key))
            return self.send(session, session.wrap(body, False, True))
        if isinstance(q, fn.DestroySessionRequest):
            return self.send(session, session.wrap(struct.pack("<Iq", 0xE22045FC, q.session_id), False, True))
        if isinstance(q, self.SERVICE):
            return
        try:
            result = self.server.call(session, q)
            if len(result) > KEEP_RESULTS_PLAIN:
                result = struct.pack("<I", GzipPacked.CONSTRUCTOR_ID) + TLObject.serialize_bytes(gzip.compress(result))
        except Refusal as refusal:
            result = bytes(tl.RpcError(refusal.code, refusal.text))
        answer = session.wrap(struct.pack("<Iq", 0xF35C6D01, message_id) + result, True, True)
        session.seen[message_id] = answer
        acknowledgment = session.wrap(bytes(tl.MsgsAck([message_id])), False, False)
        self.send(session, acknowledgment, answer)


async def serve_control(server, quit_event, reader, writer):
    while line := await reader.readline():
        try:
            command = json.loads(line)
            if command.get("cmd") == "quit":
                writer.write(b'{"ok": true}\n')
                await writer.drain()
                writer.close()
                return quit_event.set()
            else:
                answer = server.control(command)
            answer = {"ok": True, **answer}
        except (KeyError, ValueError) as error:
            answer = {"ok": False, "error": str(error)}
        writer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
        await writer.drain()
    writer.close()


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rsa-key", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--code", default="24680")
    parser.add_argument("--password")
    parser.add_argument("--messages", type=int, default=150)
    parser.add_argument("--slice", type=int, default=20, help="events in one difference")
    options = parser.parse_args()
    server = Server(options)
    loop = asyncio.get_running_loop()
    telegram = await loop.create_server(lambda: Connection(server), "127.0.0.1", options.port)
    options.port = telegram.sockets[0].getsockname()[1]
    done = asyncio.Event()
    control = await asyncio.start_server(lambda r, w: serve_control(server, done, r, w), "127.0.0.1", options.control_port)
    print(f"ready port={options.port} control={control.sockets[0].getsockname()[1]}", flush=True)
    await done.wait()


if __name__ == "__main__":
    asyncio.run(main())
