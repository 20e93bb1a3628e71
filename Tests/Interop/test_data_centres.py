"""Several data centres: logins and files that live elsewhere, with both clients and all their transports."""

import asyncio
import base64

import pyrogram
import pytest
import telethon
from telethon import functions, types
from telethon.network import connection as telethon_transports
from telethon.sessions import MemorySession

import clients
from simulator import CODE, Simulator, phone
from test_groups import make_group
from test_media import DOCUMENT, JPEG

HOMES = {1: 2, 2: 4, 3: 1, 4: 3, 5: 4}  # of each account its data centre


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    homes = [part for number, dc in HOMES.items() for part in ("--home", f"{phone(number)}={dc}")]
    running = Simulator(
        tmp_path_factory.mktemp("centres"), "--dcs", 4, "--accounts", 5, "--password", f"{phone(5)}=correct horse", *homes)
    clients.trust(running.public_key)
    yield running
    running.stop()
    telethon.TelegramClient._config = None


def test_each_data_centre_has_a_port(simulator):
    assert len(set(simulator.ports.values())) == len(simulator.ports) == 4
    homes = {account["phone"]: account["home"] for account in simulator.ask("accounts")["accounts"]}
    assert homes == {phone(number): dc for number, dc in HOMES.items()}


async def test_the_configuration_lists_every_address(simulator):
    client = clients.telethon_client(simulator, dc=3)
    await client.connect()
    config = await client(functions.help.GetConfigRequest())
    assert config.this_dc == 3
    four = {option.id: option.port for option in config.dc_options if not option.ipv6}
    assert four == simulator.ports
    six = {option.id: option.port for option in config.dc_options if option.ipv6}
    assert six in ({}, simulator.ports)
    await client.disconnect()


async def test_telethon_logs_in_over_ipv6(simulator):
    asking = clients.telethon_client(simulator)
    await asking.connect()
    config = await asking(functions.help.GetConfigRequest())
    await asking.disconnect()
    if not any(option.ipv6 for option in config.dc_options):
        pytest.skip("this machine has no ::1")
    session = MemorySession()
    session.set_dc(2, "::1", simulator.ports[2])
    client = clients.telethon_client(simulator, session, use_ipv6=True)
    session.set_dc(2, "::1", simulator.ports[2])
    await client.connect()
    await client.send_code_request("+" + phone(2))
    assert (session.dc_id, session.server_address) == (HOMES[2], "::1")
    assert (await client.sign_in("+" + phone(2), CODE)).phone == phone(2)
    await client.disconnect()


async def test_data_centres_at_given_addresses(tmp_path):
    running = Simulator(tmp_path, "--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--home", f"{phone(1)}=1")
    try:
        clients.trust(running.public_key)
        assert list(running.ports) == [1, 2]
        client = await clients.telethon_login(running, 1)
        assert client.session.dc_id == 1
        await client.disconnect()
    finally:
        running.stop()
        telethon.TelegramClient._config = None


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_telethon_is_sent_home(simulator, number):
    client = await clients.telethon_login(simulator, number)
    assert client.session.dc_id == HOMES[number]
    assert (await client.get_me()).phone == phone(number)
    await client.disconnect()


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_kurigram_is_sent_home(simulator, number):
    client = clients.kurigram_client(simulator, number)
    await client.start()
    assert await client.storage.dc_id() == HOMES[number]
    assert client.me.phone_number == phone(number)
    await client.stop()


async def test_a_key_is_known_in_its_own_data_centre_only(simulator):
    client = clients.telethon_client(simulator, dc=1)
    await client.connect()
    session = MemorySession()
    session.set_dc(2, "127.0.0.1", simulator.ports[2])
    session.auth_key = client.session.auth_key
    await client.disconnect()
    elsewhere = clients.telethon_client(simulator, session)
    with pytest.raises(telethon.errors.AuthKeyNotFound):
        await elsewhere.connect()
        await elsewhere(functions.help.GetConfigRequest())
    await elsewhere.disconnect()


async def test_calls_and_exports_elsewhere(simulator):
    alice = await clients.telethon_login(simulator, 1)
    exported = await alice(functions.auth.ExportAuthorizationRequest(3))
    with pytest.raises(telethon.errors.DcIdInvalidError):
        await alice(functions.auth.ExportAuthorizationRequest(5))
    wrong, guest = clients.telethon_client(simulator, dc=4), clients.telethon_client(simulator, dc=3)
    await wrong.connect()
    with pytest.raises(telethon.errors.AuthBytesInvalidError):
        await wrong(functions.auth.ImportAuthorizationRequest(exported.id, exported.bytes))
    exported = await alice(functions.auth.ExportAuthorizationRequest(3))
    await guest.connect()
    await guest(functions.auth.ImportAuthorizationRequest(exported.id, exported.bytes))
    # Telethon obeys at once: it moves to the named data centre, where its new key is a stranger's.
    with pytest.raises(telethon.errors.AuthKeyUnregisteredError):
        await guest(functions.updates.GetStateRequest())
    assert guest.session.dc_id == HOMES[1]
    for client in (alice, wrong, guest):
        await client.disconnect()


async def test_files_come_from_the_data_centre_of_their_uploader(simulator, tmp_path):
    alice, bob = await clients.telethon_login(simulator, 1), await clients.telethon_login(simulator, 2)
    group = await make_group(alice, "supergroup", "Files elsewhere", ["simuser2", "simuser3"])
    await alice.send_file(group, await alice.upload_file(JPEG, file_name="photo.jpg"), caption="a photo")
    await alice.send_file(group, await alice.upload_file(DOCUMENT, file_name="report.bin"), caption="a document", force_document=True)
    await bob.get_dialogs()
    document, photo = await bob.get_messages(group, limit=2)
    assert photo.photo.dc_id == document.document.dc_id == HOMES[1]
    before = simulator.ask("stats")["calls"].get("auth.importAuthorization", 0)
    assert await photo.download_media(bytes) == JPEG
    assert await document.download_media(bytes) == DOCUMENT
    assert simulator.ask("stats")["calls"]["auth.importAuthorization"] == before + 1
    for client in (alice, bob):
        await client.disconnect()
    carol = clients.kurigram_client(simulator, 3)
    await carol.start()
    await carol.get_chat("simuser1")
    messages = [m async for m in carol.get_chat_history([d async for d in carol.get_dialogs()][0].chat.id, limit=2)]
    assert (await carol.download_media(messages[0], in_memory=True)).getvalue() == DOCUMENT
    assert (await carol.download_media(messages[1], in_memory=True)).getvalue() == JPEG
    await carol.stop()


async def test_a_file_asked_for_in_the_wrong_place_names_the_right_one(simulator):
    alice, bob = await clients.telethon_login(simulator, 1), await clients.telethon_login(simulator, 2)
    group = await make_group(alice, "supergroup", "Wrong place", ["simuser2"])
    await alice.send_file(group, await alice.upload_file(JPEG, file_name="photo.jpg"))
    await bob.get_dialogs()
    photo = (await bob.get_messages(group, limit=1))[0].photo
    place = types.InputPhotoFileLocation(photo.id, photo.access_hash, photo.file_reference, "x")
    with pytest.raises(telethon.errors.FileMigrateError) as told:
        # Through a sender of its own: the client itself would follow a migration.
        await bob._sender.send(functions.upload.GetFileRequest(place, 0, 4096))
    assert told.value.new_dc == HOMES[1]
    simulator.ask("expire_files")
    fresh = types.InputPhotoFileLocation(photo.id, photo.access_hash, photo.file_reference, "x")
    with pytest.raises(telethon.errors.FileReferenceExpiredError):
        await alice(functions.upload.GetFileRequest(fresh, 0, 4096))
    again = (await alice.get_messages(group, limit=1))[0]
    assert await again.download_media(bytes) == JPEG
    for client in (alice, bob):
        await client.disconnect()


TELETHON_TRANSPORTS = [
    telethon_transports.ConnectionTcpFull, telethon_transports.ConnectionTcpAbridged, telethon_transports.ConnectionTcpIntermediate,
    telethon_transports.ConnectionTcpObfuscated]
KURIGRAM_TRANSPORTS = [
    pyrogram.connection.transport.TCPFull, pyrogram.connection.transport.TCPAbridged, pyrogram.connection.transport.TCPAbridgedO,
    pyrogram.connection.transport.TCPIntermediate, pyrogram.connection.transport.TCPIntermediateO,
    pyrogram.connection.transport.TCPIntermediatePadded]


@pytest.mark.parametrize("transport", TELETHON_TRANSPORTS, ids=lambda t: t.__name__)
async def test_telethon_moves_over_every_transport(simulator, transport):
    client = await clients.telethon_login(simulator, 2, connection=transport)
    assert client.session.dc_id == HOMES[2] and (await client.get_me()).phone == phone(2)
    await client.disconnect()


@pytest.mark.parametrize("transport", KURIGRAM_TRANSPORTS, ids=lambda t: t.__name__)
async def test_kurigram_moves_over_every_transport(simulator, transport):
    client = clients.kurigram_client(simulator, 2, protocol_factory=transport)
    await client.start()
    assert client.me.phone_number == phone(2) and await client.storage.dc_id() == HOMES[2]
    await client.stop()


async def scan(simulator, qr, number):
    """Waits for the login, which the account accepts meanwhile."""
    waiting = asyncio.ensure_future(qr.wait(15))
    await asyncio.sleep(0)  # Telethon must be listening before the code is scanned
    simulator.ask("accept_login", token=qr.url.split("token=")[1], account=phone(number))
    return await waiting


@pytest.mark.parametrize("number", [1, 2])
async def test_a_login_by_qr_code_here_and_elsewhere(simulator, number):
    client = clients.telethon_client(simulator)
    await client.connect()
    qr = await client.qr_login()
    assert base64.urlsafe_b64decode(qr.url.split("token=")[1] + "==") == qr.token
    user = await scan(simulator, qr, number)
    assert user.phone == phone(number) and client.session.dc_id == HOMES[number]
    assert (await client.get_me()).phone == phone(number)
    await client.disconnect()


async def test_a_login_by_qr_code_may_need_the_password(simulator):
    client = clients.telethon_client(simulator)
    await client.connect()
    with pytest.raises(telethon.errors.SessionPasswordNeededError):
        await scan(simulator, await client.qr_login(), 5)
    me = await client.sign_in(password="correct horse")
    assert me.phone == phone(5) and client.session.dc_id == HOMES[5]
    await client.disconnect()


async def test_one_login_accepts_the_next_and_takes_it_back(simulator):
    first = await clients.telethon_login(simulator, 3)
    second = clients.telethon_client(simulator, dc=1)
    await second.connect()
    qr = await second.qr_login()
    waiting = asyncio.ensure_future(qr.wait(15))
    await asyncio.sleep(0)
    device = await first(functions.auth.AcceptLoginTokenRequest(qr.token))
    assert (await waiting).phone == phone(3)
    with pytest.raises(telethon.errors.AuthTokenInvalidError):
        await first(functions.auth.AcceptLoginTokenRequest(qr.token))
    listed = (await first(functions.account.GetAuthorizationsRequest())).authorizations
    assert device.hash in [entry.hash for entry in listed] and [entry.current for entry in listed].count(True) == 1
    assert await first(functions.account.ResetAuthorizationRequest(device.hash))
    with pytest.raises(telethon.errors.AuthKeyUnregisteredError):
        await second(functions.updates.GetStateRequest())
    with pytest.raises(telethon.errors.HashInvalidError):
        await first(functions.account.ResetAuthorizationRequest(device.hash))
    assert await first(functions.auth.ResetAuthorizationsRequest())
    assert len((await first(functions.account.GetAuthorizationsRequest())).authorizations) == 1
    assert await first.log_out()
    await second.disconnect()


async def test_banned_frozen_and_revoked_accounts(simulator):
    client = await clients.telethon_login(simulator, 4)
    simulator.ask("standing", account=phone(4), state="frozen")
    await client(functions.updates.GetStateRequest())
    with pytest.raises(telethon.errors.FrozenMethodInvalidError):
        await client.send_message("me", "may I?")
    simulator.ask("standing", account=phone(4), state="good")
    await client.send_message("me", "I may")
    simulator.ask("standing", account=phone(4), state="banned")
    with pytest.raises(telethon.errors.UserDeactivatedBanError):
        await client(functions.updates.GetStateRequest())
    simulator.ask("standing", account=phone(4), state="good")
    simulator.ask("revoke", account=phone(4), name="SESSION_REVOKED")
    with pytest.raises(telethon.errors.SessionRevokedError):
        await client(functions.updates.GetStateRequest())
    await client.disconnect()
