"""Two writers, as when one was cut off on another host and wakes up after its successor has started; and stages of two versions."""
import os
import pathlib
import signal
import time

import pytest
import zmq

from contract import ACK, CHANNEL, EVENTS, HELLO, INCOMPATIBLE, LISTENER, PUSH, UNKNOWN, WELCOME, Peer, fields, message
from outages import Busy, committed
from stack import ACCOUNT, Stack, until

SUPERSEDED, TEMPORARY = 69, 75  # sysexits


class Hosts(Busy):
    """The listener's link is an address that moves: each writer has folders of its own, as on a host of its own."""

    def start_stages(self):
        # a stage's name and its host
        self.stack.COMMANDS = {**Stack.COMMANDS, "first": ["aaltohub-writer"], "second": ["aaltohub-writer"], "third": ["aaltohub-writer"]}
        self.link = pathlib.Path(self.stack.folder / "run" / "link")
        self.link.parent.mkdir()
        self.writer("first")
        self.stack.start("listener")

    def writer(self, name):
        """Starts one; the address leads to it from then on."""
        config = self.stack.config
        self.stack.config = self.stack.folder / f"{name}.yaml"
        self.stack.write_config(runtime=self.stack.folder / name, state=self.stack.folder / f"{name}.state")
        try:
            self.stack.start(name)
        finally:
            self.stack.config = config
        new = self.link.with_name("link.new")
        new.symlink_to(self.stack.folder / name / "link")
        os.replace(new, self.link)

    def epochs(self):
        """Of the writer that welcomed the listener last."""
        return self.stack.query("select epoch from aaltohub.producers where account = %s", ACCOUNT)

    def sessions(self):
        return [pid for pid, in self.stack.query(
            "select pid from pg_stat_activity where application_name = 'aaltohub-writer' and state is not null")]

    def cut_off(self, name):
        """It stands still in the middle of a transaction, and Postgres takes its host for gone: locks and transaction end."""
        old, = self.sessions()
        with self.stack.cluster.connect("aaltohub") as connection, connection.transaction():
            connection.execute("lock table messages in share row exclusive mode")
            waiting = "select count(*) from pg_locks where pid = %s and not granted"
            until(lambda: self.stack.query(waiting, old) == [(1,)], 30, "a transaction")
            self.stack.processes[name].send_signal(signal.SIGSTOP)
            self.stack.query("select pg_terminate_backend(%s)", old)
            until(lambda: old not in self.sessions(), 30, "the end of its session")

    def pause(self, name):
        """It stands still between two transactions or in one, and its session is cut."""
        self.stack.processes[name].send_signal(signal.SIGSTOP)
        for pid in self.sessions():
            self.stack.query("select pg_terminate_backend(%s)", pid)
        until(lambda: not self.sessions(), 30, "the end of its session")

    def wake(self, name):
        self.stack.processes[name].send_signal(signal.SIGCONT)

    def commits(self, name, count=50):
        """Waits until this one commits."""
        start = committed(self.stack, run=name)
        until(lambda: committed(self.stack, run=name) > start + count, 40, f"{name} commits")


@pytest.fixture(scope="module")
def hosts(stack):
    return Hosts(stack, groups=3, window=10_000)


def test_an_old_writer_that_wakes_up_ends_or_stays_harmless(hosts):
    stack = hosts.stack
    hosts.load(60, 600)
    hosts.commits("first")
    first = hosts.epochs()

    # While it stands still a second one takes over; its own session is then cut as well, so that the first one finds the lock free.
    hosts.cut_off("first")
    hosts.writer("second")
    hosts.commits("second")
    second = hosts.epochs()
    assert second > first
    hosts.pause("second")
    old = stack.processes["first"]
    hosts.wake("first")
    try:
        assert old.wait(60) == SUPERSEDED, stack.log("first")[-2000:]
    finally:
        stack.kill("first")
    assert "a newer writer" in stack.log("first")
    assert hosts.epochs() == second
    hosts.wake("second")
    hosts.commits("second")

    # And one that finds the lock taken: it never gets to commit.
    hosts.cut_off("second")
    hosts.writer("third")
    hosts.commits("third")
    third = hosts.epochs()
    told = len(stack.log("second"))
    hosts.wake("second")
    until(lambda: "another writer" in stack.log("second")[told:], 40, "a lock that is taken")
    before = committed(stack, run="second")
    hosts.commits("third", 200)
    assert committed(stack, run="second") == before and hosts.epochs() == third > second

    stack.simulator(cmd="load_stop")
    hosts.nothing_lacks(60)


def hello(version, *more, incarnation=1, stream=bytes(range(16)), account="other"):
    opened = message((1, stream), (2, 1), (4, 1), *more)
    return HELLO, message((1, version), (2, LISTENER), (3, account), (4, incarnation), (5, opened), (8, "by hand"), *more)


def test_a_writer_refuses_another_contract_with_both_numbers_and_overlooks_unknown_fields(hosts):
    stack, group = hosts.stack, next(iter(hosts.chats.values()))
    incarnation, stream = time.time_ns() // 1_000_000, os.urandom(16)
    with Peer(hosts.link / "writer.sock", "other") as peer:
        for version in (0, 2, 4_000_000_000):
            answer, told = peer.ask(hello(version))
            assert answer == INCOMPATIBLE
            assert told.get(1) == [1] and told.get(2, [0]) == [version]
        assert stack.query("select count(*) from aaltohub.producers where account = 'other'") == [(0,)], "a refusal changes nothing"

        answer, told = peer.ask(hello(1, *UNKNOWN, incarnation=incarnation, stream=stream), *UNKNOWN)
        assert answer == WELCOME
        epoch, = told[1]
        assert fields(told[2][0])[1] == [stream]
        chat = message((1, CHANNEL), (2, group["id"]), *UNKNOWN)
        said = message((1, chat), (2, 900_000), (3, int(time.time())), (6, 77), (8, "from a later version"), (25, -1), *UNKNOWN)
        payload = message((1, message((1, said))), *UNKNOWN)
        record = message((1, message((7, PUSH), (9, time.time_ns()), *UNKNOWN)), (2, payload), *UNKNOWN)
        answer, told = peer.ask(
            (EVENTS, message((1, epoch), (2, incarnation), (3, stream), (4, 1), (5, record), *UNKNOWN)), *UNKNOWN)
        assert answer == ACK and told[4] == [1]
    assert stack.query("select text, sender_id from messages where telegram_message_id = 900000") == [("from a later version", 77)]
    assert stack.query("select count(*) from failed_messages") == [(0,)]


def test_a_listener_that_a_newer_writer_refuses_ends_with_both_numbers(hosts):
    stack = hosts.stack
    for name in ("listener", "second", "third"):
        stack.kill(name)
    with zmq.Context() as context, context.socket(zmq.ROUTER) as writer:
        writer.linger = 0
        writer.bind(f"ipc://{hosts.link}/writer.sock")
        listener = stack.start("listener", ready=False)
        try:
            assert writer.poll(30_000), "no HELLO"
            route, frame = writer.recv_multipart()
            said = fields(fields(frame)[HELLO][0])
            assert said[1] == [1] and said[3] == [ACCOUNT.encode()]
            writer.send_multipart([route, message((INCOMPATIBLE, message((1, 2), (2, 1))))])
            assert listener.wait(30) == TEMPORARY  # it starts again until the older of the two is upgraded
        finally:
            listener.kill()
            stack.processes.pop("listener")
    assert "the writer speaks version 2 of the link, this listener 1" in stack.log("listener")
