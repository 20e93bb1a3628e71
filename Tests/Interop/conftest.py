"""One simulator for a whole run; each test makes its own groups in it."""

import contextlib

import pytest

try:
    import clients
    import simulator as simulators
except ImportError:  # the codec's tests need no clients
    clients = None


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("simulator")


@pytest.fixture(scope="session")
def simulator(folder):
    running = simulators.Simulator(folder, "--accounts", 6, "--password", f"{simulators.phone(5)}=correct horse")
    clients.trust(running.public_key)
    yield running
    running.stop()


@pytest.fixture
async def crowd(simulator):
    """Logs in Telethon users by number; all are disconnected at the end."""
    async with contextlib.AsyncExitStack() as stack:
        async def enter(number, **options):
            client = await clients.telethon_login(simulator, number, **options)
            stack.push_async_callback(client.disconnect)
            return client

        yield enter


@pytest.fixture
async def kurigram(simulator):
    """Starts kurigram users by number; all are stopped at the end."""
    async with contextlib.AsyncExitStack() as stack:
        async def enter(number, listener=None, **options):
            client = clients.kurigram_client(simulator, number, **options)
            inbox = clients.listen_kurigram(client)
            await client.start()

            async def stop():
                if client.is_connected:
                    await client.stop()

            stack.push_async_callback(stop)
            client.inbox = inbox
            return client

        yield enter
