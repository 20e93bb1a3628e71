"""Logging in by code and by password, with both clients and over every transport."""

import pyrogram.errors
import pytest
import telethon
from telethon.network import connection as transports

import clients
from simulator import CODE, phone


async def test_telethon_logs_in_by_code_and_out_again(simulator):
    client = await clients.telethon_login(simulator, 1)
    me = await client.get_me()
    assert me.phone == phone(1) and me.is_self
    assert await client.log_out()
    again = clients.telethon_client(simulator)
    await again.connect()
    assert not await again.is_user_authorized()
    await again.disconnect()


async def test_a_wrong_code_and_an_unknown_phone_are_refused(simulator):
    client = clients.telethon_client(simulator)
    await client.connect()
    await client.send_code_request("+" + phone(1))
    with pytest.raises(telethon.errors.PhoneCodeInvalidError):
        await client.sign_in("+" + phone(1), "00000")
    with pytest.raises(telethon.errors.PhoneNumberInvalidError):
        await client.send_code_request("+4915900000000")
    await client.disconnect()


async def test_telethon_logs_in_with_a_password(simulator):
    client = clients.telethon_client(simulator)
    await client.connect()
    await client.send_code_request("+" + phone(5))
    with pytest.raises(telethon.errors.SessionPasswordNeededError):
        await client.sign_in("+" + phone(5), CODE)
    with pytest.raises(telethon.errors.PasswordHashInvalidError):
        await client.sign_in(password="wrong horse")
    me = await client.sign_in(password="correct horse")
    assert me.phone == phone(5)
    await client.disconnect()


async def test_kurigram_logs_in_with_and_without_a_password(simulator, kurigram):
    client = await kurigram(2)
    assert client.me.phone_number == phone(2)
    guarded = await kurigram(5, password="correct horse")
    assert guarded.me.phone_number == phone(5)
    stranger = clients.kurigram_client(simulator, 5)
    await stranger.connect()
    sent = await stranger.send_code("+" + phone(5))
    with pytest.raises(pyrogram.errors.SessionPasswordNeeded):
        await stranger.sign_in("+" + phone(5), sent.phone_code_hash, CODE)
    with pytest.raises(pyrogram.errors.PasswordHashInvalid):
        await stranger.check_password("wrong horse")
    await stranger.disconnect()


@pytest.mark.parametrize(
    "transport",
    [transports.ConnectionTcpFull, transports.ConnectionTcpAbridged, transports.ConnectionTcpIntermediate, transports.ConnectionTcpObfuscated],
    ids=lambda transport: transport.__name__)
async def test_every_transport_carries_a_login(simulator, transport):
    client = await clients.telethon_login(simulator, 1, connection=transport)
    assert (await client.get_me()).phone == phone(1)
    await client.disconnect()


async def test_one_login_may_be_used_by_many_clients_and_is_revoked_for_all(simulator):
    session = clients.restartable_session()
    first = await clients.telethon_login(simulator, 6, session=session)
    saved = session.save()
    await first.disconnect()
    second = clients.telethon_client(simulator, telethon.sessions.StringSession(saved))
    await second.connect()
    assert await second.is_user_authorized()
    assert simulator.ask("revoke", account=phone(6))["revoked"] >= 1
    with pytest.raises(telethon.errors.AuthKeyUnregisteredError):
        await second.get_dialogs()
    await second.disconnect()
