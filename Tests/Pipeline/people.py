"""A second user, played by Telethon: unmodified but for address and key."""
import contextlib

from telethon import TelegramClient, connection
from telethon.crypto import rsa
from telethon.sessions import MemorySession
from telethon.tl import functions, types

from stack import CODE


@contextlib.asynccontextmanager
async def person(stack, phone, password=None):
    with open(f"{stack.key}.pub") as key:
        rsa.add_key(key.read(), old=False)
    session = MemorySession()
    session.set_dc(2, "127.0.0.1", stack.port)
    client = TelegramClient(session, 4242, "0123456789abcdef0123456789abcdef", connection=connection.ConnectionTcpIntermediate)
    await client.start(phone=lambda: phone, code_callback=lambda: CODE, password=password)
    try:
        yield client
    finally:
        await client.disconnect()


async def make_groups(client, member_username):
    """A basic group, a supergroup and a channel with the member in all; name -> entity."""
    member = await client.get_input_entity(member_username)
    made = await client(functions.messages.CreateChatRequest(users=[member], title="basic"))
    basic = next(c for c in getattr(made, "updates", made).chats if isinstance(c, types.Chat))
    groups = {"group": basic}
    for name, flags in (("supergroup", {"megagroup": True}), ("channel", {"broadcast": True})):
        made = await client(functions.channels.CreateChannelRequest(title=name, about="", **flags))
        channel = made.chats[0]
        await client(functions.channels.InviteToChannelRequest(channel, [member]))
        groups[name] = channel
    return groups
