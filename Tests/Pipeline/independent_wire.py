"""Bytes on the wire: the transports' frames, and the encryption of a message (https://core.telegram.org/mtproto/description)."""
import os, struct, zlib
from hashlib import sha256

import cryptg
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MAX_FRAME = 1 << 20  # bytes; a request of a test is far smaller
RESERVED = (b"HEAD", b"POST", b"GET ", b"OPTI", b"\xdd" * 4, b"\xee" * 4, b"\x16\x03\x01\x02")
TRANSPORTS = {b"\xef" * 4: "abridged", b"\xee" * 4: "intermediate", b"\xdd" * 4: "padded"}


class Refused(Exception):
    """The client did what a real server does not accept; the connection ends."""


class Framing:
    """One connection's transport, found out from its first bytes."""

    def __init__(self):
        self.kind = None
        self.obfuscated = False
        self.buffer = bytearray()
        self.incoming = self.outgoing = None  # AES-256-CTR, when obfuscated
        self.received = self.sent = 0  # packets, for the full transport's counters

    def feed(self, data: bytes):
        """The packets that are complete now: (payload, asks for a quick acknowledgement)."""
        self.buffer += self.incoming.update(data) if self.incoming else data
        if self.kind is None and not self.detect():
            return
        while (packet := getattr(self, self.kind)()) is not None:
            self.received += 1
            yield packet

    def detect(self) -> bool:
        b = self.buffer
        if b[:1] == b"\xef":
            self.kind = "abridged"
            del b[:1]
        elif len(b) < 8:
            return False
        elif bytes(b[:4]) in TRANSPORTS:
            self.kind = TRANSPORTS[bytes(b[:4])]
            del b[:4]
        elif b[4:8] == bytes(4):
            self.kind = "full"
        elif bytes(b[:4]) in RESERVED:
            raise Refused(f"an obfuscated stream may not begin with {bytes(b[:4])!r}")
        elif len(b) < 64:
            return False
        else:
            start, back = bytes(b[:64]), bytes(b[8:56])[::-1]
            self.incoming = ctr(start[8:40], start[40:56])
            self.outgoing = ctr(back[:32], back[32:])
            clear = self.incoming.update(bytes(b))
            self.kind = TRANSPORTS.get(clear[56:60])
            if self.kind is None:
                raise Refused(f"the obfuscated stream asks for no known transport: {clear[56:60].hex()}")
            self.obfuscated = True
            self.buffer = bytearray(clear[64:])
        return True

    def take(self, head, length):
        if length > MAX_FRAME:
            raise Refused(f"a frame of {length} bytes")
        if len(self.buffer) < head + length:
            return None
        packet = bytes(self.buffer[head : head + length])
        del self.buffer[: head + length]
        return packet

    def abridged(self):
        b = self.buffer
        if not b or (b[0] & 0x7F == 0x7F and len(b) < 4):
            return None
        quick = bool(b[0] & 0x80)
        long = b[0] & 0x7F == 0x7F
        words = int.from_bytes(b[1:4], "little") if long else b[0] & 0x7F
        if long and words < 0x7F:
            raise Refused(f"an abridged length of {words} words in the long form")
        packet = self.take(4 if long else 1, words * 4)
        return None if packet is None else (packet, quick)

    def intermediate(self):
        if len(self.buffer) < 4:
            return None
        (word,) = struct.unpack_from("<I", self.buffer)
        length = word & 0x7FFFFFFF
        if length % 4 and self.kind == "intermediate":
            raise Refused(f"an intermediate frame of {length} bytes")
        packet = self.take(4, length)
        return None if packet is None else (packet, bool(word >> 31))

    padded = intermediate

    def full(self):
        if len(self.buffer) < 12:
            return None
        length, number = struct.unpack_from("<ii", self.buffer)
        if length < 16 or length % 4:
            raise Refused(f"a full frame of {length} bytes")
        if number != self.received:
            raise Refused(f"full frame {number} where {self.received} was due")
        whole = self.take(0, length)
        if whole is None:
            return None
        if zlib.crc32(whole[:-4]) != int.from_bytes(whole[-4:], "little"):
            raise Refused("the CRC of a full frame is wrong")
        return whole[8:-4], False

    def frame(self, packet: bytes) -> bytes:
        n = len(packet)
        if self.kind == "abridged":
            data = (bytes([n >> 2]) if n < 508 else b"\x7f" + (n >> 2).to_bytes(3, "little")) + packet
        elif self.kind == "full":
            data = struct.pack("<ii", n + 12, self.sent) + packet
            data += struct.pack("<I", zlib.crc32(data))
        else:
            packet += os.urandom(os.urandom(1)[0] % 16) if self.kind == "padded" and n > 4 else b""
            data = struct.pack("<I", len(packet)) + packet
        return self.cover(data)

    def quick_acknowledgement(self, token: int) -> bytes:
        word = struct.pack(">I" if self.kind == "abridged" else "<I", token | 1 << 31)
        if self.kind == "padded":
            word = struct.pack("<I", 8 + len(word)) + b"\xff" * 4 + word + os.urandom(4)
        return self.cover(word)

    def cover(self, data):
        self.sent += 1
        return self.outgoing.update(data) if self.outgoing else data


def ctr(key, iv):
    return Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()


def message_key_large(auth_key, plaintext, x):
    return sha256(auth_key[88 + x : 120 + x] + plaintext).digest()


def key_and_iv(auth_key, message_key, x):
    a = sha256(message_key + auth_key[x : x + 36]).digest()
    b = sha256(auth_key[40 + x : 76 + x] + message_key).digest()
    return a[:8] + b[8:24] + a[24:], b[:8] + a[8:24] + b[24:]


def seal(auth_key, key_id, envelope, x=8):
    """Pads and encrypts salt, session, message; x is 8 from server to client and 0 the other way."""
    padding = 12 + -(len(envelope) + 12) % 16 + 16 * (os.urandom(1)[0] % 4)
    plaintext = envelope + os.urandom(padding)
    message_key = message_key_large(auth_key, plaintext, x)[8:24]
    return key_id + message_key + cryptg.encrypt_ige(plaintext, *key_and_iv(auth_key, message_key, x))


def open_sealed(auth_key, packet, x=0):
    """The plaintext with its padding, and the quick-acknowledgement token. Nothing is looked at before the key is right."""
    message_key, data = packet[8:24], packet[24:]
    if not data or len(data) % 16:
        raise Refused(f"{len(data)} encrypted bytes")
    plaintext = cryptg.decrypt_ige(data, *key_and_iv(auth_key, message_key, x))
    large = message_key_large(auth_key, plaintext, x)
    if large[8:24] != message_key:
        raise Refused("msg_key is wrong")
    return plaintext, int.from_bytes(large[:4], "little")
