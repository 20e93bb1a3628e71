"""The server tells where it listens, and that this changed: the listener goes by it, and asks again."""
import signal, socket, threading

import pytest

from faults import CRAWLER, Faulty
from stack import Stack, until


class Relay:
    """Where the configuration says the server is; it is known to be elsewhere only to those who ask help.getConfig."""

    def __init__(self, port):
        self.target = port
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.accepted, self.open = 0, []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                here, _ = self.listening.accept()
            except OSError:
                return  # closed
            self.accepted += 1
            there = socket.create_connection(("127.0.0.1", self.target))
            self.open += [here, there]
            for a, b in ((here, there), (there, here)):
                threading.Thread(target=self.copy, args=(a, b), daemon=True).start()

    @staticmethod
    def copy(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        """Nobody gets through any more."""
        if self.listening.fileno() >= 0:
            self.listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            self.listening.close()
        for s in self.open:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # gone already


@pytest.fixture(scope="module")
def relayed():
    """A stack whose only server is the relay, and which may use what the server tells."""
    stack = Stack()
    relay = Relay(stack.port)
    try:
        config = stack.config.read_text().replace(f"2 127.0.0.1:{stack.port}", f"2 127.0.0.1:{relay.port}")
        stack.config.write_text(config.replace("telegram:\n", "telegram:\n  use_config_addresses: always\n"))
        yield Faulty(stack), relay
    finally:
        relay.close()
        stack.close()


def stored(faulty):
    return until(
        lambda: faulty.stack.query("select updated_at, expires_at, config from aaltohub.telegram_configs"), 30, "a stored configuration")[0]


def test_a_push_that_the_configuration_changed_is_asked_about(relayed):
    faulty, _ = relayed
    before, calls = stored(faulty), faulty.calls("help.getConfig")
    for what in ("config", "dc_options", "config"):
        faulty.ask("push", what=what, account=CRAWLER)
    until(lambda: stored(faulty)[0] > before[0], 10, "the new configuration stored")
    # One for the three: the others wait for their turn.
    assert faulty.calls("help.getConfig") == calls + 1


def test_the_listener_goes_where_the_server_says(relayed):
    faulty, relay = relayed
    stored(faulty)
    faulty.something_happens(2)
    faulty.equals()
    accepted = relay.accepted
    assert accepted >= 1
    relay.close()
    faulty.something_happens(2)
    faulty.equals()
    assert relay.accepted == accepted
    # And so does the next process, by what is stored: what the operator named is no server any more.
    calls = faulty.calls("help.getConfig")
    assert faulty.stack.kill("listener", signal.SIGTERM) == 0
    faulty.something_happens(2)
    faulty.stack.start("listener")
    faulty.listens()
    faulty.equals()
    assert faulty.calls("help.getConfig") == calls
