"""What the server's accounts see: three kinds of chats and private ones, their messages, and the boxes that number what happens.

https://core.telegram.org/api/updates: each account has a common box (private chats and basic groups, with message ids of its own),
each supergroup and broadcast channel has a box that all its members share.
"""
from dataclasses import dataclass, field

from independent_schema import tl

SETTINGS = tl("peerNotifySettings")
STRANGER = 900  # a user who writes private messages


@dataclass
class User:
    id: int
    first_name: str
    username: str
    phone: str = ""
    password: str = ""

    def access_hash(self, viewer):
        return self.id * 1_000_003 + viewer.id

    def value(self, viewer):
        me = self.id == viewer.id
        return tl(
            "user", id=self.id, access_hash=self.access_hash(viewer), first_name=self.first_name, username=self.username,
            is_self=True if me else None, phone=self.phone if me else None,
        )  # fmt: skip


@dataclass
class Message:
    id: int
    chat: object
    sender: User
    text: str
    date: int
    edit_date: int = None
    deleted: bool = False
    reply_to: int = None
    bold: int = 0  # how many characters at the start are bold

    def value(self, viewer):
        if self.deleted:
            return tl("messageEmpty", id=self.id)
        # a post of a broadcast channel has counters and no author
        post = self.chat.kind == "channel"
        own = {"post": True, "views": 7, "forwards": 0} if post else {"from_id": tl("peerUser", user_id=self.sender.id)}
        return tl(
            "message", id=self.id, peer_id=self.chat.peer(), date=self.date, edit_date=self.edit_date, message=self.text, **own,
            out=True if self.sender.id == viewer.id and not post else None,
            reply_to=tl("messageReplyHeader", reply_to_msg_id=self.reply_to) if self.reply_to else None,
            entities=[tl("messageEntityBold", offset=0, length=self.bold)] if self.bold else None,
        )  # fmt: skip

    def truth(self):
        return {
            "text": self.text, "date": self.date, "edit_date": self.edit_date, "deleted": self.deleted, "reply_to": self.reply_to,
            "sender": None if self.chat.kind == "channel" else self.sender.id,
        }  # fmt: skip


@dataclass
class Event:
    """One step of a box: it moved to `pts` by `count`."""

    kind: str  # new, edit, delete
    pts: int
    count: int
    date: int
    messages: list


@dataclass
class Box:
    window: int = 100  # events that the server keeps
    pts: int = 1
    events: list = field(default_factory=list)

    def append(self, kind, messages, date):
        self.pts += len(messages)
        self.events.append(Event(kind, self.pts, len(messages), date, messages))
        del self.events[: -self.window]
        return self.events[-1]

    def reaches(self, pts):
        """Whether everything after `pts` is still kept."""
        return pts >= self.pts or bool(self.events) and pts >= self.events[0].pts - self.events[0].count

    def after(self, pts, limit):
        found = [event for event in self.events if event.pts > pts]
        return found[:limit], len(found) <= limit


@dataclass
class Chat:
    kind: str  # supergroup, channel, group, private
    id: int
    title: str
    username: str
    members: list
    box: Box = None  # of a supergroup or channel
    messages: list = field(default_factory=list)  # by number: {account's user id or None: Message}

    def peer(self):
        if self.box:
            return tl("peerChannel", channel_id=self.id)
        return tl("peerChat", chat_id=self.id) if self.kind == "group" else tl("peerUser", user_id=self.id)

    def access_hash(self, viewer):
        return self.id * 7_919 + viewer.id

    def value(self, viewer):
        if self.box:
            kind = {"megagroup": True} if self.kind == "supergroup" else {"broadcast": True}
            return tl(
                "channel", id=self.id, access_hash=self.access_hash(viewer), title=self.title, username=self.username or None,
                photo=tl("chatPhotoEmpty"), date=1700000000, participants_count=len(self.members), **kind,
            )  # fmt: skip
        return tl(
            "chat", id=self.id, title=self.title, photo=tl("chatPhotoEmpty"), participants_count=len(self.members), date=1700000000,
            version=1,
        )  # fmt: skip

    def copy(self, number, viewer):
        """The message with this number as the viewer's account has it."""
        copies = self.messages[number]
        return copies.get(None) or copies.get(viewer.id)

    def seen_by(self, viewer):
        return [m for n in range(len(self.messages)) if (m := self.copy(n, viewer))]


class World:
    def __init__(self, accounts, now):
        self.now = now
        self.accounts = accounts
        self.users = {u.id: u for u in [*accounts, User(STRANGER, "Stranger", "stranger"), User(901, "Writer", "writer")]}
        self.boxes = {account.id: Box() for account in accounts}
        self.next_id = {account.id: 1 for account in accounts}
        self.chats = {
            "supergroup": Chat("supergroup", 5001, "A supergroup", "asupergroup", accounts, Box(pts=100)),
            "channel": Chat("channel", 5002, "A broadcast channel", "achannel", accounts, Box(pts=200)),
            "group": Chat("group", 5003, "A basic group", "", accounts),
            "private": Chat("private", STRANGER, "Stranger", "", accounts[:1]),
        }

    def box(self, chat, account):
        return chat.box or self.boxes[account.id]

    def holders(self, chat):
        """The boxes that an event of the chat goes into: (account, or None for the chat's own box; box)."""
        return [(None, chat.box)] if chat.box else [(account, self.boxes[account.id]) for account in chat.members]

    def post(self, name, text, sender=None, reply_to=None, bold=0):
        """A new message: its number in the chat, and the events it made as (account or None, event)."""
        chat = self.chats[name]
        author = self.users[sender or (STRANGER if chat.kind == "private" else 901)]
        copies, events = {}, []
        answered = chat.messages[reply_to] if reply_to is not None else {}
        for account, box in self.holders(chat):
            owner = account.id if account else None
            if account:
                message_id, self.next_id[owner] = self.next_id[owner], self.next_id[owner] + 1
            else:
                message_id = len(chat.messages) + 1
            reply = answered[owner].id if answered else None
            copies[owner] = Message(message_id, chat, author, text, self.now(), reply_to=reply, bold=bold)
            events.append((account, box.append("new", [copies[owner]], self.now())))
        chat.messages.append(copies)
        return len(chat.messages) - 1, events

    def edit(self, name, number, text):
        chat, events = self.chats[name], []
        for account, box in self.holders(chat):
            message = chat.messages[number][account.id if account else None]
            message.text, message.edit_date = text, self.now()
            events.append((account, box.append("edit", [message], self.now())))
        return events

    def delete(self, name, numbers):
        chat, events = self.chats[name], []
        for account, box in self.holders(chat):
            messages = [chat.messages[number][account.id if account else None] for number in numbers]
            for message in messages:
                message.deleted = True
            events.append((account, box.append("delete", messages, self.now())))
        return events

    def of(self, viewer):
        """The viewer's chats, the one that spoke last first."""
        mine = [chat for chat in self.chats.values() if viewer in chat.members and chat.seen_by(viewer)]
        return sorted(mine, key=lambda chat: (-chat.seen_by(viewer)[-1].date, chat.id))

    def common(self, viewer):
        """Every message with an id of the account's own, oldest first."""
        mine = [m for c in self.chats.values() if not c.box and viewer in c.members for m in c.seen_by(viewer)]
        return sorted(mine, key=lambda message: message.id)


def update(event, viewer):
    """The update that tells of an event; what was changed since is told as it is now."""
    chat = event.messages[0].chat
    middle = "Channel" if chat.box else ""
    place = {"pts": event.pts, "pts_count": event.count}
    if event.kind == "delete":
        channel = {"channel_id": chat.id} if chat.box else {}
        return tl(f"updateDelete{middle}Messages", messages=[m.id for m in event.messages], **place, **channel)
    verb = {"new": "New", "edit": "Edit"}[event.kind]
    return tl(f"update{verb}{middle}Message", message=event.messages[0].value(viewer), **place)


def people(messages, viewer):
    """The users and chats that some messages speak of, as `users` and `chats`."""
    users, chats = {}, {}
    for message in messages:
        users[message.sender.id] = message.sender
        if message.chat.kind != "private":
            chats[message.chat.id] = message.chat
    return {"users": [u.value(viewer) for u in users.values()], "chats": [c.value(viewer) for c in chats.values()]}
