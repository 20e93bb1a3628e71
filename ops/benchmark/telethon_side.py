"""What Telethon alone does in a comparison: logs in, posts a file, walks histories in chronological order, downloads. Prints a JSON object.

    telethon_side.py login --phone P --code C       a session and the account's groups
    telethon_side.py post --group ID --size BYTES   sends a file of so many random bytes: the message's id
    telethon_side.py history --group ID …           the messages of these groups, and what CPU time they took
    telethon_side.py download --group ID --message N --to FILE
    telethon_side.py listen                         counts new messages until SIGTERM: how many, and when the last one came
"""
import argparse, asyncio, datetime, io, json, os, signal, time

from telethon import events

import telethon_client


class Source(io.RawIOBase):
    """Random bytes that are made as they are read."""

    def __init__(self, size):
        self.left, self.name = size, "file.bin"

    def readable(self):
        return True

    def read(self, count=-1):
        count = self.left if count < 0 else min(count, self.left)
        self.left -= count
        return os.urandom(count)


async def entity(client, group):
    async for dialog in client.iter_dialogs():
        if dialog.entity.id == group:
            return dialog.entity
    raise SystemExit(f"the account is not in the group {group}")


async def history(client, options):
    entities = {dialog.entity.id: dialog.entity async for dialog in client.iter_dialogs()}
    since = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=options.days) if options.days else None
    cpu, began, messages, characters = telethon_client.cpu_seconds(), time.monotonic(), 0, 0
    for group in options.group:
        async for message in client.iter_messages(entities[group], offset_date=since, reverse=True, wait_time=0):
            messages += 1
            characters += len(message.message or "")
    return {
        "messages": messages, "characters": characters, "seconds": time.monotonic() - began,
        "cpu_seconds": telethon_client.cpu_seconds() - cpu,
    }


async def download(client, options):
    message = await client.get_messages(await entity(client, options.group[0]), ids=options.message)
    cpu, began = telethon_client.cpu_seconds(), time.monotonic()
    path = await client.download_media(message, options.to)
    seconds = time.monotonic() - began
    return {"bytes": os.path.getsize(path), "seconds": seconds, "cpu_seconds": telethon_client.cpu_seconds() - cpu}


async def listen(client):
    await client.get_dialogs()  # fills the cache of entities
    came = {"messages": 0, "last_ns": 0}

    @client.on(events.NewMessage)
    async def take(_):
        came["messages"] += 1
        came["last_ns"] = time.time_ns()

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print(json.dumps({"ready": True}), flush=True)
    await stop.wait()
    return came


async def run(options):
    client = telethon_client.client(options)
    await client.connect()
    try:
        if options.command == "login":
            await client.send_code_request(options.phone)
            await client.sign_in(options.phone, options.code)
            return {"session": client.session.save()}
        if options.command == "post":
            where = await entity(client, options.group[0])
            file = await client.upload_file(Source(options.size), file_size=options.size, file_name="file.bin", part_size_kb=512)
            sent = await client.send_file(where, file, force_document=True)
            return {"message": sent.id}
        if options.command == "listen":
            return await listen(client)
        return await (history if options.command == "history" else download)(client, options)
    finally:
        await client.disconnect()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["login", "post", "history", "download", "listen"])
    telethon_client.options(parser)
    parser.add_argument("--phone")
    parser.add_argument("--code")
    parser.add_argument("--group", type=int, action="append", default=[])
    parser.add_argument("--days", type=float, default=0, help="how far back (0: to the beginning)")
    parser.add_argument("--message", type=int)
    parser.add_argument("--size", type=int)
    parser.add_argument("--to", metavar="FILE")
    print(json.dumps(asyncio.run(run(parser.parse_args()))))
