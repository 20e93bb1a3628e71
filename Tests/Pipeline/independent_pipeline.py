"""Our stages at the independent server: the account logged in, three chats registered, and the table compared with the server's truth."""
from datetime import datetime, timezone

from independent_harness import CODE, PASSWORD, IndependentServer
from stack import ACCOUNT, until

CHATS = {"supergroup": "channel", "channel": "channel", "group": "group"}


class Whole:
    """A `Stack` whose Telegram is the independent server; `phone` is the account that listens."""

    def __init__(self, stack, phone, password="", layer=229):
        self.stack, self.phone = stack, phone
        self.server = IndependentServer(stack.key, port=stack.port, layer=layer)
        try:
            stack.write_config(layer=layer)
            self.server.settings(dh_retries=2)
            for chat in (*CHATS, "private"):
                self.server.post(chat, f"the first of the {chat}")
            stack.prepare(phone, f"{CODE}\n{password}\n" if password else f"{CODE}\n")
            for name, kind in CHATS.items():
                number = self.server.chats()[name]["id"]
                stack.ctl("groups", "add", number, "--type", kind, "--title", name, "--account", ACCOUNT)
            stack.start("writer")
            stack.start("listener")
            self.listens()
            self.before = {name: set(messages) for name, messages in self.truth(everything=True).items()}
        except BaseException:
            self.server.close()
            raise

    def listens(self):
        until(lambda: self.server.listening(self.phone), 30, "a session that gets updates")

    def truth(self, everything=False):
        """What the account has seen since it listens."""
        found = self.server.truth(self.phone)
        return {
            name: {int(i): m for i, m in found[name].items() if everything or int(i) not in getattr(self, "before", {}).get(name, ())}
            for name in CHATS
        }

    def rows(self):
        rows = self.stack.query(
            "select g.title, m.telegram_message_id, m.text, m.sender_id, m.sender_name, m.sent_at, m.edited_at, m.reply_to_message_id,"
            " m.is_deleted, m.entities from messages m join groups g on g.id = m.group_id where m.service is null"
        )
        found = {name: {} for name in CHATS}
        for name, number, *values in rows:
            assert number not in found[name], f"{name} {number} stands twice"
            found[name][number] = values
        return found

    def differences(self):
        """Where the table is not as the server knows it. What came and went while nobody listened may have no row."""
        wrong, rows = [], self.rows()
        for name, messages in self.truth().items():
            for number, message in messages.items():
                row = rows[name].pop(number, None)
                if message["deleted"]:
                    if row and not row[6]:
                        wrong.append((name, number, "not deleted"))
                elif row is None or row != self.expected(name, message, row):
                    wrong.append((name, number, row, message))
        return wrong + [(name, number, "no such message") for name, more in rows.items() for number in more]

    def expected(self, name, message, row):
        def time(seconds):
            return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)

        post = name == "channel"
        sender = row[1:3] if post else [message["sender"], "Writer"]  # a post's sender is the channel, by id or not at all
        return [message["text"], *sender, time(message["date"]), time(message["edit_date"]), message["reply_to"], False, row[7]]

    def equals(self, seconds=30):
        try:
            until(lambda: not self.differences(), seconds, "the table equal to what the server knows")
        except AssertionError as error:
            wrong = self.differences()
            raise AssertionError(
                f"{len(wrong)} differ, as {wrong[:4]}\n{self.server.report()}\n{self.stack.log('listener')[-3000:]}"
            ) from error
        assert self.stack.query("select count(*) from failed_messages") == [(0,)]

    def gaps(self):
        return self.stack.query("select count(*) from aaltohub.gaps")[0][0]

    def something_happens(self, word):
        """New messages, answers, edits and deletions in all three chats; some of them long enough to be packed."""
        for name in CHATS:
            numbers = self.server.fill(name, 6, text=word)
            self.server.post(name, f"{word}: an answer, 안녕 𝛌", reply_to=numbers[0], bold=3)
            self.server.post(name, f"{word} long " * 100)
            self.server.edit(name, numbers[1], f"{word} edited")
            self.server.delete(name, numbers[2:4])
            self.server.post("private", f"{word}, secretly")

    def is_without_fault(self, layer):
        """Nothing that the client did was wrong, and all it was told is acknowledged."""
        until(lambda: self.server.unacknowledged() == 0, 40, "every message acknowledged")
        report = self.server.report()
        assert not report["violations"], f"{len(report['violations'])} faults, as {report['violations'][:4]}"
        assert {said["layer"] for said in report["connections"]} == {layer}
        assert {said["api_id"] for said in report["connections"]} == {4242}
        assert report["counters"].get("calls before initConnection", 0) == 0
        return report["counters"]
