"""Sessions: what a server checks of every message, and what it remembers to answer, repeat and acknowledge.

https://core.telegram.org/mtproto/description and https://core.telegram.org/mtproto/service_messages
"""
import os, struct, time, zlib
from dataclasses import dataclass, field
from hashlib import sha1

from telethon.extensions import BinaryReader
from telethon.tl import TLObject, functions as f, types as t

from independent_schema import packed
from independent_wire import Refused, open_sealed, seal

CONTAINER, GZIP, RESULT = 0x73F1F8DC, 0x3072CFA1, 0xF35C6D01
ACKS, COPY = t.MsgsAck.CONSTRUCTOR_ID, 0xE06046B2
NEVER_CONTENT = {CONTAINER, ACKS, COPY}
# what clients number either way: the message is answered, but is no call of the API
SERVICE = {
    made.CONSTRUCTOR_ID: made
    for made in (
        f.PingRequest, f.PingDelayDisconnectRequest, f.GetFutureSaltsRequest, f.RpcDropAnswerRequest, f.DestroySessionRequest,
        t.MsgsStateReq, t.MsgResendReq, t.MsgsAllInfo, t.MsgsStateInfo, t.HttpWait, t.MsgsAck,
    )
}  # fmt: skip
TOO_OLD, TOO_NEW = 300, 30  # seconds by which a msg_id may differ from the server's clock
LATE_ACKNOWLEDGEMENT = 100  # seconds; clients gather acknowledgements for half a minute
MAX_CONTAINER = 1020  # messages
MAX_UNPACKED = 1 << 20  # bytes
BIG = 1024  # bytes; larger updates and results go gzip-packed
SALT_LIFE = 1800  # seconds until the next one begins; the one before is still taken for as long
SALT_AGE = 60  # seconds that a first salt has been valid, so that no client finds it too young


@dataclass
class Sent:
    msg_id: int
    seqno: int
    body: bytes
    at: float
    on: object = None  # the connection it last went out on


@dataclass
class AuthKey:
    """An authorisation: its key and salts, who is logged in, and its sessions."""

    data: bytes
    salts: list  # (valid since, valid until, salt), each beginning half its life after the one before
    id: bytes = b""
    account: object = None
    login: object = None  # what auth.sendCode has started
    layer: int = None  # the one that invokeWithLayer declared
    sessions: dict = field(default_factory=dict)
    sent_ids: set = field(default_factory=set)

    def __post_init__(self):
        self.id = sha1(self.data).digest()[-8:]

    def plan(self, now, count):
        """The salts that are valid now or later, at least so many; the first of those in use is the newest one begun."""
        self.salts = [salt for salt in self.salts if salt[1] > now]
        if not any(since <= now for since, _, _ in self.salts):  # none yet, or the clock was set back
            self.salts = []
        while len(self.salts) < count or self.salts[-1][0] <= now:
            since = self.salts[-1][0] + SALT_LIFE if self.salts else now - SALT_AGE
            self.salts.append((since, since + 2 * SALT_LIFE, int.from_bytes(os.urandom(8), "little", signed=True)))
        return self.salts[:count]

    def salt(self, now):
        self.plan(now, 2)
        return [salt for since, _, salt in self.salts if since <= now][-1]

    def takes(self, salt, now):
        return any(known == salt and since <= now < until for since, until, known in self.salts)


class Session:
    """One session of one key. It outlives its connections until it is destroyed or forgotten."""

    def __init__(self, server, key, session_id):
        self.server, self.key, self.id = server, key, session_id
        self.connection = None
        self.announced = False
        self.content_sent = 0
        self.received = {}  # msg_id: seqno
        self.highest = 0
        self.unacknowledged = {}  # msg_id: Sent
        self.answers = {}  # msg_id of a call: msg_id of its answer
        self.to_acknowledge = []
        self.outgoing = []
        self.wants_updates = False

    def salt(self):
        return self.key.salt(int(self.server.now()))

    def listens(self):
        """Whether updates are pushed: only on a connection that has made a call since it stands."""
        return bool(self.wants_updates and self.connection and self.connection.called)

    # from the client

    def packet(self, plaintext, attached):
        """One decrypted packet: salt, session, msg_id, seqno, length, body, padding."""
        salt, _, msg_id, seqno, length = struct.unpack_from("<qqqii", plaintext)
        if not 0 <= length <= len(plaintext) - 32 or length % 4 or not 12 <= len(plaintext) - 32 - length <= 1024:
            raise Refused(f"a message of {length} bytes in {len(plaintext)}: the padding has to be 12 to 1024 bytes")
        body = plaintext[32 : 32 + length]
        messages = [(msg_id, seqno, body)]
        (constructor,) = struct.unpack_from("<I", body)
        if constructor == CONTAINER:
            messages = self.members(msg_id, seqno, body)
        if code := self.clock(msg_id):
            return self.bad(msg_id, seqno, code)
        if not self.key.takes(salt, self.server.now()):
            self.server.count("bad_server_salt")
            return self.send(bytes(t.BadServerSalt(msg_id, seqno, 48, self.salt())), content=False)
        if not self.announced:
            self.announced = True
            first = min(m for m, _, _ in messages)
            unique = int.from_bytes(os.urandom(8), "little", signed=True)
            self.send(bytes(t.NewSessionCreated(first, unique, self.salt())), reply=False)
        if attached:
            self.repeat_unacknowledged()
        if constructor == CONTAINER:
            if seqno % 2:
                return self.bad(msg_id, seqno, 34)
            self.note(msg_id, seqno, contained=False)
        for member in messages:
            self.message(*member, contained=constructor == CONTAINER)
        self.flush_soon()

    def members(self, container_id, container_seqno, body):
        (count,) = struct.unpack_from("<i", body, 4)
        found, at = [], 8
        if not 0 < count <= MAX_CONTAINER:
            self.server.violation(f"a container of {count} messages")
        for _ in range(count):
            msg_id, seqno, length = struct.unpack_from("<qii", body, at)
            inner = body[at + 16 : at + 16 + length]
            at += 16 + length
            if length % 4 or len(inner) != length or inner[:4] == struct.pack("<I", CONTAINER):
                self.server.violation("a container with a malformed member")
            if msg_id >= container_id or seqno > container_seqno + 1:
                self.server.violation("a container whose msg_id or seqno is below a member's")
            found.append((msg_id, seqno, inner))
        if at != len(body):
            self.server.violation("bytes after the last member of a container")
        return found

    def clock(self, msg_id):
        if msg_id % 4:
            return 18
        away = msg_id / (1 << 32) - self.server.now()
        return 16 if away < -TOO_OLD else 17 if away > TOO_NEW else 0

    def bad(self, msg_id, seqno, code):
        if code not in self.server.tolerated:
            self.server.violation(f"bad_msg {code}: msg_id {msg_id}, seqno {seqno}")
        self.server.count(f"bad_msg_{code}")
        self.send(bytes(t.BadMsgNotification(msg_id, seqno, code)), content=False)

    def note(self, msg_id, seqno, contained):
        """Whether the message is new; one that came before is no reason to act again."""
        if msg_id in self.received:
            if self.received[msg_id] != seqno:
                self.server.violation("a repeated message has another seqno")
            return False
        if msg_id < self.highest and not contained:
            self.server.violation(f"msg_id {msg_id} after {self.highest}")
        self.received[msg_id] = seqno
        self.highest = max(self.highest, msg_id)
        return True

    def order(self, msg_id, seqno):
        """32 or 33 if the numbers run against those of the messages before and after."""
        for other, number in self.received.items():
            if other < msg_id and (number > seqno or (number == seqno and seqno % 2)):
                return 32
            if other > msg_id and (number < seqno or (number == seqno and seqno % 2)):
                return 33
        return 0

    def message(self, msg_id, seqno, body, contained):
        (constructor,) = struct.unpack_from("<I", body)
        call = constructor not in SERVICE
        if code := self.clock(msg_id):
            return self.bad(msg_id, seqno, code)
        if constructor in NEVER_CONTENT and seqno % 2:
            return self.bad(msg_id, seqno, 34)
        if call and not seqno % 2:
            return self.bad(msg_id, seqno, 35)
        if msg_id not in self.received and (code := self.order(msg_id, seqno)):
            return self.bad(msg_id, seqno, code)
        if seqno % 2:
            self.to_acknowledge.append(msg_id)
        if not self.note(msg_id, seqno, contained):
            if msg_id in self.connection.seen:
                self.server.violation(f"msg_id {msg_id} twice on one connection")
            return self.repeat([self.answers[msg_id]] if msg_id in self.answers else [])
        self.connection.seen.add(msg_id)
        if not call:
            return self.service(msg_id, SERVICE[constructor], body)
        if constructor == GZIP:
            with BinaryReader(body[4:]) as reader:
                data = reader.tgread_bytes()
            unpacker = zlib.decompressobj(31)
            body = unpacker.decompress(data, MAX_UNPACKED)
            if unpacker.unconsumed_tail:
                raise Refused("a gzip_packed message of more than a megabyte")
        self.server.call(self, msg_id, body)

    def service(self, msg_id, made, body):
        with BinaryReader(body) as reader:
            thing = reader.tgread_object()
        if made in (f.PingRequest, f.PingDelayDisconnectRequest):
            self.send(bytes(t.Pong(msg_id, thing.ping_id)), content=False)
        elif made is t.MsgsAck:
            if any(m in self.received for m in thing.msg_ids):
                self.server.violation("acknowledged a message of its own")
            if any(m not in self.key.sent_ids and m not in self.received for m in thing.msg_ids):
                self.server.violation("acknowledged what was never sent")
            for known in thing.msg_ids:
                self.unacknowledged.pop(known, None)
        elif made is f.GetFutureSaltsRequest:
            now = int(self.server.now())
            salts = self.key.plan(now, min(thing.num, 64))
            data = struct.pack("<Iqii", 0xAE500895, msg_id, now, len(salts))
            self.send(data + b"".join(struct.pack("<iiq", *salt) for salt in salts), content=False)
        elif made is f.RpcDropAnswerRequest:
            self.result(msg_id, bytes(t.RpcAnswerUnknown()))
        elif made is f.DestroySessionRequest:
            if thing.session_id == self.id:
                self.server.violation("a session destroyed itself")
            gone = self.key.sessions.pop(thing.session_id, None)
            self.send(bytes((t.DestroySessionOk if gone else t.DestroySessionNone)(thing.session_id)), content=False)
        elif made is t.MsgsStateReq:
            self.send(struct.pack("<Iq", 0x04DEB57D, msg_id) + TLObject.serialize_bytes(self.states(thing.msg_ids)), content=False)
        elif made is t.MsgResendReq:
            self.server.count("msg_resend_req")
            self.repeat(thing.msg_ids)

    def states(self, msg_ids):
        """One byte for each: 4 received, +64 with an answer, +32 in progress; 3 above all that came, 2 not received."""
        return bytes(
            4 + (64 if m in self.answers else 32) if m in self.received else 3 if m > self.highest else 2 for m in msg_ids
        )

    # to the client

    def send(self, body, content=True, reply=True):
        """Numbers a message and puts it into the next packet. Without a connection it waits for the next one."""
        msg_id = self.server.message_id(reply)
        seqno = self.content_sent * 2 + content
        self.content_sent += content
        sent = Sent(msg_id, seqno, body, time.monotonic(), self.connection)
        self.key.sent_ids.add(msg_id)
        if content:
            self.unacknowledged[msg_id] = sent
        if self.connection:
            self.outgoing.append(sent)
            self.flush_soon()
        return msg_id

    def result(self, msg_id, body):
        body = struct.pack("<Iq", RESULT, msg_id) + (packed(body) if len(body) > BIG else body)
        if self.server.announcements:
            self.server.announcements -= 1
            answer = self.server.message_id(True)
            self.unacknowledged[answer] = Sent(answer, self.content_sent * 2 + 1, body, time.monotonic())
            self.content_sent += 1
            self.key.sent_ids.add(answer)
            self.answers[msg_id] = answer
            return self.send(bytes(t.MsgDetailedInfo(msg_id, answer, len(body), 0)), content=False)
        self.answers[msg_id] = self.send(body)

    def update(self, body):
        self.send(packed(body) if len(body) > BIG else body, reply=False)

    def repeat(self, msg_ids):
        for msg_id in msg_ids:
            if sent := self.unacknowledged.get(msg_id):
                sent.on = self.connection
                self.outgoing.append(sent)

    def repeat_unacknowledged(self):
        """What the client has not acknowledged when it comes back is sent again under the same numbers."""
        self.repeat([m for m, sent in self.unacknowledged.items() if sent.on is not self.connection and sent not in self.outgoing])

    def flush_soon(self):
        if self.connection and not self.connection.flushing:
            self.connection.flushing = True
            self.server.loop.call_soon(self.flush)

    def flush(self):
        """One packet of all that waits: a lone message as it is, several in a container with our acknowledgements."""
        connection = self.connection
        if not connection:
            return
        connection.flushing = False
        waiting, self.outgoing = self.outgoing, []
        if self.to_acknowledge:
            ids, self.to_acknowledge = self.to_acknowledge, []
            acks = Sent(self.server.message_id(False), self.content_sent * 2, bytes(t.MsgsAck(ids)), 0)
            self.key.sent_ids.add(acks.msg_id)
            waiting.append(acks)
        if not waiting:
            return
        msg_id, seqno, body = waiting[0].msg_id, waiting[0].seqno, waiting[0].body
        if len(waiting) > 1:
            self.server.count("containers")
            msg_id, seqno = self.server.message_id(False), self.content_sent * 2
            self.key.sent_ids.add(msg_id)
            parts = [struct.pack("<qii", s.msg_id, s.seqno, len(s.body)) + s.body for s in waiting]
            body = struct.pack("<Ii", CONTAINER, len(parts)) + b"".join(parts)
        head = struct.pack("<qqqii", self.salt(), self.id, msg_id, seqno, len(body))
        connection.write(seal(self.key.data, self.key.id, head + body))

    def late(self):
        """Content that the client has kept without acknowledging it for too long."""
        border = time.monotonic() - LATE_ACKNOWLEDGEMENT
        return [sent for sent in self.unacknowledged.values() if sent.at < border and self.connection and sent.on is self.connection]


def open_packet(key, packet):
    """The plaintext, its session id and the quick-acknowledgement token."""
    plaintext, token = open_sealed(key.data, packet)
    if len(plaintext) < 32:
        raise Refused("an encrypted packet without a head")
    return plaintext, struct.unpack_from("<q", plaintext, 8)[0], token
