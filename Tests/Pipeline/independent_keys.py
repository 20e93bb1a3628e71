"""The server's half of the key exchange (https://core.telegram.org/mtproto/auth_key), step by step and strict."""
import os, struct
from hashlib import sha1, sha256

import cryptg
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from telethon.extensions import BinaryReader
from telethon.tl import TLObject, types as t

from independent_wire import Refused

# the group that Telegram's servers use: a safe prime, of which 3 is a generator
PRIME = int(
    "C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F48198A0AA7C14058229493D22530F4DBFA336F6E0AC925139543AED44CCE7C37"
    "20FD51F69458705AC68CD4FE6B6B13ABDC9746512969328454F18FAF8C595F642477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4"
    "A4A695811051907E162753B56B0F6B410DBA74D8A84B2A14B3144E0EF1284754FD17ED950D5965B4B9DD46582DB1178D169C6BC465B0D6FF9CA3928FEF5B9AE4"
    "E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D956850CE929851F0D8115F635B105EE2E4E15D04B2454BF6F4FADF034B10403119CD8E3B92FCC5B",
    16,
)
GENERATOR = 3
MARGIN = 1 << (2048 - 64)
DC = 2
P, Q = 1229739323, 1402015859  # primes below 2^31


def plain_bytes(number: int) -> bytes:
    """Big-endian with no zero byte in front."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def wide(number: int) -> bytes:
    return number.to_bytes(256, "big")


def in_range(number: int) -> bool:
    return MARGIN <= number <= PRIME - MARGIN


def raw128(number: int) -> bytes:
    return number.to_bytes(16, "little", signed=True)


def int128(raw: bytes) -> int:
    return int.from_bytes(raw, "little", signed=True)


class ServerKey:
    """The RSA key, kept in a file; its public half lies beside it for clients."""

    def __init__(self, path):
        if not os.path.exists(path):
            made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            pem = serialization.Encoding.PEM
            with open(path, "wb") as file:
                file.write(
                    made.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
                )
            with open(f"{path}.pub", "wb") as file:
                file.write(made.public_key().public_bytes(pem, serialization.PublicFormat.PKCS1))
        with open(path, "rb") as file:
            numbers = serialization.load_pem_private_key(file.read(), None).private_numbers()
        self.n, self.e, self.d = numbers.public_numbers.n, numbers.public_numbers.e, numbers.d
        text = TLObject.serialize_bytes(plain_bytes(self.n)) + TLObject.serialize_bytes(plain_bytes(self.e))
        self.fingerprint = int.from_bytes(sha1(text).digest()[-8:], "little", signed=True)

    def open(self, data: bytes, allow_old: bool) -> bytes:
        """The inner data and the padding after it, from RSA_PAD (or from the older form, if that is allowed)."""
        number = int.from_bytes(data, "big")
        if len(data) != 256 or number >= self.n:
            raise Refused(f"encrypted_data of {len(data)} bytes, or not below the modulus")
        raw = wide(pow(number, self.d, self.n))
        temporary = bytes(a ^ b for a, b in zip(raw[:32], sha256(raw[32:]).digest()))
        inner = cryptg.decrypt_ige(raw[32:], temporary, bytes(32))
        padded = inner[:192][::-1]
        if sha256(temporary + padded).digest() == inner[192:]:
            return padded
        if not allow_old:
            raise Refused("the inner data are not in the form of RSA_PAD")
        if raw[0] or not any(sha1(raw[21:end]).digest() == raw[1:21] for end in range(21, 257)):
            raise Refused("the hash of the inner data is wrong")
        return raw[21:]


class KeyExchange:
    """One exchange on one connection; `finished` is called with the new key's 256 bytes and its first salt."""

    def __init__(self, server_key, seen_nonces, now, finished, violation, allow_old=False, retries=0):
        self.server_key, self.seen_nonces, self.now, self.finished, self.violation = server_key, seen_nonces, now, finished, violation
        self.allow_old, self.retries = allow_old, retries
        self.step = "req_pq_multi"
        self.nonce = self.server_nonce = self.new_nonce = b""
        self.secret = 0
        self.retry_id = 0

    def answer(self, body: bytes) -> bytes:
        with BinaryReader(body) as reader:
            query = reader.tgread_object()
            if reader.tell_position() != len(body):
                raise Refused("bytes after a query of the key exchange")
        name = type(query).__name__
        if name == "ReqPqMultiRequest":
            return bytes(self.begin(query))
        if name == "ReqDHParamsRequest" and self.step == "req_DH_params":
            return bytes(self.parameters(query))
        if name == "SetClientDHParamsRequest" and self.step == "set_client_DH_params":
            return bytes(self.end(query))
        raise Refused(f"{name} where {self.step} was due")

    def begin(self, query):
        self.nonce, self.server_nonce = raw128(query.nonce), os.urandom(16)
        if self.nonce in self.seen_nonces or len(set(self.nonce)) < 4:
            self.violation(f"the nonce {self.nonce.hex()} is not fresh and random")
        self.seen_nonces.add(self.nonce)
        self.step = "req_DH_params"
        # a key that the client does not hold stands first: it has to choose
        prints = [0x1234567890ABCDEF, self.server_key.fingerprint]
        return t.ResPQ(query.nonce, int128(self.server_nonce), plain_bytes(P * Q), prints)

    def nonces(self, thing, where):
        if raw128(thing.nonce) != self.nonce or raw128(thing.server_nonce) != self.server_nonce:
            raise Refused(f"a nonce of {where} is wrong")

    def parameters(self, query):
        self.nonces(query, "req_DH_params")
        if (query.p, query.q) != (plain_bytes(P), plain_bytes(Q)):
            raise Refused(f"p {query.p.hex()} and q {query.q.hex()} are not the smaller and the larger factor")
        if query.public_key_fingerprint != self.server_key.fingerprint:
            raise Refused("this fingerprint was not offered")
        padded = self.server_key.open(query.encrypted_data, self.allow_old)
        with BinaryReader(padded) as reader:
            inner = reader.tgread_object()
        if not isinstance(inner, t.PQInnerDataDc) and not self.allow_old:
            raise Refused(f"the inner data are a {type(inner).__name__}")
        self.nonces(inner, "the inner data")
        if (inner.pq, inner.p, inner.q) != (plain_bytes(P * Q), query.p, query.q):
            raise Refused("pq, p or q of the inner data is wrong")
        if isinstance(inner, t.PQInnerDataDc) and inner.dc != DC:
            raise Refused(f"the inner data are for DC {inner.dc}")
        self.new_nonce = inner.new_nonce.to_bytes(32, "little", signed=True)
        new, server = self.new_nonce, self.server_nonce
        first, second, third = sha1(new + server).digest(), sha1(server + new).digest(), sha1(new + new).digest()
        self.key, self.iv = first + second[:12], second[12:] + third + new[:4]
        g_a = 0
        while not in_range(g_a):
            self.secret = int.from_bytes(os.urandom(256), "big")
            g_a = pow(GENERATOR, self.secret, PRIME)
        self.step = "set_client_DH_params"
        data = bytes(
            t.ServerDHInnerData(query.nonce, query.server_nonce, GENERATOR, wide(PRIME), wide(g_a), int(self.now()))
        )
        data = sha1(data).digest() + data
        data += os.urandom(-len(data) % 16)
        return t.ServerDHParamsOk(query.nonce, query.server_nonce, cryptg.encrypt_ige(data, self.key, self.iv))

    def end(self, query):
        self.nonces(query, "set_client_DH_params")
        if len(query.encrypted_data) % 16:
            raise Refused("encrypted_data of set_client_DH_params is no multiple of 16")
        data = cryptg.decrypt_ige(query.encrypted_data, self.key, self.iv)
        with BinaryReader(data[20:]) as reader:
            inner = reader.tgread_object()
            length = reader.tell_position()
        if sha1(data[20 : 20 + length]).digest() != data[:20] or len(data) - 20 - length > 15:
            raise Refused("the hash or the padding of client_DH_inner_data is wrong")
        self.nonces(inner, "client_DH_inner_data")
        if inner.retry_id != self.retry_id:
            raise Refused(f"retry_id {inner.retry_id} where {self.retry_id} was due")
        g_b = int.from_bytes(inner.g_b, "big")
        if not in_range(g_b):
            raise Refused("g_b lies too near to the ends of its range")
        key = wide(pow(g_b, self.secret, PRIME))
        auxiliary = sha1(key).digest()[:8]

        def proof(number):
            return int128(sha1(self.new_nonce + bytes([number]) + auxiliary).digest()[4:])

        if self.retries:
            self.retries -= 1
            (self.retry_id,) = struct.unpack("<q", auxiliary)
            return t.DhGenRetry(query.nonce, query.server_nonce, proof(2))
        salt = bytes(a ^ b for a, b in zip(self.new_nonce[:8], self.server_nonce[:8]))
        self.finished(key, int.from_bytes(salt, "little", signed=True))
        self.step = "nothing more"
        return t.DhGenOk(query.nonce, query.server_nonce, proof(1))
