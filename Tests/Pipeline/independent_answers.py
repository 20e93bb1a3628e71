"""The API's methods: each is a function of a session and a query that returns a value, or raises the error that a server sends."""
import functools, os
from hashlib import pbkdf2_hmac, sha256

from independent_keys import DC, GENERATOR, PRIME, in_range, wide
from independent_schema import tl
from independent_world import SETTINGS, people, update

PAGE = 100  # messages or dialogs of one answer at most


class RPCError(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code, self.text = code, text


class Password:
    """SRP on the server's side (https://core.telegram.org/api/srp); every login has a B of its own."""

    SALT1, SALT2 = bytes(range(16)) + b"one", bytes(range(16)) + b"two"

    @classmethod
    @functools.cache
    def verifier(cls, password):
        def salted(data, salt):
            return sha256(salt + data + salt).digest()

        inner = salted(salted(password.encode(), cls.SALT1), cls.SALT2)
        x = int.from_bytes(salted(pbkdf2_hmac("sha512", inner, cls.SALT1, 100_000), cls.SALT2), "big")
        return pow(GENERATOR, x, PRIME)

    def __init__(self, password):
        self.v = self.verifier(password)
        self.k = int.from_bytes(sha256(wide(PRIME) + wide(GENERATOR)).digest(), "big")
        self.begun = {}  # srp_id: (b, B)

    def begin(self):
        B = 0
        while not in_range(B):
            b = int.from_bytes(os.urandom(256), "big")
            B = (self.k * self.v + pow(GENERATOR, b, PRIME)) % PRIME
        srp_id = int.from_bytes(os.urandom(8), "little", signed=True)
        self.begun[srp_id] = b, B
        return srp_id, wide(B)

    def check(self, answer):
        """True if M1 is the one that only the password's owner can compute. An srp_id serves once."""
        if answer._ != "inputCheckPasswordSRP" or answer.srp_id not in self.begun:
            raise RPCError(400, "SRP_ID_INVALID")
        b, B = self.begun.pop(answer.srp_id)
        A = int.from_bytes(answer.A, "big")
        if not in_range(A):
            raise RPCError(400, "SRP_A_INVALID")
        u = int.from_bytes(sha256(wide(A) + wide(B)).digest(), "big")
        key = sha256(wide(pow(A * pow(self.v, u, PRIME), b, PRIME))).digest()
        p, g = sha256(wide(PRIME)).digest(), sha256(wide(GENERATOR)).digest()
        both = bytes(x ^ y for x, y in zip(p, g))
        parts = both + sha256(self.SALT1).digest() + sha256(self.SALT2).digest() + wide(A) + wide(B) + key
        return sha256(parts).digest() == answer.M1


class Answers:
    """`call(session, query)` finds the method by its name; what needs a login is refused without one."""

    ANONYMOUS = {
        "help.getConfig", "help.getNearestDc", "help.getAppConfig", "auth.sendCode", "auth.signIn", "auth.checkPassword",
        "account.getPassword",
    }  # fmt: skip
    CODE = "12345"
    CODE_HASH = "a hash of the code"

    def __init__(self, server):
        self.server, self.world = server, server.world
        self.passwords = {a.id: Password(a.password) for a in self.world.accounts if a.password}

    def call(self, session, query):
        method = getattr(self, query._.replace(".", "_"), None)
        if method is None:
            self.server.violation(f"no test needs {query._}")
            raise RPCError(400, "INPUT_METHOD_INVALID")
        if query._ not in self.ANONYMOUS and not session.key.account:
            raise RPCError(401, "AUTH_KEY_UNREGISTERED")
        return method(session, query)

    # the server

    def help_getConfig(self, session, query):
        now = int(self.server.now())
        here = tl("dcOption", id=DC, ip_address="127.0.0.1", port=self.server.port, this_port_only=True)
        numbers = {
            "chat_size_max": 200, "megagroup_size_max": 200000, "forwarded_count_max": 100, "online_update_period_ms": 210000,
            "offline_blur_timeout_ms": 5000, "offline_idle_timeout_ms": 30000, "online_cloud_timeout_ms": 300000,
            "notify_cloud_delay_ms": 30000, "notify_default_delay_ms": 1500, "push_chat_period_ms": 60000, "push_chat_limit": 2,
            "edit_time_limit": 172800, "revoke_time_limit": 2147483647, "revoke_pm_time_limit": 2147483647, "rating_e_decay": 2419200,
            "stickers_recent_limit": 200, "channels_read_media_period": 604800, "call_receive_timeout_ms": 20000,
            "call_ring_timeout_ms": 90000, "call_connect_timeout_ms": 30000, "call_packet_timeout_ms": 10000,
            "caption_length_max": 1024, "message_length_max": 4096, "webfile_dc_id": 4,
        }  # fmt: skip
        return tl(
            "config", date=now, expires=now + 3600, test_mode=False, this_dc=DC, dc_options=[here], dc_txt_domain_name="example.org",
            me_url_prefix="https://t.me/", **numbers,
        )  # fmt: skip

    def help_getNearestDc(self, session, query):
        return tl("nearestDc", country="FI", this_dc=DC, nearest_dc=DC)

    def help_getAppConfig(self, session, query):
        return tl("help.appConfig", hash=1, config=tl("jsonObject", value=[]))

    # login

    def auth_sendCode(self, session, query):
        phone = query.phone_number.lstrip("+")
        account = next((a for a in self.world.accounts if a.phone == phone), None)
        if not account:
            raise RPCError(400, "PHONE_NUMBER_INVALID")
        if not query.api_id or not query.api_hash:
            raise RPCError(400, "API_ID_INVALID")
        session.key.login = [account, False]
        return tl("auth.sentCode", type=tl("auth.sentCodeTypeApp", length=len(self.CODE)), phone_code_hash=self.CODE_HASH)

    def auth_signIn(self, session, query):
        if not session.key.login or query.phone_code_hash != self.CODE_HASH:
            raise RPCError(400, "PHONE_CODE_EXPIRED")
        account, _ = session.key.login
        if query.phone_number.lstrip("+") != account.phone or query.phone_code != self.CODE:
            raise RPCError(400, "PHONE_CODE_INVALID")
        if account.password:
            session.key.login[1] = True
            raise RPCError(401, "SESSION_PASSWORD_NEEDED")
        return self.logged_in(session, account)

    def account_getPassword(self, session, query):
        account = session.key.account or (session.key.login or [None])[0]
        if not account:
            raise RPCError(401, "AUTH_KEY_UNREGISTERED")
        unknown = {
            "new_algo": tl("passwordKdfAlgoUnknown"), "new_secure_algo": tl("securePasswordKdfAlgoUnknown"),
            "secure_random": os.urandom(256),
        }  # fmt: skip
        if not account.password:
            return tl("account.password", **unknown)
        password = self.passwords[account.id]
        srp_id, B = password.begin()
        algorithm = tl(
            "passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow", salt1=Password.SALT1, salt2=Password.SALT2, g=GENERATOR,
            p=wide(PRIME),
        )  # fmt: skip
        return tl("account.password", has_password=True, current_algo=algorithm, srp_B=B, srp_id=srp_id, **unknown)

    def auth_checkPassword(self, session, query):
        account, code_was_right = session.key.login or [None, False]
        if not code_was_right:
            raise RPCError(401, "AUTH_KEY_UNREGISTERED")
        if not self.passwords[account.id].check(query.password):
            raise RPCError(400, "PASSWORD_HASH_INVALID")
        return self.logged_in(session, account)

    def logged_in(self, session, account):
        session.key.account, session.key.login = account, None
        return tl("auth.authorization", user=account.value(account))

    def auth_logOut(self, session, query):
        session.key.account = None
        return tl("auth.loggedOut")

    def account_updateStatus(self, session, query):
        return True

    # users and chats

    def user(self, session, given):
        viewer = session.key.account
        if given._ in ("inputUserSelf", "inputPeerSelf"):
            return viewer
        user = self.world.users.get(given.user_id)
        if not user or given.access_hash != user.access_hash(viewer):
            self.server.violation(f"a user with a wrong access hash: {given}")
            raise RPCError(400, "USER_ID_INVALID")
        return user

    def chat(self, session, given):
        """The chat of an inputPeer or inputChannel; its access hash is the viewer's own."""
        viewer = session.key.account
        number = given.channel_id or given.chat_id or given.user_id
        chat = next((c for c in self.world.chats.values() if c.id == number and viewer in c.members), None)
        if chat and chat.kind == "private":
            self.user(session, given)
        elif not chat or (chat.box and given.access_hash != chat.access_hash(viewer)):
            self.server.violation(f"a chat with a wrong access hash: {given}")
            raise RPCError(400, "CHANNEL_INVALID" if given.channel_id else "CHAT_ID_INVALID")
        return chat

    def users_getUsers(self, session, query):
        return [self.user(session, given).value(session.key.account) for given in query.id]

    def users_getFullUser(self, session, query):
        user = self.user(session, query.id)
        full = tl("userFull", id=user.id, settings=tl("peerSettings"), notify_settings=SETTINGS, common_chats_count=0)
        return tl("users.userFull", full_user=full, chats=[], users=[user.value(session.key.account)])

    def contacts_resolveUsername(self, session, query):
        viewer, name = session.key.account, query.username.lower()
        for chat in self.world.chats.values():
            if chat.box and chat.username == name:
                return tl("contacts.resolvedPeer", peer=chat.peer(), chats=[chat.value(viewer)], users=[])
        for user in self.world.users.values():
            if user.username == name:
                peer = tl("peerUser", user_id=user.id)
                return tl("contacts.resolvedPeer", peer=peer, chats=[], users=[user.value(viewer)])
        raise RPCError(400, "USERNAME_NOT_OCCUPIED")

    def channels_getChannels(self, session, query):
        return tl("messages.chats", chats=[self.chat(session, given).value(session.key.account) for given in query.id])

    def messages_getChats(self, session, query):
        mine = {c.id: c for c in self.world.of(session.key.account) if c.kind == "group"}
        return tl("messages.chats", chats=[mine[i].value(session.key.account) for i in query.id if i in mine])

    def channels_getFullChannel(self, session, query):
        viewer, chat = session.key.account, self.chat(session, query.channel)
        full = tl(
            "channelFull", id=chat.id, about="", read_inbox_max_id=0, read_outbox_max_id=0, unread_count=0,
            chat_photo=tl("photoEmpty", id=0), notify_settings=SETTINGS, bot_info=[], pts=chat.box.pts,
        )  # fmt: skip
        return tl("messages.chatFull", full_chat=full, chats=[chat.value(viewer)], users=[])

    # dialogs and messages

    def dialog(self, chat, viewer):
        return tl(
            "dialog", peer=chat.peer(), top_message=chat.seen_by(viewer)[-1].id, read_inbox_max_id=0, read_outbox_max_id=0,
            unread_count=0, unread_mentions_count=0, unread_reactions_count=0, unread_poll_votes_count=0, notify_settings=SETTINGS,
            pts=chat.box.pts if chat.box else None,
        )  # fmt: skip

    def with_dialogs(self, chats, viewer):
        top = [chat.seen_by(viewer)[-1] for chat in chats]
        of_chats = people(top, viewer)
        return {"dialogs": [self.dialog(c, viewer) for c in chats], "messages": [m.value(viewer) for m in top], **of_chats}

    def messages_getDialogs(self, session, query):
        viewer = session.key.account
        every = self.world.of(viewer) if not query.folder_id else []
        rest = every
        if query.offset_peer._ != "inputPeerEmpty":
            last = self.chat(session, query.offset_peer)
            rest = every[every.index(last) + 1 :]
        page = rest[: min(query.limit or PAGE, PAGE)]
        parts = self.with_dialogs(page, viewer)
        if len(page) == len(every):
            return tl("messages.dialogs", **parts)
        return tl("messages.dialogsSlice", count=len(every), **parts)

    def messages_getPinnedDialogs(self, session, query):
        return tl("messages.peerDialogs", **self.with_dialogs([], session.key.account), state=self.state(session))

    def messages_getPeerDialogs(self, session, query):
        chats = [self.chat(session, given.peer) for given in query.peers]
        return tl("messages.peerDialogs", **self.with_dialogs(chats, session.key.account), state=self.state(session))

    def page(self, chat, viewer, found, total=None, offset=0):
        """Messages as the method's answer: all of them, a slice, or a channel's with its pts."""
        values = {"messages": [m.value(viewer) for m in found], **people(found, viewer)}
        if chat and chat.box:
            values["chats"] = [chat.value(viewer)]
            return tl(
                "messages.channelMessages", pts=chat.box.pts, count=total or len(found), offset_id_offset=offset, topics=[], **values
            )
        values["topics"] = []
        if total is None or total == len(found):
            return tl("messages.messages", **values)
        return tl("messages.messagesSlice", count=total, offset_id_offset=offset, **values)

    def messages_getHistory(self, session, query):
        viewer, chat = session.key.account, self.chat(session, query.peer)
        every = [m for m in reversed(chat.seen_by(viewer)) if not m.deleted]
        first = 0
        if query.offset_id or query.offset_date:
            older = (m.id < query.offset_id if query.offset_id else m.date < query.offset_date for m in every)
            first = next((i for i, is_older in enumerate(older) if is_older), len(every))
        first += query.add_offset
        found = every[max(0, first) : max(0, first + min(query.limit, PAGE))]
        found = [m for m in found if (not query.max_id or m.id < query.max_id) and m.id > (query.min_id or 0)]
        return self.page(chat, viewer, found, len(every), max(0, first))

    def channels_getMessages(self, session, query):
        chat = self.chat(session, query.channel)
        known = {m.id: m for m in chat.seen_by(session.key.account)}
        return self.page(chat, session.key.account, [known[i.id] for i in query.id if i.id in known])

    def messages_getMessages(self, session, query):
        known = {m.id: m for m in self.world.common(session.key.account)}
        return self.page(None, session.key.account, [known[i.id] for i in query.id if i.id in known])

    # updates

    def state(self, session, pts=None, date=None):
        box = self.world.boxes[session.key.account.id]
        return tl("updates.state", pts=pts or box.pts, qts=0, date=date or int(self.server.now()), seq=1, unread_count=0)

    def updates_getState(self, session, query):
        return self.state(session)

    def told(self, events, viewer):
        """new_messages, other_updates and who they speak of; of what is deleted by now only the deletion is told."""
        messages = [e.messages[0] for e in events if e.kind == "new" and not e.messages[0].deleted]
        others = [e for e in events if e.kind == "delete" or e.kind == "edit" and not e.messages[0].deleted]
        return {
            "new_messages": [m.value(viewer) for m in messages], "other_updates": [update(e, viewer) for e in others],
            **people([*messages, *(e.messages[0] for e in others)], viewer),
        }  # fmt: skip

    def updates_getDifference(self, session, query):
        viewer = session.key.account
        box = self.world.boxes[viewer.id]
        self.server.count("getDifference")
        if not box.reaches(query.pts):
            self.server.count("differenceTooLong")
            return tl("updates.differenceTooLong", pts=box.pts)
        events, whole = box.after(query.pts, min(query.pts_limit or PAGE, self.server.slice))
        parts = self.told(events, viewer)
        if whole:
            for chat in self.world.of(viewer):
                if chat.box and chat.box.events and chat.box.events[-1].date >= query.date:
                    parts["other_updates"].append(tl("updateChannelTooLong", channel_id=chat.id, pts=chat.box.pts))
                    parts["chats"] = [c for c in parts["chats"] if c.id != chat.id] + [chat.value(viewer)]
        if not events and not parts["other_updates"]:
            return tl("updates.differenceEmpty", date=int(self.server.now()), seq=1)
        if whole:
            return tl("updates.difference", new_encrypted_messages=[], state=self.state(session), **parts)
        self.server.count("differenceSlice")
        # the date stays: which channels have moved since then is told with the last slice
        state = self.state(session, events[-1].pts, query.date)
        return tl("updates.differenceSlice", new_encrypted_messages=[], intermediate_state=state, **parts)

    def updates_getChannelDifference(self, session, query):
        viewer, chat = session.key.account, self.chat(session, query.channel)
        box = chat.box
        self.server.count("getChannelDifference")
        if query.pts < 1 or query.pts > box.pts:
            self.server.violation(f"a channel's pts {query.pts} beyond {box.pts}")
            raise RPCError(400, "PERSISTENT_TIMESTAMP_INVALID")
        if query.pts == box.pts:
            return tl("updates.channelDifferenceEmpty", final=True, pts=box.pts, timeout=30)
        if not box.reaches(query.pts):
            self.server.count("channelDifferenceTooLong")
            last = [m for m in reversed(chat.seen_by(viewer)) if not m.deleted][: min(query.limit, PAGE)]
            parts = {"messages": [m.value(viewer) for m in last], **people(last, viewer), "chats": [chat.value(viewer)]}
            return tl("updates.channelDifferenceTooLong", final=True, timeout=30, dialog=self.dialog(chat, viewer), **parts)
        events, final = box.after(query.pts, min(query.limit, self.server.slice))
        if not final:
            self.server.count("channelDifference not final")
        parts = {**self.told(events, viewer), "chats": [chat.value(viewer)]}
        pts = box.pts if final else events[-1].pts
        return tl("updates.channelDifference", final=True if final else None, pts=pts, timeout=30, **parts)
