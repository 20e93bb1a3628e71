"""Tells when rows of `messages` can be seen: a subscriber of the database's log, as a follower or a change feed would be.

Postgres sends a transaction to a subscriber once its commit is flushed to the disk, so a time noted here lies behind the fdatasync;
`pg_xact_commit_timestamp` is taken before it. Nothing is polled, and what is observed does not know of it: both sides pay the same for it.
"""
import select, struct, threading, time

import psycopg

PUBLICATION = "bench"
# What a database must have before it is observed. Only new rows are told, and of them what identifies them.
PREPARE = f"create publication {PUBLICATION} for table messages (id, telegram_message_id, group_id) with (publish = 'insert')"
FEEDBACK_SECONDS = 5.0  # Postgres ends a subscriber that is silent for a minute
LOOK_UP_SECONDS = 0.2  # how soon it notices that it shall end
EPOCH_2000 = 946_684_800  # seconds: where the protocol's clock begins


class Observer:
    """From `start()` on every new row is noted with the time (ns) at which its commit was told; `seen()` has them by (group's uuid, id)."""

    def __init__(self, conninfo):
        self.connection = psycopg.pq.PGconn.connect(f"{conninfo} replication=database".encode())
        if self.connection.status != psycopg.pq.ConnStatus.OK:
            raise RuntimeError(f"cannot subscribe: {self.connection.error_message.decode()}")
        self.notes = []  # (the values of a row as they came, ns)
        self.columns = self.error = None
        self.pending, self.position = [], 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.guarded, daemon=True)

    @property
    def pid(self):
        """The process of Postgres that serves this subscriber."""
        return self.connection.backend_pid

    def order(self, text, wanted):
        result = self.connection.exec_(text.encode())
        if result.status != wanted:
            raise RuntimeError(f"{text}: {result.error_message.decode()}")

    def start(self):
        self.order("CREATE_REPLICATION_SLOT bench TEMPORARY LOGICAL pgoutput", psycopg.pq.ExecStatus.TUPLES_OK)
        self.order(
            f"START_REPLICATION SLOT bench LOGICAL 0/0 (proto_version '1', publication_names '{PUBLICATION}')",
            psycopg.pq.ExecStatus.COPY_BOTH)
        self.thread.start()

    def guarded(self):
        try:
            self.run()
        except Exception as error:  # told to whoever asks for the count
            self.error = error

    def run(self):
        told = time.monotonic()
        while not self.over.is_set():
            select.select([self.connection.socket], [], [], LOOK_UP_SECONDS)
            self.connection.consume_input()
            while True:
                size, data = self.connection.get_copy_data(1)
                if size == 0:
                    break
                if size < 0:
                    raise RuntimeError(f"the subscription ended: {self.connection.error_message.decode()}")
                if self.take(bytes(data)) or time.monotonic() - told > FEEDBACK_SECONDS:
                    self.feedback()
                    told = time.monotonic()
            if time.monotonic() - told > FEEDBACK_SECONDS:
                self.feedback()
                told = time.monotonic()

    def take(self, message):
        """One message of the stream; whether it wants an answer."""
        if message[:1] == b"k":
            self.position = max(self.position, int.from_bytes(message[1:9], "big"))
            return message[17] == 1
        kind, body = message[25:26], message[26:]
        if kind == b"I":
            self.pending.append(body[7:])  # behind the table's number, "N" and the count of columns
        elif kind == b"C":
            now = time.time_ns()
            self.notes += [(row, now) for row in self.pending]
            self.pending = []
            self.position = int.from_bytes(body[9:17], "big")
        elif kind == b"R":
            self.columns = relation(body)
        return False

    def feedback(self):
        now = int((time.time() - EPOCH_2000) * 1e6)
        self.connection.put_copy_data(b"r" + struct.pack(">QQQQB", self.position, self.position, self.position, now, 0))
        self.connection.flush()

    def count(self):
        if self.error:
            raise SystemExit(f"bench: the observer failed: {self.error}")
        return len(self.notes)

    def seen(self):
        """(group's uuid, message id) -> every time at which a new row of it was told."""
        found = {}
        for row, at in self.notes:
            values = dict(zip(self.columns, fields(row)))
            found.setdefault((values["group_id"], int(values["telegram_message_id"])), []).append(at)
        return found

    def close(self):
        self.over.set()
        self.thread.join(10)
        self.connection.finish()


def relation(body):
    """The names of a table's columns as a message of kind R lists them."""
    rest = body[4:].split(b"\0", 2)[2]
    count, = struct.unpack_from(">H", rest, 1)
    names, offset = [], 3
    for _ in range(count):
        end = rest.index(b"\0", offset + 1)
        names.append(rest[offset + 1:end].decode())
        offset = end + 1 + 8
    return names


def fields(row):
    """The values of a row, all of them texts that are there."""
    out, offset = [], 0
    while offset < len(row):
        kind, size = struct.unpack_from(">cI", row, offset)
        if kind != b"t":
            raise ValueError(f"a value of kind {kind!r} where a text was expected")
        out.append(row[offset + 5:offset + 5 + size].decode())
        offset += 5 + size
    return out
