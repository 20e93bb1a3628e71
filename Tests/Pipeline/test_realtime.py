"""The supervisor speaks Supabase's Realtime protocol: the unmodified clients from PyPI subscribe to `messages` and miss nothing."""
import asyncio, http.client, importlib.metadata, json, signal, socket, ssl, subprocess, threading, time, urllib.parse

import jwt
import pytest
from realtime import AsyncRealtimeClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from faults import Faulty
from realtime_clients import CLIENTS, OLD, Subscriber
from stack import ROOT, Stack, until

TOKEN, SECRET = "token-of-the-test", "the-legacy-secret-of-a-supabase-project"


class UntrustedAddress:
    """An https address whose certificate nobody vouches for: when it was asked, and what it could read."""

    def __init__(self, folder):
        key, certificate = folder / "jwks.key", folder / "jwks.crt"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.asked, self.read = [], []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.socket.getsockname()[1]}/jwks.json"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            made, _ = self.socket.accept()
            self.asked.append(time.monotonic())
            try:
                with self.context.wrap_socket(made, server_side=True) as session:
                    self.read.append(session.recv(4096))
            except OSError:
                made.close()  # as it should be


class World(Faulty):
    def __init__(self, stack):
        stack.environment |= {"ADMIN_TOKEN": TOKEN, "SUPABASE_JWT_SECRET": SECRET}
        self.keys = UntrustedAddress(stack.folder)
        stack.environment["AALTOHUB_SUPABASE_JWKS"] = self.keys.url
        super().__init__(stack)
        stack.ctl("admin", "add", "reader")
        stack.ctl("admin", "add", "boss", "--role", "admin")
        stack.start("supervisor")
        self.clients = {}
        until(lambda: self.call("GET", "/admin/session", token=signed("reader"))[0] == 200, 10, "the table of admins")

    def subscribe(self):
        address = f"http://127.0.0.1:{self.stack.http_port}"
        keys = {"realtime": signed("reader"), OLD: signed("reader"), "supabase": signed("boss")}
        self.clients = {client: Subscriber(client, address, keys[client], self.stack.folder) for client in CLIENTS}
        for client in self.clients.values():
            client.joins()

    def outbox(self, after=0):
        return self.stack.query(
            "select change_id, event, message_id::text from aaltohub.outbox where change_id > %s order by change_id", after)

    def call(self, method, path, token=TOKEN, body=None, headers={}):
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.http_port, timeout=30)
        sent = {**({"Authorization": f"Bearer {token}"} if token else {}), "Content-Type": "application/json", **headers}
        connection.request(method, path, body if isinstance(body, (str, bytes, type(None))) else json.dumps(body), sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def broadcast(self, *messages, **more):
        return self.call("POST", "/realtime/v1/api/broadcast", body={"messages": list(messages)}, **more)

    def metric(self, name, label=""):
        said = self.call("GET", "/metrics")[1]
        return sum(float(line.split()[-1]) for line in said.splitlines() if line.startswith(f"aaltohub_{name}") and label in line)

    def changes(self, after):
        """Everything from `GET /changes`, page by page."""
        found = []
        while True:
            status, text = self.call("GET", f"/changes?after={after}")
            assert status == 200, text
            page = json.loads(text)
            found += page["changes"]
            after = page["last"]
            if not page["more"]:
                return found


def signed(subject, seconds=3600, key=SECRET, **claims):
    return jwt.encode({"sub": subject, "role": "authenticated", "aud": "authenticated", "exp": int(time.time()) + seconds, **claims}, key)


@pytest.fixture(scope="module")
def world():
    stack = Stack()
    made = None
    try:
        made = World(stack)
        yield made
    finally:
        for client in made.clients.values() if made else ():
            client.close()
        stack.close()


class Raw:
    """A websocket that speaks either version by hand."""

    def __init__(self, world, version="1.0.0", key=TOKEN, query="", **more):
        self.version, self.reference = version, 0
        self.socket = connect(
            f"ws://127.0.0.1:{world.stack.http_port}/realtime/v1/websocket?apikey={urllib.parse.quote(key)}&vsn={version}{query}",
            proxy=None, **more)

    def say(self, event, payload={}, topic="realtime:messages"):
        self.reference += 1
        said = {"topic": topic, "event": event, "payload": payload, "ref": str(self.reference), "join_ref": "1"}
        if self.version == "2.0.0":
            said = [said[name] for name in ("join_ref", "ref", "topic", "event", "payload")]
        self.socket.send(json.dumps(said))

    def hear(self, seconds=10):
        said = json.loads(self.socket.recv(timeout=seconds))
        if self.version == "1.0.0":
            return said
        return dict(zip(("join_ref", "ref", "topic", "event", "payload"), said))

    def join(self, topic="messages", **config):
        self.say("phx_join", {"config": config}, f"realtime:{topic}")
        answer = self.hear()
        assert answer["event"] == "phx_reply" and answer["payload"]["status"] == "ok", answer
        return self


def test_every_client_gets_every_change_in_order(world):
    first = (world.outbox() or [[0]])[-1][0]
    world.subscribe()
    raws = {version: Raw(world, version).join(private=version == "2.0.0") for version in ("1.0.0", "2.0.0")}
    for _ in range(3):
        world.something_happens()
    gone = world.send("basic", "soon deleted")
    # One that was deleted before it was stored is told once.
    until(lambda: world.stack.query("select 1 from messages where text = 'soon deleted'"), 10, "the message")
    world.delete("basic", gone)
    world.equals()
    expected = world.outbox(first)
    assert len(expected) > 50 and {event for _, event, _ in expected} == {"insert", "update"}
    for name, client in world.clients.items():
        until(lambda: len(client.events) >= len(expected), 20, f"{len(expected)} changes at {name}: {client.states}")
        assert [(int(e["id"]), e["event"], e["row"]["id"]) for e in client.events] == expected, name
    for version, raw in raws.items():
        heard = [raw.hear() for _ in expected]
        assert {(h["event"], h["topic"], h["ref"], h["payload"]["type"]) for h in heard} == {
            ("broadcast", "realtime:messages", None, "broadcast")}, version
        assert [(int(h["payload"]["meta"]["id"]), h["payload"]["event"], h["payload"]["payload"]["id"]) for h in heard] == expected, version
        raw.socket.close()
    # The newest that was told of each row is the row, under the table's own names; a deletion is an update that says so.
    told = {e["row"]["id"]: e["row"] for e in world.clients[OLD].events}
    rows = dict(world.stack.query("select id::text, to_jsonb(m) from messages m where id::text = any(%s)", list(told)))
    columns = {name for name, in world.stack.query(
        "select column_name from information_schema.columns where table_schema = 'public' and table_name = 'messages'")}
    assert len(told) > 20
    for key, row in told.items():
        assert set(row) <= columns and {"id", "group_id", "text", "is_deleted", "telegram_message_id"} <= set(row)
        assert {name: rows[key][name] for name in ("text", "is_deleted", "telegram_message_id")} == {
            name: row[name] for name in ("text", "is_deleted", "telegram_message_id")}
    assert any(e["event"] == "update" and e["row"]["is_deleted"] for e in world.clients[OLD].events)


def test_after_a_restart_they_rejoin_and_fill_the_hole(world):
    for number, how in enumerate((signal.SIGTERM, signal.SIGKILL), start=2):
        seen = {name: client.ids() for name, client in world.clients.items()}
        first = min(ids[-1] for ids in seen.values())
        began = time.monotonic()
        assert world.stack.kill("supervisor", how) == (0 if how == signal.SIGTERM else -how)
        assert time.monotonic() - began < 10
        world.something_happens(rounds=3)
        world.equals()
        missed = len(world.outbox(first))
        assert missed > 5
        world.stack.start("supervisor")
        for name in ("realtime", "supabase"):
            world.clients[name].joins(number)
        # The old one tells nobody that it has joined again.
        until(lambda: world.metric("realtime_subscriptions") >= 3, 30, "three subscriptions")
        world.something_happens(rounds=2)
        world.equals()
        expected = world.outbox(first)
        for name, client in world.clients.items():
            until(lambda: client.ids() and client.ids()[-1] == expected[-1][0], 20, f"the last change at {name}: {client.states}")
            live = client.ids()[len(seen[name]):]
            hole = [c["id"] for c in world.changes(seen[name][-1]) if c["id"] < live[0]]
            assert hole + live == [id for id, _, _ in world.outbox(seen[name][-1])], name
            assert len(hole) >= missed, name
    log = world.stack.log("supervisor")
    assert TOKEN not in log and signed("reader")[:20] not in log


def test_keys_come_from_nobody_who_is_not_vouched_for_and_who_is_down_is_left_alone(world):
    """Every moment somebody presents a token whose key is not known, which wants the keys anew."""
    unknown = jwt.encode({"sub": "boss", "exp": int(time.time()) + 600}, SECRET, headers={"kid": "new", "alg": "HS384"}, algorithm="HS384")
    def asked():
        assert world.call("GET", "/admin/gaps", token=unknown)[0] in (401, 429)
        return len(world.keys.asked) >= 3

    until(asked, 30, "an address that is tried again", every=0.5)
    gaps = [b - a for a, b in zip(world.keys.asked, world.keys.asked[1:])]
    # A new process begins anew.
    assert sorted(gaps)[1] > 2, gaps
    assert world.keys.read == []
    assert 1 <= world.stack.log("supervisor").count("supabase.jwks: https://") <= 4
    assert world.call("GET", "/admin/gaps")[0] == 200


def test_refusals_at_the_handshake_are_supabases(world):
    def refused(target, **headers):
        with pytest.raises(InvalidStatus) as error:
            connect(f"ws://127.0.0.1:{world.stack.http_port}{target}", proxy=None, additional_headers=headers)
        answer = error.value.response
        assert answer.headers["Content-Type"].startswith("application/json")
        return answer.status_code, json.loads(answer.body)["error"]

    path = "/realtime/v1/websocket"
    assert refused(path) == (401, "API key is missing")
    assert refused(f"{path}?apikey=wrong") == (401, "The token provided is not a valid JWT")
    assert refused(f"{path}?apikey={signed('reader', key='another-secret-of-another-project')}") == (401, "Failed to validate JWT signature")
    assert refused(f"{path}?apikey={signed('reader', seconds=-1)}&vsn=2.0.0") == (401, "Token has expired")
    assert refused(f"{path}?apikey={signed('stranger')}")[0] == 403
    assert refused(f"{path}?apikey={TOKEN}&vsn=3.0.0")[0] == 400
    assert refused("/realtime/v1/other")[0] == 404
    assert world.call("GET", path)[0] == 426
    with connect(f"ws://127.0.0.1:{world.stack.http_port}{path}", proxy=None, additional_headers={"apikey": TOKEN}) as socket:
        socket.send('{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"7"}')
        assert json.loads(socket.recv(timeout=10))["ref"] == "7"
    # A connection that asks for no websocket is HTTP as before, request after request.
    connection = http.client.HTTPConnection("127.0.0.1", world.stack.http_port, timeout=10)
    for _ in range(3):
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b"ok\n"
    connection.close()
    for more, status in ((b"Upgrade: websocket\r\n", 426), (b"Upgrade: h2c\r\nConnection: Upgrade\r\n", 426)):
        with socket_to(world) as plain:
            plain.sendall(b"GET " + path.encode() + b"?apikey=" + TOKEN.encode() + b" HTTP/1.1\r\nHost: x\r\n" + more + b"\r\n")
            assert plain.recv(100).startswith(b"HTTP/1.1 %d" % status)
    with socket_to(world) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
        assert plain.recv(100).startswith(b"HTTP/1.1 200")
    with socket_to(world) as plain:
        plain.sendall(b"no HTTP at all\r\n\r\n")
        assert plain.recv(100).startswith(b"HTTP/1.1 400") and plain.recv(100) == b""


def socket_to(world, buffer=None):
    made = socket.socket()
    if buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.settimeout(20)
    made.connect(("127.0.0.1", world.stack.http_port))
    return made


def test_who_may_broadcast_over_http_and_what_comes_of_it(world):
    shout = {"topic": "messages", "event": "shout", "payload": {"n": 1, "t": "안녕"}, "id": "u-1"}
    public, private = Raw(world, key=signed("reader")).join(), Raw(world, "2.0.0").join(private=True)
    assert world.broadcast(shout) == (202, "")
    assert public.hear()["payload"] == {"type": "broadcast", "event": "shout", "payload": shout["payload"], "meta": {"id": "u-1"}}
    assert world.broadcast({**shout, "private": True, "event": "hidden"}, token=signed("boss")) == (202, "")
    assert private.hear()["payload"]["event"] == "hidden"
    path = "/realtime/v1/api/broadcast"
    assert world.call("POST", f"{path}/messages/events/shout?private=true", body={"n": 2})[0] == 202
    assert private.hear()["payload"] == {"type": "broadcast", "event": "shout", "payload": {"n": 2}}
    # Names in a path are percent-decoded.
    room = Raw(world, key=signed("reader")).join("räum 1/2")
    assert world.call("POST", f"{path}/r%C3%A4um%201%2F2/events/big%20n%C3%A4ws", body={"n": 3})[0] == 202
    assert room.hear()["payload"] == {"type": "broadcast", "event": "big näws", "payload": {"n": 3}}
    assert world.call("POST", f"{path}/%ff/events/shout", body={})[0] == 400
    room.socket.close()
    # A body that is cut off is no body.
    with socket_to(world) as cut:
        head = f"POST {path}/messages/events/half HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        cut.sendall(f"{head}Content-Type: application/octet-stream\r\nContent-Length: 9\r\n\r\nhalf".encode())
        cut.shutdown(socket.SHUT_WR)
        while cut.recv(4096):
            pass
    told = lambda: [e for e in json.loads(world.call("GET", "/admin/audit-log")[1]) if e["action"] == "broadcast"]
    until(lambda: (entries := told()) and entries[0]["outcome"] == "refused", 10, "what was cut off in the audit log")
    assert [(e["target"], e["actor"], e["outcome"], e["details"]) for e in told()[1:3]] == [
        ("räum 1/2", "token", "done", {"messages": 1}), ("messages", "token", "done", {"messages": 1})]
    assert any(e["actor"] == "boss" for e in told())
    for name in world.clients:
        until(lambda: any(e["row"] == shout["payload"] for e in world.clients[name].events), 10, f"the shout at {name}")
    assert world.broadcast(shout, token=None) == (401, '{"message":"Unauthorized"}\n')
    assert world.broadcast(shout, token="wrong") == (401, '{"message":"Unauthorized"}\n')
    assert world.broadcast(shout, token=None, headers={"apikey": TOKEN})[0] == 202
    assert world.broadcast(shout, token=signed("reader"))[0] == 403
    assert world.broadcast({**shout, "payload": []}, shout) == (422, '{"errors":{"messages":[{"payload":["is invalid"]},{}]}}\n')
    assert world.call("POST", path, body="{")[0] == 400
    assert world.call("POST", path, body=" " * 8_000_001)[0] == 413
    assert world.broadcast(*[shout] * 101)[0] == 429
    assert 429 in [world.broadcast(*[shout] * 100)[0] for _ in range(12)]
    # A subscriber broadcasts, too, if it may.
    both = [Raw(world, version, key=key).join("room", broadcast={"ack": True}) for version, key in (("1.0.0", signed("boss")), ("2.0.0", TOKEN))]
    both[0].say("broadcast", {"type": "broadcast", "event": "hello", "payload": {"to": "you"}}, "realtime:room")
    assert both[0].hear()["payload"]["status"] == "ok"
    assert both[1].hear()["payload"] == {"type": "broadcast", "event": "hello", "payload": {"to": "you"}}
    both[1].socket.send(bytes([3, 1, 1, 13, 2, 0, 0]) + b"19realtime:roomhi" + b"\x00\xff")
    assert both[1].hear()["payload"]["status"] == "ok"
    both[1].socket.send(bytes([3, 1, 1, 13, 2, 0, 1]) + b"19realtime:roomhi" + b'{"a":1}')
    assert both[0].hear()["payload"] == {"type": "broadcast", "event": "hi", "payload": {"a": 1}}
    reader = Raw(world, key=signed("reader")).join("room", broadcast={"ack": True})
    reader.say("broadcast", {"type": "broadcast", "event": "hello", "payload": {}}, "realtime:room")
    assert reader.hear()["payload"]["response"]["reason"].startswith("Unauthorized")
    for raw in (public, private, reader, *both):
        raw.socket.close()


def project_key(role, seconds=3600, key=SECRET):
    """A key of the project's own, as Supabase shows it: it stands for nobody in particular."""
    return jwt.encode({"iss": "supabase", "ref": "project", "role": role, "iat": int(time.time()), "exp": int(time.time()) + seconds}, key)


def test_the_service_key_of_a_project_may_broadcast_and_hear_and_nothing_else_is_open_to_it(world):
    service = project_key("service_role")
    shout = {"topic": "messages", "event": "shout", "payload": {"from": "the backend"}}
    reader = Raw(world, key=signed("reader")).join()
    for more in ({"token": service}, {"token": None, "headers": {"apikey": service}}, {"token": service, "headers": {"apikey": service}}):
        assert world.broadcast(shout, **more) == (202, "")
        assert reader.hear()["payload"]["payload"] == shout["payload"]
    assert world.call("POST", "/realtime/v1/api/broadcast/messages/events/shout", token=service, body={"n": 1}) == (202, "")
    assert reader.hear()["payload"]["payload"] == {"n": 1}
    until(lambda: json.loads(world.call("GET", "/admin/audit-log?limit=1")[1])[0]["actor"] == "role:service_role", 10, "who it was in the audit log")

    async def client_broadcasts():
        client = AsyncRealtimeClient(f"http://127.0.0.1:{world.stack.http_port}/realtime/v1", service)
        channel, joined = client.channel("messages"), asyncio.Event()
        await channel.subscribe(lambda state, error: joined.set())
        await asyncio.wait_for(joined.wait(), 20)
        await channel.send_broadcast("shout", {"from": "its client"})
        await asyncio.to_thread(lambda: heard.append(reader.hear()["payload"]))
        await client.close()

    heard = []
    asyncio.run(client_broadcasts())
    assert (heard[0]["event"], heard[0]["payload"]) == ("shout", {"from": "its client"})
    # It sees the rows, in private as well.
    own = Raw(world, "2.0.0", key=service).join(private=True)
    world.send("supergroup", "for the service, too")
    assert own.hear(20)["payload"]["payload"]["text"] == "for the service, too"
    # Who is not the project's, whose time is over, and everybody's key.
    assert world.broadcast(shout, token=project_key("service_role", key="another-secret-of-another-project"))[0] == 401
    assert world.broadcast(shout, token=project_key("service_role", seconds=-1))[0] == 401
    assert world.broadcast(shout, token=project_key("anon"))[0] == 403
    # Here the table says who may.
    for method, path in (("GET", "/admin/gaps"), ("GET", "/changes"), ("POST", "/admin/live-crawler/restart"), ("POST", "/admin/session")):
        assert world.call(method, path, token=service, body={} if method == "POST" else None)[0] == 403, path
    for raw in (reader, own):
        raw.socket.close()


def test_a_token_that_ends_ends_its_channel(world):
    raw = Raw(world, key=signed("reader", seconds=3)).join()
    said = [raw.hear(15) for _ in range(2)]
    assert [s["event"] for s in said] == ["system", "phx_close"]
    assert said[0]["payload"] == {"extension": "system", "status": "error", "message": "Token has expired", "channel": "messages"}
    raw.say("phx_join", {"config": {}, "access_token": signed("reader")})
    assert raw.hear()["payload"]["status"] == "ok"
    raw.say("access_token", {"access_token": signed("reader", key="another-secret-of-another-project")})
    assert [raw.hear()["event"] for _ in range(2)] == ["system", "phx_close"]
    raw.say("phx_join", {"config": {}, "access_token": signed("stranger")})
    assert raw.hear()["payload"]["response"]["reason"].startswith("Unauthorized")
    raw.socket.close()


def frame(content, opcode=1, fin=True, mask=b"\0\0\0\0"):
    head = bytes([(0x80 if fin else 0) | opcode])
    size = bytes([0x80 | len(content)]) if len(content) < 126 else bytes([0x80 | 126]) + len(content).to_bytes(2, "big")
    return head + size + mask + content


def upgraded(world, buffer=None):
    made = socket_to(world, buffer)
    made.sendall(
        f"GET /realtime/v1/websocket?apikey={TOKEN} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += made.recv(1)
    assert head.startswith(b"HTTP/1.1 101") and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
    return made


def test_frames_are_read_as_the_rfc_has_them(world):
    heartbeat = b'{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"h"}'
    with upgraded(world) as raw:
        # Three fragments with a ping between, byte by byte.
        whole = frame(heartbeat[:10], fin=False) + frame(b"", 0, fin=False) + frame(b"hi", 9) + frame(heartbeat[10:], 0)
        for i in range(len(whole)):
            raw.sendall(whole[i:i + 1])
        assert raw.recv(4, socket.MSG_WAITALL) == b"\x8a\x02hi"
        head = raw.recv(2, socket.MSG_WAITALL)
        assert head[0] == 0x81 and json.loads(raw.recv(head[1], socket.MSG_WAITALL))["ref"] == "h"
        raw.sendall(frame((1000).to_bytes(2, "big"), 8))
        assert raw.recv(4, socket.MSG_WAITALL) == b"\x88\x02\x03\xe8" and raw.recv(1) == b""
    for wrong, code in (
        (b"\x81\x01x", 1002), (frame(b"", 0), 1002), (frame(b"a", fin=False) + frame(b"b"), 1002), (frame(b"a", 3), 1002),
        (frame(b"x", 9, fin=False), 1002), (b"\xc1" + frame(b"x")[1:], 1002), (frame(b"no JSON"), 1007), (frame(b"x", 2), 1003),
        (b"\x81\xff" + (1 << 20).to_bytes(8, "big") + b"\0\0\0\0", 1009),
    ):
        with upgraded(world) as raw:
            raw.sendall(wrong)
            answer = raw.recv(4, socket.MSG_WAITALL)
            assert answer[0] == 0x88 and int.from_bytes(answer[2:], "big") == code, (wrong, answer)


def test_a_subscriber_that_does_not_read_is_dropped_alone(world):
    stuck, reading = upgraded(world, buffer=4096), Raw(world).join("big")
    stuck.sendall(frame(b'{"topic":"realtime:big","event":"phx_join","payload":{},"ref":"1"}'))
    assert stuck.recv(2, socket.MSG_WAITALL)[0] == 0x81
    dropped, sent = world.metric("realtime_dropped_total", 'reason="slow"'), 0
    payload = {"t": "x" * 200_000}
    while world.metric("realtime_dropped_total", 'reason="slow"') == dropped:
        assert world.broadcast({"topic": "big", "event": "big", "payload": payload})[0] == 202
        sent += 1
        assert reading.hear()["payload"]["payload"] == payload
        assert sent < 200, "it was not dropped"
    with pytest.raises(ConnectionResetError):
        while stuck.recv(1 << 20):
            pass
    stuck.close()
    assert world.broadcast({"topic": "big", "event": "big", "payload": {"last": True}})[0] == 202
    assert reading.hear()["payload"]["payload"] == {"last": True}
    reading.socket.close()


def test_a_graceful_stop_says_so_to_each_subscriber(world):
    raw = Raw(world).join()
    connected = socket_to(world)  # a connection without a request holds nothing up
    began = time.monotonic()
    process = world.stack.processes.pop("supervisor")
    process.send_signal(signal.SIGTERM)
    with pytest.raises(ConnectionClosed) as closed:
        raw.hear()
    assert closed.value.rcvd.code == 1012
    assert process.wait(20) == 0
    assert time.monotonic() - began < 8
    connected.close()


def test_the_clients_are_those_of_the_requirements():
    wanted = dict(line.split("==") for line in (ROOT / "Tests" / "requirements.txt").read_text().splitlines() if line.startswith(("realtime", "supabase")))
    assert wanted == {name: importlib.metadata.version(name) for name in ("realtime", "supabase")}
