"""Our codec against Telethon's, field by field, on random objects over every type that the crawler reads.

AALTOHUB_BIN is the folder of the built executables (default: .build/debug). TL_SEED repeats a run, TL_OBJECTS makes it longer.
"""

import json
import os
import pathlib
import random
import subprocess

import pytest
from telethon.extensions import BinaryReader
from telethon.tl import alltlobjects

from tl_schema import Generator, Projections, Schema, differences, from_telethon, to_telethon, tree_differences

ROOT = pathlib.Path(__file__).resolve().parents[2]
TL_IMPORT = pathlib.Path(os.environ.get("AALTOHUB_BIN") or ROOT / ".build/debug") / "tl-import"
SEED = int(os.environ.get("TL_SEED") or random.randrange(2**32))
OBJECTS = int(os.environ.get("TL_OBJECTS") or 2500)

# What the crawler asks for: requests go the other way.
METHODS = """auth.sendCode auth.resendCode auth.signIn auth.checkPassword auth.logOut auth.exportLoginToken auth.acceptLoginToken
    auth.importLoginToken auth.exportAuthorization auth.importAuthorization account.getPassword help.getConfig users.getUsers
    updates.getState updates.getDifference updates.getChannelDifference messages.getDialogs messages.getPeerDialogs messages.getHistory
    messages.getMessages channels.getMessages channels.getChannels channels.getFullChannel messages.getFullChat messages.getChats
    messages.search messages.getReplies messages.sendMessage messages.sendMedia messages.editMessage messages.deleteMessages
    channels.deleteMessages channels.joinChannel channels.leaveChannel channels.createChannel messages.createChat contacts.resolveUsername
    messages.importChatInvite messages.checkChatInvite upload.getFile upload.saveFilePart upload.saveBigFilePart messages.readHistory
    channels.readHistory messages.getMessagesViews messages.getMessagesReactions messages.sendReaction""".split()


def run(command, lines):
    out = subprocess.run([TL_IMPORT, *command], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=600)
    assert out.returncode == 0, out.stderr
    answers = out.stdout.split("\n")[:-1]
    return answers


@pytest.fixture(scope="module")
def schema():
    return Schema(run(["declarations", "--layer", "229"], [""]))


@pytest.fixture(scope="module")
def projections(schema):
    return Projections(schema, (ROOT / "Sources/tl-import/Projections.list").read_text())


@pytest.fixture(scope="module")
def objects(schema, projections):
    """(type, tree) over every constructor of every projected type, and all that may be nested in them."""
    print(f"\nTL_SEED={SEED}")
    generator = Generator(schema, SEED)
    roots = [(t, d.name) for t in projections.types for d in schema.by_type[t]]
    out = []
    while len(out) < OBJECTS:
        kind, name = roots[len(out) % len(roots)]
        out.append((kind, generator.object(name)))
    # Rounds for whatever is still unseen, as objects of their own.
    closure = schema.closure(projections.types)
    for name in sorted(closure - generator.seen.keys()):
        out.append((schema.by_name[name].result, generator.object(name)))
    assert closure <= generator.seen.keys()
    return out


def test_the_same_constructors_stand_in_both(schema):
    builtin = {0xBC799737, 0x997275B5, 0x3FEDD339, 0x56730BCC, 0xC4B9F9BB}
    theirs = set(alltlobjects.tlobjects) - builtin
    missing = {alltlobjects.tlobjects[i].__name__ for i in theirs - schema.by_id.keys()}
    # Ours has more: Telethon keeps containers in its core. Theirs has the TLS handshake of proxies, which is never sent as TL.
    assert {name for name in missing if not name.startswith("Tls")} == set()


def test_telethon_encodes_and_we_decode(schema, objects):
    wires = [bytes(to_telethon(schema, tree)).hex() for _, tree in objects]
    answers = run(["decode"], wires)
    assert len(answers) == len(objects)
    for (kind, tree), wire, answer in zip(objects, wires, answers):
        assert not list(tree_differences(tree, json.loads(answer))), f"TL_SEED={SEED}: {kind} {wire}"


def test_we_encode_and_telethon_decodes(schema, objects):
    answers = run(["encode"], [json.dumps(tree) for _, tree in objects])
    assert len(answers) == len(objects)
    for (kind, tree), answer in zip(objects, answers):
        assert not answer.startswith("{"), f"TL_SEED={SEED}: {answer} for {tree}"
        reader = BinaryReader(bytes.fromhex(answer))
        item = reader.tgread_object()
        assert reader.tell_position() == len(answer) // 2
        assert not list(tree_differences(tree, from_telethon(schema, item))), f"TL_SEED={SEED}: {kind} {answer}"
        # And the same bytes, not only the same meaning.
        assert bytes(to_telethon(schema, tree)).hex() == answer, f"TL_SEED={SEED}: {kind}"


def test_requests_have_the_same_bytes(schema):
    generator = Generator(schema, SEED)
    trees = [generator.object(name) for name in METHODS for _ in range(10)]
    answers = run(["encode"], [json.dumps(tree) for tree in trees])
    for tree, answer in zip(trees, answers):
        assert answer == bytes(to_telethon(schema, tree)).hex(), f"TL_SEED={SEED}: {tree}"


def test_projections_give_what_telethon_wrote(schema, projections, objects):
    projected = [(kind, tree) for kind, tree in objects if kind in projections.types]
    assert len(projected) >= 2000
    answers = run(["project"], [f"{kind} {bytes(to_telethon(schema, tree)).hex()}" for kind, tree in projected])
    for (kind, tree), answer in zip(projected, answers):
        got = json.loads(answer)
        assert "error" not in got, f"TL_SEED={SEED}: {kind} {got} {tree}"
        wrong = list(differences(projections.expected(kind, tree), got))
        assert not wrong, f"TL_SEED={SEED}: {kind} {wrong[:5]} {tree}"
