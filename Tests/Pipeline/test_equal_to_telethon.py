"""A second user writes, edits and deletes through Telethon; the tables must equal what Telethon sees, whoever is killed meanwhile."""
import asyncio, random

import pytest

from people import make_groups, person
from stack import until

CRAWLER, WRITER = "9996610001", "9996610002"
MESSAGES, EDITS, DELETIONS, KILLS = 1000, 100, 50, 10
TYPES = {"group": "group", "supergroup": "channel", "channel": "channel"}


@pytest.fixture(scope="module")
def running(stack):
    stack.start_simulator("--accounts", "3")
    stack.prepare(CRAWLER)
    groups = asyncio.run(_groups(stack))
    for name, group in groups.items():
        stack.ctl("groups", "add", str(group), "--type", TYPES[name], "--title", name, "--account", "main")
    stack.start("writer")
    stack.start("listener")
    return stack, groups


async def _groups(stack):
    async with person(stack, WRITER) as writer:
        return {name: group.id for name, group in (await make_groups(writer, "simuser1")).items()}


async def write(stack, groups, seed, between):
    """1,000 messages, 100 edits and 50 deletions in random order over the three groups; `between(i)` is called after each action."""
    rng = random.Random(seed)
    async with person(stack, WRITER) as writer:
        await writer.get_dialogs()
        entities = {name: await writer.get_entity(_marked(name, id)) for name, id in groups.items()}
        actions = ["send"] * MESSAGES + ["edit"] * EDITS + ["delete"] * DELETIONS
        rng.shuffle(actions)
        actions.sort(key=lambda a: a != "send" and rng.random() < 0.2)  # most of it mixed, some at the end
        sent = []
        for i, action in enumerate(actions):
            if action == "send" or len(sent) < 10:
                name = rng.choice(sorted(entities))
                mine = [m for n, m in sent if n == name]
                reply = rng.choice(mine[-20:]) if mine and rng.random() < 0.2 else None
                text = f"{seed}/{i} " + rng.choice(["hei", "안녕하세요", "𝛌 — ünï", "line\nline", "<b>&amp;</b>"])
                sent.append((name, (await writer.send_message(entities[name], text, reply_to=reply)).id))
            elif action == "edit":
                name, id = rng.choice(sent)
                await writer.edit_message(entities[name], id, f"{seed}/{i} edited")
            else:
                name, id = sent.pop(rng.randrange(len(sent)))
                await writer.delete_messages(entities[name], [id], revoke=True)
            await between(i)


def _marked(name, id):
    return -id if name == "group" else int(f"-100{id}")


async def seen_by_telethon(stack, groups):
    """Every message that the crawler's own account sees, through another login of it."""
    seen = {}
    async with person(stack, CRAWLER) as reader:
        await reader.get_dialogs()
        for name, id in groups.items():
            async for m in reader.iter_messages(await reader.get_entity(_marked(name, id))):
                if m.action is None:
                    reply = m.reply_to.reply_to_msg_id if m.reply_to else None
                    edited = m.edit_date and not m.edit_hide and m.edit_date
                    seen[name, m.id] = (m.message, m.sender_id if name != "channel" else None, m.date, edited or None, reply)
    return seen


def stored(stack, groups):
    rows = stack.query(
        "select g.title, m.telegram_message_id, m.text, m.sender_id, m.sent_at, m.edited_at, m.reply_to_message_id, m.is_deleted"
        " from messages m join groups g on g.id = m.group_id where m.service is null"
    )
    alive, deleted = {}, set()
    for name, id, text, sender, sent_at, edited_at, reply, is_deleted in rows:
        assert (name, id) not in alive and (name, id) not in deleted, f"{name} {id} stands twice"
        if is_deleted:
            deleted.add((name, id))
        else:
            alive[name, id] = (text, sender if name != "channel" else None, sent_at, edited_at, reply)
    return alive, deleted


def compare(stack, groups):
    seen = asyncio.run(seen_by_telethon(stack, groups))
    assert len(seen) > MESSAGES / 2

    def difference():
        alive, deleted = stored(stack, groups)
        wrong = [(k, seen.get(k), alive.get(k)) for k in seen.keys() | alive.keys() if seen.get(k) != alive.get(k)]
        return wrong, deleted

    try:
        until(lambda: not difference()[0], 60, "the table equal to what Telethon sees")
    except AssertionError as error:
        wrong, _ = difference()
        raise AssertionError(f"{len(wrong)} rows differ, as {sorted(wrong, key=str)[:5]}\n{stack.log('listener')[-2000:]}") from error
    _, deleted = difference()
    assert not deleted & seen.keys()
    assert stack.query("select count(*) from aaltohub.gaps") == [(0,)]
    assert stack.query("select count(*) from failed_messages") == [(0,)]
    return len(seen), len(deleted)


def test_the_table_equals_what_telethon_sees(running):
    stack, groups = running

    async def nothing(_):
        pass

    asyncio.run(write(stack, groups, 1, nothing))
    _, deleted = compare(stack, groups)
    assert deleted == DELETIONS


@pytest.mark.parametrize("victim", ["listener", "writer"])
def test_a_stage_killed_ten_times_loses_and_doubles_nothing(running, victim):
    stack, groups = running
    before = stack.query("select count(*) from messages")[0][0]
    every = (MESSAGES + EDITS + DELETIONS) // KILLS
    kills = 0

    async def kill(i):
        nonlocal kills
        if i % every == every // 2:
            await asyncio.to_thread(stack.kill, victim)
            await asyncio.to_thread(stack.start, victim, ready=False)
            kills += 1

    asyncio.run(write(stack, groups, 2 if victim == "writer" else 3, kill))
    assert kills == KILLS
    compare(stack, groups)
    assert stack.query("select count(*) from messages")[0][0] >= before + MESSAGES - DELETIONS
