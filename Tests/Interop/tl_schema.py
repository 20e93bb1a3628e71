"""The schema as `tl-import declarations` prints it, random objects over it, and the ways between them and Telethon's classes.

An object is a dict as `tl-import decode` prints it: {"_": name, field: value}, bytes as {"$hex": ...}; absent fields have no entry.
"""

import inspect
import random
import re
import struct
from dataclasses import dataclass, field

from telethon.tl import alltlobjects

SIMPLE = {"int", "long", "double", "string", "bytes", "int128", "int256", "Bool", "true"}


@dataclass
class Field:
    name: str
    type: str
    condition: str | None  # "flags.3"


@dataclass
class Declaration:
    name: str
    id: int
    fields: list[Field]
    result: str
    is_method: bool


@dataclass
class Schema:
    by_name: dict[str, Declaration] = field(default_factory=dict)
    by_id: dict[int, Declaration] = field(default_factory=dict)
    by_type: dict[str, list[Declaration]] = field(default_factory=dict)
    depth: dict[str, int] = field(default_factory=dict)

    def __init__(self, lines):
        self.by_name, self.by_id, self.by_type, self.depth = {}, {}, {}, {}
        is_method = False
        for line in lines:
            if line.startswith("---"):
                is_method = True
                continue
            head, rest = line.split("#", 1)
            body, result = rest.rstrip(";").rsplit(" = ", 1)
            words = body.split(" ")
            fields = []
            for word in words[1:]:
                if word.startswith("{"):
                    continue
                name, kind = word.split(":", 1)
                condition = None
                if "?" in kind:
                    condition, kind = kind.split("?", 1)
                fields.append(Field(name, kind, condition))
            identifier = int(words[0], 16)
            if identifier in alltlobjects.tlobjects:
                # The table keeps flags of older layers under the same id: Telethon has the newest layer's.
                known = inspect.signature(alltlobjects.tlobjects[identifier].__init__).parameters
                fields = [f for f in fields if f.type != "true" or attribute(f.name) in known]
            d = Declaration(head, identifier, fields, result, is_method)
            self.by_name[head] = d
            self.by_id[d.id] = d
            if not is_method:
                self.by_type.setdefault(result, []).append(d)
        self._measure()

    def _measure(self):
        """How deep the shallowest object of each constructor is, so that random objects end."""
        changed = True
        while changed:
            changed = False
            for d in self.by_name.values():
                deepest = 0
                for f in d.fields:
                    if f.condition or f.type in SIMPLE or f.type == "#" or f.type.startswith("Vector<"):
                        continue
                    options = [self.depth[o.name] for o in self.by_type.get(f.type, []) if o.name in self.depth]
                    if not options:
                        break
                    deepest = max(deepest, 1 + min(options))
                else:
                    if self.depth.get(d.name) != deepest and (d.name not in self.depth or deepest < self.depth[d.name]):
                        self.depth[d.name] = deepest
                        changed = True

    def closure(self, types):
        """All constructors that objects of these types may hold."""
        names, todo = set(), list(types)
        seen = set(todo)
        while todo:
            for d in self.by_type.get(todo.pop(), []):
                names.add(d.name)
                for f in d.fields:
                    element = f.type[7:-1] if f.type.startswith("Vector<") else f.type
                    if element not in SIMPLE and element != "#" and element not in seen:
                        seen.add(element)
                        todo.append(element)
        return names


class Generator:
    """Random objects. Constructors seldom seen come first, so that few objects cover many."""

    def __init__(self, schema, seed):
        self.schema = schema
        self.random = random.Random(seed)
        self.seen = {}

    def object(self, name, depth=5):
        d = self.schema.by_name[name]
        self.seen[name] = self.seen.get(name, 0) + 1
        out = {"_": name}
        chance = self.random.choice([0.0, 0.3, 0.7, 1.0]) if depth > 0 else 0.0
        bits = {}
        for f in d.fields:
            if f.type == "#":
                continue
            if f.condition and not bits.setdefault(f.condition, self.random.random() < chance):
                continue
            out[f.name] = self.value(f.type, depth, optional=f.condition is not None)
            if d.result == "Peer":
                # Telethon rewrites the ids of peers beyond these bounds.
                out[f.name] = self.random.choice([1, 9_999_999_999, self.random.randrange(1, 10**10)])
        if name == "message" and out.get("media") == {"_": "messageMediaEmpty"}:
            # Telethon takes it for no media at all.
            out["media"] = {"_": "messageMediaUnsupported"}
        return out

    def value(self, kind, depth, optional=False):
        r = self.random
        if kind == "int":
            return r.choice([0, 1, -1, 2**31 - 1, -(2**31), r.randrange(-(2**31), 2**31), r.randrange(10**6)])
        if kind == "long":
            return r.choice([0, 1, -1, 2**63 - 1, -(2**63), r.randrange(-(2**63), 2**63), r.randrange(10**12)])
        if kind == "double":
            return struct.unpack("<d", struct.pack("<d", r.choice([0.0, 1.0, -1.5, 1e300, 1e-300, r.uniform(-180, 180)])))[0]
        if kind == "string":
            n = r.choice([0, 1, 2, 3, 4, 5, 30, 252, 253, 254, 255, 256, 700])
            return "".join(r.choice("abc xyzäöß\n\"\\漢👍\u0001") for _ in range(n))
        if kind == "bytes":
            return {"$hex": r.randbytes(r.choice([0, 1, 2, 3, 4, 16, 253, 254, 255, 257, 1000])).hex()}
        if kind in ("int128", "int256"):
            return {"$hex": r.randbytes(16 if kind == "int128" else 32).hex()}
        if kind == "Bool":
            # Telethon writes an optional false as absent: it cannot say it.
            return True if optional else r.random() < 0.5
        if kind == "true":
            return True
        if kind.startswith("Vector<"):
            if depth <= 0:
                return []
            return [self.value(kind[7:-1], depth - 1) for _ in range(r.choice([0, 1, 2, 3]))]
        options = [d.name for d in self.schema.by_type[kind] if d.name in self.schema.depth]
        if depth <= 0:
            least = min(self.schema.depth[n] for n in options)
            options = [n for n in options if self.schema.depth[n] == least]
        least = min(self.seen.get(n, 0) for n in options)
        rare = [n for n in options if self.seen.get(n, 0) == least]
        return self.object(r.choice(rare if r.random() < 0.8 else options), depth - 1)


# ---- Telethon


def attribute(name):
    return {"self": "is_self", "from": "from_"}.get(name, name)


def to_telethon(schema, tree):
    d = schema.by_name[tree["_"]]
    arguments = {}
    for f in d.fields:
        if f.type == "#":
            continue
        arguments[attribute(f.name)] = None if f.name not in tree else _to_telethon(schema, f.type, tree[f.name])
    return alltlobjects.tlobjects[d.id](**arguments)


def _to_telethon(schema, kind, value):
    if kind.startswith("Vector<"):
        return [_to_telethon(schema, kind[7:-1], v) for v in value]
    if kind in ("int128", "int256"):
        return int.from_bytes(bytes.fromhex(value["$hex"]), "little", signed=True)
    if isinstance(value, dict):
        return bytes.fromhex(value["$hex"]) if "$hex" in value else to_telethon(schema, value)
    return value


def from_telethon(schema, item):
    d = schema.by_id[item.CONSTRUCTOR_ID]
    out = {"_": d.name}
    for f in d.fields:
        if f.type == "#":
            continue
        value = getattr(item, attribute(f.name))
        if value is None or (f.type == "true" and value is False):
            continue
        out[f.name] = _from_telethon(schema, f.type, value)
    return out


def _from_telethon(schema, kind, value):
    if kind.startswith("Vector<"):
        return [_from_telethon(schema, kind[7:-1], v) for v in value]
    if kind in ("int128", "int256"):
        return {"$hex": value.to_bytes(16 if kind == "int128" else 32, "little", signed=True).hex()}
    if kind == "bytes":
        return {"$hex": value.hex()}
    if kind == "int" and not isinstance(value, int):
        return round(value.timestamp())  # Telethon makes a datetime of what is called date
    if kind in SIMPLE:
        return value
    return from_telethon(schema, value)


# ---- Projections


def camel(name):
    if name in {"self", "static", "final", "default", "public", "private", "protocol", "class", "init", "in", "is", "as", "for", "where"}:
        return "is" + name[0].upper() + name[1:]
    first, *rest = name.split("_")
    return first + "".join(p.upper() if p in ("id", "url") else p[0].upper() + p[1:] for p in rest if p)


@dataclass
class Projection:
    is_enum: bool
    cases: dict[str, list[str]]
    fields: list[str]


class Projections:
    """What `Projections.list` says, read here a second time."""

    def __init__(self, schema, text):
        self.schema = schema
        self.types = {}
        current = None
        for line in text.splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            words = line.split()
            if not line.startswith(" "):
                current = self.types[words[1]] = Projection(words[0] == "enum", {}, [])
                type_name = words[1]
                continue
            fields = [w.rstrip("~") for w in words[1:]]
            rest = [d for d in schema.by_type[type_name] if d.name not in current.cases]
            if words[0] == "*":
                for d in rest:
                    current.cases[d.name] = fields
            elif words[0] == "numbered":
                fields = ["channel_id", "pts", "pts_count", "qts"]
                for d in rest:
                    names = {f.name for f in d.fields}
                    if {"pts", "pts_count"} <= names or "qts" in names:
                        current.cases[d.name] = ["numbered"] + fields
            else:
                current.cases[words[0]] = fields
            for f in fields:
                if f not in current.fields:
                    current.fields.append(f)

    def expected(self, type_name, tree):
        """What `tl-import project` must print, except for `constructor`, `raw` and `undecoded`."""
        p = self.types[type_name]
        name = tree["_"]
        fields = p.cases.get(name)
        d = self.schema.by_name[name]
        short = name.split(".")[-1]
        if p.is_enum:
            if fields is None:
                return {"case": "other", "value": d.id}
            if fields and fields[0] == "numbered":
                return {"case": "numbered", "value": self._fields(d, tree, fields[1:], fields[1:])}
            return {"case": short, "value": self._fields(d, tree, fields, fields)} if fields else {"case": short}
        out = self._fields(d, tree, fields or [], p.fields)
        if len(p.cases) > 1:
            out["kind"] = {"case": "other" if fields is None else short}
        return out

    def _fields(self, d, tree, asked, all_fields):
        kinds = {f.name: f.type for f in d.fields}
        out = {}
        for f in all_fields:
            value = tree.get(f) if f in asked else None
            out[camel(f)] = None if value is None else self._value(kinds[f], value)
        return out

    def _value(self, kind, value):
        if kind.startswith("Vector<"):
            return [self._value(kind[7:-1], v) for v in value]
        if kind == "bytes":
            return value["$hex"]
        if kind in SIMPLE:
            return value
        return self.expected(kind, value)


def tree_differences(expected, got, path=""):
    """Where two objects differ, field by field."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in sorted(expected.keys() | got.keys()):
            if key not in expected or key not in got:
                yield f"{path}.{key} only in {'the first' if key in expected else 'the second'}"
            else:
                yield from tree_differences(expected[key], got[key], f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for i, (a, b) in enumerate(zip(expected, got)):
            yield from tree_differences(a, b, f"{path}[{i}]")
    elif isinstance(expected, bool) != isinstance(got, bool) or expected != got:
        yield f"{path}: {expected!r} and {got!r}"


def differences(expected, got, path=""):
    """Where `got` is not what was expected. What is absent prints as null, an empty list, false or the type's zero."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in expected:
            yield from differences(expected[key], got.get(key), f"{path}.{key}")
        for key in got:
            if key not in expected and key not in ("constructor", "raw", "undecoded", "isTruncated"):
                yield f"{path}.{key} is unexpected: {got[key]!r}"
    elif isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            yield f"{path}: {len(expected)} elements expected, {len(got)} got"
        for i, (a, b) in enumerate(zip(expected, got)):
            yield from differences(a, b, f"{path}[{i}]")
    elif expected is None:
        zero_object = isinstance(got, dict) and got.get("constructor", 1) == 0 or got == {"case": "other", "value": 0}
        if got not in (None, [], False, 0, "") and not zero_object:
            yield f"{path}: absent, got {got!r}"
    elif isinstance(expected, bool) != isinstance(got, bool) or expected != got:
        yield f"{path}: {expected!r} expected, {got!r} got"
