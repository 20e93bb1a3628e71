"""What happened while a client was away, told when it comes back."""

import telethon

import clients
from simulator import phone
from test_groups import KINDS, make_group


async def test_telethon_catches_up_in_all_boxes(simulator, crowd):
    alice = await crowd(1)
    session = clients.restartable_session()
    bob = await clients.telethon_login(simulator, 2, session=session)
    groups = {kind: await make_group(alice, kind, f"Away from {kind}", ["simuser2"]) for kind in KINDS}
    await bob.get_dialogs()
    inbox = clients.listen(bob)
    for kind, group in groups.items():
        await alice.send_message(group, f"before in {kind}")
        await inbox.wait(lambda i: i[0] == "new" and i[3] == f"before in {kind}")
    sent = {kind: await alice.send_message(group, f"to be changed in {kind}") for kind, group in groups.items()}
    for kind in KINDS:
        await inbox.wait(lambda i: i[0] == "new" and i[3] == f"to be changed in {kind}")
    await bob.disconnect()

    for kind, group in groups.items():
        await alice.edit_message(sent[kind], f"changed in {kind}")
        for i in range(120):
            await alice.send_message(group, f"missed {i} in {kind}")
    back = telethon.TelegramClient(session, clients.API_ID, clients.API_HASH, catch_up=True)
    inbox = clients.listen(back)
    await back.connect()
    for kind, group in groups.items():
        # Telethon takes a difference's position before it looks at its other updates, and so drops edits as old: they are in the history.
        assert f"changed in {kind}" in [m.raw_text async for m in back.iter_messages(group)]
        for i in range(120):
            await inbox.wait(lambda item: item[0] == "new" and item[1] == group and item[3] == f"missed {i} in {kind}")
    missed = [i for i in inbox.items if i[0] == "new" and i[3].startswith("missed")]
    assert len(missed) == len(set(missed)) == 360
    await back.disconnect()


async def test_kurigram_recovers_gaps(crowd, kurigram, tmp_path):
    alice = await crowd(1)
    dave = await kurigram(2, name="dave", workdir=tmp_path, skip_updates=False)
    group = await make_group(alice, "supergroup", "Gaps", ["simuser2"])
    await alice.send_message(group, "before")
    await dave.inbox.wait(lambda i: i[0] == "new" and i[3] == "before")
    await alice.send_message("simuser2", "before in private")
    await dave.inbox.wait(lambda i: i[0] == "new" and i[3] == "before in private")
    await dave.stop()
    for i in range(30):
        await alice.send_message(group, f"missed {i}")
        await alice.send_message("simuser2", f"missed in private {i}")
    back = await kurigram(2, name="dave", workdir=tmp_path, skip_updates=False)
    for i in range(30):
        await back.inbox.wait(lambda item: item[0] == "new" and item[3] == f"missed {i}")
        await back.inbox.wait(lambda item: item[0] == "new" and item[3] == f"missed in private {i}")


async def test_a_cut_connection_loses_nothing(simulator, crowd):
    alice, bob = await crowd(1), await crowd(2)
    group = await make_group(alice, "supergroup", "Cut", ["simuser2"])
    await bob.get_dialogs()
    inbox = clients.listen(bob)
    await alice.send_message(group, "before the cut")
    await inbox.wait(lambda i: i[0] == "new" and i[3] == "before the cut")
    assert simulator.ask("cut", account=phone(2))["connections"] >= 1
    for i in range(20):
        await alice.send_message(group, f"during {i}")
    for i in range(20):
        await inbox.wait(lambda item: item[0] == "new" and item[3] == f"during {i}")


async def test_what_is_out_of_the_window_is_too_long(folder):
    from simulator import Simulator
    small = Simulator(folder, "--accounts", 2, "--window", 50)
    try:
        clients.trust(small.public_key)
        alice = await clients.telethon_login(small, 1)
        group = await make_group(alice, "supergroup", "Small window", ["simuser2"])
        entity = await alice.get_input_entity(group)
        for i in range(80):
            await alice.send_message(group, f"number {i}")
        get = telethon.functions.updates.GetChannelDifferenceRequest
        everything = telethon.types.ChannelMessagesFilterEmpty()
        long = await alice(get(entity, everything, 2, 10))
        assert isinstance(long, telethon.types.updates.ChannelDifferenceTooLong)
        assert [m.message for m in long.messages][0] == "number 79"
        part = await alice(get(entity, everything, long.dialog.pts - 30, 10))
        assert isinstance(part, telethon.types.updates.ChannelDifference) and not part.final
        assert [m.message for m in part.new_messages] == [f"number {i}" for i in range(50, 60)]
        small.ask("private", **{"from": phone(2), "to": phone(1), "count": 60})
        common = await alice(telethon.functions.updates.GetDifferenceRequest(2, 0, 0))
        assert isinstance(common, telethon.types.updates.DifferenceTooLong)
        await alice.disconnect()
    finally:
        small.stop()
