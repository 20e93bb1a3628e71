"""A stand-in for Supabase Realtime: broadcast over HTTP and the websocket that its subscribers use, with answers on demand.

The unmodified PyPI clients (`realtime`, `supabase`) subscribe here and get what was posted; what it refuses, and how, follows
supabase/realtime (broadcast_controller.ex, batch_broadcast.ex, user_socket.ex, realtime_channel.ex). It needs nothing but Python.
"""
import asyncio, base64, hashlib, json, struct, threading, time, urllib.parse

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
MOST_BODY = 8_000_000  # Plug's default


class RealtimeStandIn:
    """Runs on a thread of this process. `url` is what a project's address would be."""

    def __init__(self, key="service-key-of-the-test"):
        self.key, self.lock = key, threading.Lock()
        self.requests = []  # (monotonic time, status, ids) of each POST
        self.accepted = []  # messages in the order in which they were taken, each with "at"
        self.rules = []  # {"status": 429, "count": 3} or {"silence": True, "count": 1}; the first answers in the server's place
        self.poison = lambda message: False  # 422 for the whole batch
        self.most_body = MOST_BODY
        self.members = {}  # topic -> {connection: join_ref}
        self.loop, started = asyncio.new_event_loop(), threading.Event()

        def run():
            asyncio.set_event_loop(self.loop)
            server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, limit=1 << 20))
            self.port = server.sockets[0].getsockname()[1]
            self.url = f"http://127.0.0.1:{self.port}"
            started.set()
            self.loop.run_forever()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        started.wait(10)

    def close(self):
        async def end():
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            self.loop.stop()

        asyncio.run_coroutine_threadsafe(end(), self.loop)
        self.thread.join(10)

    # what tests say and ask

    def answer(self, status=None, count=1, silence=False, body=None):
        with self.lock:
            self.rules.append({"status": status, "count": count, "silence": silence, "body": body})

    def forget_rules(self):
        with self.lock:
            self.rules.clear()

    def taken(self, event=None):
        with self.lock:
            return [m for m in self.accepted if event in (None, m["event"])]

    def statuses(self):
        with self.lock:
            return [status for _, status, _ in self.requests]

    def busiest_second(self):
        """The most messages that were taken within any second."""
        times = [m["at"] for m in self.taken()]
        most = first = 0
        for last, at in enumerate(times):
            while at - times[first] >= 1:
                first += 1
            most = max(most, last - first + 1)
        return most

    # HTTP

    async def serve(self, reader, writer):
        try:
            while True:
                line = await reader.readline()
                if not line:
                    break
                method, target, _ = line.decode().split(" ", 2)
                headers = {}
                while (line := (await reader.readline()).decode().strip()):
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
                path, _, query = target.partition("?")
                if headers.get("upgrade", "").lower() == "websocket":
                    await Socket(self, reader, writer).run(path, dict(urllib.parse.parse_qsl(query)), headers)
                    break
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status, answer = await self.post(method, path, headers, body)
                if status is None:
                    break
                data = json.dumps(answer).encode() if answer is not None else b""
                writer.write(f"HTTP/1.1 {status} Answer\r\ncontent-length: {len(data)}\r\ncontent-type: application/json\r\n\r\n".encode() + data)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()

    def rule(self):
        with self.lock:
            if not self.rules:
                return None
            rule = self.rules[0]
            rule["count"] -= 1
            if rule["count"] <= 0:
                self.rules.pop(0)
            return rule

    async def post(self, method, path, headers, body):
        status, answer, messages = await self.judge(method, path, headers, body)
        with self.lock:
            self.requests.append((time.monotonic(), status, [m.get("id") for m in messages]))
            if status == 202:
                self.accepted += [{**m, "at": time.monotonic()} for m in messages]
        if status == 202:
            for message in messages:
                await self.broadcast(message)
        return status, answer

    async def judge(self, method, path, headers, body):
        if method != "POST" or path not in ("/realtime/v1/api/broadcast", "/api/broadcast"):
            return 404, {"message": "not found"}, []
        # A header that is not of two words ends the real one's request with an error.
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if (token if scheme.lower() == "bearer" else headers.get("apikey")) != self.key:
            return 401, {"message": "Unauthorized"}, []
        if len(body) > self.most_body:
            return 413, None, []
        if rule := self.rule():
            if rule["silence"]:
                await asyncio.sleep(3600)
            return rule["status"], rule["body"] or {"message": "as the test says"}, []
        try:
            messages = json.loads(body)["messages"]
        except (ValueError, KeyError, TypeError):
            return 400, {"message": "Bad Request"}, []
        if not messages:
            return 422, {"errors": {"messages": ["can't be blank"]}}, []
        errors = []
        for message in messages:
            wrong = {}
            for name, kind in (("topic", str), ("event", str), ("payload", dict)):
                if name not in message:
                    wrong[name] = ["can't be blank"]
                elif not isinstance(message[name], kind):
                    wrong[name] = ["is invalid"]
            if not isinstance(message.get("id", ""), str):
                wrong["id"] = ["is invalid"]
            if not wrong and self.poison(message):
                wrong["payload"] = ["Payload size exceeds tenant limit"]
            errors.append(wrong)
        if any(errors):
            return 422, {"errors": {"messages": errors}}, []
        return 202, None, messages

    async def broadcast(self, message):
        if message.get("private"):
            return  # another topic than the public one of the same name
        payload = {"type": "broadcast", "event": message["event"], "payload": message["payload"]}
        if "id" in message:
            payload["meta"] = {"id": message["id"]}
        for member in list(self.members.get(f"realtime:{message['topic']}", {})):
            await member.push(f"realtime:{message['topic']}", "broadcast", payload)


class Socket:
    def __init__(self, server, reader, writer):
        self.server, self.reader, self.writer, self.version = server, reader, writer, "1.0.0"

    async def run(self, path, query, headers):
        if query.get("apikey", headers.get("x-api-key")) != self.server.key or not path.endswith("/websocket"):
            data = json.dumps({"error": "Failed to validate JWT signature"}).encode()
            self.writer.write(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: %d\r\ncontent-type: application/json\r\n\r\n%s" % (len(data), data))
            return
        self.version = query.get("vsn", "1.0.0")
        accept = base64.b64encode(hashlib.sha1((headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        self.writer.write(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: %s\r\n\r\n" % accept)
        try:
            while (frame := await self.frame()) is not None:
                await self.heard(frame)
        finally:
            for members in self.server.members.values():
                members.pop(self, None)

    async def frame(self):
        """One text, or None at the end. Clients do not fragment what they send here."""
        while True:
            first, second = await self.reader.readexactly(2)
            length = second & 127
            if length > 125:
                length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
            mask = await self.reader.readexactly(4)
            data = bytes(b ^ mask[i % 4] for i, b in enumerate(await self.reader.readexactly(length)))
            if first & 15 == TEXT:
                return data.decode()
            if first & 15 == CLOSE:
                await self.send(CLOSE, data)
                return None
            if first & 15 == PING:
                await self.send(PONG, data)

    async def send(self, kind, data):
        size = len(data)
        head = bytes([128 | kind, size]) if size < 126 else struct.pack(">BBH", 128 | kind, 126, size) if size < 65536 else struct.pack(">BBQ", 128 | kind, 127, size)
        self.writer.write(head + data)
        await self.writer.drain()

    async def push(self, topic, event, payload, ref=None, join_ref=None):
        if self.version == "2.0.0":
            text = [join_ref, ref, topic, event, payload]
        else:
            text = {"topic": topic, "event": event, "payload": payload, "ref": ref}
        try:
            await self.send(TEXT, json.dumps(text).encode())
        except ConnectionError:
            self.server.members.get(topic, {}).pop(self, None)

    async def heard(self, text):
        said = json.loads(text)
        if self.version == "2.0.0":
            join_ref, ref, topic, event, _ = said
        else:
            join_ref, ref, topic, event = said.get("join_ref"), said.get("ref"), said["topic"], said["event"]
        ok = {"status": "ok", "response": {}}
        if event == "phx_join":
            self.server.members.setdefault(topic, {})[self] = join_ref
            ok["response"]["postgres_changes"] = []
        elif event == "phx_leave":
            self.server.members.get(topic, {}).pop(self, None)
        elif event != "heartbeat":
            return
        await self.push(topic, "phx_reply", ok, ref, join_ref)
