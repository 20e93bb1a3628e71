"""Files of messages are fetched and stored, whatever goes wrong meanwhile; what is stored is compared with what the simulator has."""
import hashlib, pathlib, socket, subprocess

import pytest
from storage3 import SyncStorageClient

from crawls import Crawled, settings
from stack import Stack, free_port, until
from storage_server import StorageServer

KINDS = ["document", "photo", "video", "round_video", "gif", "audio", "voice", "sticker"]
TYPES = {"round_video": "video", "gif": "video"}  # as media_type has them; the others are their own
PART = 1 << 20
IN_FLIGHT = 4  # media.parts_in_flight


@pytest.fixture
def stack():
    made = Stack()
    try:
        yield made
    finally:
        made.close()


def media(**keys):
    return settings() + "media:\n" + "".join(f"  {name}: {value}\n" for name, value in keys.items())


class Media(Crawled):
    """Stages at a simulator with groups that somebody posts files in."""

    def add(self, kind="document", size=100_000, **more):
        return self.ask("add_file", kind=kind, size=size, **more)["file"]

    def post(self, file, *names):
        return self.ask("post_file", file=file, **({"to": [self.chats[n] for n in names]} if names else {}))["lines"]

    def rows(self, file):
        """(media_url, media_type) of every message that shows the file."""
        return self.stack.query("select media_url, media_type from messages where media_id = %s", file)

    def state(self, file):
        found = self.stack.query("select state, error, attempts from aaltohub.media_files where media_id = %s", file)
        return found[0] if found else None

    def is_done(self, *files, seconds=60):
        for file in files:
            until(lambda: (self.state(file) or [None])[0] == "done", seconds, f"file {file} stored", every=0.2)

    def stored(self, file):
        """The stored file, which must be what the simulator has."""
        key, url, sha256, size = self.stack.query(
            "select key, url, encode(sha256, 'hex'), size from aaltohub.media_files where media_id = %s", file)[0]
        truth = self.ask("file_hash", file=file)
        assert (sha256, size) == (truth["sha256"], truth["size"])
        path = pathlib.Path(self.stack.folder) / "state" / "media" / key
        assert url == f"file://{path}"
        with open(path, "rb") as opened:
            assert hashlib.file_digest(opened, "sha256").hexdigest() == truth["sha256"]
        assert path.stat().st_size == truth["size"]
        return url

    def parts(self, file):
        return self.ask("file_stats", file=file)["parts"]

    def leftovers(self):
        folder = pathlib.Path(self.stack.folder) / "state" / "backfill@main" / "parts"
        return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def test_files_of_all_kinds_are_fetched_and_their_rows_say_where_they_are(stack):
    world = Media(stack, "--groups", "3", extra=media())
    files = {kind: world.add(kind, size=size) for kind, size in zip(KINDS, [0, 1, 4096, PART - 1, PART, PART + 1, 3 * PART, 2_500_000])}
    files["empty"] = files.pop("document")
    files["document"] = world.add("document", size=5_000_000, mime="application/pdf")
    for file in files.values():
        world.post(file)
    world.is_done(*files.values())
    for kind, file in files.items():
        url = world.stored(file)
        until(lambda: {r[0] for r in world.rows(file)} == {url}, 10, "every row has it")
        assert {r[1] for r in world.rows(file)} == {TYPES.get(kind, "document" if kind == "empty" else kind)}
        assert all(p["count"] == 1 for p in world.parts(file))
    assert world.stored(files["document"]).endswith(".pdf")
    # it reaches whoever watches the rows as an update of them
    updates = stack.query("select count(*) from aaltohub.outbox where event = 'update'")[0][0]
    assert updates >= len(files)
    assert world.leftovers() == []


def test_defect_19_half_a_gigabyte_arrives_though_its_reference_expires_and_the_process_is_killed_twice(stack):
    """A reference that expired midway ended or restarted the download; a kill restarted it, too."""
    world = Media(stack, "--groups", "1", extra=media(maximum_megabytes=600))
    file = world.add("video", size=(500 << 20) + 12_345)
    world.ask("file_fault", effect="expire", file=file, skip=230)
    world.post(file)
    for parts in (120, 350):
        until(lambda: len(world.parts(file)) >= parts, 120, f"{parts} parts", every=0.01)
        stack.kill("backfill")
        assert (world.state(file) or [None])[0] == "leased"
        stack.start("backfill")
    world.is_done(file, seconds=180)
    world.stored(file)
    assert world.ask("stats")["faults"].get("expired_references") == 1
    again = [p for p in world.parts(file) if p["count"] > 1]
    assert len(again) <= 2 * IN_FLIGHT and all(p["count"] <= 3 for p in again), again
    assert len(world.parts(file)) == 501
    assert world.leftovers() == []


def test_a_file_in_forty_groups_is_fetched_once(stack):
    world = Media(stack, "--groups", "40", extra=media())
    file = world.add("document", size=3 * PART)
    world.post(file)
    world.is_done(file)
    url = world.stored(file)
    until(lambda: [r[0] for r in world.rows(file)] == [url] * 40, 30, "forty rows that have it")
    assert [p["count"] for p in world.parts(file)] == [1, 1, 1]
    # one that comes later has it at once
    world.post(file, next(iter(world.chats)))
    until(lambda: len(world.rows(file)) == 41 and all(r[0] == url for r in world.rows(file)), 10, "the newest row has it, too")
    assert [p["count"] for p in world.parts(file)] == [1, 1, 1]


def four_data_centres(stack):
    """The simulator has four, on ports in a row from its own on; the configuration names them all."""
    for _ in range(50):
        stack.port = free_port()
        try:
            for port in range(stack.port, stack.port + 4):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", port))
            break
        except OSError:
            continue
    write = stack.write_config

    def write_config(**changes):
        write(**changes)
        named = "".join(f"    - {n} 127.0.0.1:{stack.port + n - 1}\n" for n in range(1, 5))
        stack.config.write_text(stack.config.read_text().replace(f"    - 2 127.0.0.1:{stack.port}\n", named))

    stack.write_config = write_config


def test_files_of_other_data_centres_come_from_there_and_the_login_is_exported_once(stack):
    four_data_centres(stack)
    world = Media(stack, "--groups", "1", "--dcs", "4", extra=media())
    far = [world.add("document", size=2 * PART + n, dc=dc) for n, dc in enumerate((4, 4, 1, 2))]
    for file in far:
        world.post(file)
    world.is_done(*far)
    for file in far:
        world.stored(file)
    assert (world.calls("auth.exportAuthorization"), world.calls("auth.importAuthorization")) == (2, 2)
    # the keys survive a restart, and so do the logins behind them
    keys = sorted(p.name for p in (pathlib.Path(stack.folder) / "state" / "backfill@main").glob("dc-*"))
    assert keys == ["dc-1.sealed", "dc-4.sealed"]
    stack.kill("backfill")
    stack.start("backfill")
    # the server sends from one to another though the message says otherwise
    moved = world.add("document", size=PART, dc=4)
    world.ask("calls", method="upload.getFile", effect="fail", code=303, name="FILE_MIGRATE_1", count=1)
    world.post(moved)
    world.is_done(moved)
    world.stored(moved)
    assert world.calls("auth.exportAuthorization") == 2
    # one that does not know the login any more is told it once more
    world.ask("calls", method="upload.getFile", effect="fail", code=401, name="AUTH_KEY_UNREGISTERED", count=1)
    again = world.add("document", size=PART + 3, dc=4)
    world.post(again)
    world.is_done(again)
    world.stored(again)
    assert world.calls("auth.exportAuthorization") == 3


def test_wrong_bytes_waits_and_short_answers_are_mended(stack):
    world = Media(stack, "--groups", "1", extra=media(maximum_megabytes=200))
    file = world.add("document", size=6 * PART + 5)
    for fault in ({"effect": "wrong", "skip": 2}, {"effect": "short", "bytes": 1000, "skip": 1}, {"effect": "premium_wait", "seconds": 2, "skip": 4}):
        world.ask("file_fault", file=file, **fault)
    world.post(file)
    world.is_done(file)
    world.stored(file)
    assert sum(p["count"] for p in world.parts(file)) <= 7 + 2
    # after a restart of the machine nobody knows which bytes have reached the disk, so nothing of what is there is believed
    held = world.add("document", size=150 * PART)
    world.post(held)
    until(lambda: len(world.parts(held)) >= 10, 30, "parts that are there", every=0.01)
    stack.kill("backfill")
    [found] = (pathlib.Path(stack.folder) / "state" / "backfill@main" / "parts").glob("*.map")
    boot, _, rest = found.read_bytes().partition(b"\n")
    found.write_bytes(b"0" * len(boot) + b"\n" + rest)
    before = {p["offset"]: p["count"] for p in world.parts(held)}
    stack.start("backfill")
    world.is_done(held)
    world.stored(held)
    assert all(p["count"] > before.get(p["offset"], 0) for p in world.parts(held)), (before, world.parts(held))


def test_a_deleted_origin_is_replaced_by_another_message_and_without_one_the_file_is_given_up(stack):
    world = Media(stack, "--groups", "3", extra=media(), stages=("writer", "listener"))
    first, second = world.live()[:2]
    shared, alone = world.add("document", size=PART), world.add("document", size=PART)
    posts = {file: world.post(file, first) for file in (shared, alone)}
    until(lambda: world.state(shared) and world.state(alone), 30, "files that wait")
    world.post(shared, second)
    until(lambda: len(world.rows(shared)) == 2, 30, "the second message")
    for file in (shared, alone):
        ids = posts[file][0]
        world.ask("delete", **{"from": "9996610001", "to": world.chats[first], "message": ids["message"]})
    stack.start("backfill")
    world.is_done(shared)
    world.stored(shared)
    until(lambda: world.state(alone)[0] == "failed", 30, "a file that is given up")
    assert "deleted" in world.state(alone)[1]
    # nor is anything left of one that is refused when some of it is there
    refused = world.add("document", size=3 * PART)
    world.ask("file_fault", file=refused, effect="fail", code=400, name="LIMIT_INVALID", skip=1)
    world.post(refused, second)
    until(lambda: (world.state(refused) or [None])[0] == "failed", 30, "a file that is refused")
    assert world.state(refused)[1] == "LIMIT_INVALID" and world.leftovers() == []


def test_types_and_sizes_that_are_not_wanted_are_left_out_until_they_are_wanted(stack):
    world = Media(stack, "--groups", "1", extra=media(maximum_megabytes=1, types="[photo, voice]"))
    wanted, large, other = world.add("voice", size=PART), world.add("voice", size=PART + 1), world.add("video", size=10)
    dropped = world.add("video", size=20)
    for file in (large, other, dropped, wanted):
        world.post(file)
    world.is_done(wanted)
    until(lambda: {world.state(f)[0] for f in (large, other, dropped)} == {"skipped"}, 20, "three files that are left out")
    assert "media.maximum_megabytes" in world.state(large)[1] and "media.types" in world.state(other)[1]
    assert world.parts(large) == [] and world.parts(other) == []
    shown = stack.ctl("media", "list", "--state", "skipped").stdout
    assert "media.maximum_megabytes" in shown and "media.types" in shown
    # what a person leaves out stays out
    stack.ctl("media", "retry", dropped)
    until(lambda: world.state(dropped)[0] == "skipped", 20, "a file that is left out again")
    stack.query("update aaltohub.media_files set state = 'failed' where media_id = %s returning 1", dropped)
    stack.ctl("media", "drop", dropped)
    stack.kill("backfill")
    stack.write_config(extra=media(maximum_megabytes=2))
    stack.start("backfill")
    world.is_done(large, other)
    world.stored(large), world.stored(other)
    assert world.state(dropped)[0] == "skipped" and world.parts(dropped) == []


@pytest.fixture
def storage():
    made = StorageServer()
    yield made
    made.close()


def test_what_is_stored_in_supabase_is_what_real_clients_read_and_a_store_that_is_down_holds_up_nothing_else(stack, storage):
    stack.environment["SUPABASE_SERVICE_KEY"] = storage.key
    world = Media(stack, "--groups", "2", extra=media(store="supabase") + f"supabase:\n  url: {storage.url}\n")
    small, large = world.add("photo", size=200_000), world.add("video", size=20 * PART + 7)
    world.post(small)
    world.is_done(small)
    storage.tell(down=6)
    world.post(large)
    chat = world.live()[0]
    until(lambda: len(world.parts(large)) == 21, 30, "the file is fetched while the store is down")
    world.send(chat, "while the store is down")
    until(lambda: stack.query("select count(*) from messages where text = 'while the store is down'") == [(1,)], 3, "the message")
    assert world.state(large)[0] == "leased"
    world.is_done(large)
    bucket = SyncStorageClient(f"{storage.url}/storage/v1/", {"Authorization": f"Bearer {storage.key}"}).from_("message-media")
    for file in (small, large):
        key, url = stack.query("select key, url from aaltohub.media_files where media_id = %s", file)[0]
        assert url == bucket.get_public_url(key).rstrip("?")
        assert hashlib.sha256(bucket.download(key)).hexdigest() == world.ask("file_hash", file=file)["sha256"]
        assert all(p["count"] == 1 for p in world.parts(file))
    # what is stored already is not sent again when only the word of it was lost
    sent = storage.stats()["bytes_in"]
    stack.query("update aaltohub.media_files set state = 'queued', url = null where media_id = %s returning 1", large)
    world.is_done(large)
    assert storage.stats()["bytes_in"] == sent
    assert storage.key not in stack.log("backfill")


def test_a_full_disk_keeps_files_waiting_and_says_so(stack):
    world = Media(stack, "--groups", "1", extra=media(), stages=("writer", "listener"))
    parts = pathlib.Path(stack.folder) / "state" / "backfill@main" / "parts"
    parts.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", parts], capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted by this user")
    try:
        file = world.add("document", size=4 * PART)
        world.post(file)
        stack.start("backfill")
        until(lambda: "No space left" in stack.log("backfill"), 30, "a word about the disk")
        assert world.state(file) == ("queued", None, 0), "it is not the file's fault"
        chat = world.live()[0]
        world.send(chat, "while the disk is full")
        until(lambda: stack.query("select count(*) from messages where text = 'while the disk is full'") == [(1,)], 10, "the message")
        subprocess.run(["mount", "-o", "remount,size=20m", parts], check=True)
        world.is_done(file, seconds=90)
        world.stored(file)
    finally:
        stack.kill("backfill")
        subprocess.run(["umount", parts], check=True)
