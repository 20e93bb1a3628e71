"""The stand-in for Supabase Storage is one that real clients take for the real thing: storage3 and tuspy from PyPI, unmodified."""
import io, random

import pytest
import requests
from storage3 import SyncStorageClient
from storage3.exceptions import StorageApiError
from tusclient import client as tus
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from storage_server import PIECE, StorageServer

BUCKET = "message-media"


@pytest.fixture
def server():
    made = StorageServer()
    yield made
    made.close()


def storage3_of(server):
    headers = {"Authorization": f"Bearer {server.key}", "apikey": server.key}
    return SyncStorageClient(f"{server.url}/storage/v1/", headers)


def tus_upload(server, data, key, **more):
    tus_client = tus.TusClient(f"{server.url}/storage/v1/upload/resumable", headers={"Authorization": f"Bearer {server.key}", "x-upsert": "false"})
    metadata = {"bucketName": BUCKET, "objectName": key, "contentType": "video/mp4", "cacheControl": "31536000"}
    return tus_client.uploader(file_stream=io.BytesIO(data), chunk_size=PIECE, metadata=metadata, **more)


def test_storage3_stores_finds_and_reads_back(server):
    bucket = storage3_of(server).from_(BUCKET)
    data = random.Random(1).randbytes(100_000)
    bucket.upload("photo/1/a.jpg", data, {"content-type": "image/jpeg", "cache-control": "31536000", "upsert": "false"})
    assert bucket.download("photo/1/a.jpg") == data
    assert [o["name"] for o in bucket.list("photo/1")] == ["a.jpg"]
    public = requests.get(bucket.get_public_url("photo/1/a.jpg"), timeout=10)
    assert public.content == data and public.headers["Cache-Control"] == "max-age=31536000" and public.headers["Content-Type"] == "image/jpeg"
    part = requests.get(bucket.get_public_url("photo/1/a.jpg"), headers={"Range": "bytes=10-19"}, timeout=10)
    assert part.status_code == 206 and part.content == data[10:20]
    with pytest.raises(StorageApiError) as refused:
        bucket.upload("photo/1/a.jpg", b"other", {"content-type": "image/jpeg"})
    assert refused.value.code == "Duplicate" or "already exists" in refused.value.message
    bucket.upload("photo/1/a.jpg", b"other", {"content-type": "image/jpeg", "upsert": "true"})
    assert bucket.download("photo/1/a.jpg") == b"other"
    bucket.remove(["photo/1/a.jpg"])
    with pytest.raises(StorageApiError):
        bucket.download("photo/1/a.jpg")


def test_storage3_makes_buckets_and_is_refused_without_the_key(server):
    client = storage3_of(server)
    client.create_bucket("small", options={"public": False, "file_size_limit": 10, "allowed_mime_types": ["text/plain"]})
    assert {b.id for b in client.list_buckets()} == {BUCKET, "small"}
    assert client.get_bucket("small").public is False
    for data, kind, word in [(b"x" * 11, "text/plain", "size"), (b"x", "image/png", "mime"), (b"x", "text/plain", None)]:
        try:
            client.from_("small").upload("a", data, {"content-type": kind})
            assert word is None
        except StorageApiError as error:
            assert word and word in error.message
    with pytest.raises(StorageApiError):
        client.from_("small").upload("план.txt", b"x", {"content-type": "text/plain"})
    server.key = "wrong"
    with pytest.raises(StorageApiError):
        storage3_of(server).from_(BUCKET).upload("a", b"x", {"content-type": "text/plain"})


def test_tuspy_uploads_in_pieces_and_goes_on_after_a_break(server):
    data = random.Random(2).randbytes(2 * PIECE + 1000)
    uploader = tus_upload(server, data, "document/1/a.mp4")
    uploader.upload_chunk()
    again = tus_upload(server, data, "document/1/a.mp4", url=uploader.url)
    assert again.offset == PIECE
    again.upload()
    assert storage3_of(server).from_(BUCKET).download("document/1/a.mp4") == data
    assert server.stats()["objects"][0]["cache"] == "max-age=31536000"
    with pytest.raises(TusCommunicationError) as refused:
        tus_upload(server, data, "document/1/a.mp4").upload()
    assert refused.value.status_code == 409


def test_tuspy_meets_what_goes_wrong_on_demand(server):
    data = random.Random(3).randbytes(PIECE + 5)
    uploader = tus_upload(server, data, "document/2/a.mp4")
    uploader.upload_chunk()
    server.tell(fault={"step": "tus-patch", "code": 503})
    with pytest.raises(TusUploadFailed):
        uploader.upload_chunk()
    server.tell(expire_uploads=True)
    with pytest.raises(TusCommunicationError) as gone:
        tus_upload(server, data, "document/2/a.mp4", url=uploader.url)
    assert gone.value.status_code == 404
    server.tell(fault={"step": "put", "code": 429, "error": "SlowDown"})
    with pytest.raises(StorageApiError):
        storage3_of(server).from_(BUCKET).upload("x", b"x", {"content-type": "text/plain"})
    server.tell(down=60)
    with pytest.raises(StorageApiError):
        storage3_of(server).from_(BUCKET).download("x")
    server.tell(down=0)
    wrong_piece = tus_upload(server, data, "document/3/a.mp4")
    wrong_piece.chunk_size = 1000
    with pytest.raises(TusUploadFailed):
        wrong_piece.upload_chunk()
