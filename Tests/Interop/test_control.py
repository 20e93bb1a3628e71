"""The control port: load, truth, times."""

import clients
from simulator import phone
from test_groups import KINDS


async def test_load_reaches_a_member_and_the_truth_is_what_it_reads(simulator, crowd):
    groups = [simulator.ask("create_group", kind=kind, title=f"Load {kind}", creator=phone(1))["group"] for kind in KINDS]
    bob = await crowd(2)
    await bob.get_dialogs()
    inbox = clients.listen(bob)
    before = simulator.ask("times")["count"]
    done = simulator.ask("load", rate=150, seconds=2, seed=9, mix="80:15:5", groups=groups, wait=True)
    assert done["new"] + done["edit"] + done["delete"] == 300 and done["failed"] == 0
    assert simulator.ask("times", **{"from": before})["count"] == done["new"]
    truth = simulator.truth(2)
    for group in groups:
        marked = -group["id"] if group["kind"] == "basic" else int(f"-100{group['id']}")
        expected = [
            (m["id"], m["text"], m["date"], m["edit_date"]) for m in truth
            if (m["kind"], m["chat"]) == (group["kind"], group["id"]) and not m["deleted"] and not m["service"]]
        read = [
            (m.id, m.raw_text, int(m.date.timestamp()), int(m.edit_date.timestamp()) if m.edit_date else None)
            async for m in bob.iter_messages(marked, reverse=True) if not m.action]
        assert read == expected and len(read) > 40
        last = expected[-1][0]
        # Telethon does not show messages of its own account as incoming news.
        await inbox.wait(lambda i: i[1] == marked and (i[2] == last or i[0] != "new"))


async def test_a_thousand_private_messages_at_once(simulator, crowd):
    carol = await crowd(3)
    inbox = clients.listen(carol)
    simulator.ask("private", **{"from": phone(4), "to": phone(3), "count": 1000})
    await inbox.wait(lambda i: i[0] == "new" and i[3] == "private 999")
    assert len([i for i in inbox.items if i[0] == "new"]) == 1000
    stats = simulator.ask("stats")
    assert stats["calls"]["auth.signIn"] >= 1


async def test_sockets_have_their_turn_while_a_load_is_behind(simulator):
    """Fifty thousand messages as fast as it can: whoever asks in the middle of it gets an answer in the middle of it."""
    group = simulator.ask("create_group", kind="basic", title="Behind", creator=phone(1))["group"]
    simulator.ask("load", rate=1_000_000, seconds=0.05, mix="1:0:0", groups=[group])
    status = {"new": 0}
    while status.get("new", 0) < 1_000:
        status = simulator.ask("load_status")
        assert status["running"], status
    simulator.ask("load_stop")
