"""A TCP port before a server; what passes between the two can go wrong. All proxies live on one thread."""
import asyncio, socket, struct, threading

CHUNK = 1 << 16  # bytes that are read at once
COMMIT = b"COMMIT\0"  # as a client of Postgres says it
ANSWERED = 0.05  # seconds for the server to do what the client is not told


class Side:
    """One connection of a client with its connection to the server."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.is_dead = False  # both ends are there; nothing passes any more
        self.passed = 0  # bytes to the client since the mode changed

    def reset(self):
        """Both ends are told at once, and what is under way is lost."""
        for writer in (self.client, self.server):
            raw = writer.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0 and raw.family == socket.AF_INET:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class Proxies:
    """The thread; `close` ends all of it."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


class Proxy:
    """`target` is a (host, port), or the path of a Unix socket. `mode` begins, `heal` ends:

    pass; cut (each connection is reset after `value` bytes to the client); delay (everything comes `value` seconds late); stall (nothing passes
    until it is healed, then all of it); half-open (nothing passes, and never again on connections that there are); refuse; unanswered (a COMMIT
    reaches the server, and the connection is reset before its answer).
    """

    def __init__(self, proxies, target):
        self.proxies, self.target = proxies, target
        self.name, self.value = "pass", None
        self.sides = set()
        self.moving = asyncio.Event()
        self.count = 0  # connections that were broken
        self.port = proxies.run(self.listen())

    async def listen(self):
        self.moving.set()
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    def mode(self, name, value=None):
        self.proxies.run(self.change(name, value))

    def heal(self):
        self.mode("pass")

    async def change(self, name, value):
        before, self.name, self.value = self.name, name, value
        for side in list(self.sides):
            side.passed = 0
            if name == "refuse":
                self.count += 1
                side.reset()
            elif name == "half-open":
                self.count += 1
                side.is_dead = True
            elif before == "half-open" and side.is_dead:
                side.server.close()  # The server has found out; its client has not.
        self.moving.clear() if name == "stall" else self.moving.set()

    async def accept(self, reader, writer):
        if self.name == "refuse":
            return Side(writer, writer).reset()
        try:
            if isinstance(self.target, tuple):
                up = await asyncio.open_connection(*self.target)
            else:
                up = await asyncio.open_unix_connection(self.target)
        except OSError:
            return Side(writer, writer).reset()
        side = Side(writer, up[1])
        side.is_dead = self.name == "half-open"
        self.sides.add(side)
        # The client's own end comes first: what is dead for it may still be open at the server.
        down = asyncio.create_task(self.pump(side, up[0], writer, isdown=True))
        await self.pump(side, reader, up[1], isdown=False)
        up[1].close()
        if not side.is_dead:
            await down
        down.cancel()
        writer.close()
        self.sides.discard(side)

    async def pump(self, side, reader, writer, isdown):
        try:
            while data := await reader.read(CHUNK):
                if side.is_dead:
                    continue
                if self.name == "delay":
                    await asyncio.sleep(self.value)
                await self.moving.wait()
                if side.is_dead:
                    continue
                if self.name == "cut" and isdown:
                    side.passed += len(data)
                    if side.passed > self.value:
                        writer.write(data[: self.value - side.passed])
                        return self.cut(side)
                writer.write(data)
                await writer.drain()
                if self.name == "unanswered" and not isdown and COMMIT in data:
                    side.is_dead = True
                    await asyncio.sleep(ANSWERED)
                    return self.cut(side)
        except OSError:
            pass  # One end went away: the other is told.
        if not side.is_dead:
            writer.close()

    def cut(self, side):
        self.count += 1
        side.reset()
