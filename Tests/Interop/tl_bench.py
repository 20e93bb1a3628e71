"""How fast a page of 100 messages decodes: ours (`tl-import bench`, built for release) against Telethon on the same bytes, by CPU time.

AALTOHUB_BIN is the folder of the built executables (default: .build/release). Prints one JSON line.
"""

import json
import os
import pathlib
import random
import subprocess
import time

from telethon.extensions import BinaryReader
from telethon.tl import types as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
TL_IMPORT = pathlib.Path(os.environ.get("AALTOHUB_BIN") or ROOT / ".build/release") / "tl-import"
SECONDS = 3.0


def media(r):
    ids = {"id": r.randrange(2**62), "access_hash": r.randrange(2**62), "file_reference": r.randbytes(25), "date": 1_700_000_000}
    kind = r.random()
    if kind < 0.2:
        sizes = [
            t.PhotoStrippedSize("i", r.randbytes(40)),
            t.PhotoSize("m", 320, 240, 12345),
            t.PhotoSizeProgressive("y", 1280, 960, [1000, 2000, 3000, 4000, 5000]),
        ]
        return t.MessageMediaPhoto(photo=t.Photo(sizes=sizes, dc_id=2, **ids))
    if kind < 0.35:
        attributes = [t.DocumentAttributeVideo(duration=12.5, w=1280, h=720), t.DocumentAttributeFilename("video.mp4")]
        return t.MessageMediaDocument(document=t.Document(mime_type="video/mp4", size=10**7, dc_id=2, attributes=attributes, **ids))
    if kind < 0.5:
        texts = {"url": "https://a.example/" + "x" * 30, "display_url": "a.example", "title": "A title", "description": "Words " * 20}
        return t.MessageMediaWebPage(webpage=t.WebPage(id=1, hash=1, **texts))
    return None


def page(seed=5):
    r = random.Random(seed)
    words = "some words of any length that people may write to each other when they talk about nothing".split()
    emoji = t.MessageReactions(results=[t.ReactionCount(reaction=t.ReactionEmoji("👍"), count=4)])
    messages = [
        t.Message(
            id=100_000 - i,
            peer_id=t.PeerChannel(1_234_567_890),
            from_id=t.PeerUser(r.randrange(1, 10**9)),
            date=1_700_000_000 + i,
            message=" ".join(r.choice(words) for _ in range(r.randrange(3, 90))),
            media=media(r),
            entities=[t.MessageEntityBold(0, 3), t.MessageEntityTextUrl(4, 5, "https://b.example/a")] if r.random() < 0.4 else None,
            views=r.randrange(10_000),
            forwards=r.randrange(100),
            reply_to=t.MessageReplyHeader(reply_to_msg_id=99_000) if r.random() < 0.4 else None,
            reactions=emoji if r.random() < 0.5 else None,
        )
        for i in range(100)
    ]
    users = [t.User(id=1000 + i, access_hash=1, first_name=f"Name{i}", username=f"user{i}") for i in range(30)]
    chats = [t.Channel(id=1_234_567_890, title="Group", photo=t.ChatPhotoEmpty(), date=1, megagroup=True, access_hash=5)]
    return bytes(t.messages.ChannelMessages(pts=5, count=100_000, messages=messages, topics=[], chats=chats, users=users))


def main():
    wire = page()
    start, rounds = time.process_time(), 0
    while time.process_time() - start < SECONDS:
        BinaryReader(wire).tgread_object()
        rounds += 1
    telethon = rounds * 100 / (time.process_time() - start)
    command = [TL_IMPORT, "bench", "--seconds", str(SECONDS)]
    out = subprocess.run(command, input=wire.hex() + "\n", capture_output=True, text=True, check=True)
    ours = {line.split(":")[0]: int(line.split()[1]) for line in out.stdout.splitlines()}
    print(json.dumps({"bytes": len(wire), "telethon": round(telethon), **ours, "ratio": round(ours["project"] / telethon, 1)}))


if __name__ == "__main__":
    main()
