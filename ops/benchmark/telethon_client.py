"""What the Python sides of a comparison share: a Telethon client for a server that stands at one address, and this process's CPU time."""
import resource

from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.sessions import StringSession

API_ID, API_HASH = 17, "0123456789abcdef0123456789abcdef"
DATA_CENTRE = 2


def options(parser):
    """The flags that say which server, and as whom."""
    parser.add_argument("--server", metavar="HOST:PORT", required=True)
    parser.add_argument("--server-key", metavar="FILE", required=True, help="the server's public RSA key, PEM")
    parser.add_argument("--session", default="", help="a string session; a server that asks for none needs none")


def client(options, **settings):
    with open(options.server_key) as file:
        rsa.add_key(file.read(), old=False)
    session = StringSession(options.session)
    if not options.session:
        host, port = options.server.rsplit(":", 1)
        session.set_dc(DATA_CENTRE, host, int(port))
    return TelegramClient(session, API_ID, API_HASH, **settings)


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
