"""A Telegram server for tests that shares no line with ours: Python, on the TL classes of other people's clients.

    independent_server.py --port N --control-port N --rsa-key FILE [--layer 229|201] [--allow-old-rsa]

Our client and our simulator are built of the same parts, so they could be wrong alike; this server is the second opinion. It is
strict: what a real server would refuse, it refuses, and every such thing is kept in `violations`, which tests expect to be empty.
With `--layer 201` it speaks that layer only. The control port takes one JSON object per line, {"do": NAME, ...arguments}, and
answers with one: the methods of `Control` in independent_control.py.
"""
import argparse, asyncio, collections, json, struct, time, traceback

from telethon.tl import types as t

from independent_answers import Answers, RPCError
from independent_control import Control
from independent_keys import KeyExchange, ServerKey
from independent_schema import codec, tl
from independent_session import SALT_AGE, SALT_LIFE, AuthKey, Session, open_packet
from independent_wire import Framing, Refused
from independent_world import User, World, people, update

ACCOUNTS = [User(701, "First", "first", "15550001111"), User(702, "Second", "second", "15550002222", "a secret for two")]
WRAPPERS = ("invokeWithLayer", "initConnection", "invokeWithoutUpdates", "invokeAfterMsg", "invokeAfterMsgs")


class Connection(asyncio.Protocol):
    """One TCP connection: frames, then the key exchange or encrypted packets of one session."""

    def __init__(self, server):
        self.server = server
        self.framing = Framing()
        self.exchange = None
        self.session = None
        self.seen = set()  # msg_ids that came on this connection
        self.initialised = False  # initConnection came on it
        self.called = False  # updates are pushed only after a call of the API
        self.flushing = False

    def connection_made(self, transport):
        self.transport = transport
        self.server.connections.add(self)

    def connection_lost(self, error):
        self.server.connections.discard(self)
        if self.session and self.session.connection is self:
            self.session.connection = None

    def data_received(self, data):
        try:
            for packet, quick in self.framing.feed(data):
                self.packet(packet, quick)
        except Refused as why:
            self.server.violation(str(why))
            self.transport.abort()
        except Exception:
            self.server.violation(f"a packet that could not be read: {traceback.format_exc()}")
            self.transport.abort()

    def write(self, packet):
        self.transport.write(self.framing.frame(packet))

    def packet(self, packet, quick):
        self.server.count(f"{'obfuscated ' if self.framing.obfuscated else ''}{self.framing.kind}")
        if len(packet) < 24:
            raise Refused(f"a packet of {len(packet)} bytes")
        if packet[:8] == bytes(8):
            return self.plain(packet)
        key = self.server.keys.get(packet[:8])
        if key is None:
            return self.write(struct.pack("<i", -404))
        if self.framing.kind == "padded":
            packet = packet[: len(packet) - (len(packet) - 24) % 16]
        plaintext, session_id, token = open_packet(key, packet)
        attached = self.attach(key, session_id)
        if quick:
            self.transport.write(self.framing.quick_acknowledgement(token))
        self.session.packet(plaintext, attached)

    def attach(self, key, session_id):
        """Makes this the session's connection; True if it was another's or nobody's before."""
        session = key.sessions.setdefault(session_id, None) or Session(self.server, key, session_id)
        key.sessions[session_id] = session
        if self.session and self.session is not session and self.session.connection is self:
            self.session.connection = None
        if attached := session.connection is not self:
            session.connection, session.outgoing, self.flushing = self, [], False
        self.session = session
        return attached

    def plain(self, packet):
        msg_id, length = struct.unpack_from("<qi", packet, 8)
        rest = len(packet) - 20 - length
        if msg_id % 4 or length % 4 or not 0 <= rest <= (15 if self.framing.kind == "padded" else 0):
            raise Refused(f"a plain message {msg_id} of {length} bytes in {len(packet)}")
        if not self.exchange:
            server = self.server
            self.exchange = KeyExchange(
                server.key, server.nonces, server.now, server.new_key, server.violation, server.allow_old_rsa, server.dh_retries
            )
        answer = self.exchange.answer(packet[20 : 20 + length])
        self.write(bytes(8) + struct.pack("<qi", self.server.message_id(True), len(answer)) + answer)


class Server:
    def __init__(self, key_file, layer=229, allow_old_rsa=False):
        self.codec, self.layer = codec(layer), layer
        self.key = ServerKey(key_file)
        self.connections = set()
        self.last_message_id = 0
        self.port = 0
        self.begin(allow_old_rsa)

    def begin(self, allow_old_rsa=False):
        """As if it had just been started: no chat has a message, nobody has a key."""
        self.allow_old_rsa = allow_old_rsa
        self.clock_offset = 0.0  # seconds
        self.dh_retries = 0  # times that a key exchange is told to try again
        self.announcements = 0  # answers that are only announced by msg_detailed_info
        self.slice = 10  # events of one difference
        self.violations, self.tolerated, self.counters = [], set(), collections.Counter()
        self.keys, self.nonces = {}, set()
        self.initialised = []  # what each initConnection said
        self.pushes = 0
        self.world = World(ACCOUNTS, lambda: int(self.now()))
        self.answers = Answers(self)

    async def start(self, port=0):
        self.loop = asyncio.get_running_loop()
        self.listening = await self.loop.create_server(lambda: Connection(self), "127.0.0.1", port)
        self.port = self.listening.sockets[0].getsockname()[1]

    def now(self):
        return time.time() + self.clock_offset

    def violation(self, text):
        self.violations.append(text)

    def count(self, what):
        self.counters[what] += 1

    def message_id(self, reply):
        """Ids of answers are 1 modulo 4, of all else 3."""
        made = int(self.now() * (1 << 32)) & ~3
        self.last_message_id = max(made, self.last_message_id + 4)
        return self.last_message_id | (1 if reply else 3)

    def new_key(self, data, salt):
        since = int(self.now()) - SALT_AGE
        key = AuthKey(data, [(since, since + 2 * SALT_LIFE, salt)])
        self.keys[key.id] = key
        self.count("key exchanges")

    # calls

    def call(self, session, msg_id, body):
        try:
            query, again = self.codec.decode(body)
        except Exception as why:
            self.violation(f"a call that layer {self.layer} cannot read: {body[:40].hex()}… {why!r}")
            return session.result(msg_id, self.error(400, "INPUT_METHOD_INVALID"))
        if again != body:
            self.violation(f"{query!r} was not written as others write it: {body.hex()} not {again.hex()}")
        try:
            result = self.codec.encode(self.answer(session, query))
        except RPCError as refusal:
            self.count(refusal.text)
            result = self.error(refusal.code, refusal.text)
        except Exception:
            self.violation(f"no answer to {query!r}: {traceback.format_exc()}")
            result = self.error(500, "INTERNAL")
        session.result(msg_id, result)

    def error(self, code, text):
        return bytes(t.RpcError(code, text))

    def answer(self, session, query):
        updates = True
        while query._ in WRAPPERS:
            if query._ == "invokeWithLayer":
                if query.layer != self.layer:
                    self.violation(f"layer {query.layer} was declared to a server of layer {self.layer}")
                    raise RPCError(400, "CONNECTION_LAYER_INVALID")
                session.key.layer = query.layer
            elif query._ == "initConnection":
                session.connection.initialised = True
                said = {k: v for k, v in query.fields.items() if k not in ("query", "params", "proxy")}
                self.initialised.append({"layer": session.key.layer, **said})
            updates = updates and query._ != "invokeWithoutUpdates"
            query = query.query
        if not session.key.layer:
            raise RPCError(400, "CONNECTION_NOT_INITED")
        if not session.connection.initialised:
            self.count("calls before initConnection")
        self.count(f"call {query._}")
        answer = self.answers.call(session, query)
        session.connection.called = True
        session.wants_updates = updates and session.key.account is not None
        return answer

    # updates

    def push(self, events):
        """Tells every session that listens, each account in its own words."""
        for account, event in events:
            for key in self.keys.values():
                if key.account is None or (account and key.account is not account) or key.account not in event.messages[0].chat.members:
                    continue
                for session in key.sessions.values():
                    if session.listens():
                        session.update(self.codec.encode(self.envelope(event, key.account)))
                        self.count("pushes")

    def envelope(self, event, viewer):
        message, self.pushes = event.messages[0], self.pushes + 1
        chat = message.chat
        if event.kind == "new" and chat.kind == "group" and self.pushes % 2:
            return tl(
                "updateShortChatMessage", id=message.id, from_id=message.sender.id, chat_id=chat.id, message=message.text, pts=event.pts,
                pts_count=event.count, date=message.date, reply_to=message.value(viewer).reply_to, entities=message.value(viewer).entities,
            )  # fmt: skip
        if event.kind == "delete" and self.pushes % 2:
            return tl("updateShort", update=update(event, viewer), date=event.date)
        return tl("updates", updates=[update(event, viewer)], **people(event.messages, viewer), date=event.date, seq=0)


async def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--rsa-key", required=True)
    parser.add_argument("--layer", type=int, default=229)
    parser.add_argument("--allow-old-rsa", action="store_true", help="accept the inner data as Telethon and kurigram send them")
    given = parser.parse_args()
    server = Server(given.rsa_key, given.layer, given.allow_old_rsa)
    await server.start(given.port)
    control = await asyncio.start_server(Control(server).serve, "127.0.0.1", given.control_port)
    port = control.sockets[0].getsockname()[1]
    print(json.dumps({"ready": True, "port": server.port, "control_port": port}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
