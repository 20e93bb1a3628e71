"""Each stage kills itself at every moment at which a kill could lose something or do it twice; the table stays equal to the simulator's word."""
import collections, re, signal, subprocess

import pytest

from crawls import Crawled, Load, settings
from stack import ROOT, Stack, until

SOURCE = ROOT / "Sources" / "ServiceKit" / "CrashPoint.swift"
POINTS = re.findall(r'^    case \w+ = "([a-z.]+)"$', SOURCE.read_text(), re.MULTILINE)
DIES = 60  # seconds for a stage to come to its point
PART = 1 << 20  # bytes of a file that are fetched at once
# The how-manieth passing it is, where the first one would say little.
PASSES = {"writer.commit.before": 4, "writer.commit.after": 3, "writer.ack.after": 3, "listener.events.before": 4, "listener.events.after": 3,
          "listener.ack.after": 3, "listener.fsync.before": 3, "listener.fsync.after": 3, "writer.welcome.before": 2,
          "backfill.page.fetched": 2, "backfill.record.sent": 2, "backfill.record.acknowledged": 2, "backfill.part.written": 2}


class World(Crawled):
    def __init__(self, stack):
        super().__init__(stack, "--groups", "3", "--messages", "350", extra=settings(parallel_groups=2) + "media:\n  maximum_megabytes: 10\n")
        self.is_crawled()
        self.edits, self.files = collections.Counter(), []

    def edit(self, name, message, text):
        self.edits[name, message] += 1
        super().edit(name, message, text)

    def has_crawled(self):
        until(lambda: not self.jobs(state="running") and not self.jobs(state="queued"), 60, "no open crawl")

    def provoke(self, point):
        """Something for backfill to do, so that it comes there."""
        if point.startswith(("backfill.page", "backfill.record")):
            self.stack.ctl("crawl", next(str(chat["id"]) for chat in self.chats.values() if chat["kind"] == "supergroup"))
        elif point.startswith("backfill."):
            self.files.append(self.ask("add_file", kind="document", size=3 * PART + len(self.files))["file"])
            self.ask("post_file", file=self.files[-1])


@pytest.fixture(scope="module")
def world():
    stack = Stack()
    try:
        yield World(stack)
    finally:
        stack.close()


@pytest.mark.parametrize("point", POINTS)
def test_a_stage_that_dies_there_loses_and_doubles_nothing(world, point):
    stage = point.split(".")[0]
    stack = world.stack
    with Load(world, seed=len(world.edits)):
        stack.kill(stage)
        before, stack.environment = stack.environment, {**stack.environment, "AALTOHUB_CRASH_AT": f"{point}:{PASSES.get(point, 1)}"}
        world.provoke(point)
        try:
            # One that dies while it starts is never ready.
            process = stack.start(stage, ready=False)
        finally:
            stack.environment = before
        try:
            assert process.wait(DIES) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            pytest.fail(f"{stage} did not come to {point}; jobs: {world.jobs()}; its log ends with\n{stack.log(stage)[-4000:]}")
        stack.start(stage)
    world.heal()
    world.has_crawled()  # what is left of a crawl may be too little for the next point
    world.equals()


def test_nothing_was_done_twice(world):
    stack = world.stack
    world.has_crawled()
    for file in world.files:
        until(lambda: stack.query("select state from aaltohub.media_files where media_id = %s", file) == [("done",)], 60, f"file {file} stored")
    world.equals()
    assert sum(world.edits.values()) > 20
    # nobody's window was too short for such a moment
    assert stack.query("select * from aaltohub.gaps") == []
    assert stack.query(
        "select telegram_message_id, count(*) from aaltohub.outbox where event = 'insert' group by message_id, telegram_message_id"
        " having count(*) <> 1") == []
    assert stack.query("select count(*) from messages m where not exists (select from aaltohub.outbox o where o.message_id = m.id)") == [(0,)]
    # a file that was posted in three chats is fetched once, but for the parts that were under way at a kill
    again = [p for file in world.files for p in world.ask("file_stats", file=file)["parts"] if p["count"] > 2]
    assert not again, again
    deleted = {(key[0], key[1]) for key, message in world.truth().items() if message["deleted"]}
    numbers = {number for _, number in deleted}
    assert all(number in numbers for number, in stack.query("select telegram_message_id from aaltohub.tombstones"))
    if stack.query("select to_regclass('aaltohub.message_versions')")[0][0]:
        names = {chat["id"]: name for name, chat in world.chats.items()}
        for chat, number, count in stack.query(
            "select g.telegram_id, v.telegram_message_id, count(*) from aaltohub.message_versions v join groups g on g.id = v.group_id group by 1, 2"
        ):
            assert count <= world.edits[names[chat], number] + 1, (names[chat], number)


@pytest.mark.parametrize("wanted", ["writer.lunch:1", "writer.commit.after:0"])
def test_a_point_that_is_none_is_told(world, wanted):
    stack = world.stack
    stack.kill("writer")
    before, stack.environment = stack.environment, {**stack.environment, "AALTOHUB_CRASH_AT": wanted}
    try:
        # only where a point is passed is it looked at
        assert stack.start("writer", ready=False).wait(DIES) < 0
    finally:
        stack.environment = before
    assert f"AALTOHUB_CRASH_AT={wanted}" in stack.log("writer")
    stack.start("writer")
