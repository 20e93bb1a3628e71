"""A stand-in for Supabase Storage: buckets and objects in memory, uploads in one request or resumably (TUS 1.0.0), faults on demand.

Run it (`storage_server.py --key KEY [--port 0]`; it prints `ready port=N`) or make a `StorageServer` in a test. It needs nothing but
Python. Real clients (storage3, tuspy) use it unmodified, under `/storage/v1`; `POST /faults` and `GET /stats` are the test's own.
"""
import argparse, base64, email.parser, email.policy, hashlib, http.client, json, mimetypes, re, threading, time, urllib.parse, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE = 6 << 20  # every piece of a resumable upload but the last
KEY = re.compile(r"^(\w|/|!|-|\.|\*|'|\(|\)| |&|\$|@|=|;|:|\+|,|\?)*$", re.ASCII)


class Refusal(Exception):
    """An error as the real server words it: HTTP 400 for nearly everything, the real code in the body; plain text while uploading resumably."""

    def __init__(self, code, error, message, name=None, plain=False, status=None, headers=None):
        self.code, self.error, self.message, self.name, self.plain = code, error, message, name or error, plain
        self.status = status or (code if plain or code == 429 or code >= 500 else 400)
        self.headers = headers or {}

    def body(self):
        if self.plain:
            return self.message.encode(), "text/plain"
        return json.dumps({"statusCode": str(self.code), "code": self.name, "error": self.error, "message": self.message}).encode(), "application/json"


def duplicate(plain=False):
    return Refusal(409, "Duplicate", "The resource already exists", "KeyAlreadyExists", plain)


class Dropped(Exception):
    """The connection ends without an answer."""


class State:
    def __init__(self, key):
        self.key, self.lock = key, threading.Lock()
        self.buckets, self.objects, self.uploads, self.faults = {}, {}, {}, []
        self.counts, self.down_until, self.bytes_in = {}, 0.0, 0

    def create_bucket(self, name, public=True, file_size_limit=None, allowed_mime_types=None):
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        self.buckets[name] = {
            "id": name, "name": name, "owner": "", "public": public, "file_size_limit": file_size_limit,
            "allowed_mime_types": allowed_mime_types, "created_at": now, "updated_at": now,
        }

    def fault(self, step):
        """The first rule for this step of a request: counted down; it answers in the server's place."""
        with self.lock:
            if time.monotonic() < self.down_until:
                raise Refusal(503, "ServiceUnavailable", "down for a while")
            rule = next((r for r in self.faults if r["step"] in (step, "*") and r.get("skip", 0) <= 0), None)
            for r in self.faults:
                if r["step"] in (step, "*"):
                    r["skip"] = r.get("skip", 0) - 1
            if rule is None:
                return
            rule["count"] = rule.get("count", 1) - 1
            if rule["count"] <= 0:
                self.faults.remove(rule)
        if rule.get("drop"):
            raise Dropped
        code = rule["code"]
        raise Refusal(
            code, rule.get("error", "Fault"), rule.get("message", "on demand"), plain=rule.get("plain", step.startswith("tus")),
            status=rule.get("status"), headers=rule.get("headers"),
        )

    def bucket(self, name):
        if name not in self.buckets:
            raise Refusal(404, "Bucket not found", "Bucket not found", "NoSuchBucket")
        return self.buckets[name]

    def check(self, bucket, path, size, mime, upsert, plain=False):
        limits = self.bucket(bucket)
        if not path or not KEY.match(path):
            raise Refusal(400, "InvalidKey", f"Invalid key: {path}", plain=plain)
        if limits["file_size_limit"] and size > limits["file_size_limit"]:
            raise Refusal(413, "Payload too large", "The object exceeded the maximum allowed size", "EntityTooLarge", plain)
        if limits["allowed_mime_types"] and mime not in limits["allowed_mime_types"]:
            raise Refusal(415, "invalid_mime_type", f"mime type {mime} is not supported", "InvalidMimeType", plain)
        if not upsert and (bucket, path) in self.objects:
            raise duplicate(plain)

    def put(self, bucket, path, data, mime, cache, metadata, upsert, plain=False):
        with self.lock:
            self.check(bucket, path, len(data), mime, upsert, plain)
            self.objects[bucket, path] = {
                "id": str(uuid.uuid4()), "data": bytes(data), "mime": mime, "cache": cache, "metadata": metadata,
                "etag": hashlib.md5(data, usedforsecurity=False).hexdigest(), "time": time.time(), "puts": self.counts.get(("put", path), 0) + 1,
            }
            self.counts["put", path] = self.counts.get(("put", path), 0) + 1
            return self.objects[bucket, path]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: State

    def log_message(self, *_):
        pass

    # answers

    def answer(self, status, body=b"", kind="application/json", **headers):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if body:
            self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.has_read = True
        with self.state.lock:
            self.state.bytes_in += len(data)
        return data

    def serve(self):
        self.has_read = False
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        try:
            if path in ("/faults", "/stats"):
                return self.own(path)
            if not path.startswith("/storage/v1/"):
                raise Refusal(404, "not_found", "no such route")
            parts = path[len("/storage/v1/"):].split("/")
            is_public = parts[:2] == ["object", "public"]
            if not is_public and self.headers.get("Authorization") != f"Bearer {self.state.key}":
                raise Refusal(403, "Unauthorized", "Invalid Compact JWS", "AccessDenied")
            if parts[:2] == ["upload", "resumable"]:
                return self.resumable(parts[2:])
            if parts[0] == "bucket":
                return self.on_bucket(parts[1:])
            if parts[0] == "object":
                return self.on_object(parts[1:])
            raise Refusal(404, "not_found", "no such route")
        except Dropped:
            self.close_connection = True
        except Refusal as refusal:
            if not self.has_read:
                self.read_body()  # else its bytes would be taken for the next request
            body, kind = refusal.body()
            self.answer(refusal.status, body, kind, **refusal.headers)
        except (ConnectionError, http.client.IncompleteRead):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_HEAD = do_DELETE = do_OPTIONS = serve

    # for tests

    def own(self, path):
        state = self.state
        if path == "/stats":
            with state.lock:
                objects = [
                    {"bucket": b, "key": k, "size": len(o["data"]), "mime": o["mime"], "cache": o["cache"], "metadata": o["metadata"], "puts": o["puts"]}
                    for (b, k), o in sorted(state.objects.items())
                ]
                counts = {name: count for name, count in state.counts.items() if isinstance(name, str)}
                return self.answer(200, {"objects": objects, "counts": counts, "bytes_in": state.bytes_in, "uploads": len(state.uploads)})
        command = json.loads(self.read_body())
        with state.lock:
            if "down" in command:
                state.down_until = time.monotonic() + command["down"]
            if "bucket" in command:
                state.create_bucket(**command["bucket"])
            if command.get("expire_uploads"):
                state.uploads.clear()
            if command.get("end"):
                state.faults.clear()
            if "fault" in command:
                state.faults.append(command["fault"])
        self.answer(200, {})

    def count(self, name):
        with self.state.lock:
            self.state.counts[name] = self.state.counts.get(name, 0) + 1
        self.state.fault(name)

    # buckets

    def on_bucket(self, parts):
        state = self.state
        if self.command == "GET" and not parts:
            return self.answer(200, list(state.buckets.values()))
        if self.command == "GET":
            return self.answer(200, state.bucket(parts[0]))
        if self.command == "POST" and not parts:
            wanted = json.loads(self.read_body())
            if wanted["id"] in state.buckets:
                raise duplicate()
            state.create_bucket(
                wanted["id"], wanted.get("public", False), wanted.get("file_size_limit"), wanted.get("allowed_mime_types"))
            return self.answer(200, {"name": wanted["id"]})
        raise Refusal(404, "not_found", "no such route")

    # objects

    def find(self, bucket, path, public=False):
        if public and not self.state.bucket(bucket)["public"]:
            raise Refusal(404, "Bucket not found", "Bucket not found", "NoSuchBucket")
        self.state.bucket(bucket)
        found = self.state.objects.get((bucket, path))
        if not found:
            raise Refusal(404, "not_found", "Object not found", "NoSuchKey")
        return found

    def on_object(self, parts):
        if self.command in ("GET", "HEAD"):
            self.count("get")
            if parts[0] == "info":
                parts = parts[2:] if parts[1] in ("public", "authenticated") else parts[1:]
                found = self.find(parts[0], "/".join(parts[1:]))
                return self.answer(200, {
                    "id": found["id"], "name": "/".join(parts[1:]), "size": len(found["data"]), "content_type": found["mime"],
                    "cache_control": found["cache"], "etag": found["etag"], "metadata": found["metadata"],
                })
            public = parts[0] == "public"
            if parts[0] in ("public", "authenticated"):
                parts = parts[1:]
            return self.give(self.find(parts[0], "/".join(parts[1:]), public))
        if self.command == "POST" and parts[0] == "list":
            return self.list(parts[1])
        if self.command == "DELETE":
            gone = [p for p in json.loads(self.read_body())["prefixes"] if self.state.objects.pop((parts[0], p), None)]
            return self.answer(200, [{"name": p, "bucket_id": parts[0]} for p in gone])
        if self.command in ("POST", "PUT"):
            self.count("put")
            return self.put(parts[0], "/".join(parts[1:]))
        raise Refusal(404, "not_found", "no such route")

    def give(self, found):
        data, status, more = found["data"], 200, {}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if asked:
            first, last = int(asked[1]), min(int(asked[2] or len(data) - 1), len(data) - 1)
            more = {"Content_Range": f"bytes {first}-{last}/{len(data)}"}
            data, status = data[first:last + 1], 206
        self.answer(status, data, found["mime"], ETag=f'"{found["etag"]}"', Cache_Control=found["cache"], X_Robots_Tag="none", **more)

    def list(self, bucket):
        self.state.bucket(bucket)
        wanted = json.loads(self.read_body())
        prefix = (wanted.get("prefix") or "").strip("/")
        prefix = prefix + "/" if prefix else ""
        names = {}
        for (b, key), found in sorted(self.state.objects.items()):
            if b == bucket and key.startswith(prefix):
                head, slash, _ = key[len(prefix):].partition("/")
                names[head] = None if slash else found
        offset, limit = wanted.get("offset", 0), wanted.get("limit", 100)
        self.answer(200, [
            {"name": n, "id": f and f["id"], "metadata": f and {"size": len(f["data"]), "mimetype": f["mime"], "cacheControl": f["cache"]}}
            for n, f in list(names.items())[offset:offset + limit]
        ])

    def put(self, bucket, path):
        data, mime = self.read_body(), self.headers.get("Content-Type", "application/octet-stream")
        cache, metadata = self.headers.get("Cache-Control", "no-cache"), None
        if self.headers.get("x-metadata"):
            metadata = json.loads(base64.b64decode(self.headers["x-metadata"]))
        if mime.startswith("multipart/form-data"):
            whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(b"Content-Type: " + mime.encode() + b"\r\n\r\n" + data)
            data, fields = b"", {}
            for part in whole.iter_parts():
                name = part.get_param("name", header="content-disposition")
                content = part.get_payload(decode=True)
                if part.get_filename() is not None or name == "file":
                    data, mime = content, part.get_content_type()
                else:
                    fields[name] = content.decode()
            cache = f"max-age={fields['cacheControl']}" if "cacheControl" in fields else "no-cache"
            metadata = json.loads(fields["metadata"]) if "metadata" in fields else None
        upsert = self.command == "PUT" or self.headers.get("x-upsert") == "true"
        stored = self.state.put(bucket, path, data, mime, cache, metadata, upsert)
        self.answer(200, {"Id": stored["id"], "Key": f"{bucket}/{path}"})

    # resumable uploads

    def resumable(self, parts):
        if self.command == "OPTIONS":
            return self.answer(204, Tus_Resumable="1.0.0", Tus_Version="1.0.0", Tus_Extension="creation,expiration")
        if self.headers.get("Tus-Resumable") != "1.0.0":
            raise Refusal(412, "tus", "Tus-Resumable Required", plain=True)
        if self.command == "POST" and not [p for p in parts if p]:
            return self.begin()
        step = {"HEAD": "tus-head", "PATCH": "tus-patch"}.get(self.command)
        if not step:
            raise Refusal(405, "tus", "no such method", plain=True)
        self.count(step)
        with self.state.lock:
            upload = self.state.uploads.get(parts[0])
        if upload is None:
            raise Refusal(404, "tus", "The file for this url was not found", plain=True)
        if self.command == "HEAD":
            return self.answer(
                200, Tus_Resumable="1.0.0", Upload_Offset=len(upload["data"]), Upload_Length=upload["length"], Cache_Control="no-store")
        self.patch(parts[0], upload)

    def begin(self):
        self.count("tus-create")
        about = {}
        for pair in (self.headers.get("Upload-Metadata") or "").split(","):
            name, _, value = pair.strip().partition(" ")
            about[name] = base64.b64decode(value).decode()
        length = int(self.headers["Upload-Length"])
        upsert = self.headers.get("x-upsert") == "true"
        bucket, path = about.get("bucketName", ""), about.get("objectName", "")
        mime = about.get("contentType") or mimetypes.guess_type(path)[0] or "application/octet-stream"
        with self.state.lock:
            self.state.check(bucket, path, length, mime, upsert, plain=True)
            name = base64.urlsafe_b64encode(f"{bucket}/{path}/{uuid.uuid4()}".encode()).decode().rstrip("=")
            self.state.uploads[name] = {
                "data": bytearray(), "length": length, "bucket": bucket, "path": path, "upsert": upsert, "mime": mime,
                "cache": f"max-age={about['cacheControl']}" if "cacheControl" in about else "no-cache",
                "metadata": json.loads(about["metadata"]) if "metadata" in about else None,
            }
        self.answer(201, Tus_Resumable="1.0.0", Location=f"http://{self.headers['Host']}/storage/v1/upload/resumable/{name}")

    def patch(self, name, upload):
        if self.headers.get("Content-Type") != "application/offset+octet-stream":
            raise Refusal(415, "tus", "Content-Type must be application/offset+octet-stream", plain=True)
        data, offset = self.read_body(), int(self.headers["Upload-Offset"])
        if offset != len(upload["data"]):
            raise Refusal(409, "tus", "Upload-Offset conflict", plain=True)
        is_last = offset + len(data) == upload["length"]
        if offset + len(data) > upload["length"] or (not is_last and len(data) != PIECE):
            raise Refusal(400, "tus", f"{len(data)} bytes are no piece", plain=True)
        upload["data"] += data
        if is_last:
            self.state.put(
                upload["bucket"], upload["path"], upload["data"], upload["mime"], upload["cache"], upload["metadata"], upload["upsert"], plain=True)
            with self.state.lock:
                self.state.uploads.pop(name, None)
        # the answer to a piece that arrived may be lost
        try:
            self.count("tus-patched")
        except Dropped:
            self.close_connection = True
            return
        self.answer(204, Tus_Resumable="1.0.0", Upload_Offset=offset + len(data), **({"Tus_Complete": 1} if is_last else {}))


class StorageServer:
    """The stand-in on a thread of this process. `url` is what a project's address would be."""

    def __init__(self, key="service-key-of-the-test", port=0, bucket="message-media"):
        self.state = State(key)
        if bucket:
            self.state.create_bucket(bucket)
        handler = type("BoundHandler", (Handler,), {"state": self.state})
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.server.daemon_threads = True
        self.key, self.port, self.url = key, self.server.server_port, f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def tell(self, **command):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", "/faults", json.dumps(command), {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200
        connection.close()

    def stats(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", "/stats")
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", default="service-key-of-the-test")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--bucket", default="message-media")
    options = parser.parse_args()
    made = StorageServer(options.key, options.port, options.bucket)
    print(f"ready port={made.port}", flush=True)
    made.thread.join()
