"""TL objects without a library's shape, and the two libraries that write and read them.

The server speaks in `Value`s: a constructor's name as the schema has it, and its fields. `Newest` turns them into bytes with
Telethon's classes (layer 229), `Layer201` with those of kurigram 2.2.0, so that each layer's bytes come from code that is not ours.
"""
import gzip, importlib, inspect, struct
from datetime import datetime
from io import BytesIO

VECTOR = struct.pack("<I", 0x1CB5C415)
TRUE = struct.pack("<I", 0x997275B5)
FALSE = struct.pack("<I", 0xBC799737)


class Value:
    """One TL object: `_` is its name ("updates.state"); an absent field reads as None."""

    def __init__(self, name, fields):
        self._ = name
        self.fields = {k: v for k, v in fields.items() if v is not None}

    def __getattr__(self, field):
        if field.startswith("__"):
            raise AttributeError(field)
        return self.fields.get(field)

    def __eq__(self, other):
        return isinstance(other, Value) and (self._, self.fields) == (other._, other.fields)

    def __repr__(self):
        return f"{self._}({', '.join(f'{k}={v!r}' for k, v in self.fields.items())})"


def tl(name, /, **fields):
    return Value(name, fields)


class Codec:
    """What both libraries share: names to classes, and objects to `Value`s and back."""

    layer: int
    types: str
    # fields that a later layer has and this one leaves out
    unknown_fields: frozenset = frozenset()

    def __init__(self):
        self.classes = {}

    def constructor(self, name):
        if name not in self.classes:
            *space, last = name.split(".")
            module = importlib.import_module(".".join([self.types, *space]))
            made = getattr(module, last[0].upper() + last[1:])
            self.classes[name] = made, set(inspect.signature(made.__init__).parameters) - {"self"}
        return self.classes[name]

    def build(self, value):
        if isinstance(value, Value):
            made, known = self.constructor(value._)
            strange = set(value.fields) - known - self.unknown_fields
            if strange:
                raise TypeError(f"{value._} of layer {self.layer} has no {sorted(strange)}")
            return made(**{k: self.build(v) for k, v in value.fields.items() if k in known})
        if isinstance(value, list):
            return [self.build(v) for v in value]
        return value

    def encode(self, value) -> bytes:
        """A boxed object, a vector of objects, or a Bool."""
        if value is True or value is False:
            return TRUE if value else FALSE
        if isinstance(value, list):
            return VECTOR + struct.pack("<i", len(value)) + b"".join(self.encode(v) for v in value)
        return self.write(self.build(value))

    def value(self, thing):
        if isinstance(thing, datetime):
            return int(thing.timestamp())
        if isinstance(thing, (list, tuple)):
            return [self.value(v) for v in thing]
        name = self.name(thing)
        return thing if name is None else Value(name, {k: self.value(v) for k, v in self.fields(thing).items()})


class Newest(Codec):
    """Telethon 1.45: layer 229."""

    layer = 229
    types = "telethon.tl.types"

    def __init__(self):
        super().__init__()
        from telethon.extensions import BinaryReader
        from telethon.tl import TLObject
        from telethon.tl.alltlobjects import LAYER
        from telethon.tl.core import GzipPacked

        assert LAYER == self.layer, f"this Telethon speaks layer {LAYER}"
        self.reader, self.base, self.gzip = BinaryReader, TLObject, GzipPacked

    def write(self, thing):
        return bytes(thing)

    def name(self, thing):
        if not isinstance(thing, self.base):
            return None
        *_, space = type(thing).__module__.split(".")
        last = type(thing).__name__.removesuffix("Request")
        last = last[0].lower() + last[1:]
        return last if space in ("types", "functions") else f"{space}.{last}"

    def fields(self, thing):
        return vars(thing)

    def decode(self, data):
        """The object, and the bytes that the library itself would have sent for it."""
        with self.reader(data) as reader:
            thing = reader.tgread_object()
            if rest := len(data) - reader.tell_position():
                raise ValueError(f"{rest} bytes after a {type(thing).__name__}")
        return self.value(thing), bytes(thing)


class Layer201(Codec):
    """kurigram 2.2.0 (its package is named pyrogram), which must be the one found on the path."""

    layer = 201
    types = "pyrogram.raw.types"
    unknown_fields = frozenset({"unread_poll_votes_count", "topics"})

    def __init__(self):
        super().__init__()
        from pyrogram.raw.all import layer
        from pyrogram.raw.core import TLObject

        assert layer == self.layer, f"this kurigram speaks layer {layer}"
        self.base = TLObject

    def write(self, thing):
        return thing.write()

    def name(self, thing):
        if not isinstance(thing, self.base):
            return None
        _, *space, last = thing.QUALNAME.split(".")
        return ".".join([*space, last[0].lower() + last[1:]])

    def fields(self, thing):
        return {k: getattr(thing, k) for k in thing.__slots__}

    def decode(self, data):
        """As `Newest` does."""
        stream = BytesIO(data)
        thing = self.base.read(stream)
        if rest := stream.read():
            raise ValueError(f"{len(rest)} bytes after a {type(thing).__name__}")
        self.drop_absent_vectors(thing)
        return self.value(thing), thing.write()

    def drop_absent_vectors(self, thing):
        """kurigram reads a vector that is absent as an empty one, and would write it."""
        if isinstance(thing, list):
            return [self.drop_absent_vectors(t) for t in thing]
        if isinstance(thing, self.base):
            parameters = inspect.signature(type(thing).__init__).parameters
            for name, value in self.fields(thing).items():
                if value == [] and parameters[name].default is None:
                    setattr(thing, name, None)
                else:
                    self.drop_absent_vectors(value)


def codec(layer) -> Codec:
    return {229: Newest, 201: Layer201}[layer]()


def packed(body: bytes) -> bytes:
    """gzip_packed, when that is shorter."""
    from telethon.tl import TLObject

    small = struct.pack("<I", 0x3072CFA1) + TLObject.serialize_bytes(gzip.compress(body))
    return small if len(small) < len(body) else body
