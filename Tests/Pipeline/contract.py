"""The link's frames made by hand, as a program of another version would make them; `Sources/Events/events.proto` has the numbers."""
import zmq

HELLO, WELCOME, EVENTS, ACK, STALE, NACK, INCOMPATIBLE = 1, 2, 3, 4, 5, 6, 11
LISTENER, PUSH, CHANNEL = 1, 1, 2


def varint(number):
    number &= (1 << 64) - 1  # negative ones take ten bytes
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def message(*fields):
    """A message of (number, value): ints are varints, bytes and texts have their length before them."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def fields(data):
    """number -> values, of a message of varints and bytes."""
    found, offset = {}, 0

    def number():
        nonlocal offset
        value = shift = 0
        while True:
            byte = data[offset]
            offset += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while offset < len(data):
        tag = number()
        if tag & 7 == 0:
            value = number()
        else:
            assert tag & 7 == 2, f"wire type {tag & 7}"
            size = number()
            value = data[offset:offset + size]
            offset += size
        found.setdefault(tag >> 3, []).append(value)
    return found


# What no version knows yet: a number, a text, and one with a large number.
UNKNOWN = ((900, 7), (901, "of a later version"), (100_000, 1))


class Peer:
    """A producer that speaks over the link's socket."""

    def __init__(self, path, account):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.routing_id = f"listener@{account}".encode()
        self.socket.connect(f"ipc://{path}")

    def ask(self, *frame, seconds=20):
        """Sends a frame; the answer's number and its fields."""
        self.socket.send(message(*frame))
        assert self.socket.poll(seconds * 1000), "no answer"
        (number, (body,)), = fields(self.socket.recv()).items()
        return number, fields(body)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.context.term()
