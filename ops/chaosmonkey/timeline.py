"""Which mishap happens when: drawn from the seed before anything is started, so that a seed names one timeline."""
import dataclasses, random

STAGES = ("writer", "listener", "backfill", "supervisor")
FIRST = 1.0  # seconds from the beginning to the first mishap
PAUSE = (0.3, 1.5)  # seconds between two of them
OVERLAP = 0.4  # how often the next one begins while one still lasts
MODES = ("cut", "delay", "stall", "half-open", "refuse")


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    uses: frozenset  # what no other mishap may touch meanwhile
    hold: tuple  # seconds that it lasts: at least, at most
    is_quick: bool = True  # whether it belongs to a quick run


@dataclasses.dataclass(frozen=True)
class Mishap:
    number: int
    kind: str
    at: float
    hold: float
    seed: int


def _kinds():
    def kind(name, uses, low, high, **more):
        return Kind(name, frozenset(uses), (low, high), **more)

    for stage in STAGES:
        yield kind(f"kill-{stage}", {stage}, 0.2, 3)
        yield kind(f"freeze-{stage}", {stage}, 1, 8)
    # A second writer that finds the lock taken, and one that gets past it since the lock file was deleted and the first one's session ended.
    yield kind("second-writer", {"writer"}, 1.5, 6)
    yield kind("usurping-writer", {"writer", "postgres"}, 3, 9)
    yield kind("postgres-crash", {"postgres"}, 0.2, 4)
    yield kind("postgres-sessions-ended", {"postgres"}, 1, 4)
    yield kind("postgres-commit-unanswered", {"postgres"}, 1, 4)
    # Longer than the server of Telegram remembers.
    yield kind("postgres-outage", {"postgres"}, 22, 26, is_quick=False)
    yield kind("listener-outage", {"listener"}, 22, 26, is_quick=False)
    for mode in MODES:
        yield kind(f"telegram-{mode}", {"telegram"}, 1, 8)
        yield kind(f"postgres-{mode}", {"postgres"}, 1, 8)
    yield kind("disk-full", {"disk"}, 2, 8)
    # Each of them with records in the spool that nobody has committed: the writer stands still until then.
    for harm in ("bits-flipped", "segment-deleted", "deleted", "from-a-copy"):
        yield kind(f"spool-{harm}", {"listener", "writer", "disk"}, 1.5, 5)
    yield kind("database-restored", {*STAGES, "postgres", "telegram", "disk"}, 3, 8, is_quick=False)


KINDS = {kind.name: kind for kind in _kinds()}


def timeline(seed, seconds, names=None):
    """Every kind once in a drawn order, then in another one, until the time is over; what does not fit any more is left out."""
    rng = random.Random(seed)
    kinds = [KINDS[name] for name in (names or KINDS)]
    made, clock, deck = [], FIRST, []
    left_out = set()
    while len(left_out) < len(kinds):
        if not deck:
            deck = rng.sample(kinds, len(kinds))
        kind = deck.pop()
        hold, own, overlaps = rng.uniform(*kind.hold), rng.randrange(1 << 32), rng.random() < OVERLAP
        pause, part = rng.uniform(*PAUSE), rng.uniform(0.2, 0.8)
        at = max([clock] + [m.at + m.hold + PAUSE[0] for m in made if KINDS[m.kind].uses & kind.uses])
        if at + hold > seconds:
            left_out.add(kind)
            continue
        made.append(Mishap(len(made) + 1, kind.name, round(at, 2), round(hold, 2), own))
        clock = at + hold * part if overlaps else max(m.at + m.hold for m in made) + pause
    return sorted(made, key=lambda m: (m.at, m.number))


def quick(seed, names=None):
    """Every cheap kind once, as short as it can be."""
    kinds = [KINDS[name] for name in (names or KINDS) if KINDS[name].is_quick]
    rng = random.Random(seed)
    made, clock = [], FIRST
    for kind in rng.sample(kinds, len(kinds)):
        at = max([clock] + [m.at + m.hold + PAUSE[0] for m in made if KINDS[m.kind].uses & kind.uses])
        made.append(Mishap(len(made) + 1, kind.name, round(at, 2), kind.hold[0], rng.randrange(1 << 32)))
        # Whatever may happen together does.
        clock = at + PAUSE[0]
    return sorted(made, key=lambda m: (m.at, m.number))
