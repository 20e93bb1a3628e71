"""What ops/chaos does: see there."""
import argparse, collections, ctypes, json, os, pathlib, random, shutil, signal, subprocess, sys, threading, time

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]

RATE = 40  # actions a second
EDITS, DELETIONS = 0.2, 0.1  # of each message sent
WINDOW = 120  # steps of pts that a box of the server remembers: some ten seconds of a basic group's, twenty of a channel's
GROUPS, PAST = 6, 40  # and messages in each before
RESTART = 1.0  # seconds before a stage that has ended is started again; the units say 5
TICK = 0.05  # seconds
READY = 60.0  # seconds for a stage to be ready at first
PATIENCE = 600.0  # seconds for the table to become equal, while there is progress
STUCK = 75.0  # seconds without a change after which nothing more is expected: longer than a copy that was fetched too early waits
QUIET = 3.0  # seconds in which it stays so
DISK = "96m"  # of the listener's own disk
STATEMENT = 6  # seconds that a statement may take: what hangs is given up within a run
GIVEN_UP = (77, 78)  # exits after which nobody starts a stage again
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000


def say(text):
    print(text, file=sys.stderr, flush=True)


def own_mounts():
    """What is mounted from here on is seen by this process and its children, and is gone with them. False where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.unshare(CLONE_NEWNS) == 0 and libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0


def options():
    parser = argparse.ArgumentParser(prog="chaos", description="Breaks the pipeline in every way there is, and compares what is left with the truth.")
    parser.add_argument("--minutes", type=float, default=3, help="of mishaps; healing and comparing come on top")
    parser.add_argument("--seed", type=int, default=None, help="names the timeline; drawn when absent")
    parser.add_argument("--only", default="", metavar="KIND,…", help="only these kinds of mishap")
    parser.add_argument("--quick", action="store_true", help="every cheap kind once, as short as it can be, instead of so many minutes")
    parser.add_argument("--timeline", action="store_true", help="print the timeline of the seed and do nothing")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / ".build" / "debug", help="folder of the executables")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a run that went well, too")
    return parser


class Traffic(threading.Thread):
    """Messages, edits and deletions in every chat, until it is told to end."""

    def __init__(self, world, seed):
        super().__init__(daemon=True)
        self.world, self.random = world, random.Random(seed)
        self.over = threading.Event()
        self.error = None
        self.sent = 0
        self.edits = collections.Counter()

    def run(self):
        alive = []
        try:
            due = time.monotonic()
            while not self.over.wait(max(0, due - time.monotonic())):
                due = max(due + 1 / RATE, time.monotonic() - 1)
                name = self.random.choice(self.world.live())
                alive.append((name, self.world.send(name, f"{self.sent} in the chaos 안녕 𝛌")))
                self.sent += 1
                if self.random.random() < EDITS:
                    message = self.random.choice(alive[-200:])
                    self.edits[message] += 1
                    self.world.edit(*message, f"edited {self.random.random()}")
                if self.random.random() < DELETIONS:
                    self.world.delete(*alive.pop(self.random.randrange(len(alive))))
        except Exception as error:  # told to the main thread
            self.error = error

    def end(self):
        self.over.set()
        self.join(30)
        if self.error:
            raise self.error


def make_world(stack_module, crawls):
    """The class of the world: the pipeline of the tests, with proxies before both servers and a keeper that restarts what ends."""
    import mishaps, oracle, timeline
    from proxy import Proxies, Proxy

    class Stack(stack_module.Stack):
        telegram = None

        def __init__(self):
            super().__init__()
            self.proxies = Proxies()
            self.telegram = Proxy(self.proxies, ("127.0.0.1", self.port))
            self.postgres = Proxy(self.proxies, f"{self.cluster.folder}/.s.PGSQL.5432")
            self.environment["AALTOHUB_DATABASE_STATEMENT_TIMEOUT_SECONDS"] = str(STATEMENT)

        def write_config(self, **changes):
            if self.telegram:
                changes |= {
                    "port": self.telegram.port,
                    "conninfo": f"host=127.0.0.1 port={self.postgres.port} dbname=aaltohub sslmode=disable gssencmode=disable"}
            super().write_config(**changes)

        def close(self):
            super().close()
            self.proxies.close()

    class World(crawls.Crawled):
        stages = timeline.STAGES

        def __init__(self, stack, seed):
            self.seed = seed
            self.running = False
            self.down, self.dead = set(), {}
            self.restarts = collections.Counter()
            self.complaints = []
            self.state = stack.folder / "state" / f"listener@{stack_module.ACCOUNT}"
            self.spool = self.state / "spool"
            self.state.mkdir(parents=True)
            self.has_disk = os.geteuid() == 0 and own_mounts() and not subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", self.state], capture_output=True).returncode
            super().__init__(stack, "--groups", GROUPS, "--messages", PAST, "--seed", seed, stages=())
            self.ask("window", size=WINDOW, timeout_seconds=5)
            for stage in self.stages:
                stack.start(stage, seconds=READY)
                if stage == "listener":
                    self.listens()
            stack_module.until(self.is_covered, READY, "the past crawled")
            for name in self.live():
                self.author(name)
            self.traffic = Traffic(self, seed)

        # stages

        def kill(self, stage):
            self.down.add(stage)
            self.dead.pop(stage, None)
            self.stack.kill(stage)

        def start(self, stage):
            self.stack.start(stage, ready=False)
            self.down.discard(stage)

        def signal(self, stage, number):
            process = self.stack.processes[stage]
            if process.poll() is None:
                process.send_signal(number)

        def spawn_writer(self, name):
            return self.stack.spawn(name, [stack_module.BIN / "aaltohub-writer", "--config", self.stack.config])

        def tend(self):
            """What a manager of services does."""
            for stage in self.stages:
                if stage in self.down or self.stack.processes[stage].poll() is None:
                    continue
                status = self.stack.processes[stage].returncode
                if stage not in self.dead:
                    self.restarts[f"{stage} {status}"] += 1
                    self.dead[stage] = time.monotonic() + RESTART
                    self.tell(f"the {stage} ended with {status}: {self.last_word(stage)}")
                    if status in GIVEN_UP:
                        self.complain(f"the {stage} has given up with {status}")
                if time.monotonic() >= self.dead[stage]:
                    del self.dead[stage]
                    self.start(stage)

        def last_word(self, stage):
            lines = self.stack.log(stage).splitlines()
            return lines[-1][-300:] if lines else ""

        def complain(self, text):
            self.complaints.append(text)
            self.tell(f"WRONG: {text}")

        # the database

        def end_sessions(self, application):
            with self.stack.cluster.connect() as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename like 'aaltohub%%' and application_name like %s",
                    (application,))

        def versions(self, name, number):
            """How many a message has had; nothing of one that was there before."""
            known = self.traffic.edits.get((name, number))
            return None if known is None else known + 1

        # the run

        def tell(self, text):
            say(f"{time.monotonic() - self.began:7.2f}  {text}")

        def mishaps(self, planned):
            """Each of them at its time, in the order of the timeline, whose clock stands still while something is broken or healed."""
            events = sorted(
                [(m.at, m.number, True, m) for m in planned] + [(m.at + m.hold, m.number, False, m) for m in planned], key=lambda e: e[:3])
            lasting, counts, begun = {}, collections.Counter(), self.began
            for at, number, begins, mishap in events:
                while time.monotonic() < begun + at:
                    self.breathe(lasting)
                acting = time.monotonic()
                if begins:
                    self.tell(f"#{number} {mishap.kind} (at {mishap.at:.2f} for {mishap.hold:.2f} s)")
                    lasting[number] = mishaps.make(mishap.kind, self, random.Random(mishap.seed), mishap.hold)
                    next(lasting[number])
                    counts[mishap.kind] += 1
                else:
                    self.tell(f"#{number} {mishap.kind} heals")
                    ending = lasting.pop(number)
                    try:
                        ending.send(False)
                        raise RuntimeError(f"{mishap.kind} does not end")
                    except StopIteration:
                        pass
                begun += time.monotonic() - acting
            return dict(sorted(counts.items()))

        def breathe(self, lasting):
            time.sleep(TICK)
            if self.traffic.error:
                raise self.traffic.error
            for mishap in lasting.values():
                mishap.send(True)
            self.tend()

        def settle(self):
            """Everything is well again: a last word in every chat shows what is missing, and what is missing is fetched."""
            self.traffic.end()
            self.heal()
            self.tell(f"{self.traffic.sent} messages; waiting for what is missing")
            end, quiet, last = time.monotonic() + PATIENCE, None, ""
            changed = began = time.monotonic()
            while time.monotonic() < min(end, changed + STUCK):
                self.tend()
                wrong, open_gaps = self.differences(), self.open_gaps()
                busy = len(self.jobs(state="running")) + len(self.jobs(state="queued"))
                state = f"{len(wrong)} rows differ, {open_gaps} gaps and {busy} crawls are open"
                if state != last:
                    self.tell(state)
                    last, changed = state, time.monotonic()
                if wrong or open_gaps or busy:
                    quiet = None
                elif quiet is None:
                    quiet = time.monotonic()
                elif time.monotonic() - quiet > QUIET:
                    return
                time.sleep(0.5)
            self.complain(f"after {time.monotonic() - began:.0f} s {last}")

        def verdict(self):
            wrong = self.differences()
            double, holes = oracle.duplicated(self), oracle.unrecorded(self, wrong)
            failed = self.stack.query("select * from failed_messages limit 20")
            if failed:
                self.complain(f"there are failed messages, as {failed[0]}")
            for what, found in (("lost", wrong), ("duplicated", double), ("unrecorded gaps", holes)):
                for line in found[:10]:
                    self.tell(f"{what}: {line}")
            return {"lost": len(wrong), "duplicated": len(double), "unrecorded_gaps": len(holes)}

        def keep(self):
            """What a person needs to find out why."""
            folder = self.stack.folder
            shutil.copy(self.stack.cluster.folder / "log", folder / "postgres.log")
            with open(folder / "database.sql", "wb") as file:
                subprocess.run(["pg_dump", "-h", self.stack.cluster.folder, "-U", "postgres", "aaltohub"], stdout=file, check=False)
            with open(folder / "truth.jsonl", "w") as file:
                file.writelines(json.dumps(line) + "\n" for line in self.ask("dump", account=crawls.CRAWLER)["lines"])
            if self.has_disk:  # it goes with this process
                shutil.copytree(self.state, folder / "listener-state", ignore_dangling_symlinks=True)

    return Stack, World


def run(chosen, planned):
    os.environ["AALTOHUB_BIN"] = str(chosen.bin.resolve())
    sys.path[:0] = [str(HERE), str(ROOT / "Tests" / "Pipeline")]
    import crawls, stack as stack_module, timeline

    Stack, World = make_world(stack_module, crawls)
    stack, world, result, isgood = Stack(), None, None, False
    began = time.monotonic()
    try:
        world = World(stack, chosen.seed)
        skipped = []
        if not world.has_disk:
            skipped.append(("disk-full", "the listener has no disk of its own here: that takes root and the right to mount"))
        if not world.spool.is_dir():
            skipped += [(name, "this listener keeps no spool") for name in timeline.KINDS if name.startswith("spool-")]
        for name, why in skipped:
            if any(m.kind == name for m in planned):
                say(f"skipped: {name}: {why}")
        gone = {name for name, _ in skipped}
        world.began = time.monotonic()
        world.traffic.start()
        counts = world.mishaps([m for m in planned if m.kind not in gone])
        minutes = round((time.monotonic() - world.began) / 60, 2)
        world.settle()
        verdict = world.verdict()
        result = {"seed": chosen.seed, "minutes": minutes, "messages": world.traffic.sent, **verdict, "faults": counts}
        if world.restarts:
            say(f"stages that ended by themselves: {dict(world.restarts)}")
        isgood = not any(verdict.values()) and not world.complaints
        for text in world.complaints:
            say(f"WRONG: {text}")
    finally:
        isover = isgood and not chosen.keep
        if not isover:
            os.environ["AALTOHUB_KEEP"] = "1"
            say(f"everything of this run lies in {stack.folder}; seed {chosen.seed}, after {time.monotonic() - began:.0f} s")
            if world is not None and hasattr(world, "traffic"):
                try:
                    world.keep()
                except Exception as error:
                    say(f"not all of it could be kept: {error!r}")
        out, sys.stdout = sys.stdout, sys.stderr
        stack.close()
        sys.stdout = out
    print(json.dumps(result), flush=True)
    return 0 if isgood else 1


def main():
    parser = options()
    chosen = parser.parse_args()
    sys.path.insert(0, str(HERE))
    import timeline

    names = [name for name in chosen.only.split(",") if name]
    for name in names:
        if name not in timeline.KINDS:
            parser.error(f"no kind of mishap is called {name}; there are: {' '.join(timeline.KINDS)}")
    if chosen.seed is None:
        chosen.seed = random.randrange(1_000_000)
    planned = timeline.quick(chosen.seed, names) if chosen.quick else timeline.timeline(chosen.seed, chosen.minutes * 60, names)
    if chosen.timeline:
        for mishap in planned:
            print(f"{mishap.at:7.2f}  #{mishap.number} {mishap.kind} for {mishap.hold:.2f} s")
        return 0
    if not planned:
        parser.error("nothing fits into that time")
    if not (chosen.bin / "aaltohub-writer").exists():
        parser.error(f"there is no aaltohub-writer in {chosen.bin}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return run(chosen, planned)


if __name__ == "__main__":
    sys.exit(main())
