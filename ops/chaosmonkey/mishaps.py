"""What each kind of mishap does: a generator that breaks something, is resumed with True now and then while it lasts, and with False to heal it."""
import os, pathlib, shutil, signal, time

FLIPS = (1, 20)  # bits
CUT_AFTER = {"telegram": (100, 20_000), "postgres": (20, 4_000)}  # bytes to the client
DELAY = (0.05, 0.6)  # seconds
SESSIONS_EVERY = 0.2  # seconds between two ends of all sessions
CHUNK = 1 << 20  # bytes that fill a disk at once
FILLER = "filler"


def lasting():
    while (yield):
        pass


def kill(world, rng, stage):
    world.kill(stage)
    yield from lasting()
    world.start(stage)


def freeze(world, rng, stage):
    world.signal(stage, signal.SIGSTOP)
    yield from lasting()
    world.signal(stage, signal.SIGCONT)


def second_writer(world, rng):
    """The lock keeps it out, however long the first one stands still."""
    world.signal("writer", signal.SIGSTOP)
    second = world.spawn_writer("second-writer")
    yield from lasting()
    world.signal("writer", signal.SIGCONT)
    if second.poll() is None:
        world.complain("a second writer did not end though the first one holds the lock")
        second.kill()
    second.wait(10)


def usurping_writer(world, rng, hold):
    """A writer that stood still finds that another one has taken over: whatever it had begun must not count.

    Somebody has deleted the files that keep a second one out, and the first one's session is gone.
    """
    old, begun = world.stack.processes["writer"], time.monotonic()
    world.signal("writer", signal.SIGSTOP)
    for path in (world.stack.folder / "run").glob("*/writer*.lock"):
        path.unlink()
    world.end_sessions("aaltohub-writer")
    world.start("writer")
    while (yield):
        if time.monotonic() - begun > hold / 2:
            old.send_signal(signal.SIGCONT)
    old.kill()
    old.wait(10)
    # It may have taken the names of the sockets along, as a writer does that ends: so a manager of services would see to a start.
    world.kill("writer")
    world.start("writer")


def postgres_crash(world, rng):
    world.stack.cluster.stop("immediate")
    yield from lasting()
    world.stack.cluster.start()


def sessions_ended(world, rng):
    last = 0.0
    while (yield):
        if time.monotonic() - last > SESSIONS_EVERY:
            last = time.monotonic()
            world.end_sessions("%")


def network(world, rng, whom, mode):
    proxy = getattr(world.stack, whom)
    proxy.mode(mode, {"cut": rng.randint(*CUT_AFTER[whom]), "delay": rng.uniform(*DELAY)}.get(mode))
    yield from lasting()
    proxy.heal()


def commit_unanswered(world, rng):
    world.stack.postgres.mode("unanswered")
    yield from lasting()
    world.stack.postgres.heal()


def disk_full(world, rng):
    path = world.state / FILLER
    with open(path, "wb", buffering=0) as filler:
        size = CHUNK
        while size:
            try:
                filler.write(b"\0" * size)
            except OSError:
                size //= 2
    yield from lasting()
    path.unlink()


def spool(world, rng, harm):
    """While the writer stands still records gather; then the listener is killed, and its spool is not what it was."""
    copy = pathlib.Path(world.stack.folder) / "copy-of-the-spool"
    if harm == "from-a-copy":
        world.kill("listener")
        world.spool.mkdir(parents=True, exist_ok=True)  # one that died while it started may have none
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(world.spool, copy)
        world.start("listener")
    else:
        world.signal("writer", signal.SIGSTOP)
    yield from lasting()
    world.kill("listener")
    world.spool.mkdir(parents=True, exist_ok=True)
    segments = sorted(path for path in world.spool.iterdir() if path.is_file())
    if harm == "bits-flipped" and segments:
        for _ in range(rng.randint(*FLIPS)):
            flip(rng.choice(segments), rng)
    elif harm == "segment-deleted" and segments:
        rng.choice(segments).unlink()
    elif harm == "deleted":
        shutil.rmtree(world.spool)
    elif harm == "from-a-copy":
        shutil.rmtree(world.spool)
        shutil.copytree(copy, world.spool)
        shutil.rmtree(copy)
    world.start("listener")
    world.signal("writer", signal.SIGCONT)


def flip(path, rng):
    with open(path, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            return
        place = rng.randrange(size)
        file.seek(place)
        byte = file.read(1)[0] ^ 1 << rng.randrange(8)
        file.seek(place)
        file.write(bytes([byte]))


def database_restored(world, rng):
    """A backup of before comes back: the database knows less than what was acknowledged."""
    cluster = world.stack.cluster
    backup = cluster.folder / "backup"
    cluster.run("pg_dump", "-Fc", "-f", backup, "-h", cluster.folder, "-U", "postgres", "aaltohub")
    yield from lasting()
    for stage in world.stages:
        world.kill(stage)
    with cluster.connect() as connection:
        connection.execute("drop database aaltohub with (force)")
        connection.execute("create database aaltohub")
    cluster.run("pg_restore", "-d", "aaltohub", "-h", cluster.folder, "-U", "postgres", backup)
    backup.unlink()
    for stage in world.stages:
        world.start(stage)


def make(name, world, rng, hold):
    """The generator of this kind."""
    first, _, rest = name.partition("-")
    match first, rest:
        case ("kill", stage):
            return kill(world, rng, stage)
        case ("freeze", stage):
            return freeze(world, rng, stage)
        case ("listener", "outage"):
            return kill(world, rng, "listener")
        case ("second", "writer"):
            return second_writer(world, rng)
        case ("usurping", "writer"):
            return usurping_writer(world, rng, hold)
        case ("postgres", "crash" | "outage"):
            return postgres_crash(world, rng)
        case ("postgres", "sessions-ended"):
            return sessions_ended(world, rng)
        case ("postgres", "commit-unanswered"):
            return commit_unanswered(world, rng)
        case ("telegram" | "postgres", mode):
            return network(world, rng, first, mode)
        case ("disk", "full"):
            return disk_full(world, rng)
        case ("spool", harm):
            return spool(world, rng, harm)
        case ("database", "restored"):
            return database_restored(world, rng)
    raise ValueError(name)
