"""A client that can do everything wrong on purpose: it shows that the independent server notices."""
import os, socket, struct, time
from hashlib import sha1, sha256

import cryptg
from cryptography.hazmat.primitives import serialization
from telethon.extensions import BinaryReader
from telethon.tl import functions as f, types as t

from independent_keys import int128, plain_bytes, raw128, wide
from independent_wire import key_and_iv, message_key_large


class Probe:
    """Intermediate transport; one key and one session. `change` replaces what the key exchange would have sent."""

    def __init__(self, port, public_key, **change):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.sendall(b"\xee" * 4)
        self.stream = self.socket.makefile("rb")
        with open(public_key, "rb") as file:
            numbers = serialization.load_pem_public_key(file.read()).public_numbers()
        self.n, self.e = numbers.n, numbers.e
        self.change = change
        self.session, self.content, self.last = os.urandom(8), 0, 0

    def frame(self, packet):
        self.socket.sendall(struct.pack("<I", len(packet)) + packet)

    def receive(self):
        """The next packet, or None at the end of the connection."""
        head = self.stream.read(4)
        return self.stream.read(*struct.unpack("<I", head)) if len(head) == 4 else None

    def message_id(self):
        self.last = max(int(time.time() * (1 << 32)) & ~3, self.last + 4)
        return self.last

    def plain(self, query):
        body = bytes(query)
        self.frame(bytes(8) + struct.pack("<qi", self.message_id(), len(body)) + body)
        answer = self.receive()
        if answer is None:
            raise ConnectionResetError
        with BinaryReader(answer[20:]) as reader:
            return reader.tgread_object()

    def rsa_pad(self, data):
        """https://core.telegram.org/mtproto/auth_key#presenting-proof-of-work-server-authentication"""
        padded = data + os.urandom(192 - len(data))
        while True:
            key = os.urandom(32)
            sealed = cryptg.encrypt_ige(padded[::-1] + sha256(key + padded).digest(), key, bytes(32))
            number = int.from_bytes(bytes(a ^ b for a, b in zip(key, sha256(sealed).digest())) + sealed, "big")
            if number < self.n:
                return wide(pow(number, self.e, self.n))

    def old_form(self, data):
        whole = sha1(data).digest() + data
        return wide(pow(int.from_bytes(whole + os.urandom(255 - len(whole)), "big"), self.e, self.n))

    def exchange_keys(self):
        change = self.change.get
        nonce = int128(change("nonce") or os.urandom(16))
        answer = self.plain(f.ReqPqMultiRequest(nonce))
        pq, p = int.from_bytes(answer.pq, "big"), 1229739323
        p, q = plain_bytes(p), plain_bytes(pq // p)
        new = os.urandom(32)
        new_nonce = int.from_bytes(new, "little", signed=True)
        server_nonce = answer.server_nonce ^ change("server_nonce", 0)
        inner = bytes(t.PQInnerDataDc(answer.pq, p, q, nonce, server_nonce, new_nonce, change("dc", 2)))
        sealed = (self.old_form if change("old") else self.rsa_pad)(inner)
        fingerprint = answer.server_public_key_fingerprints[change("fingerprint", 1)]
        if change("swapped"):
            p, q = q, p
        answer = self.plain(f.ReqDHParamsRequest(nonce, server_nonce, p, q, fingerprint, sealed))
        server = raw128(answer.server_nonce)
        first, second, third = sha1(new + server).digest(), sha1(server + new).digest(), sha1(new + new).digest()
        key, iv = first + second[:12], second[12:] + third + new[:4]
        with BinaryReader(cryptg.decrypt_ige(answer.encrypted_answer, key, iv)[20:]) as reader:
            group = reader.tgread_object()
        prime, g_a, retry = int.from_bytes(group.dh_prime, "big"), int.from_bytes(group.g_a, "big"), change("retry_id", 0)
        while True:
            b = int.from_bytes(os.urandom(256), "big")
            g_b = change("g_b") or pow(group.g, b, prime)
            data = bytes(t.ClientDHInnerData(nonce, answer.server_nonce, retry, wide(g_b)))
            data = (change("hash") or sha1(data).digest()) + data
            data += os.urandom(-len(data) % 16)
            done = self.plain(f.SetClientDHParamsRequest(nonce, answer.server_nonce, cryptg.encrypt_ige(data, key, iv)))
            self.key = wide(pow(g_a, b, prime))
            auxiliary = sha1(self.key).digest()[:8]
            number = {t.DhGenOk: 1, t.DhGenRetry: 2}[type(done)]
            proof = [v for k, v in vars(done).items() if k.startswith("new_nonce_hash")]
            assert proof == [int128(sha1(new + bytes([number]) + auxiliary).digest()[4:])]
            if number == 1:
                self.salt = bytes(a ^ b for a, b in zip(new[:8], server[:8]))
                return self
            (retry,) = struct.unpack("<q", auxiliary)

    def numbers(self, content=True):
        seqno = self.content * 2 + content
        self.content += content
        return self.message_id(), seqno

    def send(self, body, msg_id=None, seqno=None, salt=None, padding=None, spoil=False, content=True):
        """One encrypted message; its msg_id."""
        made, number = self.numbers(content)
        msg_id, seqno = made if msg_id is None else msg_id, number if seqno is None else seqno
        envelope = (salt or self.salt) + self.session + struct.pack("<qii", msg_id, seqno, len(body)) + body
        padding = 12 + -(len(envelope) + 12) % 16 if padding is None else padding
        plaintext = envelope + os.urandom(padding)
        message_key = message_key_large(self.key, plaintext, 0)[8:24]
        sealed = cryptg.encrypt_ige(plaintext, *key_and_iv(self.key, message_key, 0))
        if spoil:
            message_key = bytes([message_key[0] ^ 1]) + message_key[1:]
        self.frame(sha1(self.key).digest()[-8:] + message_key + sealed)
        return msg_id

    def answers(self):
        """The messages of the next packet, as objects of the service or, for results, what they carry; None at the end."""
        packet = self.receive()
        if packet is None:
            return None
        plaintext = cryptg.decrypt_ige(packet[24:], *key_and_iv(self.key, packet[8:24], 8))
        assert message_key_large(self.key, plaintext, 8)[8:24] == packet[8:24]
        (length,) = struct.unpack_from("<i", plaintext, 28)
        with BinaryReader(plaintext[32 : 32 + length]) as reader:
            thing = reader.tgread_object()
        messages = thing.messages if hasattr(thing, "messages") and hasattr(type(thing), "MAXIMUM_SIZE") else None
        return [m.obj for m in messages] if messages is not None else [thing]

    def wait_for(self, *kinds):
        """The next object of one of these kinds; None if the server ended the connection instead."""
        while (found := self.answers()) is not None:
            for thing in found:
                if isinstance(thing, kinds):
                    return thing
        return None

    def close(self):
        self.stream.close()
        self.socket.close()


def wrapped(query, layer=229):
    """A first call as clients make it."""
    init = f.InitConnectionRequest(4242, "Probe", "1", "1", "en", "", "en", query)
    return bytes(f.InvokeWithLayerRequest(layer, init))
