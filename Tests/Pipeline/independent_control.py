"""What a test may ask of the independent server while it runs, by name: one JSON object per line of its control port."""
import json, os, struct, traceback

from independent_schema import tl
from independent_wire import seal


class Control:
    """What a test may ask for, by name."""

    def __init__(self, server):
        self.server = server

    def account(self, phone):
        return next(a for a in self.server.world.accounts if a.phone == phone)

    def post(self, chat, text, **more):
        """A new message; answers with its number in the chat, by which it is edited and deleted."""
        number, events = self.server.world.post(chat, text, **more)
        self.server.push(events)
        return number

    def fill(self, chat, count, text="message", silently=False):
        """Many messages at once; silently: only a difference tells of them."""
        numbers, every = [], []
        for i in range(count):
            number, events = self.server.world.post(chat, f"{text} {i}")
            numbers.append(number)
            every += events
        if not silently:
            self.server.push(every)
        return numbers

    def edit(self, chat, number, text, silently=False):
        events = self.server.world.edit(chat, number, text)
        if not silently:
            self.server.push(events)

    def delete(self, chat, numbers, silently=False):
        events = self.server.world.delete(chat, numbers)
        if not silently:
            self.server.push(events)

    def truth(self, phone):
        """Every message of every chat as this account has it: {chat: {id: what it says}}."""
        viewer = self.account(phone)
        return {
            name: {m.id: m.truth() for m in chat.seen_by(viewer)}
            for name, chat in self.server.world.chats.items()
            if viewer in chat.members
        }

    def chats(self):
        return {name: {"id": chat.id, "title": chat.title, "username": chat.username} for name, chat in self.server.world.chats.items()}

    def window(self, events, chat=None, slice=None):
        """How many events the boxes keep from now on, and how many one difference tells."""
        world = self.server.world
        boxes = [world.chats[chat].box] if chat else [*world.boxes.values(), *(c.box for c in world.chats.values() if c.box)]
        for box in boxes:
            box.window = events
            del box.events[:-events]
        self.server.slice = slice or self.server.slice

    def drop_connections(self, forget=False):
        """Cuts every connection; forget: the sessions are gone too, and what they were not told."""
        for connection in list(self.server.connections):
            connection.transport.abort()
        if forget:
            for key in self.server.keys.values():
                key.sessions.clear()

    def forget_keys(self):
        """Every authorisation is gone: the next packet is answered with -404."""
        self.server.keys.clear()
        self.drop_connections()

    def reset(self, allow_old_rsa=False):
        """A new beginning on the same port."""
        self.drop_connections()
        self.server.begin(allow_old_rsa)

    def change_salt(self):
        """All salts so far are worth nothing any more."""
        for key in self.server.keys.values():
            key.salts = []

    def sessions(self):
        return [s for key in self.server.keys.values() for s in key.sessions.values() if s.listens()]

    def nudge(self, chat=None):
        """Says only that there is something: of one channel, or of the common box."""
        for session in self.sessions():
            note = tl("updatesTooLong")
            if chat:
                channel = tl("updateChannelTooLong", channel_id=self.server.world.chats[chat].id)
                note = tl("updateShort", update=channel, date=int(self.server.now()))
            session.update(self.server.codec.encode(note))

    def push_unknown(self, within=False):
        """An object that no layer has; within: as one of two updates, the other being known."""
        unknown = struct.pack("<Iii", 0xDEADBEEF, 1, 2)
        for session in self.sessions():
            if within:
                known = self.server.codec.encode(tl("updateConfig"))
                envelope = self.server.codec.encode(tl("updates", updates=[], users=[], chats=[], date=int(self.server.now()), seq=0))
                unknown = envelope[:8] + struct.pack("<i", 2) + known + unknown + envelope[12:]
            session.update(unknown)

    def repeat_everything(self):
        """What is not acknowledged yet is sent once more."""
        for session in self.sessions():
            session.repeat(list(session.unacknowledged))
            session.flush_soon()

    def garble(self, session_id=False):
        """A packet that is not what it should be: its msg_key is wrong, or it is of another session."""
        for session in self.sessions():
            body = struct.pack("<Iqq", 0x347773C5, 4, 7)
            number = int.from_bytes(os.urandom(8), "little", signed=True) if session_id else session.id
            head = struct.pack("<qqqii", session.salt(), number, self.server.message_id(False), session.content_sent * 2, len(body))
            packet = seal(session.key.data, session.key.id, head + body)
            spoilt = packet[:8] + bytes([packet[8] ^ 1]) + packet[9:]
            session.connection.write(packet if session_id else spoilt)

    def set_clock(self, offset):
        """The server's clock jumps; bad_msg 16 and 17 are no violations from then on."""
        self.server.clock_offset, self.server.last_message_id = offset, 0
        self.server.tolerated |= {16, 17}

    def settings(self, **values):
        """dh_retries, announcements, slice."""
        for name, value in values.items():
            assert name in ("dh_retries", "announcements", "slice")
            setattr(self.server, name, value)

    def listening(self, phone=None):
        """How many sessions get updates now."""
        keys = [key for key in self.server.keys.values() if key.account and (not phone or key.account.phone == phone)]
        return sum(1 for key in keys for s in key.sessions.values() if s.listens())

    def unacknowledged(self):
        return sum(len(s.unacknowledged) for key in self.server.keys.values() for s in key.sessions.values() if s.connection)

    def report(self):
        late = [f"not acknowledged: msg_id {m.msg_id}" for k in self.server.keys.values() for s in k.sessions.values() for m in s.late()]
        return {
            "violations": self.server.violations + late, "counters": self.server.counters,
            "connections": self.server.initialised, "layer": self.server.layer,
        }  # fmt: skip

    async def serve(self, reader, writer):
        while line := await reader.readline():
            command = json.loads(line)
            try:
                method = getattr(self, command.pop("do"))
                answer = {"result": method(**command)}
            except Exception:
                answer = {"error": traceback.format_exc()}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()
