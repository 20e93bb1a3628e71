"""Live updates lost, doubled, late, reordered, cut short, silent, too long, old or unreadable: nothing is lost, nothing stands twice."""
import signal

import pytest

from faults import CRAWLER, Faulty
from stack import until


MIGRATING = {"nothing": "small", "lose": "small too"}  # by what happens meanwhile, a basic group that will be a supergroup


@pytest.fixture(scope="module")
def faulty(stack):
    return Faulty(stack, *MIGRATING.values())


@pytest.fixture(autouse=True)
def healed(faulty):
    """Each test begins with a table that is right and leaves no fault behind."""
    faulty.ask("faults", end=True, end_waits=True)
    faulty.ask("window", difference_slice=500, channel_difference_slice=100, timeout_seconds=5)
    faulty.equals()
    yield
    faulty.ask("faults", end=True, end_waits=True)


@pytest.fixture
def without_a_gap(faulty):
    """Nothing is given up."""
    before = faulty.gaps()
    yield
    assert faulty.gaps() == before


def test_without_a_fault(faulty):
    faulty.something_happens()
    faulty.equals(10)


FAULTS = {"lose": "lost", "double": "doubled", "delay": "delayed", "reorder": "reordered", "shorten": "shortened"}


@pytest.mark.parametrize("fault", FAULTS)
def test_half_of_all_pushes(faulty, without_a_gap, fault):
    before = faulty.count(FAULTS[fault])
    faulty.ask("faults", seed=11)
    faulty.ask("pushes", **{fault: 0.5, "delay_ms": [700, 1500]})
    faulty.something_happens(20)
    assert faulty.count(FAULTS[fault]) > before + 20
    faulty.heal()
    faulty.equals()


@pytest.mark.parametrize("seed", range(3))
def test_all_of_it_at_once(faulty, without_a_gap, seed):
    faulty.ask("faults", seed=seed)
    faulty.ask("window", difference_slice=3, channel_difference_slice=3)
    faulty.ask("pushes", lose=0.2, double=0.2, delay=0.2, reorder=0.3, shorten=0.1, delay_ms=[500, 2000])
    faulty.something_happens(20)
    faulty.heal()
    faulty.equals()


def test_every_push_lost_and_then_updates_too_long(faulty, without_a_gap):
    faulty.ask("pushes", lose=1)
    faulty.something_happens(4)
    faulty.ask("faults", end=True)
    faulty.ask("push", what="too_long")
    faulty.equals(15)


@pytest.mark.parametrize("kind", ["supergroup", "channel"])
def test_every_push_of_a_channel_lost_and_then_a_bare_too_long(faulty, without_a_gap, kind):
    faulty.ask("pushes", box=faulty.chats[kind], lose=1)
    faulty.something_happens(4, names=[kind])
    faulty.ask("push", what="too_long", **faulty.chats[kind])
    faulty.equals(15)


def test_defect_12_a_channel_falls_silent_while_others_speak(faulty, without_a_gap):
    # A gap, whose difference tells how often to poll.
    faulty.ask("pushes", box=faulty.chats["supergroup"], lose=1, count=1)
    faulty.send("supergroup", "unheard")
    faulty.send("supergroup", "heard")
    faulty.equals()
    faulty.ask("silence", **faulty.chats["supergroup"])
    calls = faulty.calls("updates.getChannelDifference")
    for _ in range(3):
        faulty.something_happens(2)
    faulty.equals(60)
    assert faulty.calls("updates.getChannelDifference") > calls


def test_slices_are_asked_to_their_end(faulty, without_a_gap):
    faulty.ask("window", difference_slice=2, channel_difference_slice=2)
    faulty.ask("pushes", lose=1)
    faulty.something_happens(10)
    before = faulty.calls("updates.getDifference"), faulty.calls("updates.getChannelDifference")
    faulty.heal()
    faulty.equals()
    assert faulty.calls("updates.getDifference") >= before[0] + 5 and faulty.calls("updates.getChannelDifference") >= before[1] + 10


@pytest.mark.parametrize("fault", ["unknown_envelope", "unknown"])
def test_defect_07_one_unknown_constructor_among_ten(faulty, without_a_gap, fault):
    """Of ten envelopes the last is unreadable, or its last update: nothing follows that would show the gap, and no poll is near."""
    faulty.ask("window", timeout_seconds=600)
    faulty.ask("push", what="too_long")
    for name in ("supergroup", "channel"):
        faulty.ask("pushes", box=faulty.chats[name], lose=1, count=1)
        faulty.send(name, "unheard")
        faulty.send(name, "the difference that it leads to tells how seldom to poll")
    faulty.equals()
    for name in ("basic", "supergroup", "channel"):
        for i in range(9):
            faulty.send(name, f"readable {i}")
    faulty.equals()
    for name in ("basic", "supergroup", "channel"):
        faulty.ask("pushes", box=faulty.chats[name] if name != "basic" else "common", count=1, **{fault: 1})
        faulty.send(name, "unreadable")
    faulty.equals(15)
    assert faulty.stack.processes["listener"].poll() is None


@pytest.mark.parametrize("layer", [201, 220, 225, 227])
def test_defect_20_objects_of_an_older_layer_in_the_stream(faulty, without_a_gap, layer):
    faulty.ask("old_objects", layer=layer)
    before = faulty.count("old_objects"), faulty.calls("updates.getDifference"), faulty.calls("updates.getChannelDifference")
    faulty.something_happens(5)
    faulty.equals(10)
    assert faulty.count("old_objects") > before[0] + 10
    # As answers to a difference too.
    faulty.ask("pushes", lose=1)
    faulty.something_happens(5)
    faulty.ask("faults", end=True)
    faulty.ask("old_objects", layer=layer)
    for name in faulty.live():
        faulty.send(name, "shows the gap")
    faulty.equals()


@pytest.mark.parametrize("fault", MIGRATING)
def test_a_basic_group_becomes_a_supergroup(faulty, without_a_gap, fault):
    name = MIGRATING[fault]
    faulty.something_happens(3, names=[name])
    faulty.equals()
    if fault == "lose":
        faulty.ask("pushes", lose=1)
    faulty.migrate(name)
    faulty.something_happens(5, names=[name])
    if fault == "lose":
        faulty.ask("faults", end=True)
        faulty.send("basic", "shows the gap of the common box")
    faulty.equals()
    told = faulty.stack.query(
        "select n.telegram_id, o.migrated_max_id from groups o join groups n on n.id = o.migrated_to where o.telegram_id = %s",
        faulty.chats[f"{name} before"]["id"])
    assert [row[0] for row in told] == [faulty.chats[name]["id"]] and told[0][1] > 0


def test_a_box_that_forgot_is_a_recorded_gap(faulty):
    assert faulty.stack.kill("listener", signal.SIGTERM) == 0
    faulty.ask("window", channel_difference_slice=3)
    before = set(faulty.truth())
    faulty.something_happens(12)
    for name in ("supergroup", "channel"):
        faulty.ask("forget", **faulty.chats[name])
    faulty.ask("forget", account=CRAWLER)
    faulty.lost |= set(faulty.truth()) - before
    gaps = len(faulty.gaps())
    faulty.stack.start("listener")
    faulty.listens()
    for name in ("basic", "supergroup", "channel"):
        faulty.send(name, "after the hole")
    until(lambda: len(faulty.gaps()) >= gaps + 3, 30, "a gap for the common box and for each channel")
    faulty.equals()
    for name in ("basic", "supergroup", "channel"):
        chat = faulty.chats[name]
        box = ("common", 0) if name == "basic" else ("channel", chat["id"])
        assert any(gap[:2] == box and gap[2] < gap[3] for gap in faulty.gaps()[gaps:]), (name, faulty.gaps())
