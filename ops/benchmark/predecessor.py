"""A stand-in for the pipeline that this project takes over from, to measure against: Python, Telethon, asyncio, Postgres.

It does what that pipeline is described to do and what its published source does (github.com/sallysong51/aaltohubv2,
backend/app/live_crawler.py, commit 5fc90a0d), with asyncpg in the place of an HTTP API, and without the broadcast of each message that it
waits for after a batch, which both are in its favour:

- new and edited messages, and those of a crawl, pass one queue of 10,000; what finds it full becomes a dead letter;
- one writer takes a batch: it is full at 50, and waits 2 s at most to be filled (`--eager`: it takes what is queued, and does not wait);
  one statement a batch;
- after a batch the status of each of its groups, a statement each;
- a batch that fails is tried again after 1, 2, 4 and 8 s, then row by row; a row that fails then becomes a dead letter;
- a circuit breaker opens for 30 s after 5 failures within 60 s; what is taken meanwhile becomes dead letters;
- dead letters go to `failed_messages`, each in a task and a statement of its own;
- deletions go to the table at once, beside the queue;
- a crawl walks a group's history in chronological order, waits 1.5 s after every 200 messages (`--pace`), then until the queue is empty.

With --crawl it crawls every group of the table `groups`, prints a JSON object, and ends; without, it follows until SIGTERM.
"""
import argparse, asyncio, collections, datetime, json, signal, sys, time

import asyncpg
from telethon import events, utils

import telethon_client

QUEUE = 10_000  # messages
BATCH = 50  # messages
BATCH_WAIT = 2.0  # seconds
RETRY_WAITS = (1, 2, 4, 8)  # seconds
PACE_EVERY, PACE_WAIT = 200, 1.5  # messages, seconds
ERROR_LENGTH = 500  # characters of a dead letter's reason
CONNECTIONS = 10  # of the pool

COLUMNS = {
    "telegram_message_id": "bigint", "group_id": "uuid", "sender_id": "bigint", "sender_name": "text", "text": "text", "media_type": "text",
    "media_url": "text", "reply_to_message_id": "bigint", "topic_id": "bigint", "is_deleted": "boolean", "sent_at": "timestamptz",
}
ARRAYS = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(COLUMNS.values(), 1))
INSERT = f"INSERT INTO messages ({', '.join(COLUMNS)}) SELECT * FROM unnest({ARRAYS}) ON CONFLICT (telegram_message_id, group_id) DO "
CHANGED = ("text", "media_type", "media_url", "is_deleted")
STATEMENTS = {"insert": INSERT + "NOTHING", "update": INSERT + "UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in CHANGED)}
TOUCH = (
    "INSERT INTO crawler_status (group_id, status, last_message_at) VALUES ($1, 'active', $2) "
    "ON CONFLICT (group_id) DO UPDATE SET last_message_at = excluded.last_message_at, updated_at = now()"
)
DEAD = "INSERT INTO failed_messages (telegram_message_id, group_id, payload, error_message) VALUES ($1, $2, $3, $4)"
DELETE = "UPDATE messages SET is_deleted = true WHERE group_id = $1 AND telegram_message_id = ANY($2)"


class Breaker:
    """Open for `rest` seconds once `failures` have come within `window` seconds; after that one more failure opens it again."""

    def __init__(self, failures=5, window=60.0, rest=30.0):
        self.most, self.window, self.rest = failures, window, rest
        self.failed, self.open_until, self.was_open = collections.deque(maxlen=failures), 0.0, False

    def is_open(self):
        return time.monotonic() < self.open_until

    def failure(self):
        now = time.monotonic()
        self.failed.append(now)
        if self.was_open or (len(self.failed) == self.most and now - self.failed[0] <= self.window):
            self.open_until, self.was_open = now + self.rest, True

    def success(self):
        self.failed.clear()
        self.was_open = False


def media_type(message):
    if message.media is None:
        return None
    for kind in ("photo", "voice", "audio", "sticker", "video", "document"):
        if getattr(message, kind):
            return kind
    return None


class Predecessor:
    def __init__(self, client, pool, groups, is_eager=False):
        self.client, self.pool = client, pool
        self.groups = groups  # telegram_id -> uuid
        self.is_eager = is_eager  # a batch does not wait to be filled
        self.queue = asyncio.Queue(QUEUE)
        self.breaker = Breaker()
        self.tasks = set()
        self.count = collections.Counter()
        self.stopping = False

    # taking in

    async def row(self, message):
        group = self.groups.get(utils.resolve_id(message.chat_id)[0])
        if group is None:
            return None
        sender = await message.get_sender()
        reply = message.reply_to
        return {
            "telegram_message_id": message.id, "group_id": group, "sender_id": message.sender_id,
            "sender_name": utils.get_display_name(sender) if sender else None, "text": message.text or None, "media_type": media_type(message),
            "media_url": None, "reply_to_message_id": getattr(reply, "reply_to_msg_id", None),
            "topic_id": getattr(reply, "reply_to_top_id", None), "is_deleted": False, "sent_at": message.date,
        }

    async def take(self, action, message):
        row = await self.row(message)
        if row is None:
            return
        self.count["taken"] += 1
        try:
            self.queue.put_nowait((action, row))
        except asyncio.QueueFull:
            self.put_aside(row, "queue full")

    def follow(self):
        self.client.on(events.NewMessage)(lambda event: self.take("insert", event.message))
        self.client.on(events.MessageEdited)(lambda event: self.take("update", event.message))

        @self.client.on(events.MessageDeleted)
        async def deleted(event):
            group = self.groups.get(getattr(event.original_update, "channel_id", None))
            if group:
                await self.pool.execute(DELETE, group, event.deleted_ids)

    # dead letters

    def put_aside(self, row, reason):
        task = asyncio.create_task(self.dead_letter(row, reason))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def dead_letter(self, row, reason):
        payload = json.dumps(row, default=str)
        try:
            await self.pool.execute(DEAD, row["telegram_message_id"], row["group_id"], payload, reason[:ERROR_LENGTH])
            self.count["dead"] += 1
        except (asyncpg.PostgresError, OSError):
            self.count["lost"] += 1  # the database that refused the row refuses its dead letter as well

    # writing

    async def next_batch(self):
        try:
            batch = [await asyncio.wait_for(self.queue.get(), BATCH_WAIT)]
        except asyncio.TimeoutError:
            return []
        end = time.monotonic() + BATCH_WAIT
        while not self.is_eager and len(batch) < BATCH and (left := end - time.monotonic()) > 0:
            try:
                batch.append(await asyncio.wait_for(self.queue.get(), left))
            except asyncio.TimeoutError:
                break
        while len(batch) < BATCH and not self.queue.empty():
            batch.append(self.queue.get_nowait())
        return batch

    async def write(self):
        while not (self.stopping and self.queue.empty()):
            batch = await self.next_batch()
            if batch and self.breaker.is_open():
                for _, row in batch:
                    self.put_aside(row, "circuit open")
            elif batch:
                await self.store(batch)

    async def store(self, batch):
        self.count["batches"] += 1
        try:
            for action in STATEMENTS:
                # of one message the last edit alone: a statement cannot touch a row twice
                rows = {(row["group_id"], row["telegram_message_id"]): row for kind, row in batch if kind == action}
                if rows:
                    await self.patiently(STATEMENTS[action], list(rows.values()))
            self.breaker.success()
        except (asyncpg.PostgresError, OSError) as error:
            self.breaker.failure()
            print(f"a batch failed: {error!r}", file=sys.stderr)
            for action, row in batch:
                try:
                    await self.run(STATEMENTS[action], [row])
                except (asyncpg.PostgresError, OSError) as error:
                    self.put_aside(row, repr(error))
            return
        self.count["written"] += len(batch)
        newest = {row["group_id"]: row["sent_at"] for _, row in batch}
        for group, sent_at in newest.items():
            await self.pool.execute(TOUCH, group, sent_at)

    async def run(self, statement, rows):
        await self.pool.execute(statement, *([row[name] for row in rows] for name in COLUMNS))

    async def patiently(self, statement, rows):
        for wait in RETRY_WAITS:
            try:
                return await self.run(statement, rows)
            except (asyncpg.PostgresError, OSError):
                await asyncio.sleep(wait)
        await self.run(statement, rows)

    # the past

    async def crawl(self, entity, since, limit, pace):
        fetched = 0
        async for message in self.client.iter_messages(entity, limit=limit, offset_date=since, reverse=True, wait_time=0):
            await self.take("insert", message)
            fetched += 1
            if pace and fetched % PACE_EVERY == 0:
                await asyncio.sleep(PACE_WAIT)
        while not self.queue.empty():
            await asyncio.sleep(0.05)
        return fetched

    async def stop(self, writer):
        self.stopping = True
        await self.client.disconnect()
        await writer
        await asyncio.gather(*self.tasks)


async def main(options):
    pool = await asyncpg.create_pool(options.dsn, min_size=2, max_size=CONNECTIONS)
    groups = {row["telegram_id"]: row["id"] for row in await pool.fetch("SELECT telegram_id, id FROM groups")}
    client = telethon_client.client(options, flood_sleep_threshold=300, connection_retries=5, retry_delay=3, timeout=120)
    await client.connect()
    dialogs = await client.get_dialogs()  # fills the cache of entities
    crawler = Predecessor(client, pool, groups, options.eager)
    crawler.follow()
    writer = asyncio.create_task(crawler.write())
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    print(json.dumps({"ready": True}), flush=True)
    cpu, began, fetched = telethon_client.cpu_seconds(), time.time(), 0
    if options.crawl:
        since = options.days and datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=options.days)
        wanted = [d.entity for d in dialogs if d.entity.id in groups and options.only in (None, d.entity.id)]
        for entity in wanted:
            fetched += await crawler.crawl(entity, since or None, options.limit, options.pace)
    else:
        await stop.wait()
    seconds = time.time() - began
    await crawler.stop(writer)
    await pool.close()
    print(json.dumps({
        "fetched": fetched, "began": began, "seconds": seconds, "cpu_seconds": telethon_client.cpu_seconds() - cpu, **crawler.count
    }), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    telethon_client.options(parser)
    parser.add_argument("--dsn", required=True, help="the database, as asyncpg names it")
    parser.add_argument("--crawl", action="store_true", help="crawl and end")
    parser.add_argument("--eager", action="store_true", help="a batch does not wait to be filled, which is in its favour")
    parser.add_argument("--days", type=float, default=14, help="how far back (0: to the beginning)")
    parser.add_argument("--limit", type=int, help="at most so many messages of a group")
    parser.add_argument("--only", type=int, metavar="ID", help="crawl this group alone")
    parser.add_argument("--pace", action="store_true", help="wait as it does towards Telegram")
    asyncio.run(main(parser.parse_args()))
