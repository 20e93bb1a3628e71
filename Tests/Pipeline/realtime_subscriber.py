"""A subscriber to channel `messages`, played by an unmodified client from PyPI, in a process of its own: tells a line of JSON for each event.

    realtime_subscriber.py KIND ADDRESS KEY        KIND is `realtime` (any version) or `supabase`
"""
import asyncio, inspect, json, sys


def tell(**what):
    print(json.dumps(what), flush=True)


def heard(message):
    # supabase and new versions of realtime hand over what the old one does: event, payload, and what the server says about them.
    tell(event=message["event"], row=message["payload"], id=message.get("meta", {}).get("id"))


async def realtime(address, key):
    import realtime

    tell(version=realtime.__version__)
    client = realtime.AsyncRealtimeClient(f"{address}/realtime/v1", key, auto_reconnect=True)
    await client.connect()
    channel = client.channel("messages")
    for event in ("insert", "update", "shout"):
        channel.on_broadcast(event, heard)
    listening = None
    if realtime.__version__.startswith("2.0."):  # later versions listen by themselves
        listening = asyncio.ensure_future(client.listen())
    await channel.subscribe(lambda state, error: tell(state=getattr(state, "value", str(state)), error=str(error or "")))
    await (listening or asyncio.Event().wait())


async def supabase(address, key):
    from supabase import __version__, acreate_client

    tell(version=__version__)
    client = await acreate_client(address, key)
    channel = client.channel("messages")
    channel.on_broadcast("insert", heard).on_broadcast("update", heard).on_broadcast("shout", heard)
    done = channel.subscribe(lambda state, error: tell(state=getattr(state, "value", str(state)), error=str(error or "")))
    if inspect.isawaitable(done):
        await done
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run({"realtime": realtime, "supabase": supabase}[sys.argv[1]](sys.argv[2], sys.argv[3]))
